using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using ImageTrainer.Tests;

namespace ImageTrainer.AspNetCore;

/// <summary>Requests written out by the Open Inference Protocol's own specification, and by its extension for binary tensors.</summary>
[TestClass]
public class InferenceProtocolTests
{
    private const string Infer = "/v2/models/shapes/infer";

    [TestMethod]
    public async Task Metadata_NamesTensors()
    {
        await using ServingHost host = await ServingHost.StartAsync();

        JsonElement server = await host.GetAsync("/v2");
        JsonElement model = await host.GetAsync("/v2/models/shapes");
        string version = model.GetProperty("versions")[0].GetString()!;

        CollectionAssert.Contains(server.GetProperty("extensions").EnumerateArray().Select(item => item.GetString()).ToArray(), "binary_tensor_data");
        Assert.AreEqual("BYTES", model.GetProperty("inputs")[0].GetProperty("datatype").GetString());
        Assert.AreEqual(4, model.GetProperty("outputs")[2].GetProperty("shape")[1].GetInt32());
        Assert.IsTrue((await host.GetAsync("/v2/health/live")).GetProperty("live").GetBoolean());
        Assert.IsTrue((await host.GetAsync("/v2/health/ready")).GetProperty("ready").GetBoolean());
        Assert.IsTrue((await host.GetAsync($"/v2/models/shapes/versions/{version}/ready")).GetProperty("ready").GetBoolean());
        using HttpResponseMessage other = await host.Client.GetAsync("/v2/models/shapes/versions/7");
        Assert.AreEqual(HttpStatusCode.NotFound, other.StatusCode);
    }

    [TestMethod]
    public async Task Infer_Base64_GivesAllOutputs()
    {
        await using ServingHost host = await ServingHost.StartAsync();
        using ImagePredictionEngine engine = TinyModel.Load();
        string photo = Convert.ToBase64String(ServingHost.Photo);

        JsonElement answer = await AskAsync(host, $$"""
            {"id": "42", "inputs": [{"name": "image", "shape": [2], "datatype": "BYTES", "data": ["{{photo}}", "{{photo}}"]}]}
            """);

        Assert.AreEqual("42", answer.GetProperty("id").GetString());
        Assert.AreEqual("shapes", answer.GetProperty("model_name").GetString());
        JsonElement[] outputs = [.. answer.GetProperty("outputs").EnumerateArray()];
        CollectionAssert.AreEqual(new[] { "label", "probability", "scores" }, outputs.Select(output => output.GetProperty("name").GetString()).ToArray());
        Assert.AreEqual(engine.Predict(ServingHost.Photo).PredictedLabel, outputs[0].GetProperty("data")[1].GetString());
        Assert.AreEqual("[2,4]", outputs[2].GetProperty("shape").ToString());
        Assert.AreEqual(8, outputs[2].GetProperty("data").GetArrayLength());
    }

