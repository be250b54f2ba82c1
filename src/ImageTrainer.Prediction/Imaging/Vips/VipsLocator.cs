using System.Reflection;
using System.Runtime.InteropServices;
using ImageTrainer.Engines;

namespace ImageTrainer.Imaging.Vips;

/// <summary>Finds the file of libvips: in runtimes/RID/native beside the application, or where the host looks for native libraries.</summary>
internal static class VipsLocator
{
    /// <summary>A <see cref="DllImportResolver"/> that knows libvips and leaves every other name to the runtime.</summary>
    /// <exception cref="DllNotFoundException">The file is in none of the folders; the message names them.</exception>
    internal static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath)
    {
        if (name != VipsNative.Library)
            return 0;
        IReadOnlyList<string> folders = EngineFolders.Of(assembly);
        string? file = folders.Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, FilePattern).Order(StringComparer.Ordinal))
            .FirstOrDefault();
        return file is not null
            ? NativeLibrary.Load(file)
            : throw new DllNotFoundException(
                $"The image engine libvips was not found: no {FilePattern} in {string.Join(", ", folders)}. "
                + "Publish the application with its runtimes folder.");
    }

    private static string FilePattern =>
        OperatingSystem.IsWindows() ? "libvips-42.dll" : OperatingSystem.IsMacOS() ? "libvips-cpp*.dylib" : "libvips-cpp.so*";
}
