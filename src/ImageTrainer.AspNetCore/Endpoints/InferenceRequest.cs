using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace ImageTrainer.AspNetCore.Endpoints;

/// <summary>
/// A request of the Open Inference Protocol: one tensor of BYTES whose elements are image files, as base64 in JSON or after the JSON as the
/// binary extension has it: each element's length in 4 bytes, little-endian, and its content.
/// </summary>
/// <param name="Id">What the answer carries back, or null.</param>
/// <param name="Outputs">The outputs wanted, in this order.</param>
internal sealed record InferenceRequest(string? Id, IReadOnlyList<WantedOutput> Outputs)
{
    /// <summary>The header that says how many bytes of a body are JSON, where binary tensors follow.</summary>
    public const string JsonLengthHeader = "Inference-Header-Content-Length";

    private const int LengthBytes = 4;

    /// <summary>Reads a body.</summary>
    /// <param name="body">The body; the images lie in it where they are binary.</param>
    /// <param name="jsonLength">Bytes of it that are JSON, by the header; null for all.</param>
    /// <param name="most">Images that a request may have.</param>
    /// <exception cref="BadHttpRequestException">It makes no sense; the message says why.</exception>
    public static (InferenceRequest Request, IReadOnlyList<ReadOnlyMemory<byte>> Images) Read(ReadOnlyMemory<byte> body, string? jsonLength, int most)
    {
        int length = body.Length;
        if (!string.IsNullOrEmpty(jsonLength)
            && (!int.TryParse(jsonLength, NumberStyles.None, CultureInfo.InvariantCulture, out length) || length > body.Length))
            throw Refused($"{JsonLengthHeader} is not the length of the JSON that the body begins with.");
        try
        {
            using JsonDocument document = JsonDocument.Parse(body[..length]);
            return Read(document.RootElement, body[length..], most);
        }
        catch (KeyNotFoundException)
        {
            throw Refused("The request is not one of the protocol: inputs, or datatype, shape or data of its input, is missing.");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            throw Refused($"The request is not one of the protocol: {exception.Message}");
        }
    }

    private static (InferenceRequest Request, IReadOnlyList<ReadOnlyMemory<byte>> Images) Read(JsonElement root, ReadOnlyMemory<byte> binary, int most)
    {
        JsonElement inputs = root.GetProperty("inputs");
        if (inputs.GetArrayLength() != 1) throw Refused("The model has one input.");
        JsonElement input = inputs[0];
        if (input.GetProperty("datatype").GetString() != "BYTES") throw Refused("The input's datatype is BYTES: an image file an element.");
        ReadOnlyMemory<byte>[] images =
            [.. (FindSize(input) is { } size ? Split(binary, size, most) : Flatten(input.GetProperty("data")).Select(Decode)).Take(most + 1)];
        long count = input.GetProperty("shape").EnumerateArray().Aggregate(1L, (product, side) => product * side.GetInt64());
        if (images.Length > most) throw new BadHttpRequestException($"The request holds more than {most} images.", StatusCodes.Status413PayloadTooLarge);
        if (images.Length != count || count == 0) throw Refused($"The shape names {count} elements, and the data has {images.Length}; there must be 1 or more.");
        string? id = root.TryGetProperty("id", out JsonElement given) ? given.GetString() : null;
        bool isBinary = IsTrue(root, "binary_data_output");
        return (new InferenceRequest(id, [.. FindOutputs(root, isBinary)]), images);
    }

    private static IEnumerable<WantedOutput> FindOutputs(JsonElement root, bool isBinary)
    {
        if (!root.TryGetProperty("outputs", out JsonElement outputs) || outputs.GetArrayLength() == 0)
            return WantedOutput.Names.Select(name => new WantedOutput(name, isBinary));
        WantedOutput[] wanted =
            [.. outputs.EnumerateArray().Select(output => new WantedOutput(output.GetProperty("name").GetString() ?? "", isBinary || IsTrue(output, "binary_data")))];
        return wanted.FirstOrDefault(output => !WantedOutput.Names.Contains(output.Name)) is { } unknown
            ? throw Refused($"There is no output '{unknown.Name}'; there are {string.Join(", ", WantedOutput.Names)}.")
            : wanted;
    }

    private static bool IsTrue(JsonElement element, string parameter) =>
        element.TryGetProperty("parameters", out JsonElement parameters)
        && parameters.TryGetProperty(parameter, out JsonElement value) && value.ValueKind == JsonValueKind.True;

    private static int? FindSize(JsonElement input) =>
        input.TryGetProperty("parameters", out JsonElement parameters) && parameters.TryGetProperty("binary_data_size", out JsonElement size)
            ? size.GetInt32()
            : null;

    private static IEnumerable<ReadOnlyMemory<byte>> Split(ReadOnlyMemory<byte> binary, int size, int most)
    {
        if (size < 0 || size != binary.Length) throw Refused("binary_data_size is not the length of what follows the JSON.");
        for (int count = 0; binary.Length > 0 && count <= most; count++)
        {
            uint length = binary.Length < LengthBytes ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(binary.Span);
            if (length > binary.Length - LengthBytes) throw Refused("An element is longer than what follows the JSON.");
            yield return binary.Slice(LengthBytes, (int)length);
            binary = binary[(LengthBytes + (int)length)..];
        }
    }

    private static IEnumerable<JsonElement> Flatten(JsonElement data) =>
        data.ValueKind == JsonValueKind.Array ? data.EnumerateArray().SelectMany(Flatten) : [data];

    private static ReadOnlyMemory<byte> Decode(JsonElement element) => element.GetBytesFromBase64();

    private static BadHttpRequestException Refused(string reason) => new(reason);
}

/// <summary>An output that is wanted.</summary>
/// <param name="Name">One of <see cref="Names"/>.</param>
/// <param name="IsBinary">Whether it follows the JSON as bytes.</param>
internal sealed record WantedOutput(string Name, bool IsBinary)
{
    /// <summary>The likeliest label of each image, BYTES [N].</summary>
    public const string Label = "label";

    /// <summary>Its probability, FP32 [N].</summary>
    public const string Probability = "probability";

    /// <summary>The probability of every label, FP32 [N, K].</summary>
    public const string Scores = "scores";

    /// <summary>All there are.</summary>
    public static IReadOnlyList<string> Names { get; } = [Label, Probability, Scores];
}
