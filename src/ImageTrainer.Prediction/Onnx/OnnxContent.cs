using System.Collections.Immutable;
using System.Security.Cryptography;
using Microsoft.ML.OnnxRuntime;

namespace ImageTrainer.Onnx;

/// <summary>
/// A network as it is given to ONNX Runtime: an ONNX file in memory, and beside it the tensors that it refers to. Weights kept beside are
/// copied once where those inside a file are copied three times: docs/adr/0012-weights-beside-the-file.md has what that costs. Immutable.
/// </summary>
/// <param name="File">The file.</param>
/// <param name="Tensors">Each of its external tensors.</param>
internal sealed record OnnxContent(byte[] File, ImmutableArray<ExternalTensor> Tensors)
{
    /// <summary>A file that holds all of its tensors.</summary>
    public static OnnxContent Of(byte[] file) => new(file, []);

    /// <summary>Loads the network; the content is not needed afterwards.</summary>
    /// <param name="options">How; disposed by the caller, and not to be used for another network.</param>
    /// <exception cref="OnnxRuntimeException">It is no network that ONNX Runtime can run.</exception>
    public InferenceSession Load(SessionOptions options)
    {
        using IDisposable kept = OnnxFilesInMemory.AddTo(options, Tensors);
        return new InferenceSession(MatrixKernels.AreFast ? MatrixKernels.Prefer(File) : File, options);
    }

    /// <summary>SHA-256 that tells this network from every other: of the file, and of the tensors in their order.</summary>
    public byte[] ComputeSha256()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(File);
        foreach (ExternalTensor tensor in Tensors) hash.AppendData(tensor.Data.Span);
        return hash.GetHashAndReset();
    }
}
