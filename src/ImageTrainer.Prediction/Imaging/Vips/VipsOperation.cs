using System.Buffers;

namespace ImageTrainer.Imaging.Vips;

/// <summary>
/// One libvips operation: named, given its arguments, run once. <c>new VipsOperation("resize").Set("in", image).Set("scale", 0.5).Run()</c>.
/// <see cref="Run"/> and <see cref="Encode"/> dispose it.
/// </summary>
internal sealed unsafe class VipsOperation : GObjectHandle
{
    // GLib's fundamental types are their number times four.
    private const nuint BooleanType = 5 << 2;
    private const nuint IntType = 6 << 2;
    private const nuint DoubleType = 15 << 2;
    private const nuint StringType = 16 << 2;

    private readonly string _name;

    /// <exception cref="VipsException">This libvips has no such operation, or it is blocked.</exception>
    internal VipsOperation(string name)
        : base(VipsNative.NewOperation(name))
    {
        _name = name;
        if (IsInvalid)
            throw new VipsException(name);
    }

    /// <summary>Sets an integer, or an enumeration by its number.</summary>
    internal VipsOperation Set(string argument, int number)
    {
        GValue value = NewValue(IntType);
        VipsNative.SetInt(&value, number);
        return Assign(argument, &value);
    }

    internal VipsOperation Set(string argument, double number)
    {
        GValue value = NewValue(DoubleType);
        VipsNative.SetDouble(&value, number);
        return Assign(argument, &value);
    }

    internal VipsOperation Set(string argument, bool flag)
    {
        GValue value = NewValue(BooleanType);
        VipsNative.SetBoolean(&value, flag ? 1 : 0);
        return Assign(argument, &value);
    }

    internal VipsOperation Set(string argument, string text)
    {
        GValue value = NewValue(StringType);
        VipsNative.SetString(&value, text);
        return Assign(argument, &value);
    }

    internal VipsOperation Set(string argument, VipsImage image)
    {
        GValue value = NewValue(ImageType.Value);
        VipsNative.SetObject(&value, image);
        return Assign(argument, &value);
    }

    internal VipsOperation Set(string argument, ReadOnlySpan<double> numbers)
    {
        GValue value = NewValue(VipsNative.DoubleArrayType());
        fixed (double* first = numbers)
            VipsNative.SetDoubles(&value, first, numbers.Length);
        return Assign(argument, &value);
    }

    /// <summary>Sets encoded bytes, which must stay pinned until every image made from them is disposed.</summary>
    internal VipsOperation Set(string argument, MemoryHandle pinned, int length)
    {
        GValue value = NewValue(VipsNative.BlobType());
        VipsNative.SetBlob(&value, 0, pinned.Pointer, (nuint)length);
        return Assign(argument, &value);
    }

    /// <summary>Runs the operation and gives the image it makes, which the caller disposes.</summary>
    /// <exception cref="VipsException">The arguments or the data do not allow it.</exception>
    internal VipsImage Run()
    {
        using (this)
        {
            Build();
            GValue value = NewValue(ImageType.Value);
            VipsNative.GetProperty(this, "out", &value);
            var image = new VipsImage(VipsNative.DuplicateObject(&value));
            VipsNative.UnsetValue(&value);
            VipsNative.UnreferenceOutputs(this);
            return image;
        }
    }

    /// <summary>Runs a saver and gives the encoded bytes.</summary>
    /// <exception cref="VipsException">The image cannot be computed or stored in that format.</exception>
    internal byte[] Encode()
    {
        using (this)
        {
            Build();
            GValue value = NewValue(VipsNative.BlobType());
            VipsNative.GetProperty(this, "buffer", &value);
            nuint length;
            void* data = VipsNative.GetBlob(&value, &length);
            byte[] content = new ReadOnlySpan<byte>(data, checked((int)length)).ToArray();
            VipsNative.UnsetValue(&value);
            VipsNative.UnreferenceOutputs(this);
            return content;
        }
    }

    private void Build()
    {
        if (VipsNative.Build(this) == 0)
            return;
        VipsNative.UnreferenceOutputs(this);
        throw new VipsException(_name);
    }

    private static GValue NewValue(nuint type)
    {
        GValue value = default;
        VipsNative.InitValue(&value, type);
        return value;
    }

    private VipsOperation Assign(string argument, GValue* value)
    {
        VipsNative.SetProperty(this, argument, value);
        VipsNative.UnsetValue(value);
        return this;
    }

    // In a class of its own: asking before libvips has started would remember "no such type".
    private static class ImageType
    {
        internal static readonly nuint Value = VipsNative.TypeFromName("VipsImage");
    }
}
