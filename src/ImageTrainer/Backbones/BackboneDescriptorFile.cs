using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using ImageTrainer.Files;
using ImageTrainer.Imaging;

namespace ImageTrainer.Backbones;

/// <summary>
/// Descriptors as JSON beside weights: <c>resnet50.safetensors.json</c> or <c>resnet50.json</c> describes <c>resnet50.safetensors</c>.
/// Property names as in <see cref="BackboneDescriptor"/>, camel case; name and fileName are required, unknown ones refused.
/// </summary>
internal static partial class BackboneDescriptorFile
{
    private const int MaxByteCount = 1 << 20;

    /// <summary>Reads the descriptor beside a weight file, or gives null where there is none.</summary>
    /// <exception cref="BackboneException">It is no descriptor, or describes the impossible; the message names file and fault.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static BackboneDescriptor? ReadBeside(string weightsPath)
    {
        string? path = new[] { weightsPath + ".json", Path.ChangeExtension(weightsPath, ".json") }.FirstOrDefault(File.Exists);
        if (path is null)
            return null;
        if (new FileInfo(path).Length > MaxByteCount)
            throw NotADescriptor(path, "it is larger than 1 MiB");
        return Parse(File.ReadAllBytes(path), path);
    }

    /// <summary>Reads a descriptor.</summary>
    /// <param name="json">UTF-8 text, with or without a byte order mark.</param>
    /// <param name="path">Where it comes from, for messages.</param>
    /// <exception cref="BackboneException">It is no descriptor, or describes the impossible.</exception>
    public static BackboneDescriptor Parse(ReadOnlySpan<byte> json, string path)
    {
        ReadOnlySpan<byte> mark = [0xEF, 0xBB, 0xBF];
        if (json.StartsWith(mark))
            json = json[mark.Length..];
        BackboneDescriptor? descriptor;
        try
        {
            descriptor = JsonSerializer.Deserialize(json, DescriptorJson.Default.DescriptorFields)?.ToDescriptor();
        }
        catch (JsonException e)
        {
            throw NotADescriptor(path, e.Message.TrimEnd('.'), e);
        }
        string faults = descriptor is null ? "it says null" : string.Join("; ", Faults(descriptor));
        return faults.Length == 0 ? descriptor! : throw NotADescriptor(path, faults);
    }

    /// <summary>Writes a descriptor, in one step: a reader sees all of it or none.</summary>
    /// <param name="path">Full path of the JSON file.</param>
    /// <param name="descriptor">What to write.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static void Write(string path, BackboneDescriptor descriptor) =>
        ReplacedFile.WriteOver(path, stream => JsonSerializer.Serialize(stream, descriptor, DescriptorJson.Default.BackboneDescriptor));

    /// <summary>Everything that is wrong with a descriptor, one clause each.</summary>
    internal static IEnumerable<string> Faults(BackboneDescriptor descriptor) =>
        FileFaults(descriptor).Concat(PreprocessingFaults(descriptor));

    /// <summary>Whether a text can name a backbone: what a file name can begin with on every system.</summary>
    internal static bool IsName(string text) => NamePattern().IsMatch(text);

    private static IEnumerable<string> FileFaults(BackboneDescriptor descriptor)
    {
        if (!IsName(descriptor.Name))
            yield return $"name must be letters, digits, '.', '-' or '_' and not \"{descriptor.Name}\"";
        if (descriptor.FileName.Length == 0 || descriptor.FileName.AsSpan().IndexOfAny('/', '\\', '\0') >= 0)
            yield return $"fileName must be a name without folders and not \"{descriptor.FileName}\"";
        if (descriptor.Sha256 is { } digits && !Sha256Pattern().IsMatch(digits))
            yield return "sha256 must be 8 to 64 lower-case hex digits";
        if (descriptor.Address is { } address && !(address.IsAbsoluteUri && address.Scheme is "http" or "https"))
            yield return "address must begin with https:// or http://";
    }

    private static IEnumerable<string> PreprocessingFaults(BackboneDescriptor descriptor)
    {
        if (descriptor.ImageSize is < 32 or > 4096)
            yield return $"imageSize must be 32 to 4096 and not {descriptor.ImageSize}";
        if (descriptor.Mean.Count != 3 || !descriptor.Mean.All(float.IsFinite))
            yield return "mean must be three numbers";
        if (descriptor.StandardDeviation.Count != 3 || !descriptor.StandardDeviation.All(value => float.IsFinite(value) && value > 0))
            yield return "standardDeviation must be three numbers above 0";
    }

    private static BackboneException NotADescriptor(string path, string fault, Exception? cause = null) =>
        new(
            path,
            $"{path} is not a backbone descriptor: {fault}. Correct it, or move it away from the weights to use them without one.",
            cause);

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\z")]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"^[0-9a-f]{8,64}\z")]
    private static partial Regex Sha256Pattern();
}

/// <summary>
/// A descriptor as it is read from JSON: whatever has a default may be missing, or null, which says the same. Generated code that reads a
/// <see cref="BackboneDescriptor"/> itself would put null and 0 where its defaults are.
/// </summary>
internal sealed record DescriptorFields(
    string Name,
    string FileName,
    string? Architecture = null,
    Uri? Address = null,
    string? Sha256 = null,
    string? License = null,
    string? Source = null,
    int? ImageSize = null,
    ResizeMode? ResizeMode = null,
    IReadOnlyList<float>? Mean = null,
    IReadOnlyList<float>? StandardDeviation = null,
    ChannelOrder? ChannelOrder = null,
    string? FeatureTensor = null)
{
    /// <summary>The descriptor, defaults filled in.</summary>
    public BackboneDescriptor ToDescriptor()
    {
        var bare = new BackboneDescriptor { Name = Name, FileName = FileName };
        return bare with
        {
            Architecture = Architecture,
            Address = Address,
            Sha256 = Sha256,
            License = License ?? bare.License,
            Source = Source ?? bare.Source,
            ImageSize = ImageSize ?? bare.ImageSize,
            ResizeMode = ResizeMode ?? bare.ResizeMode,
            Mean = Mean ?? bare.Mean,
            StandardDeviation = StandardDeviation ?? bare.StandardDeviation,
            ChannelOrder = ChannelOrder ?? bare.ChannelOrder,
            FeatureTensor = FeatureTensor,
        };
    }
}

/// <summary>An entry of catalogue.json.</summary>
internal sealed record CatalogueFields(DescriptorFields Descriptor, double SizeInMebibytes);

/// <summary>Ways of resizing by name, never by number.</summary>
internal sealed class ResizeModeConverter() : JsonStringEnumConverter<ResizeMode>(namingPolicy: null, allowIntegerValues: false);

/// <summary>Orders of channels by name, never by number.</summary>
internal sealed class ChannelOrderConverter() : JsonStringEnumConverter<ChannelOrder>(namingPolicy: null, allowIntegerValues: false);

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    Converters = [typeof(ResizeModeConverter), typeof(ChannelOrderConverter)],
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    NumberHandling = JsonNumberHandling.Strict,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true,
    MaxDepth = 8)]
[JsonSerializable(typeof(BackboneDescriptor))]
[JsonSerializable(typeof(DescriptorFields))]
[JsonSerializable(typeof(CatalogueFields[]))]
internal sealed partial class DescriptorJson : JsonSerializerContext;
