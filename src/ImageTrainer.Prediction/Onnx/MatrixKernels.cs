using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace ImageTrainer.Onnx;

/// <summary>
/// Leads the runtime to the matrix kernels of processors with AMX where these are faster. It computes a convolution of bytes directly
/// where the weights' zero point is 0, and as a matrix product elsewhere; only the latter uses AMX. A weight w of zero point 0 is the
/// same number as w - 1 of zero point -1, and the sums are of whole numbers: what the network gives stays the same to the last bit.
/// </summary>
/// <remarks>Done when a network is loaded, not when it is saved: on other processors the direct way is the faster one.</remarks>
internal static class MatrixKernels
{
    /// <summary>End of the name of a layer's weights as bytes, [M, C, k, k], -127..127.</summary>
    public const string IntegersSuffix = ".integers";

    /// <summary>End of the name of their zero points, [M], where the name begins as the weights' does.</summary>
    public const string ZerosSuffix = ".zeros";

    // ResNet-50, four images of 224 x 224, layer by layer: such layers take 0.66 to 1.0 of the time, others up to 3 times as much.
    private const int LeastProductsPerSum = 512;
    private const int LeastChannelCount = 128;

    private const int GraphField = 7, InitializerField = 5, TypeField = 2, NameField = 8, DataField = 9;
    private const int Int8 = 3;

    /// <summary>Whether this processor has AMX for bytes.</summary>
    public static bool AreFast { get; } = X86Base.IsSupported && !OperatingSystem.IsMacOS() && HasAmx();

    /// <summary>Gives the network with the layers that gain rewritten.</summary>
    /// <param name="model">An ONNX file; not changed.</param>
    /// <returns>A copy, or the same array where there is nothing to rewrite.</returns>
    public static byte[] Prefer(byte[] model)
    {
        Dictionary<string, Range> tensors = FindTensors(model);
        byte[]? copy = null;
        foreach ((string name, Range kernel) in tensors.Where(tensor => tensor.Key.EndsWith(IntegersSuffix, StringComparison.Ordinal)))
        {
            if (!tensors.TryGetValue(name[..^IntegersSuffix.Length] + ZerosSuffix, out Range zeros)) continue;
            if (!Gains(SignedBytes(model, kernel), SignedBytes(model, zeros))) continue;
            copy ??= [.. model];
            Decrease(SignedBytes(copy, kernel));
            Decrease(SignedBytes(copy, zeros));
        }

        return copy ?? model;
    }

    /// <summary>There is one zero point for each of M channels.</summary>
    private static bool Gains(Span<sbyte> kernel, Span<sbyte> zeros) =>
        zeros.Length >= LeastChannelCount
        && kernel.Length / zeros.Length >= LeastProductsPerSum
        && !zeros.ContainsAnyExcept((sbyte)0)
        && !kernel.Contains(sbyte.MinValue);

    private static void Decrease(Span<sbyte> values) => TensorPrimitives.Subtract(values, (sbyte)1, values);

    private static Span<sbyte> SignedBytes(byte[] model, Range tensor) => MemoryMarshal.Cast<byte, sbyte>(model.AsSpan(tensor));

    private static Dictionary<string, Range> FindTensors(byte[] model)
    {
        var tensors = new Dictionary<string, Range>(StringComparer.Ordinal);
        for (var fields = new ProtobufFields(model, 0, model.Length); fields.MoveNext();)
        {
            if (fields.Number != GraphField) continue;
            for (ProtobufFields parts = fields.Message; parts.MoveNext();)
            {
                if (parts.Number == InitializerField) AddIfBytes(tensors, parts.Message);
            }
        }

        return tensors;
    }

    private static void AddIfBytes(Dictionary<string, Range> tensors, ProtobufFields fields)
    {
        (string name, ulong type, Range data) = ("", 0, default);
        while (fields.MoveNext())
        {
            if (fields.Number == TypeField) type = fields.Integer;
            else if (fields.Number == NameField) name = Encoding.UTF8.GetString(fields.Bytes);
            else if (fields.Number == DataField) data = fields.Start..(fields.Start + fields.Length);
        }

        if (type == Int8) tensors[name] = data;
    }

    /// <summary>Intel's manual, CPUID leaf 7, sub-leaf 0: EDX bits 24 (AMX-TILE) and 25 (AMX-INT8).</summary>
    private static bool HasAmx()
    {
        const int Leaf = 7, TilesAndBytes = 0b11 << 24;
        return X86Base.CpuId(0, 0).Eax >= Leaf && (X86Base.CpuId(Leaf, 0).Edx & TilesAndBytes) == TilesAndBytes;
    }
}

/// <summary>What this machine's processor does with products of bytes.</summary>
internal static class IntegerArithmetic
{
    /// <summary>
    /// Whether sums of products of an unsigned and a signed byte are exact. x86 processors without VNNI add two products in 16 bits and
    /// clamp: 255 * 127 * 2 does not fit (Intel's manual, VPMADDUBSW). Those with VNNI and all others add in 32 bits.
    /// </summary>
    public static bool IsExact { get; } = !X86Base.IsSupported || HasVnni();

    /// <summary>Intel's manual, CPUID: leaf 7, sub-leaf 0, ECX bit 11 is AVX512_VNNI; sub-leaf 1, EAX bit 4 is AVX-VNNI.</summary>
    private static bool HasVnni()
    {
        const int Leaf = 7, Avx512Vnni = 1 << 11, AvxVnni = 1 << 4;
        (int highest, _, _, _) = X86Base.CpuId(0, 0);
        if (highest < Leaf) return false;
        (int subLeaves, _, int features, _) = X86Base.CpuId(Leaf, 0);
        return (features & Avx512Vnni) != 0 || (subLeaves >= 1 && (X86Base.CpuId(Leaf, 1).Eax & AvxVnni) != 0);
    }
}
