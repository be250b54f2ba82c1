using System.Reflection;
using System.Runtime.InteropServices;
using ImageTrainer.Engines;
using Microsoft.ML.OnnxRuntime;

namespace ImageTrainer.Onnx;

/// <summary>The native library behind ONNX Runtime's C# interface, for functions that this does not pass on.</summary>
internal static class OnnxLibrary
{
    private static readonly Lazy<nint> Library = new(Find);

    /// <summary>Address of a function.</summary>
    /// <param name="function">Its name.</param>
    public static nint Export(string function) => NativeLibrary.GetExport(Library.Value, function);

    // Looks where the C# interface does and in that order; what is loaded already is given once more, not loaded twice.
    private static nint Find()
    {
        Assembly assembly = typeof(InferenceSession).Assembly;
        if (NativeLibrary.TryLoad(FileName, assembly, searchPath: null, out nint library)) return library;
        string? path = EngineFolders.Of(assembly).Select(folder => Path.Combine(folder, FileName)).FirstOrDefault(File.Exists);
        return path is not null ? NativeLibrary.Load(path) : throw new DllNotFoundException($"{FileName} was not found beside the application.");
    }

    private static string FileName =>
        OperatingSystem.IsWindows() ? "onnxruntime.dll" : OperatingSystem.IsMacOS() ? "libonnxruntime.dylib" : "libonnxruntime.so";
}
