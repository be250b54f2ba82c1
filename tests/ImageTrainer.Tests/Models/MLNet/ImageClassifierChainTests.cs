using ImageTrainer.Graphs.Protobuf;
using ImageTrainer.Imaging;
using ImageTrainer.Models;
using ImageTrainer.Models.MLNet;

namespace ImageTrainer.Tests.Models.MLNet;

[TestClass]
public class ImageClassifierChainTests
{
    [TestMethod]
    public void Create_Model_HasTheStepsAndColumnsThatUsersOfMLNetKnow()
    {
        TransformerChain chain = ReadBack(["a", "b"], new ImagePreprocessing { Width = 96, Height = 64 }).Chain;

        Assert.AreEqual(
            "LoadImages ImagePath -> Image; ResizeImages Image -> Image: 96 x 64, IsoCrop; ExtractPixels Image -> Pixels: RGB [C, H, W], (value - 0) * 1; "
            + "ApplyOnnxModel Pixels -> LogScore: 3 bytes; MulticlassScorer LogScore -> Score, PredictedLabel: LbfgsMaximumEntropy 2 classes of 2 features, "
            + "identity weights; MapKeyToValue PredictedLabel -> PredictedLabel",
            chain.Summary);
    }

    [TestMethod]
    [DataRow(ResizeMode.Crop, ResizingKind.IsoCrop)]
    [DataRow(ResizeMode.Pad, ResizingKind.IsoPad)]
    [DataRow(ResizeMode.Fill, ResizingKind.Fill)]
    public void Create_ResizeMode_BecomesMLNets(ResizeMode mode, object kind)
    {
        TransformerChain chain = ReadBack(["a", "b"], new ImagePreprocessing { ResizeMode = mode }).Chain;

        Assert.AreEqual(new ImageShape(224, 224, (ResizingKind)kind), ((ResizeImages)chain.Steps[1]).Shapes[0]);
    }

    [TestMethod]
    [DataRow(2)]
    [DataRow(10)]
    [DataRow(1000)]
    [DataRow(LinearMulticlassModel.MaxDenseClassCount)]
    [DataRow(LinearMulticlassModel.MaxDenseClassCount + 1)]
    public void Create_NastyLabels_AreKeyValuesAndSlotNames(int count)
    {
        string[] labels = NastyLabels.Take(count);

        var scorer = (MulticlassScorer)ReadBack(labels, new ImagePreprocessing()).Chain.Steps[4];

        CollectionAssert.AreEqual(labels, scorer.TrainSchema.Find("Label")!.KeyValues!.ToArray());
        CollectionAssert.AreEqual(labels, scorer.Model.Labels!.ToArray());
        Assert.AreEqual($"Key<UInt32, {count}>", scorer.TrainSchema.Find("Label")!.Type.ToString());
        Assert.AreEqual($"Vector<Single, 1, {count}>", scorer.TrainSchema.Find("LogScore")!.Type.ToString());
        Assert.AreEqual(1, ((LinearMulticlassModel)scorer.Model).Diagonal);
    }

    [TestMethod]
    public void Create_LabelOfNoLength_IsAKeyValueAndNoLabelName()
    {
        string[] labels = ["", "b"];

        var scorer = (MulticlassScorer)ReadBack(labels, new ImagePreprocessing()).Chain.Steps[4];

        CollectionAssert.AreEqual(labels, scorer.TrainSchema.Find("Label")!.KeyValues!.ToArray());
        Assert.IsNull(scorer.Model.Labels);
    }

    [TestMethod]
    public void CreateEntries_Network_StandsWhereTheEngineLooksBehindItsLengthNotDeflated()
    {
        IReadOnlyList<ArchiveEntry> entries = ImageClassifierChain.CreateEntries(TinyModel.Manifest(["a", "b"], 64), new byte[] { 1, 2, 3 });

        ArchiveEntry network = entries.Single(entry => entry.IsStored);
        Assert.AreEqual(ModelArchive.NetworkEntry, network.Name);
        CollectionAssert.AreEqual(new byte[] { 3, 0, 0, 0 }, network.Prefix.ToArray());
        CollectionAssert.AreEqual(new byte[] { 1, 2, 3 }, network.Content.ToArray());
    }

    [TestMethod]
    public void CreateEntries_Manifest_GivesVersionAndSchema()
    {
        IReadOnlyList<ArchiveEntry> entries = ImageClassifierChain.CreateEntries(TinyModel.Manifest(["a", "b"], 64), new byte[3]);

        MLNetModel model = Read(entries);
        Assert.AreEqual("ImageTrainer 1.2.3", model.Writer);
        Assert.AreEqual("ImagePath: Text", string.Join(", ", model.InputSchema!.Columns.Select(column => $"{column.Name}: {column.Type}")));
    }

    [TestMethod]
    public void Network_OutputThatMLNetReads_IsTwoDimensionalWithAllClassesSecond()
    {
        GraphProto graph = ModelProto.Parser.ParseFrom(TinyModel.Network).Graph;

        var shapes = graph.Output.Concat(graph.Input).ToDictionary(value => value.Name, value => string.Join(", ", value.Type.TensorType.Shape.Dim
            .Select(dimension => dimension.HasDimParam ? dimension.DimParam : dimension.DimValue.ToString(System.Globalization.CultureInfo.InvariantCulture))));
        Assert.AreEqual("N, 4", shapes["LogScore"]);
        Assert.AreEqual("N, 4", shapes["Score"]);
        Assert.AreEqual("N, 512", shapes["Features"]);
        Assert.AreEqual("N, 3, 64, 64", shapes["Pixels"]);
    }

    private static MLNetModel ReadBack(IReadOnlyList<string> labels, ImagePreprocessing preprocessing) =>
        Read(ComponentWriter.Write(TransformerChain.Folder, ImageClassifierChain.Create(labels, preprocessing, new byte[3])));

    private static MLNetModel Read(IEnumerable<ArchiveEntry> entries)
    {
        using var stream = new MemoryStream();
        ModelArchiveWriter.WriteEntries(stream, entries);
        return ModelArchive.Open(stream, path: null, archive => MLNetModel.TryRead(archive)!);
    }
}
