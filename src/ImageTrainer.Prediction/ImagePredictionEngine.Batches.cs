using System.Buffers;
using ImageTrainer.Imaging;
using ImageTrainer.Onnx;

namespace ImageTrainer;

/// <content>Batches.</content>
public sealed partial class ImagePredictionEngine
{
    /// <summary>
    /// Predicts many image files on all cores, one thread an image whatever <see cref="ImagePredictionEngineOptions.ThreadsPerPrediction"/>
    /// says. An unreadable image is a result with its error; the others are not affected.
    /// </summary>
    /// <param name="paths">Paths of the images.</param>
    /// <param name="cancellationToken">Cancels between images.</param>
    /// <returns>One result a path, in the same order.</returns>
    /// <exception cref="ArgumentException">A path is null or empty; no image has been read.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The engine has been disposed.</exception>
    public IReadOnlyList<ImagePredictionResult> PredictBatch(IReadOnlyList<string> paths, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(paths);
        for (int i = 0; i < paths.Count; i++)
        {
            if (string.IsNullOrEmpty(paths[i])) throw new ArgumentException($"Path {i} of {paths.Count}, counted from 0, is null or empty.", nameof(paths));
        }

        return RunBatch(paths.Count, index => paths[index], (index, pixels) => _reader.ReadPixels(paths[index], _preprocessing, pixels), cancellationToken);
    }

    /// <summary>Predicts many image files on all cores, without holding the caller's thread.</summary>
    /// <inheritdoc cref="PredictBatch"/>
    public Task<IReadOnlyList<ImagePredictionResult>> PredictBatchAsync(IReadOnlyList<string> paths, CancellationToken cancellationToken = default) =>
        Task.Run(() => PredictBatch(paths, cancellationToken), cancellationToken);

    /// <summary>
    /// Predicts many images that are in memory as the bytes of their files, on all cores, without holding the caller's thread.
    /// </summary>
    /// <param name="images">The bytes of each.</param>
    /// <param name="cancellationToken">Cancels between images.</param>
    /// <returns>One result an image, in the same order; their paths are empty.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The engine has been disposed.</exception>
    public Task<IReadOnlyList<ImagePredictionResult>> PredictBatchAsync(
        IReadOnlyList<ReadOnlyMemory<byte>> images, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        return Task.Run<IReadOnlyList<ImagePredictionResult>>(
            () => RunBatch(images.Count, _ => "", (index, pixels) => _reader.ReadPixels(images[index], _preprocessing, pixels), cancellationToken),
            cancellationToken);
    }

    /// <summary>
    /// Predicts many images from streams, on all cores, without holding the caller's thread. Each stream is read to its end when its
    /// turn comes, by one
    /// thread at a time, and not disposed.
    /// </summary>
    /// <param name="images">The streams, no two the same.</param>
    /// <param name="cancellationToken">Cancels between images.</param>
    /// <exception cref="ArgumentException">A stream is null or cannot be read.</exception>
    /// <inheritdoc cref="PredictBatchAsync(IReadOnlyList{ReadOnlyMemory{byte}}, CancellationToken)" path="/returns|/exception"/>
    public Task<IReadOnlyList<ImagePredictionResult>> PredictBatchAsync(IReadOnlyList<Stream> images, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        foreach (Stream image in images) ThrowIfUnreadable(image, nameof(images));
        return Task.Run<IReadOnlyList<ImagePredictionResult>>(() => RunBatch(images.Count, _ => "", Read, cancellationToken), cancellationToken);

        void Read(int index, Span<float> pixels)
        {
            using ImageContent content = ImageContent.FromStream(images[index]);
            _reader.ReadPixels(content.Bytes, _preprocessing, pixels);
        }
    }

    /// <summary>
    /// Predicts a few images in one run of the network on the calling thread alone, at the processor time an image that batches take. For
    /// callers with threads of their own, such as the workers of a queue: as many images run at once as they call with.
    /// </summary>
    /// <param name="images">The images; about 4 a call go best on a CPU, 32 on a GPU.</param>
    /// <returns>One result an image, in the same order.</returns>
    /// <exception cref="ObjectDisposedException">The engine has been disposed.</exception>
    public IReadOnlyList<ImagePredictionResult> PredictOnThread(IReadOnlyList<ImageInput> images)
    {
        ArgumentNullException.ThrowIfNull(images);
        ThrowIfDisposed();
        OnnxNetwork network = _batchNetwork?.Value ?? _network;
        float[] pixels = ArrayPool<float>.Shared.Rent(images.Count * network.PixelLength);
        try
        {
            return RunOnThread(network, images, pixels);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(pixels);
        }
    }

    private ImagePredictionResult[] RunOnThread(OnnxNetwork network, IReadOnlyList<ImageInput> images, float[] pixels)
    {
        var results = new ImagePredictionResult[images.Count];
        var read = new List<int>(images.Count);
        for (int i = 0; i < images.Count; i++)
        {
            try
            {
                images[i].ReadPixels(_reader, _preprocessing, pixels.AsSpan(read.Count * network.PixelLength, network.PixelLength));
                read.Add(i);
            }
            catch (ImageDecodeException exception)
            {
                results[i] = new ImagePredictionResult(images[i].Path ?? "", null, exception);
            }
        }

        float[] rows = new float[read.Count * Labels.Count];
        if (read.Count > 0) network.Run(pixels, read.Count, ScoreName, rows);
        foreach ((int row, int image) in read.Index())
        {
            _garbage.CountPrediction();
            float[] score = rows.AsSpan(row * Labels.Count, Labels.Count).ToArray();
            results[image] = new ImagePredictionResult(images[image].Path ?? "", new ImagePrediction(score, Labels), null);
        }

        return results;
    }

    private ImagePredictionResult[] RunBatch(int count, Func<int, string> pathOf, BatchPixelSource read, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        var results = new ImagePredictionResult[count];
        using var runner = new ImageBatchRunner(_batchNetwork?.Value ?? _network, ScoreName, _options.MaxConcurrency);
        runner.Run(count, Fill, Take, cancellationToken);
        return results;

        bool Fill(int index, Span<float> pixels)
        {
            try
            {
                read(index, pixels);
                return true;
            }
            catch (ImageDecodeException exception)
            {
                results[index] = new ImagePredictionResult(pathOf(index), null, exception);
                return false;
            }
        }

        void Take(int index, ReadOnlySpan<float> row)
        {
            _garbage.CountPrediction();
            results[index] = new ImagePredictionResult(pathOf(index), new ImagePrediction(row.ToArray(), Labels), null);
        }
    }

    private delegate void BatchPixelSource(int index, Span<float> pixels);
}
