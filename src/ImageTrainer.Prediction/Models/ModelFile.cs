using ImageTrainer.Files;

namespace ImageTrainer.Models;

/// <summary>Opens a model's file, and says what stands in the way where that fails.</summary>
internal static class ModelFile
{
    /// <summary>Opens a file, reads from it and closes it.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="read">Reads from the open file.</param>
    /// <exception cref="ModelFormatException">There is no such file, or it cannot be opened or read.</exception>
    public static T Read<T>(string path, Func<Stream, T> read)
    {
        try
        {
            using FileStream file = Open(path);
            if (file.CanSeek) return read(file);
            // A shell's pipe.
            using MemoryStream copy = ModelArchive.ReadToMemory(file, new ImagePredictionEngineOptions().MaxNetworkByteCount);
            return read(copy);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ModelFormatException(ModelFault.NotReadable, path, DescribeUnreadable(path), exception);
        }
    }

    private static FileStream Open(string path)
    {
        if (FileKind.FindSpecial(path) is { } kind)
            throw new ModelFormatException(ModelFault.NotReadable, path, $"it is {kind}");
        try
        {
            return File.OpenRead(path);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            throw new ModelFormatException(ModelFault.NotReadable, path, "its path is not valid", exception);
        }
    }

    private static string DescribeUnreadable(string path)
    {
        if (Directory.Exists(path)) return "it is a folder; give the model.zip inside it";
        return File.Exists(path) ? "it cannot be opened or read" : "there is no such file";
    }
}
