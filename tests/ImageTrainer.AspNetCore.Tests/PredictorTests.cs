using ImageTrainer.Imaging;
using ImageTrainer.Models;
using ImageTrainer.Tests;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace ImageTrainer.AspNetCore;

[TestClass]
public class PredictorTests
{
    [TestMethod]
    public async Task PredictAsync_EveryShapeOfAnImage_SaysWhatTheEngineSays()
    {
        await using ServingHost host = await ServingHost.StartAsync();
        string path = host.Folder.Write("photo.jpg", ServingHost.Photo);
        using ImagePredictionEngine engine = TinyModel.Load();
        ImagePrediction expected = engine.Predict(ServingHost.Photo);

        ImagePrediction[] predictions =
        [
            await host.Predictor.PredictAsync(path),
            await host.Predictor.PredictAsync(ServingHost.Photo),
            await host.Predictor.PredictAsync(new MemoryStream(ServingHost.Photo)),
            await host.Predictor.PredictAsync(new FormFile(new MemoryStream(ServingHost.Photo), 0, ServingHost.Photo.Length, "photo", "photo.jpg")),
            (await host.Predictor.PredictBatchAsync([new ImageInput(path, default)]))[0].Prediction!,
        ];

        foreach (ImagePrediction prediction in predictions)
        {
            Assert.AreEqual(expected.PredictedLabel, prediction.PredictedLabel);
            Assert.AreEqual(expected.Probability, prediction.Probability, 1e-5f);
        }

        float[] features = engine.Featurize(ServingHost.Photo);
        float[] served = await host.Predictor.FeaturizeAsync(new ImageInput(path, default));
        CollectionAssert.AreEqual(features, served);
        Assert.AreEqual("shapes", host.Predictor.Name);
        CollectionAssert.AreEqual(TinyModel.Labels.ToArray(), host.Predictor.Manifest.Labels.ToArray());
    }

    [TestMethod]
    public async Task PredictBatchAsync_MoreThanTheQueueHolds_GivesEachItsOwnAnswer()
    {
        await using ServingHost host = await ServingHost.StartAsync(options => (options.QueueLimit, options.MaxImagesPerRequest) = (4, 4));
        ImageInput[] images = [.. Enumerable.Range(0, 40).Select(i => new ImageInput(null,
            i == 7 ? "no image"u8.ToArray() : Drawings.Draw(Drawings.Kinds[i % 3], i).EncodeJpeg()))];
        using ImagePredictionEngine engine = TinyModel.Load();

        Task<IReadOnlyList<ImagePredictionResult>>[] batches = [.. Enumerable.Range(0, 3).Select(_ => host.Predictor.PredictBatchAsync(images))];

        foreach (IReadOnlyList<ImagePredictionResult> results in await Task.WhenAll(batches))
        {
            Assert.HasCount(images.Length, results);
            Assert.IsNotNull(results[7].Error);
            foreach ((int index, ImagePredictionResult result) in results.Index().Where(result => result.Index != 7))
                Assert.AreEqual(engine.Predict(images[index].Content).Probability, result.Prediction!.Probability, 1e-5f);
        }
    }

    [TestMethod]
    public async Task PredictAsync_ImageThatCannotBeRead_Throws()
    {
        await using ServingHost host = await ServingHost.StartAsync();

        var error = await Assert.ThrowsExactlyAsync<ImageDecodeException>(() => host.Predictor.PredictAsync(ServingHost.Photo.AsMemory(0, 200)));
        var missing = await Assert.ThrowsExactlyAsync<ImageDecodeException>(() => host.Predictor.PredictAsync("nowhere.jpg"));

        Assert.AreEqual("jpeg", error.Format);
        Assert.AreEqual("there is no such file", missing.Reason);
    }

    [TestMethod]
    public async Task PredictAsync_Cancelled_EndsAtOnce()
    {
        await using ServingHost host = await ServingHost.StartAsync();
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAsync<OperationCanceledException>(() => host.Predictor.PredictAsync(ServingHost.Photo, cancelled.Token));
    }

