using System.Globalization;
using ImageTrainer.Models;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace ImageTrainer.Training;

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
