using ImageTrainer.Imaging;
using ImageTrainer.Models;
using Microsoft.AspNetCore.Http;

namespace ImageTrainer.AspNetCore;

/// <summary>
/// Predicts with one of the application's models: what applications inject, alone or by the model's name as a keyed service. Safe for many
/// callers. All of them share the queue and its workers; who finds the queue full waits. A call ends on the model it began with, whatever
/// is loaded meanwhile.
/// </summary>
public interface IImagePredictor
{
    /// <summary>Name of the model.</summary>
    string Name { get; }

    /// <summary>What the model that answers now says of itself: labels, metrics, backbone.</summary>
    /// <exception cref="ModelFormatException">The model is not loaded yet and cannot be.</exception>
    ModelManifest Manifest { get; }

    /// <summary>Predicts one image: a file, or the bytes of one.</summary>
    /// <param name="image">The image; its bytes may not change until the end.</param>
    /// <param name="cancellationToken">Cancels the wait; what a worker has begun runs to its end.</param>
    /// <exception cref="ImageDecodeException">The image cannot be read; the message says why.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The application is stopping.</exception>
    Task<ImagePrediction> PredictAsync(ImageInput image, CancellationToken cancellationToken = default);

    /// <summary>Predicts many images. One that cannot be read is a result with its error; the others are not affected.</summary>
    /// <param name="images">The images, as many as there are: no more than the queue holds are begun at once.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>One result an image, in the same order.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The application is stopping.</exception>
    Task<IReadOnlyList<ImagePredictionResult>> PredictBatchAsync(
        IReadOnlyList<ImageInput> images, CancellationToken cancellationToken = default);

    /// <summary>What the network under the head says of an image: D numbers, alike for images that look alike.</summary>
    /// <inheritdoc cref="PredictAsync(ImageInput, CancellationToken)"/>
    Task<float[]> FeaturizeAsync(ImageInput image, CancellationToken cancellationToken = default);
}

/// <summary>The other shapes an image comes in.</summary>
public static class ImagePredictorExtensions
{
    /// <summary>Predicts an image file.</summary>
    /// <inheritdoc cref="IImagePredictor.PredictAsync(ImageInput, CancellationToken)"/>
    public static Task<ImagePrediction> PredictAsync(this IImagePredictor predictor, string path, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(predictor);
        ArgumentException.ThrowIfNullOrEmpty(path);
        return predictor.PredictAsync(new ImageInput(path, default), cancellationToken);
    }

    /// <summary>Predicts an image that is in memory as the bytes of its file.</summary>
    /// <inheritdoc cref="IImagePredictor.PredictAsync(ImageInput, CancellationToken)"/>
    public static Task<ImagePrediction> PredictAsync(
        this IImagePredictor predictor, ReadOnlyMemory<byte> image, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(predictor);
        return predictor.PredictAsync(new ImageInput(null, image), cancellationToken);
    }

    /// <summary>Predicts an image from a stream, which is read to its end and not disposed.</summary>
    /// <inheritdoc cref="IImagePredictor.PredictAsync(ImageInput, CancellationToken)"/>
    public static async Task<ImagePrediction> PredictAsync(
        this IImagePredictor predictor, Stream image, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(predictor);
        ArgumentNullException.ThrowIfNull(image);
        using var copy = new MemoryStream();
        await image.CopyToAsync(copy, cancellationToken).ConfigureAwait(false);
        return await predictor.PredictAsync(copy.GetBuffer().AsMemory(0, (int)copy.Length), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Predicts an uploaded file.</summary>
    /// <inheritdoc cref="IImagePredictor.PredictAsync(ImageInput, CancellationToken)"/>
    public static async Task<ImagePrediction> PredictAsync(
        this IImagePredictor predictor, IFormFile image, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        using Stream content = image.OpenReadStream();
        return await predictor.PredictAsync(content, cancellationToken).ConfigureAwait(false);
    }
}