    [TestMethod]
    public async Task AddImagePredictionEngine_InAHostWithoutWebServer_InjectsModelsByName()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a.zip", TinyModel.Zip);
        folder.Write("b.zip", ServingHost.OtherZip(2, ["w", "x", "y", "z"]));
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Second:ModelPath"] = folder.Combine("b.zip"),
            ["Second:ReloadOnChange"] = "false",
            ["Second:MaxPixelCount"] = "1000",
        });
        builder.Services.AddImagePredictionEngine(folder.Combine("a.zip"));
        builder.Services.AddImagePredictionEngine(builder.Configuration.GetSection("Second"), "letters");
        using IHost host = builder.Build();
        await host.StartAsync();

        IImagePredictor first = host.Services.GetRequiredService<IImagePredictor>();
        IImagePredictor second = host.Services.GetRequiredKeyedService<IImagePredictor>("letters");

        CollectionAssert.Contains(TinyModel.Labels.ToArray(), (await first.PredictAsync(ServingHost.Photo)).PredictedLabel);
        var error = await Assert.ThrowsExactlyAsync<ImageDecodeException>(() => second.PredictAsync(ServingHost.Photo));
        StringAssert.Contains(error.Message, "pixels");
        Assert.AreEqual("w", second.Manifest.Labels[0]);
        await host.StopAsync();
    }

    [TestMethod]
    public async Task StartAsync_OptionsOutOfRange_NamesThemAll()
    {
        var errors = await Assert.ThrowsExactlyAsync<AggregateException>(() => ServingHost.StartAsync(
            options => (options.QueueLimit, options.RequestTimeout) = (0, TimeSpan.Zero), model => model.ModelPath = ""));

        string text = string.Join(' ', errors.InnerExceptions.OfType<OptionsValidationException>().SelectMany(error => error.Failures));
        foreach (string name in new[] { "QueueLimit", "RequestTimeout", "MaxImagesPerRequest", "ModelPath" }) StringAssert.Contains(text, name);
    }

    [TestMethod]
    public async Task StartAsync_ModelThatCannotBeLoaded_SaysWhich()
    {
        var error = await Assert.ThrowsExactlyAsync<ModelFormatException>(() => ServingHost.StartAsync(model: model => model.ModelPath = "nowhere.zip"));

        StringAssert.Contains(error.Message, "'nowhere.zip': there is no such file");
    }

    [TestMethod]
    public void AddImagePredictionEngine_SameNameTwice_IsRefused()
    {
        IServiceCollection services = new ServiceCollection().AddImagePredictionEngine("a.zip");

        var error = Assert.ThrowsExactly<ArgumentException>(() => services.AddImagePredictionEngine("b.zip"));

        StringAssert.Contains(error.Message, "'default'");
    }

    [TestMethod]
    public async Task IImagePredictor_InATestOfAnApplication_NeedsNoModel()
    {
        IImagePredictor predictor = new FixedPredictor();

        ImagePrediction prediction = await predictor.PredictAsync("any.jpg");

        Assert.AreEqual("rose", prediction.PredictedLabel);
        Assert.ThrowsExactly<ArgumentException>(() => ImagePrediction.Create(["rose"], []));
    }

    private sealed class FixedPredictor : IImagePredictor
    {
        public string Name => "fixed";

        public ModelManifest Manifest => TinyModel.Manifest(["rose", "tulip"], 1);

        public Task<ImagePrediction> PredictAsync(ImageInput image, CancellationToken cancellationToken = default) =>
            Task.FromResult(ImagePrediction.Create(Manifest.Labels, [0.9f, 0.1f]));

        public Task<IReadOnlyList<ImagePredictionResult>> PredictBatchAsync(IReadOnlyList<ImageInput> images, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public Task<float[]> FeaturizeAsync(ImageInput image, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }
}
