using System.Text.Json;
using System.Text.Json.Serialization;
using ImageTrainer.Backbones;
using ImageTrainer.Backbones.Weights;
using ImageTrainer.Files;

namespace ImageTrainer.Training.FineTuning;

/// <summary>What a checkpoint says beside its tensors.</summary>
/// <param name="Key">Hash of everything that decides the course of training: another key, another training.</param>
/// <param name="EpochCount">Finished epochs.</param>
/// <param name="StepCount">Finished steps.</param>
/// <param name="RateFactor">What the learning rate is multiplied by: a tenth of what it was at first after a divergence.</param>
/// <param name="BestTemperature">The best epoch's temperature.</param>
/// <param name="Frozen">The network before training.</param>
/// <param name="Epochs">The finished epochs.</param>
/// <param name="BestEpoch">Number of the best, or 0.</param>
/// <param name="BatchSize">Images of a step, as far as there are so many: chosen by the memory that there was when training began.</param>
internal sealed record CheckpointState(
    string Key,
    int EpochCount,
    long StepCount,
    double RateFactor,
    double BestTemperature,
    FineTuningEpoch Frozen,
    IReadOnlyList<FineTuningEpoch> Epochs,
    int BestEpoch,
    int BatchSize);

/// <summary>What a checkpoint holds.</summary>
/// <param name="State">What it says beside its tensors.</param>
/// <param name="Tensors">The state of the steps.</param>
/// <param name="Best">The best weights, or empty where none are better than the frozen network.</param>
internal sealed record CheckpointContent(CheckpointState State, Dictionary<string, float[]> Tensors, Dictionary<string, float[]> Best);

/// <summary>
/// The state of training after an epoch: weights, optimiser state, the best weights so far, and history. Random draws need no state: each
/// depends on seed, epoch and image alone. A safetensors file, replaced as a whole, so that there is always a sound one. It is written
/// and read by
/// training with <see cref="FineTuningOptions.CheckpointFolder"/>; hosts ask whether there is one, and delete it. Safe for concurrent
/// callers that name
/// different folders.
/// </summary>
public static class Checkpoint
{
    private const string FileName = "checkpoint.safetensors";
    private const string FileNameOnAll = "checkpoint-all.safetensors";
    private const string StateKey = "ImageTrainer.FineTuning";
    private const string BestPrefix = "best/";

    /// <summary>When the checkpoint of a folder was last written, UTC; null where there is none to go on from.</summary>
    /// <param name="folder">The folder; it need not exist.</param>
    public static DateTime? FindLastWriteTimeUtc(string folder)
    {
        if (!File.Exists(PathIn(folder))) return null;
        // A file that is missing is of 1601.
        DateTime first = File.GetLastWriteTimeUtc(PathIn(folder)), onAll = File.GetLastWriteTimeUtc(PathIn(folder, isOnAll: true));
        return onAll > first ? onAll : first;
    }

    /// <summary>Path of the file in a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="isOnAll">Whether it is of the training on all images, which follows the one that leaves images out.</param>
    internal static string PathIn(string folder, bool isOnAll = false) => Path.Combine(folder, isOnAll ? FileNameOnAll : FileName);

    /// <summary>Makes a folder where it is missing, and finds out whether files can be made in it.</summary>
    /// <exception cref="CheckpointFolderException">They cannot.</exception>
    internal static void RequireWritable(string folder)
    {
        string probe = Path.Combine(folder, $".{Guid.NewGuid():N}.tmp");
        try
        {
            FolderProbe.Write(folder, probe);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointFolderException(folder, exception.Message.Replace(probe, folder, StringComparison.Ordinal).TrimEnd('.'), exception);
        }
    }