    [TestMethod]
    public async Task Infer_BinaryTensors_AsTritonsClientsSendThem_GivesBinaryOutputs()
    {
        await using ServingHost host = await ServingHost.StartAsync();
        using ImagePredictionEngine engine = TinyModel.Load();
        ImagePrediction expected = engine.Predict(ServingHost.Photo);
        byte[] tensor = [.. Element(ServingHost.Photo), .. Element(ServingHost.Photo)];
        byte[] json = Encoding.UTF8.GetBytes($$$"""
            {"inputs": [{"name": "image", "shape": [2, 1], "datatype": "BYTES", "parameters": {"binary_data_size": {{{tensor.Length}}}}}],
             "outputs": [{"name": "scores", "parameters": {"binary_data": true}}, {"name": "label", "parameters": {"binary_data": true}}]}
            """);
        using var content = new ByteArrayContent([.. json, .. tensor]);
        content.Headers.Add("Inference-Header-Content-Length", json.Length.ToString(System.Globalization.CultureInfo.InvariantCulture));

        using HttpResponseMessage response = await host.Client.PostAsync(Infer, content);

        byte[] body = await response.Content.ReadAsByteArrayAsync();
        Assert.AreEqual(HttpStatusCode.OK, response.StatusCode, Encoding.UTF8.GetString(body));
        int jsonLength = int.Parse(response.Headers.GetValues("Inference-Header-Content-Length").Single(), System.Globalization.CultureInfo.InvariantCulture);
        JsonElement outputs = JsonSerializer.Deserialize<JsonElement>(body.AsSpan(0, jsonLength)).GetProperty("outputs");
        Assert.AreEqual(2 * 4 * sizeof(float), outputs[0].GetProperty("parameters").GetProperty("binary_data_size").GetInt32());
        float score = BinaryPrimitives.ReadSingleLittleEndian(body.AsSpan(jsonLength + ((4 + expected.PredictedIndex) * sizeof(float))));
        Assert.AreEqual(expected.Probability, score, 1e-5f);
        byte[] labels = body[(jsonLength + (8 * sizeof(float)))..];
        Assert.AreEqual(expected.PredictedLabel, Encoding.UTF8.GetString(labels, 4, BinaryPrimitives.ReadInt32LittleEndian(labels)));
    }

    [TestMethod]
    [DataRow("{}", "inputs")]
    [DataRow("[]", "not one of the protocol")]
    [DataRow("{", "not one of the protocol")]
    [DataRow("""{"inputs": []}""", "one input")]
    [DataRow("""{"inputs": [{"name": "image", "shape": [1], "datatype": "FP32", "data": [1]}]}""", "BYTES")]
    [DataRow("""{"inputs": [{"name": "image", "shape": [2], "datatype": "BYTES", "data": ["/9j/"]}]}""", "2 elements")]
    [DataRow("""{"inputs": [{"name": "image", "shape": [0], "datatype": "BYTES", "data": []}]}""", "1 or more")]
    [DataRow("""{"inputs": [{"name": "image", "shape": [1], "datatype": "BYTES", "data": ["not base64!"]}]}""", "not one of the protocol")]
    [DataRow("""{"inputs": [{"name": "image", "shape": [1], "datatype": "BYTES", "parameters": {"binary_data_size": 9}}]}""", "binary_data_size")]
    [DataRow("""{"inputs": [{"name": "image", "shape": [1], "datatype": "BYTES", "data": ["/9j/"]}], "outputs": [{"name": "x"}]}""", "no output 'x'")]
    public async Task Infer_RequestThatMakesNoSense_Is400AndSaysWhy(string body, string reason)
    {
        await using ServingHost host = await ServingHost.StartAsync();

        using HttpResponseMessage response = await host.Client.PostAsync(Infer, new StringContent(body));

        Assert.AreEqual(HttpStatusCode.BadRequest, response.StatusCode);
        StringAssert.Contains((await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetString(), reason);
    }

    [TestMethod]
    public async Task Infer_ImageThatCannotBeRead_Is422AndNamesIt()
    {
        await using ServingHost host = await ServingHost.StartAsync();
        string body = $$"""{"inputs": [{"name": "image", "shape": [2], "datatype": "BYTES", "data": [["{{Convert.ToBase64String(ServingHost.Photo)}}"], ["/9j/"]]}]}""";

        using HttpResponseMessage response = await host.Client.PostAsync(Infer, new StringContent(body));

        Assert.AreEqual(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        StringAssert.Contains((await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetString(), "Image 1");
    }

    private static byte[] Element(byte[] image)
    {
        byte[] element = new byte[4 + image.Length];
        BinaryPrimitives.WriteInt32LittleEndian(element, image.Length);
        image.CopyTo(element, 4);
        return element;
    }

    private static async Task<JsonElement> AskAsync(ServingHost host, string body)
    {
        using HttpResponseMessage response = await host.Client.PostAsync(Infer, new StringContent(body));
        Assert.AreEqual(HttpStatusCode.OK, response.StatusCode, await response.Content.ReadAsStringAsync());
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }
}
