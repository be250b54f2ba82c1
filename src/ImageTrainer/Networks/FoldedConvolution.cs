namespace ImageTrainer.Networks;

/// <summary>A convolution that has taken its BatchNorm in.</summary>
/// <param name="Kernel">[M, C, k, k], row-major, little-endian floats.</param>
/// <param name="Bias">[M], floats.</param>
internal sealed record FoldedConvolution(ReadOnlyMemory<byte> Kernel, float[] Bias);

/// <summary>A convolution and the BatchNorm after it.</summary>
/// <param name="Kernel">[M, C, k, k], row-major, little-endian floats.</param>
/// <param name="Norm">The BatchNorm.</param>
internal sealed record UnfoldedConvolution(byte[] Kernel, BatchNormalization Norm);
