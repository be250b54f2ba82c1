using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using ImageTrainer.Tests;

namespace ImageTrainer.AspNetCore;

[TestClass]
public class EndpointTests
{
    [TestMethod]
    public async Task Predict_OneImage_GivesLabelsBestFirst()
    {
        await using ServingHost host = await ServingHost.StartAsync();
        using ImagePredictionEngine engine = TinyModel.Load();
        ImagePrediction expected = engine.Predict(ServingHost.Photo);

        using HttpResponseMessage response = await host.PostAsync(ServingHost.Photo, "?top=2&threshold=1");

        JsonElement answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.AreEqual("shapes", answer.GetProperty("model").GetString());
        JsonElement prediction = answer.GetProperty("predictions")[0];
        Assert.AreEqual(expected.PredictedLabel, prediction.GetProperty("predictedLabel").GetString());
        Assert.AreEqual(expected.Probability, prediction.GetProperty("probability").GetSingle(), 1e-5f);
        Assert.IsTrue(prediction.GetProperty("isUnsure").GetBoolean());
        Assert.AreEqual(2, prediction.GetProperty("labels").GetArrayLength());
        Assert.AreEqual(expected.PredictedLabel, prediction.GetProperty("labels")[0].GetProperty("label").GetString());
    }

    [TestMethod]
    public async Task Predict_FormWithABrokenFile_AnswersTheOthersAndSaysWhyInItsPlace()
    {
        await using ServingHost host = await ServingHost.StartAsync();
        using MultipartFormDataContent form = Form(("a.jpg", ServingHost.Photo), ("böse.jpg", ServingHost.Photo[..300]), ("c.jpg", ServingHost.Photo));
        form.Add(new StringContent("no file"), "note");

        using HttpResponseMessage response = await host.Client.PostAsync("/v1/models/shapes:predict", form);

        Assert.AreEqual(HttpStatusCode.OK, response.StatusCode);
        JsonElement[] predictions = [.. (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("predictions").EnumerateArray()];
        CollectionAssert.AreEqual(
            new[] { "a.jpg", "böse.jpg", "c.jpg" }, predictions.Select(prediction => prediction.GetProperty("name").GetString()).ToArray());
        JsonElement error = predictions[1].GetProperty("error");
        Assert.AreEqual(422, error.GetProperty("status").GetInt32());
        Assert.AreEqual("jpeg", error.GetProperty("format").GetString());
        Assert.AreEqual(JsonValueKind.Null, predictions[1].GetProperty("predictedLabel").ValueKind);
        Assert.AreEqual(JsonValueKind.Null, predictions[2].GetProperty("error").ValueKind);
    }

    [TestMethod]
    public async Task Predict_JsonWithBase64_IsAnswered()
    {
        await using ServingHost host = await ServingHost.StartAsync();

        using HttpResponseMessage response = await host.Client.PostAsJsonAsync(
            "/v1/models/shapes:predict", new { images = new[] { new { name = "a", content = ServingHost.Photo } } });

        JsonElement answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.AreEqual("a", answer.GetProperty("predictions")[0].GetProperty("name").GetString());
        Assert.AreNotEqual(JsonValueKind.Null, answer.GetProperty("predictions")[0].GetProperty("predictedLabel").ValueKind);
    }

    [TestMethod]
    public async Task Predict_NoImageCanBeRead_Is422WithReasons()
    {
        await using ServingHost host = await ServingHost.StartAsync();

        using HttpResponseMessage response = await host.PostAsync("This is no image."u8.ToArray());

        JsonElement problem = await ProblemAsync(response, HttpStatusCode.UnprocessableEntity);
        StringAssert.Contains(problem.GetProperty("detail").GetString(), "The image cannot be read: ");
        Assert.AreEqual(422, problem.GetProperty("predictions")[0].GetProperty("error").GetProperty("status").GetInt32());
    }

    [TestMethod]
    [DataRow("/v1/models/other:predict", HttpStatusCode.NotFound)]
    [DataRow("/v1/models/..%2F..%2Fetc%2Fpasswd:predict", HttpStatusCode.NotFound)]
    [DataRow("/v1/models/shapes:predict?top=0", HttpStatusCode.BadRequest)]
    [DataRow("/v1/models/shapes:predict?top=many", HttpStatusCode.BadRequest)]
    [DataRow("/v1/models/shapes:predict?threshold=2", HttpStatusCode.BadRequest)]
    [DataRow("/v1/models/shapes:predict?threshold=NaN", HttpStatusCode.BadRequest)]
    public async Task Predict_RequestThatMakesNoSense_IsRefusedWithProblemDetails(string path, HttpStatusCode status)
    {
        await using ServingHost host = await ServingHost.StartAsync();

        using HttpResponseMessage response = await host.Client.PostAsync(path, new ByteArrayContent(ServingHost.Photo));

        await ProblemAsync(response, status);
    }

    [TestMethod]
    [DataRow("application/json", "{", HttpStatusCode.BadRequest)]
    [DataRow("application/json", "{\"images\":[{\"name\":\"a\"}]}", HttpStatusCode.BadRequest)]
    [DataRow("application/json", "{\"images\":null}", HttpStatusCode.BadRequest)]
    [DataRow("application/json", "{\"images\":[null]}", HttpStatusCode.BadRequest)]
    [DataRow("application/json", "{\"images\":[]}", HttpStatusCode.BadRequest)]
    [DataRow("multipart/form-data", "x", HttpStatusCode.BadRequest)]
    [DataRow("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=f; filename=a.jpg\r\n\r\nno end", HttpStatusCode.BadRequest)]
    [DataRow("multipart/form-data; boundary=b", "--b--\r\n", HttpStatusCode.BadRequest)]
    [DataRow("image/jpeg", "", HttpStatusCode.UnprocessableEntity)]
    public async Task Predict_BodyThatMakesNoSense_IsRefusedWithProblemDetails(string type, string body, HttpStatusCode status)
    {
        await using ServingHost host = await ServingHost.StartAsync();
        using var content = new ByteArrayContent(System.Text.Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);

        using HttpResponseMessage response = await host.Client.PostAsync("/v1/models/shapes:predict", content);

        await ProblemAsync(response, status);
    }

    [TestMethod]
    public async Task Models_AreListedAndDescribed()
    {
        await using ServingHost host = await ServingHost.StartAsync();

        JsonElement list = await host.GetAsync("/v1/models");
        JsonElement card = await host.GetAsync("/v1/models/shapes");

        Assert.AreEqual("shapes", list.GetProperty("models")[0].GetProperty("name").GetString());
        Assert.AreEqual(host.Model.Current.Hash, card.GetProperty("version").GetString());
        Assert.AreEqual(4, card.GetProperty("labels").GetArrayLength());
        Assert.AreEqual("resnet10-tiny", card.GetProperty("backbone").GetString());
        Assert.AreEqual(0.75, card.GetProperty("metrics").GetProperty("microAccuracy").GetDouble());
        Assert.AreEqual(JsonValueKind.Null, card.GetProperty("training").ValueKind);
    }

    [TestMethod]
    public async Task Models_ReportOfTrainBesideTheModel_IsShown()
    {
        using var folder = new TemporaryFolder();
        folder.Write("model.zip", TinyModel.Zip);
        folder.Write("metrics.json", """
            {"microAccuracy": 0.9, "microAccuracyInterval": {"lower": 0.8, "upper": 0.95}, "imageCount": 40, "backbone": "resnet10-tiny",
             "precision": "fp32", "labels": ["disc", "square", "stripes", "nothing at all"]}
            """);
        folder.Write("confusion.csv", "actual,disc,square,stripes,nothing at all\ndisc,10,0,0,0\nsquare,1,9,0,0\nstripes,0,0,8,2\nnothing at all,0,0,1,9\n");
        await using ServingHost host = await ServingHost.StartAsync(model: options => options.ModelPath = folder.Combine("model.zip"));

        JsonElement training = (await host.GetAsync("/v1/models/shapes")).GetProperty("training");

        Assert.AreEqual(0.95, training.GetProperty("accuracyUpper").GetDouble());
        Assert.AreEqual(9, training.GetProperty("confusion")[1][1].GetInt32());
    }

    [TestMethod]
    public async Task OpenApi_DescribesBodiesWithExamples()
    {
        await using ServingHost host = await ServingHost.StartAsync();

        JsonElement document = await host.GetAsync("/openapi/v1.json");

        JsonElement predict = document.GetProperty("paths").GetProperty("/v1/models/{name}:predict").GetProperty("post");
        JsonElement body = predict.GetProperty("requestBody").GetProperty("content");
        foreach (string type in new[] { "application/octet-stream", "image/jpeg", "multipart/form-data", "application/json" })
            Assert.AreEqual(JsonValueKind.Object, body.GetProperty(type).ValueKind);
        Assert.AreEqual(JsonValueKind.Object, body.GetProperty("application/json").GetProperty("example").ValueKind);
        JsonElement responses = predict.GetProperty("responses");
        Assert.AreEqual(JsonValueKind.Object, responses.GetProperty("200").GetProperty("content").GetProperty("application/json").GetProperty("example").ValueKind);
        foreach (string status in new[] { "404", "413", "422", "429" })
            Assert.AreEqual(JsonValueKind.Object, responses.GetProperty(status).GetProperty("content").GetProperty("application/problem+json").ValueKind);
        Assert.AreEqual("integer", predict.GetProperty("parameters").EnumerateArray()
            .First(parameter => parameter.GetProperty("name").GetString() == "top").GetProperty("schema").GetProperty("type").GetString());
    }

    [TestMethod]
    public async Task Health_LiveAndReady()
    {
        await using ServingHost host = await ServingHost.StartAsync();

        using HttpResponseMessage live = await host.Client.GetAsync("/health/live");
        JsonElement ready = await host.GetAsync("/health/ready");

        Assert.AreEqual(HttpStatusCode.OK, live.StatusCode);
        Assert.AreEqual("Healthy", ready.GetProperty("status").GetString());
    }

    internal static MultipartFormDataContent Form(params (string Name, byte[] Bytes)[] files)
    {
        var form = new MultipartFormDataContent();
        foreach ((string name, byte[] bytes) in files) form.Add(new ByteArrayContent(bytes), "images", name);
        return form;
    }

    internal static async Task<JsonElement> ProblemAsync(HttpResponseMessage response, HttpStatusCode status)
    {
        string text = await response.Content.ReadAsStringAsync();
        Assert.AreEqual(status, response.StatusCode, text);
        Assert.AreEqual("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        JsonElement problem = JsonSerializer.Deserialize<JsonElement>(text);
        Assert.AreEqual((int)status, problem.GetProperty("status").GetInt32());
        Assert.IsGreaterThan(10, problem.GetProperty("detail").GetString()!.Length);
        return problem;
    }
}
