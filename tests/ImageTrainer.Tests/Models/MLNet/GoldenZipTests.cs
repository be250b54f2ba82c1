using ImageTrainer.Models;
using ImageTrainer.Models.MLNet;
using ImageTrainer.Models.MLNet.Idv;

namespace ImageTrainer.Tests.Models.MLNet;

/// <summary>
/// Holds the writers against zips that ML.NET itself saved: py_head_resaved.zip is a network of one pooling, whose 4 x 4 images are scaled by
/// 1/255, under a head of 9 times the identity.
/// </summary>
[TestClass]
[TestCategory(TestData.Category)]
public class GoldenZipTests
{
    private const string Scorer = "TransformerChain/Transform_004";
    private static readonly string[] Labels = ["red", "green", "blue"];

    [TestMethod]
    public void Write_NetworkAndNamesOfGolden_GivesTheEntriesThatMLNetWrites()
    {
        Dictionary<string, byte[]> golden = Golden("py_head_resaved.zip");

        Dictionary<string, byte[]> written = WriteGolden(golden);

        string[] notCompared = ["TrainingInfo/Version.txt", $"{Scorer}/TrainSchema"];
        foreach ((string name, byte[] content) in golden.Where(entry => !notCompared.Contains(entry.Key)))
            CollectionAssert.AreEqual(content, written[name], name);
        CollectionAssert.AreEquivalent(golden.Keys.Except(["TrainingInfo/Version.txt"]).ToArray(), written.Keys);
    }

    [TestMethod]
    public void Write_TrainSchemaOfGolden_ReadsAsWhatMLNetWrites()
    {
        byte[] golden = Golden("py_head_resaved.zip")[$"{Scorer}/TrainSchema"];

        byte[] written = WriteGolden(Golden("py_head_resaved.zip"))[$"{Scorer}/TrainSchema"];

        Assert.AreEqual(Describe(golden), Describe(written));
        Assert.AreEqual("Label: Key<UInt32, 3> (red, green, blue); Features: Vector<Single, 1, 3> ()", Describe(written));
    }

    [TestMethod]
    public void Write_TrainSchemaOfGolden_IsTheFileThatMLNetLoaded()
    {
        byte[] golden = Golden("py_head.zip")[$"{Scorer}/TrainSchema"];

        byte[] written = WriteGolden(Golden("py_head_resaved.zip"))[$"{Scorer}/TrainSchema"];

        CollectionAssert.AreEqual(golden, written);
    }

    [TestMethod]
    [DataRow("py_head.zip", "LoadImages ImagePath -> Img; ResizeImages Img -> Img: 4 x 4, Fill; "
        + "ExtractPixels Img -> Pixels: RGB [C, H, W], (value - 0) * 0.003921569; ApplyOnnxModel Pixels -> Features: 131 bytes; "
        + "MulticlassScorer Features -> Score, PredictedLabel: LbfgsMaximumEntropy 3 classes of 3 features; MapKeyToValue PredictedLabel -> PredictedLabel",
        "red, green, blue", "ImagePath: Text")]
    [DataRow("onnx.zip", "MapValueToKey Label -> LabelKey: 3 values; ApplyOnnxModel x -> y: 155 bytes", "cat, dog, bird", "x: Vector<Single, 3>, Label: Text")]
    [DataRow("LbfgsMaximumEntropy.zip", "MapValueToKey Label -> Label: 3 values; ConcatTransform of Microsoft.ML.Data, layout CONCAT F 10003; "
        + "MulticlassScorer Features -> Score, PredictedLabel: LbfgsMaximumEntropy 3 classes of 3 features; MapKeyToValue PredictedLabel -> PredictedLabel",
        "cat, dog, bird", "Label: Text, A: Single, B: Single, C: Single")]
    public void Read_ZipOfMLNet_TellsChainLabelsAndSchema(string file, string chain, string labels, string schema)
    {
        ModelInspection inspection = ModelInspection.Read(TestData.Path("mlnet-zips", file));

        Assert.IsNull(inspection.Manifest);
        Assert.AreEqual(chain, inspection.MLNet!.Chain.Summary);
        Assert.AreEqual(labels, string.Join(", ", inspection.Labels!));
        Assert.AreEqual(schema, string.Join(", ", inspection.MLNet.InputSchema!.Columns.Select(column => $"{column.Name}: {column.Type}")));
    }

    private static Dictionary<string, byte[]> Golden(string file) => ZipContent.Read(File.ReadAllBytes(TestData.Path("mlnet-zips", file)));

    private static Dictionary<string, byte[]> WriteGolden(Dictionary<string, byte[]> golden)
    {
        ColumnPair[] pixels = [new ColumnPair("Pixels", "Img")];
        var chain = new TransformerChain(
        [
            new LoadImages([new ColumnPair("Img", "ImagePath")]),
            new ResizeImages([new ColumnPair("Img", "Img")], [new ImageShape(4, 4, ResizingKind.Fill)]),
            new ExtractPixels(pixels, [new PixelLayout(Scale: 1f / 255)]),
            new ApplyOnnxModel(["Pixels"], ["Features"], golden["TransformerChain/Transform_003/OnnxModel"].AsMemory(sizeof(int))),
            ImageClassifierChain.CreateScorer(new ScorerColumns("Features", "Label", "Score", "PredictedLabel"), Labels, diagonal: 9),
            new MapKeyToValue([new ColumnPair("PredictedLabel", "PredictedLabel")]),
        ]);
        Dictionary<string, byte[]> written = ComponentWriter.Write(TransformerChain.Folder, chain)
            .ToDictionary(entry => entry.Name, entry => (byte[])[.. entry.Prefix.Span, .. entry.Content.Span]);
        written["Schema"] = IdvSchemaWriter.Write(new IdvSchema([new IdvColumn("ImagePath", IdvType.Text)]), IdvCompression.Deflate);
        return written;
    }

    private static string Describe(byte[] schema) => string.Join("; ", IdvSchemaReader.Read(schema).Columns
        .Select(column => $"{column.Name}: {column.Type} ({string.Join(", ", column.KeyValues ?? [])})"));
}
