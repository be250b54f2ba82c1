using ImageTrainer.AspNetCore.Models;
using ImageTrainer.Imaging;
using ImageTrainer.Models;

namespace ImageTrainer.AspNetCore.Queueing;

/// <summary>What applications inject: asks the queue, and waits where it is full.</summary>
internal sealed class QueuedPredictor : IImagePredictor
{
    private readonly ServedModel _model;
    private readonly PredictionQueue _queue;

    /// <param name="model">The model.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="workers">Named, so that they run before anyone waits for them.</param>
    public QueuedPredictor(ServedModel model, PredictionQueue queue, PredictionWorkers workers)
    {
        ArgumentNullException.ThrowIfNull(workers);
        (_model, _queue) = (model, queue);
    }

    public string Name => _model.Name;

    public ModelManifest Manifest => _model.Current.Engine.Manifest;

    public async Task<ImagePrediction> PredictAsync(ImageInput image, CancellationToken cancellationToken = default)
    {
        ImageAnswer answer = await AskAsync(image, wantsFeatures: false, cancellationToken).ConfigureAwait(false);
        return answer.Prediction ?? throw Unreadable(answer);
    }

    public async Task<float[]> FeaturizeAsync(ImageInput image, CancellationToken cancellationToken = default)
    {
        ImageAnswer answer = await AskAsync(image, wantsFeatures: true, cancellationToken).ConfigureAwait(false);
        return answer.Features ?? throw Unreadable(answer);
    }

    public async Task<IReadOnlyList<ImagePredictionResult>> PredictBatchAsync(
        IReadOnlyList<ImageInput> images, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        var asked = new List<Task<ImageAnswer>>(images.Count);
        foreach (ImageInput image in images)
            asked.Add((await QueueAsync(image, wantsFeatures: false, cancellationToken).ConfigureAwait(false)).Answer);
        ImageAnswer[] answers = await Task.WhenAll(asked).ConfigureAwait(false);
        return [.. answers.Select((answer, index) => new ImagePredictionResult(images[index].Path ?? "", answer.Prediction, answer.Error))];
    }

    private async Task<ImageAnswer> AskAsync(ImageInput image, bool wantsFeatures, CancellationToken cancellationToken) =>
        await (await QueueAsync(image, wantsFeatures, cancellationToken).ConfigureAwait(false)).Answer.ConfigureAwait(false);

    private async Task<QueuedImage> QueueAsync(ImageInput image, bool wantsFeatures, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var queued = new QueuedImage(_model, image, content: null, wantsFeatures, cancellationToken);
        try
        {
            await _queue.AddAsync(queued, cancellationToken).ConfigureAwait(false);
            return queued;
        }
        catch
        {
            queued.Release();
            throw;
        }
    }

    // Where the bytes are another caller's too, the exception is; each throws its own.
    private static ImageDecodeException Unreadable(ImageAnswer answer) => answer.Error is { } error
        ? new ImageDecodeException(error.Path, error.Reason, error.Format, error)
        : throw new InvalidOperationException("A worker gave neither an answer nor a reason.");
}
