using System.Security.Cryptography;
using ImageTrainer.Batch.Listing;
using ImageTrainer.Batch.Output;
using ImageTrainer.Batch.Pipeline;
using ImageTrainer.Models;

namespace ImageTrainer.Batch;

/// <summary>
/// Scores piles of images with one engine: one row for each image, in the order of the input. However often a job is killed and
/// resumed, no row is lost and none comes twice. One job at a time uses all cores; not safe for concurrent callers.
/// </summary>
public sealed class BatchScorer : IDisposable
{
    private readonly ImagePredictionEngine _engine;
    private readonly string _modelSha256;
    private readonly TimeProvider _clock;
    private bool _ownsEngine;

    /// <summary>Prepares to score with an engine.</summary>
    /// <param name="engine">
    /// The engine, which stays the caller's to dispose. <see cref="ImagePredictionEngineOptions.ThreadsPerPrediction"/> should be 1, and
    /// <see cref="ImagePredictionEngineOptions.MaxConcurrency"/> is the number of cores used.
    /// </param>
    /// <param name="modelSha256">SHA-256 of the model file, lower-case hex, which rows and journals name.</param>
    /// <param name="clock">Measures time; null for the system's clock.</param>
    public BatchScorer(ImagePredictionEngine engine, string modelSha256, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentException.ThrowIfNullOrEmpty(modelSha256);
        (_engine, _modelSha256, _clock) = (engine, modelSha256, clock ?? TimeProvider.System);
    }

    /// <summary>The engine that scores.</summary>
    public ImagePredictionEngine Engine => _engine;

    /// <summary>Loads a model to score with. Its file is opened once, so that rows name the very model that scored them.</summary>
    /// <param name="path">Path of a model.zip.</param>
    /// <param name="options">How the engine runs; null for one thread a prediction. The engine is disposed with the scorer.</param>
    /// <param name="clock">Measures time; null for the system's clock.</param>
    /// <exception cref="ModelFormatException">The file is missing, damaged, foreign or too new.</exception>
    /// <exception cref="Onnx.DeviceException">The device is not there.</exception>
    public static BatchScorer Load(string path, ImagePredictionEngineOptions? options = null, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        return ModelFile.Read(path, stream =>
        {
            string sha256 = Convert.ToHexStringLower(SHA256.HashData(stream));
            stream.Position = 0;
            options ??= new ImagePredictionEngineOptions { ThreadsPerPrediction = 1 };
            return new BatchScorer(ImagePredictionEngine.Load(stream, path, options), sha256, clock) { _ownsEngine = true };
        });
    }

    /// <summary>Disposes the engine that <see cref="Load"/> made; one that was given stays the caller's.</summary>
    public void Dispose()
    {
        if (_ownsEngine) _engine.Dispose();
    }

    /// <summary>
    /// Scores inputs into a file. Relative paths are relative to the current folder, those in a list to the list's folder.
    /// </summary>
    /// <param name="inputs">Folders, patterns like <c>photos/**/*.jpg</c>, lists (.txt, .csv, .tsv, .jsonl) and images.</param>
    /// <param name="output">Path of the file to make. While the job is under way it is <c>output.partial</c>.</param>
    /// <param name="options">How to score; null for the defaults.</param>
    /// <param name="progress">Told after every batch, in order, on the caller's thread; or null.</param>
    /// <param name="cancellationToken">Stops the job; what is scored in order until then is committed.</param>
    /// <inheritdoc cref="Score(ScoringInput, string, ScoringOptions, IProgress{ScoringProgress}, CancellationToken)" path="/returns"/>
    /// <inheritdoc cref="Score(ScoringInput, string, ScoringOptions, IProgress{ScoringProgress}, CancellationToken)" path="/exception"/>
    public ScoringSummary Score(
        IReadOnlyList<string> inputs,
        string output,
        ScoringOptions? options = null,
        IProgress<ScoringProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        Score(ScoringInput.Parse(inputs), output, options, progress, cancellationToken);

    /// <summary>Scores an input into a file.</summary>
    /// <param name="input">What to score.</param>
    /// <param name="output">Path of the file to make. While the job is under way it is <c>output.partial</c>.</param>
    /// <param name="options">How to score; null for the defaults.</param>
    /// <param name="progress">Told after every batch, in order, on the caller's thread; or null.</param>
    /// <param name="cancellationToken">Stops the job; what is scored in order until then is committed.</param>
    /// <returns>What was done.</returns>
    /// <exception cref="ScoringInputException">An input cannot be listed.</exception>
    /// <exception cref="ScoringOutputException">The output could not be written to its end.</exception>
    /// <exception cref="ScoringRefusedException">
    /// The output exists already, belongs to another job or cannot be written, or another process is writing it.
    /// </exception>
    /// <exception cref="TooManyErrorsException">More images are unreadable than <see cref="ScoringOptions.MaxErrors"/> allows.</exception>
    /// <exception cref="ArgumentException">Options are out of range; the message names each.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public ScoringSummary Score(
        ScoringInput input,
        string output,
        ScoringOptions? options = null,
        IProgress<ScoringProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(output);
        options ??= new ScoringOptions();
        using var sink = new FileSink(output, options.Format);
        return Score(input, sink, options, progress, cancellationToken);
    }

