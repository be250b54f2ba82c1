using System.Text;
using System.Text.Json.Nodes;
using ImageTrainer.Models;

namespace ImageTrainer.Tests.Models;

/// <summary>Manifests that are whole but lack what a model needs, as a hand or another program may write them.</summary>
[TestClass]
public class ModelManifestTests
{
    private static readonly byte[] Network = ModelArchiveTests.NetworkOf(100);

    [TestMethod]
    [DataRow("libraryVersion")]
    [DataRow("labels")]
    [DataRow("preprocessing")]
    [DataRow("network")]
    [DataRow("backbone")]
    [DataRow("training")]
    [DataRow("network/featureCount")]
    [DataRow("network/precision")]
    [DataRow("network/temperature")]
    [DataRow("backbone/name")]
    [DataRow("training/datasetFingerprint")]
    [DataRow("formatVersion")]
    public void Read_FieldMissing_IsDamaged(string field)
    {
        ModelFormatException exception = Refused(manifest => Parent(manifest, field).Remove(Name(field)));

        Assert.AreEqual(ModelFault.Damaged, exception.Fault);
    }

    [TestMethod]
    [DataRow("libraryVersion")]
    [DataRow("labels")]
    [DataRow("preprocessing")]
    [DataRow("preprocessing/width")]
    [DataRow("preprocessing/resizeMode")]
    [DataRow("network")]
    [DataRow("network/precision")]
    [DataRow("backbone")]
    [DataRow("backbone/source")]
    [DataRow("training")]
    [DataRow("training/classWeights")]
    [DataRow("metrics")]
    [DataRow("formatVersion")]
    public void Read_FieldNull_IsDamaged(string field)
    {
        ModelFormatException exception = Refused(manifest => Parent(manifest, field)[Name(field)] = null);

        Assert.AreEqual(ModelFault.Damaged, exception.Fault);
    }

    [TestMethod]
    [DataRow("labels", "[]", "fewer than two labels")]
    [DataRow("labels", """["one"]""", "fewer than two labels")]
    [DataRow("labels", """["one", null]""", "a label that is null")]
    [DataRow("labels", """["one", "one"]""", "a label twice")]
    [DataRow("preprocessing/width", "0", "an impossible input size")]
    [DataRow("preprocessing/height", "-1", "an impossible input size")]
    [DataRow("preprocessing/width", "1000000", "an impossible input size")]
    [DataRow("preprocessing/resizeMode", "99", "an unknown resize mode")]
    [DataRow("network/temperature", "0", "an impossible temperature")]
    [DataRow("network/temperature", "-2", "an impossible temperature")]
    [DataRow("network/temperature", "1e999", "an impossible temperature")]
    [DataRow("network/featureCount", "0", "an impossible feature count")]
    [DataRow("formatVersion", "0", "names no format version")]
    [DataRow("formatVersion", "\"1\"", "names no format version")]
    [DataRow("labels", "7", "does not read as a manifest")]
    [DataRow("preprocessing/resizeMode", "\"Sideways\"", "does not read as a manifest")]
    [DataRow("libraryVersion", "\"\\ud800\"", "does not read as a manifest")]
    public void Read_FieldThatCannotBe_IsDamagedAndSaysWhich(string field, string json, string reason)
    {
        ModelFormatException exception = RefusedText(manifest =>
        {
            Parent(manifest, field)[Name(field)] = "PLACE";
            return manifest.ToJsonString().Replace("\"PLACE\"", json, StringComparison.Ordinal);
        });

        Assert.AreEqual(ModelFault.Damaged, exception.Fault);
        Assert.Contains(reason, exception.Message);
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("null")]
    [DataRow("[]")]
    [DataRow("{")]
    [DataRow("\u0000\u0001")]
    public void Read_ManifestIsNoObject_IsDamaged(string json)
    {
        ModelFormatException exception = RefusedText(_ => json);

        Assert.AreEqual(ModelFault.Damaged, exception.Fault);
    }

    [TestMethod]
    public void Read_FieldUnknown_IsPassedOver()
    {
        JsonObject manifest = SoundManifest();
        manifest["addedLater"] = 1;

        ModelPackage package = ModelArchiveTests.Read(Pack(manifest.ToJsonString()));

        Assert.HasCount(2, package.Manifest.Labels);
    }

    private static ModelFormatException Refused(Action<JsonObject> change) => RefusedText(manifest =>
    {
        change(manifest);
        return manifest.ToJsonString();
    });

    private static ModelFormatException RefusedText(Func<JsonObject, string> change) => ModelArchiveTests.Refused(Pack(change(SoundManifest())));

    private static JsonObject SoundManifest() => JsonNode.Parse(TinyModel.Manifest(["a", "b"], imageSize: 64).ToJson())!.AsObject();

    private static byte[] Pack(string json) => ModelArchiveTests.ZipOf(
        (ModelArchiveTests.NetworkEntry, ModelArchiveTests.Prefixed(NetworkMetadata.Append(Network, ModelArchive.ManifestKey, Encoding.UTF8.GetBytes(json)))));

    private static JsonObject Parent(JsonObject manifest, string field) =>
        field.Contains('/', StringComparison.Ordinal) ? manifest[field.Split('/')[0]]!.AsObject() : manifest;

    private static string Name(string field) => field.Split('/')[^1];
}
