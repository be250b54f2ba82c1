using ImageTrainer.AspNetCore;
using ImageTrainer.Imaging;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Worker;

// A service without a web server: sorts the photos that come into a folder into subfolders by label.
// dotnet run --project samples/Worker -- model.zip inbox sorted
(string model, string inbox, string sorted) = (args[0], args[1], args[2]);
HostApplicationBuilder builder = Host.CreateApplicationBuilder();
builder.Services.AddImagePredictionEngine(model);
builder.Services.AddHostedService(services => new PhotoSorter(services.GetRequiredService<IImagePredictor>(), inbox, sorted));
builder.Build().Run();

namespace Worker
{
    /// <summary>Looks into a folder once a second and moves each photo to the folder of its label, or to "unreadable".</summary>
    internal sealed class PhotoSorter(IImagePredictor predictor, string inbox, string sorted) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                string[] photos = Directory.GetFiles(inbox);
                var results = await predictor.PredictBatchAsync([.. photos.Select(path => new ImageInput(path, default))], stoppingToken);
                foreach (var result in results) Move(result.Path, result.Prediction?.PredictedLabel ?? "unreadable");
            }
        }

        private void Move(string photo, string label)
        {
            string folder = Directory.CreateDirectory(Path.Combine(sorted, label)).FullName;
            File.Move(photo, Path.Combine(folder, Path.GetFileName(photo)), overwrite: true);
            Console.WriteLine($"{Path.GetFileName(photo)}: {label}");
        }
    }
}
