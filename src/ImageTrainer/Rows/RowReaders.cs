using System.Globalization;
using ImageTrainer.Imaging;
using ImageTrainer.Models;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace ImageTrainer.Rows;

/// <summary>Reads the images of ML.NET's rows: what is given stays valid when the row has moved on.</summary>
internal static class ImageColumnReader
{
    /// <summary>Gives a function for the image of the row's current position.</summary>
    /// <param name="row">The row.</param>
    /// <param name="column">The column of images.</param>
    public static Func<ImageInput> Create(DataViewRow row, DataViewSchema.Column column) => ModelColumns.KindOf(column.Type) switch
    {
        ImageColumnKind.Path => OfPaths(row, column),
        ImageColumnKind.Encoded => OfBytes(row, column),
        _ => OfImages(row, column),
    };

    private static Func<ImageInput> OfPaths(DataViewRow row, DataViewSchema.Column column)
    {
        ValueGetter<ReadOnlyMemory<char>> getter = row.GetGetter<ReadOnlyMemory<char>>(column);
        ReadOnlyMemory<char> value = default;
        return () =>
        {
            getter(ref value);
            return new ImageInput(value.ToString(), default);
        };
    }

    private static Func<ImageInput> OfBytes(DataViewRow row, DataViewSchema.Column column)
    {
        ValueGetter<VBuffer<byte>> getter = row.GetGetter<VBuffer<byte>>(column);
        VBuffer<byte> value = default;
        return () =>
        {
            getter(ref value);
            byte[] content = new byte[value.Length];
            value.CopyTo(content);
            return new ImageInput(null, content);
        };
    }

    private static Func<ImageInput> OfImages(DataViewRow row, DataViewSchema.Column column)
    {
        ValueGetter<MLImage> getter = row.GetGetter<MLImage>(column);
        MLImage? value = null;
        return () =>
        {
            getter(ref value!);
            return new ImageInput(null, value is null ? default : Encode(value));
        };
    }

    private static byte[] Encode(MLImage image)
    {
        const int BytesPerPixel = 4;
        (int width, int height) = (image.Width, image.Height);
        byte[] pixels = image.Pixels.ToArray();
        bool isBgr = image.PixelFormat == MLPixelFormat.Bgra32;
        return BitmapWriter.Encode(width, height, (x, y) =>
        {
            int at = BytesPerPixel * ((y * width) + x);
            // Colours are multiplied by alpha already; what is left of each pixel is white.
            int white = byte.MaxValue - pixels[at + 3];
            byte first = Over(pixels[at], white), second = Over(pixels[at + 1], white), third = Over(pixels[at + 2], white);
            return isBgr ? (first, second, third) : (third, second, first);
        });
    }

    private static byte Over(byte colour, int white) => (byte)Math.Min(colour + white, byte.MaxValue);
}

/// <summary>Reads the labels of ML.NET's rows as texts.</summary>
internal static class LabelReader
{
    /// <summary>Gives a function for the label of the row's current position; empty where it is missing.</summary>
    /// <param name="row">The row.</param>
    /// <param name="column">Text, or keys: with texts for them, or their numbers are the labels.</param>
    /// <exception cref="ArgumentException">The column holds something else.</exception>
    public static Func<string> Create(DataViewRow row, DataViewSchema.Column column) => column.Type switch
    {
        TextDataViewType => OfText(row, column),
        KeyDataViewType { RawType: var raw } when raw == typeof(uint) => OfKeys<uint>(row, column, value => value),
        KeyDataViewType { RawType: var raw } when raw == typeof(byte) => OfKeys<byte>(row, column, value => value),
        KeyDataViewType { RawType: var raw } when raw == typeof(ushort) => OfKeys<ushort>(row, column, value => value),
        KeyDataViewType => OfKeys<ulong>(row, column, value => value),
        _ => throw new ArgumentException(
            $"The column of labels, '{column.Name}', is of type {column.Type}; text or a key is wanted, as MapValueToKey makes.", nameof(column)),
    };

    private static Func<string> OfText(DataViewRow row, DataViewSchema.Column column)
    {
        ValueGetter<ReadOnlyMemory<char>> getter = row.GetGetter<ReadOnlyMemory<char>>(column);
        ReadOnlyMemory<char> value = default;
        return () =>
        {
            getter(ref value);
            return value.ToString();
        };
    }

    private static Func<string> OfKeys<T>(DataViewRow row, DataViewSchema.Column column, Func<T, ulong> widen)
        where T : struct
    {
        ValueGetter<T> getter = row.GetGetter<T>(column);
        string[]? texts = LabelAnnotations.Texts(column, LabelAnnotations.KeyValues);
        T value = default;
        return () =>
        {
            getter(ref value);
            ulong key = widen(value);
            if (key == 0) return "";
            return texts is null ? key.ToString(CultureInfo.InvariantCulture) : texts[key - 1];
        };
    }
}