    /// <summary>Scores an input into a sink: a database, or one of your own.</summary>
    /// <param name="input">What to score.</param>
    /// <param name="sink">Where rows go; it stays the caller's to dispose.</param>
    /// <param name="options">How to score; null for the defaults.</param>
    /// <param name="progress">Told after every batch, in order, on the caller's thread; or null.</param>
    /// <param name="cancellationToken">Stops the job; what is scored in order until then is committed.</param>
    /// <returns>What was done.</returns>
    /// <inheritdoc cref="Score(ScoringInput, string, ScoringOptions, IProgress{ScoringProgress}, CancellationToken)" path="/exception"/>
    public ScoringSummary Score(
        ScoringInput input,
        IScoreSink sink,
        ScoringOptions? options = null,
        IProgress<ScoringProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(sink);
        options ??= new ScoringOptions();
        options.Validate();
        if (options.IncludeEmbeddings && _engine.Network.FindRowLength(ScoringPipeline.FeaturesName) is null)
        {
            throw new ScoringRefusedException(
                ScoringRefusal.Impossible, "This model's network gives no features, so rows cannot have embeddings.");
        }

        long start = _clock.GetTimestamp();
        PipelineSizes sizes = PipelineSizes.For(_engine.Network, _engine.Options.MaxConcurrency, options.BatchSize);
        InputSurvey repeatable = InputSurvey.Of(input.Repeatable, options.Shard, cancellationToken);
        InputSurvey? survey = input.CanRepeat ? repeatable : null;
        JobIdentity identity = Identify(survey, options, sizes.BatchSize, repeatable.ColumnNames, sink.Format);
        JobProgress begun = sink.Open(identity, RowLayout.Of(identity, _engine.Labels.Count), options.Resume);
        var job = new ScoringJob(input, sink, options, survey, begun, _clock);
        IReadOnlyList<StageTime> stages = [];
        job.CheckErrors();
        if (!begun.IsFinished) stages = Run(job, sizes, progress, cancellationToken);
        // Whether a stream is the one that the finished job scored shows only as it is read.
        else if (survey is null) Run(job, sizes, progress, cancellationToken);
        sink.Finish();
        TimeSpan elapsed = _clock.GetElapsedTime(start);
        return new ScoringSummary(job.RowCount, job.ErrorCount, begun.RowCount, _modelSha256, elapsed, stages, job.Notice)
        {
            HasInputChanged = job.HasInputChanged,
        };
    }

    private IReadOnlyList<StageTime> Run(
        ScoringJob job, PipelineSizes sizes, IProgress<ScoringProgress>? progress, CancellationToken cancellationToken)
    {
        using var pipeline = new ScoringPipeline(_engine, sizes, job.Options.IncludeEmbeddings, _clock, cancellationToken);
        try
        {
            pipeline.Run(job.ListRest(), batch => job.Write(batch, progress), job.Rest);
        }
        catch (Exception exception) when (exception is OperationCanceledException or TooManyErrorsException)
        {
            job.Commit();
            throw;
        }

        job.Complete();
        return pipeline.StageTimes;
    }

    private JobIdentity Identify(
        InputSurvey? survey, ScoringOptions options, int batchSize, IReadOnlyList<string> columns, string format) => new()
        {
            ModelSha256 = _modelSha256,
            InputSha256 = survey?.Fingerprint,
            ImageCount = survey?.ImageCount,
            ColumnNames = columns,
            Format = format,
            TopCount = options.TopCount,
            IncludeEmbeddings = options.IncludeEmbeddings,
            BatchSize = batchSize,
            Device = _engine.Device.Device.Kind.ToString().ToLowerInvariant(),
            ShardIndex = options.Shard.Index,
            ShardCount = options.Shard.Count,
        };
}
