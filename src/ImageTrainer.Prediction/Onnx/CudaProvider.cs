using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace ImageTrainer.Onnx;

/// <summary>
/// ONNX Runtime's CUDA provider: a library of its own that is registered when a GPU is first asked for. It is not part of the default
/// build (docs/gpu.md). Thread-safe.
/// </summary>
internal static class CudaProvider
{
    private const string Name = "CUDAExecutionProvider";

    /// <summary>What the provider is linked to, and what it loads by itself to run convolutions.</summary>
    private static readonly string[] Libraries =
        OperatingSystem.IsWindows()
            ? ["nvcuda.dll", "cudart64_13.dll", "cublas64_13.dll", "cublasLt64_13.dll", "curand64_10.dll", "cudnn64_9.dll"]
            : ["libcuda.so.1", "libcudart.so.13", "libcublas.so.13", "libcublasLt.so.13", "libcurand.so.10", "libcudnn.so.9"];

    private static readonly Lazy<Registration> Registered = new(Register);

    /// <summary>Whether the provider's file is here, so that a GPU can be tried.</summary>
    public static bool IsInstalled => FindFile() is not null;

    /// <summary>Why a GPU cannot be used, as one clause that says what to do; null where it can.</summary>
    /// <param name="index">Number of the GPU.</param>
    public static string? FindFault(int index)
    {
        Registration found = Registered.Value;
        if (found.Fault is { } fault) return fault;
        int count = found.Devices.Count;
        return index < count ? null : string.Create(
            CultureInfo.InvariantCulture, $"there {(count == 1 ? "is 1 GPU" : $"are {count} GPUs")} here, counted from 0");
    }

    /// <summary>Has a session run on a GPU.</summary>
    /// <param name="session">Options of the session.</param>
    /// <param name="index">A GPU that <see cref="FindFault"/> has nothing against.</param>
    public static void Append(SessionOptions session, int index) =>
        session.AppendExecutionProvider(OnnxEnvironment.Instance, [Registered.Value.Devices[index]], new Dictionary<string, string>());

    private static Registration Register()
    {
        if (FindFile() is not { } file)
        {
            return new Registration([], "ONNX Runtime is here without its CUDA provider "
                + "(build with -p:Gpu=true, or ./dev gpu, on Linux x64 or Windows x64)");
        }

        string[] missing = [.. Libraries.Where(library => !NativeLibrary.TryLoad(library, out _))];
        if (missing.Length > 0)
        {
            return new Registration([], $"{string.Join(", ", missing)} cannot be loaded: "
                + "install NVIDIA's driver, CUDA 13 and cuDNN 9, and have the loader find them (LD_LIBRARY_PATH)");
        }

        try
        {
            OrtEnv environment = OnnxEnvironment.Instance;
            environment.RegisterExecutionProviderLibrary(Name, file);
            OrtEpDevice[] devices = [.. environment.GetEpDevices().Where(device => device.EpName == Name)];
            return new Registration(devices, devices.Length == 0 ? "NVIDIA's driver finds no GPU" : null);
        }
        catch (OnnxRuntimeException exception)
        {
            return new Registration([], exception.Message.ReplaceLineEndings(" ").TrimEnd('.', ' '));
        }
    }

    /// <summary>Where the host looks for native libraries: beside the application or, in a portable one, in its runtimes folder.</summary>
    private static string? FindFile()
    {
        string name = OperatingSystem.IsWindows() ? "onnxruntime_providers_cuda.dll" : "libonnxruntime_providers_cuda.so";
        string folders = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "";
        return folders.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Append(AppContext.BaseDirectory)
            .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
    }

    private sealed record Registration(IReadOnlyList<OrtEpDevice> Devices, string? Fault);
}
