using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
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

/// <summary>
/// Gives a session the data of external tensors from memory: a function of ONNX Runtime's C interface that its C# interface does not
/// pass on. It is found by its place in the table of functions, which no later version changes
/// (https://onnxruntime.ai/docs/api/c/struct_ort_api.html, AddExternalInitializersFromFilesInMemory).
/// </summary>
internal static unsafe partial class OnnxFilesInMemory
{
    // The first version of the table that has it, and the places of the three functions in it.
    private const uint TableVersion = 18;
    private const int GetErrorMessage = 2, ReleaseStatus = 93, AddFilesInMemory = 279;

    /// <summary>Tells a session about them.</summary>
    /// <param name="options">Those that the session will be made with.</param>
    /// <param name="tensors">The tensors.</param>
    /// <returns>Holds them in their place; to be disposed once the session is made, which has copied them by then.</returns>
    /// <exception cref="InvalidOperationException">ONNX Runtime refused.</exception>
    public static IDisposable AddTo(SessionOptions options, IReadOnlyList<ExternalTensor> tensors)
    {
        var kept = new Kept(tensors);
        if (tensors.Count == 0) return kept;
        void** table = GetTable();
        fixed (nint* names = kept.Names, buffers = kept.Buffers)
        fixed (nuint* lengths = kept.Lengths)
        {
            nint status = ((delegate* unmanaged<nint, nint*, nint*, nuint*, nuint, nint>)table[AddFilesInMemory])(
                options.DangerousGetHandle(), names, buffers, lengths, (nuint)tensors.Count);
            if (status == 0) return kept;
            kept.Dispose();
            throw Failure(table, status);
        }
    }

    private static void** GetTable()
    {
        void** origin = GetApiBase();
        return ((delegate* unmanaged<uint, void**>)origin[0])(TableVersion);
    }

    // The library that the C# interface has loaded by the same name: what is loaded already is given once more, not loaded twice.
    [LibraryImport("onnxruntime", EntryPoint = "OrtGetApiBase")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]
    private static partial void** GetApiBase();

    private static InvalidOperationException Failure(void** table, nint status)
    {
        string? message = Marshal.PtrToStringUTF8(((delegate* unmanaged<nint, nint>)table[GetErrorMessage])(status));
        ((delegate* unmanaged<nint, void>)table[ReleaseStatus])(status);
        return new InvalidOperationException($"ONNX Runtime did not take tensors from memory: {message}");
    }

    private sealed class Kept : IDisposable
    {
        private readonly MemoryHandle[] _pins;

        public Kept(IReadOnlyList<ExternalTensor> tensors)
        {
            _pins = [.. tensors.Select(tensor => tensor.Data.Pin())];
            Names = [.. tensors.Select(tensor => ToNative(tensor.Location))];
            Buffers = [.. _pins.Select(pin => (nint)pin.Pointer)];
            Lengths = [.. tensors.Select(tensor => (nuint)tensor.Data.Length)];
        }

        public nint[] Names { get; }

        public nint[] Buffers { get; }

        public nuint[] Lengths { get; }

        public void Dispose()
        {
            foreach (MemoryHandle pin in _pins) pin.Dispose();
            foreach (nint name in Names) Marshal.FreeCoTaskMem(name);
        }

        // Paths are wide on Windows, and bytes elsewhere.
        private static nint ToNative(string path) =>
            OperatingSystem.IsWindows() ? Marshal.StringToCoTaskMemUni(path) : Marshal.StringToCoTaskMemUTF8(path);
    }
}

/// <summary>A tensor that an ONNX file refers to and does not hold.</summary>
/// <param name="Location">What the file has for its <c>location</c>.</param>
/// <param name="Data">Its elements, row-major, little-endian.</param>
internal readonly record struct ExternalTensor(string Location, ReadOnlyMemory<byte> Data);