    /// <summary>Writes a checkpoint over the last one.</summary>
    /// <param name="path">Path of the file; its folder is made when missing.</param>
    /// <param name="state">What it says.</param>
    /// <param name="tensors">The state of the steps.</param>
    /// <param name="best">The best weights, or empty where none are better than the frozen network.</param>
    /// <exception cref="IOException">It cannot be written; the last one stands.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written to; the last one stands.</exception>
    internal static void Write(
        string path,
        CheckpointState state,
        IReadOnlyDictionary<string, float[]> tensors,
        IReadOnlyDictionary<string, float[]> best)
    {
        (string Name, float[] Values)[] all =
            [.. tensors.Select(tensor => (tensor.Key, tensor.Value)), .. best.Select(tensor => (BestPrefix + tensor.Key, tensor.Value))];
        string json = JsonSerializer.Serialize(state, CheckpointJson.Default.CheckpointState);
        ReplacedFile.Write(path, stream =>
            SafetensorsWriter.Write(stream, all, new Dictionary<string, string> { [StateKey] = json }));
    }

    /// <summary>Reads a checkpoint; null where there is none.</summary>
    /// <exception cref="CheckpointException">There is one, but it cannot be opened, is damaged or of another program.</exception>
    internal static CheckpointContent? Read(string path)
    {
        if (!File.Exists(path)) return null;
        (Dictionary<string, float[]> all, CheckpointState state) = ReadAll(path);
        var best = all.Where(tensor => IsBest(tensor.Key)).ToDictionary(tensor => tensor.Key[BestPrefix.Length..], tensor => tensor.Value);
        var tensors = all.Where(tensor => !IsBest(tensor.Key)).ToDictionary(tensor => tensor.Key, tensor => tensor.Value);
        return new CheckpointContent(state, tensors, best);
    }

    /// <summary>Removes the checkpoints of a folder, if there are any, and nothing else.</summary>
    public static void Delete(string folder)
    {
        DeleteOnAll(folder);
        if (Directory.Exists(folder)) File.Delete(PathIn(folder));
    }

    /// <summary>Removes the checkpoint of the training on all images, if there is one.</summary>
    internal static void DeleteOnAll(string folder)
    {
        if (Directory.Exists(folder)) File.Delete(PathIn(folder, isOnAll: true));
        // Where earlier versions kept it.
        string old = Path.Combine(folder, "all");
        if (!Directory.Exists(old)) return;
        File.Delete(PathIn(old));
        if (!Directory.EnumerateFileSystemEntries(old).Any()) Directory.Delete(old);
    }

    private static (Dictionary<string, float[]> Tensors, CheckpointState State) ReadAll(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            var file = new WeightFile(path, stream);
            if (!SafetensorsReader.ReadMetadata(file).TryGetValue(StateKey, out string? json))
                throw new CheckpointException(path, "it is no checkpoint of fine-tuning");
            WeightSet set = SafetensorsReader.Read(file);
            return (set.Tensors.Keys.ToDictionary(name => name, set.Read), JsonSerializer.Deserialize(json, CheckpointJson.Default.CheckpointState)!);
        }
        catch (Exception exception) when (exception is BackboneException or JsonException)
        {
            throw new CheckpointException(path, "it is damaged", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, "it cannot be read", exception);
        }
    }

    private static bool IsBest(string name) => name.StartsWith(BestPrefix, StringComparison.Ordinal);
}

[JsonSourceGenerationOptions(NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(CheckpointState))]
internal sealed partial class CheckpointJson : JsonSerializerContext;

/// <summary>A checkpoint that training cannot go on from.</summary>
public sealed class CheckpointException : ImageTrainerException
{
    /// <summary>Describes an unusable checkpoint.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="reason">One clause without a full stop.</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public CheckpointException(string path, string reason, Exception? innerException = null)
        : base($"Cannot go on from the checkpoint '{path}': {reason}. Delete it to start anew.", innerException) => Path = path;

    /// <summary>Path of the file.</summary>
    public string Path { get; }
}

/// <summary>A folder that no checkpoint can be kept in.</summary>
public sealed class CheckpointFolderException : ImageTrainerException
{
    /// <summary>Describes an unusable folder.</summary>
    /// <param name="path">Path of the folder.</param>
    /// <param name="reason">One clause without a full stop.</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public CheckpointFolderException(string path, string reason, Exception? innerException = null)
        : base($"No checkpoint can be kept in the folder '{path}' ({reason}). Name another one, or none.", innerException) => Path = path;

    /// <summary>Path of the folder.</summary>
    public string Path { get; }
}
