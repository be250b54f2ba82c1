namespace ImageTrainer.Onnx;

/// <summary>A tensor that an ONNX file refers to and does not hold.</summary>
/// <param name="Location">What the file has for its <c>location</c>.</param>
/// <param name="Data">Its elements, row-major, little-endian.</param>
internal readonly record struct ExternalTensor(string Location, ReadOnlyMemory<byte> Data);
