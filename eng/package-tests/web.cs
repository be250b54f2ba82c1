// The application of three lines; then it asks itself and prints what it is told.
var builder = WebApplication.CreateBuilder(["--urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=Warning"]);
builder.Services.AddImagePredictionEngine(args[0]);
await using var app = builder.Build();
app.MapImageClassification("/v1");
await app.StartAsync();

using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
using HttpResponseMessage response = await client.PostAsync("/v1/models/default:predict?top=1", new ByteArrayContent(File.ReadAllBytes(args[1])));
Console.WriteLine(await response.Content.ReadAsStringAsync());
return response.IsSuccessStatusCode ? 0 : 1;
