using System.Text.Json;
using System.Text.Json.Serialization;
using ImageTrainer.Imaging;

namespace ImageTrainer.Backbones;

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
