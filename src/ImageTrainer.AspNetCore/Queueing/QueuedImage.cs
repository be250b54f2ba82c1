using ImageTrainer.AspNetCore.Models;
using ImageTrainer.Imaging;

namespace ImageTrainer.AspNetCore.Queueing;

/// <summary>What became of one image.</summary>
/// <param name="Prediction">The prediction, where one was asked for and the image could be read.</param>
/// <param name="Features">The features, where they were asked for and the image could be read.</param>
/// <param name="Error">Why it could not be read.</param>
internal sealed record ImageAnswer(ImagePrediction? Prediction, float[]? Features, ImageDecodeException? Error);

/// <summary>
/// An image in the queue. It holds a use of the version it will run on and its bytes until a worker has ended with it, even where who asked
/// has left before.
/// </summary>
internal sealed class QueuedImage
{
    private readonly TaskCompletionSource<ImageAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IDisposable? _content;
    private readonly CancellationTokenRegistration _cancelling;
    private int _isReleased;

    /// <param name="model">The model asked for.</param>
    /// <param name="image">The image.</param>
    /// <param name="content">What is disposed when the bytes are no longer needed, or null.</param>
    /// <param name="wantsFeatures">Whether features are asked for in place of a prediction.</param>
    /// <param name="cancellationToken">Who asks has left.</param>
    public QueuedImage(ServedModel model, ImageInput image, IDisposable? content, bool wantsFeatures, CancellationToken cancellationToken)
    {
        (ModelName, Image, WantsFeatures, _content) = (model.Name, image, wantsFeatures, content);
        Version = model.BeginUse();
        _cancelling = cancellationToken.UnsafeRegister(
            static (state, token) => ((QueuedImage)state!)._answer.TrySetCanceled(token), this);
    }

    /// <summary>Name of the model.</summary>
    public string ModelName { get; }

    /// <summary>The version it runs on.</summary>
    public ModelVersion Version { get; }

    /// <summary>The image.</summary>
    public ImageInput Image { get; }

    /// <summary>Whether features are asked for in place of a prediction.</summary>
    public bool WantsFeatures { get; }

    /// <summary>When it was put into the queue, as the clock's timestamp.</summary>
    public long QueuedAt { get; set; }

    /// <summary>The answer, as soon as it is there.</summary>
    public Task<ImageAnswer> Answer => _answer.Task;

    /// <summary>Whether who asked has left.</summary>
    public bool IsAbandoned => _answer.Task.IsCompleted;

    /// <summary>Whether one run of a network can do both.</summary>
    public bool RunsWith(QueuedImage other) => Version == other.Version && !WantsFeatures && !other.WantsFeatures;

    /// <summary>Answers, and lets go of version and bytes.</summary>
    public void Complete(ImageAnswer answer)
    {
        Release();
        _answer.TrySetResult(answer);
    }

    /// <summary>Answers with a failure, and lets go of version and bytes.</summary>
    public void Fail(Exception exception)
    {
        Release();
        _answer.TrySetException(exception);
    }

    /// <summary>Lets go of version and bytes of an image that is not run. Safe to call twice.</summary>
    public void Release()
    {
        if (Interlocked.Exchange(ref _isReleased, 1) != 0) return;
        _cancelling.Unregister();
        _content?.Dispose();
        Version.EndUse();
    }
}
