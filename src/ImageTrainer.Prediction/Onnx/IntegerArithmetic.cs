using System.Runtime.Intrinsics.X86;

namespace ImageTrainer.Onnx;

/// <summary>What this machine's processor does with products of bytes.</summary>
internal static class IntegerArithmetic
{
    /// <summary>
    /// Whether sums of products of an unsigned and a signed byte are exact. x86 processors without VNNI add two products in 16 bits and
    /// clamp: 255 * 127 * 2 does not fit (Intel's manual, VPMADDUBSW). Those with VNNI and all others add in 32 bits.
    /// </summary>
    public static bool IsExact { get; } = !X86Base.IsSupported || HasVnni();

    // Intel's manual, CPUID: leaf 7, sub-leaf 0, ECX bit 11 is AVX512_VNNI; sub-leaf 1, EAX bit 4 is AVX-VNNI.
    private static bool HasVnni()
    {
        const int Leaf = 7, Avx512Vnni = 1 << 11, AvxVnni = 1 << 4;
        (int highest, _, _, _) = X86Base.CpuId(0, 0);
        if (highest < Leaf) return false;
        (int subLeaves, _, int features, _) = X86Base.CpuId(Leaf, 0);
        return (features & Avx512Vnni) != 0 || (subLeaves >= 1 && (X86Base.CpuId(Leaf, 1).Eax & AvxVnni) != 0);
    }
}
