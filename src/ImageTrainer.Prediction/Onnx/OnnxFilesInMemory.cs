using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace ImageTrainer.Onnx;

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
