using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Text;

namespace ImageTrainer.AspNetCore;

/// <summary>One model that an application serves. Bound from configuration, or set in code.</summary>
public sealed class ImageModelOptions
{
    /// <summary>Path of the model.zip; links are followed each time it is looked at.</summary>
    [Required(ErrorMessage = "ModelPath names no model.zip.")]
    public string ModelPath { get; set; } = "";

    /// <summary>Where the network runs: "auto" (default: a GPU where one works), "cpu", "cuda" or "cuda:N".</summary>
    [Required]
    public string Device { get; set; } = "auto";

    /// <summary>The largest image accepted, in pixels (width * height); default 50 million, at most 700 million.</summary>
    [Range(1, 700_000_000)]
    public long MaxPixelCount { get; set; } = 50_000_000;

    /// <summary>
    /// Whether another file in the place of the model is loaded while the application runs; default true. It is loaded beside the old one,
    /// so that for a while both take memory.
    /// </summary>
    public bool ReloadOnChange { get; set; } = true;

    /// <summary>
    /// How often the file is looked at; default 1 second, at least 50 ms. One that changed is loaded once it has kept still from one look to
    /// the next, so that no half-written file is tried.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "1.00:00:00")]
    public TimeSpan ReloadInterval { get; set; } = TimeSpan.FromSeconds(1);

    internal ImagePredictionEngineOptions ToEngineOptions() => new() { Device = Device, MaxPixelCount = MaxPixelCount };
}

/// <summary>How an application serves all its models together: the queue, and what requests over HTTP may take.</summary>
public sealed class ImageServingOptions
{
    /// <summary>
    /// Images that wait for a worker at most, over all models; default 64. Requests that find no room are answered 429 with the wait
    /// measured; <see cref="IImagePredictor"/> waits for room.
    /// </summary>
    [Range(1, 100_000)]
    public int QueueLimit { get; set; } = 64;

    /// <summary>Threads that decode and run the networks; default: the number of processors.</summary>
    [Range(1, 1024)]
    public int WorkerCount { get; set; } = Environment.ProcessorCount;

    /// <summary>Images that a worker takes from the queue at once; default 4, which suits CPUs. For a GPU 32.</summary>
    [Range(1, 256)]
    public int MaxBatchSize { get; set; } = 4;

    /// <summary>Images in one request at most; default 32. Not more than <see cref="QueueLimit"/>.</summary>
    [Range(1, 10_000)]
    public int MaxImagesPerRequest { get; set; } = 32;

    /// <summary>Bytes of one request's body at most; default 32 MiB.</summary>
    [Range(1, int.MaxValue)]
    public long MaxRequestBodySize { get; set; } = 32 << 20;

    /// <summary>
    /// Bytes of bodies that are held in memory at most, over all requests; default 256 MiB. Requests that find no room are answered 429.
    /// </summary>
    [Range(1, long.MaxValue)]
    public long MaxBufferedBytes { get; set; } = 256 << 20;

    /// <summary>A request's time from its head to its answer; default 60 seconds. Then 408 where its body is not here yet, else 504.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Bytes a second that a body must keep up after 5 seconds, or it is cut off; default 1,000. 0: any.</summary>
    [Range(0, 1e9)]
    public double MinRequestBodyBytesPerSecond { get; set; } = 1_000;

    /// <summary>
    /// Keys of which a request must carry one, as "X-API-Key" or "Authorization: Bearer"; empty (default): none is asked for. Compared in
    /// constant time.
    /// </summary>
    public IList<string> ApiKeys { get; } = [];

    internal byte[][] HashKeys() => [.. ApiKeys.Select(key => SHA256.HashData(Encoding.UTF8.GetBytes(key)))];

    internal static bool AgreesWithItself(ImageServingOptions options) =>
        options.MaxImagesPerRequest <= options.QueueLimit && options.ApiKeys.All(key => !string.IsNullOrWhiteSpace(key));
}
