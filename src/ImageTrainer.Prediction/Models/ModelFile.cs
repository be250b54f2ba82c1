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

/// <summary>What is wrong with a model file.</summary>
public enum ModelFault
{
    /// <summary>There is no such file, or it cannot be opened.</summary>
    NotReadable,

    /// <summary>The file is not a zip, or not one of ImageTrainer's.</summary>
    Foreign,

    /// <summary>The file is cut short, or its content does not match its own hashes.</summary>
    Damaged,

    /// <summary>The file was written by a later version of the format.</summary>
    TooNew,

    /// <summary>The file, or an entry of it, is larger than the limit.</summary>
    TooLarge,
}

/// <summary>A model file could not be loaded. Nothing of it has been used.</summary>
public sealed class ModelFormatException : ImageTrainerException
{
    /// <summary>Describes one unusable model file.</summary>
    /// <param name="fault">What is wrong with it.</param>
    /// <param name="path">Path of the file, or null where the model came from a stream.</param>
    /// <param name="reason">One clause without a full stop that goes on from "Cannot load the model 'x': ".</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public ModelFormatException(ModelFault fault, string? path, string reason, Exception? innerException = null)
        : base($"Cannot load the model{(path is null ? "" : $" '{path}'")}: {reason}.", innerException)
    {
        Fault = fault;
        Path = path;
    }

    /// <summary>What is wrong with the file.</summary>
    public ModelFault Fault { get; }

    /// <summary>Path of the file, or null where the model came from a stream.</summary>
    public string? Path { get; }
}
