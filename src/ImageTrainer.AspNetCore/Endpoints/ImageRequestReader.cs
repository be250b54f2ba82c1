using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace ImageTrainer.AspNetCore.Endpoints;

/// <summary>An image of a request.</summary>
/// <param name="Name">The name its sender gives it, or null.</param>
/// <param name="Bytes">The bytes of its file.</param>
/// <param name="Owner">What is disposed when they are no longer needed, or null.</param>
internal sealed record SentImage(string? Name, ReadOnlyMemory<byte> Bytes, IDisposable? Owner);

/// <summary>Takes the images out of a request: its body, the files of a form, or base64 in JSON.</summary>
internal sealed class ImageRequestReader(MemoryBudget budget, ImageServingOptions options)
{
    private const int LongestBoundary = 200;

    /// <summary>Reads a request to its end.</summary>
    /// <exception cref="BadHttpRequestException">It makes no sense or is too large; the message and the status say which.</exception>
    /// <exception cref="OperationCanceledException">The client has left, or took too long.</exception>
    public async Task<IReadOnlyList<SentImage>> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        _ = MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type);
        IReadOnlyList<SentImage> images = type?.MediaType.Value?.ToLowerInvariant() switch
        {
            "multipart/form-data" => await ReadFormAsync(request, type, cancellationToken).ConfigureAwait(false),
            "application/json" => await ReadJsonAsync(request, cancellationToken).ConfigureAwait(false),
            _ => [await ReadBodyAsync(request, cancellationToken).ConfigureAwait(false)],
        };
        return images.Count > 0 ? images : throw Refused("The request holds no image.");
    }

    /// <summary>Reads the whole body.</summary>
    /// <inheritdoc cref="ReadAsync" path="/exception"/>
    public async Task<PooledBytes> ReadAllAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await PooledBytes.ReadAsync(request.Body, request.ContentLength, budget, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException exception) when (exception is not BadHttpRequestException)
        {
            throw Refused("The body ended early.", exception);
        }
    }

    private async Task<SentImage> ReadBodyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        PooledBytes bytes = await ReadAllAsync(request, cancellationToken).ConfigureAwait(false);
        return new SentImage(null, bytes.Memory, bytes);
    }

    private async Task<IReadOnlyList<SentImage>> ReadJsonAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        using PooledBytes body = await ReadAllAsync(request, cancellationToken).ConfigureAwait(false);
        try
        {
            JsonImages? sent = JsonSerializer.Deserialize(body.Memory.Span, ServingJson.Default.JsonImages);
            if (sent?.Images is not { } images || images.Any(image => image?.Content is null))
                throw Refused("The JSON is not { \"images\": [ { \"name\": ..., \"content\": base64 } ] }.");
            CheckCount(images.Count);
            return [.. images.Select(image => new SentImage(image.Name, image.Content, null))];
        }
        catch (JsonException exception)
        {
            throw Refused($"The JSON cannot be read: {exception.Message}", exception);
        }
    }

    private async Task<IReadOnlyList<SentImage>> ReadFormAsync(
        HttpRequest request, MediaTypeHeaderValue type, CancellationToken cancellationToken)
    {
        string boundary = HeaderUtilities.RemoveQuotes(type.Boundary).ToString();
        if (boundary.Length is 0 or > LongestBoundary) throw Refused("The form's boundary is missing, or longer than 200 characters.");
        var images = new List<SentImage>();
        try
        {
            var reader = new MultipartReader(boundary, request.Body);
            while (await reader.ReadNextSectionAsync(cancellationToken).ConfigureAwait(false) is { } section)
            {
                // Fields that are no files are passed over.
                if (section.GetContentDispositionHeader() is not { } disposition || !disposition.IsFileDisposition()) continue;
                CheckCount(images.Count + 1);
                PooledBytes bytes = await PooledBytes.ReadAsync(section.Body, null, budget, cancellationToken).ConfigureAwait(false);
                images.Add(new SentImage(NameOf(disposition), bytes.Memory, bytes));
            }

            return images;
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException and not BadHttpRequestException)
        {
            DisposeAll(images);
            throw Refused("The form is damaged: it ends early, or its parts have no proper heads.", exception);
        }
        catch
        {
            DisposeAll(images);
            throw;
        }
    }

    private static void DisposeAll(List<SentImage> images) => images.ForEach(image => image.Owner?.Dispose());

    private static string? NameOf(ContentDispositionHeaderValue disposition)
    {
        string name = (disposition.FileNameStar.HasValue ? disposition.FileNameStar : HeaderUtilities.RemoveQuotes(disposition.FileName)).ToString();
        return name.Length > 0 ? name : null;
    }

    private void CheckCount(int count)
    {
        if (count > options.MaxImagesPerRequest)
            throw new BadHttpRequestException($"The request holds more than {options.MaxImagesPerRequest} images.", StatusCodes.Status413PayloadTooLarge);
    }

    private static BadHttpRequestException Refused(string reason, Exception? cause = null) =>
        cause is null ? new BadHttpRequestException(reason) : new BadHttpRequestException(reason, cause);
}
