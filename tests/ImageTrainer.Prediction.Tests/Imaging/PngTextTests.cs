using System.IO.Compression;
using System.Text;
using ImageTrainer.Imaging;

namespace ImageTrainer.Tests.Imaging;

[TestClass]
public sealed class PngTextTests
{
    private const string Xmp = "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:Description tiff:Orientation=\"6\"/></x:xmpmeta>";
    private const string XmpElement = "<x:xmpmeta><tiff:Orientation> 6 </tiff:Orientation></x:xmpmeta>";

    private static readonly ImageReader Reader = new();
    private static readonly RgbImage Original = TestImages.Gradient(6, 4);

    [TestMethod]
    [DataRow(Xmp, false)]
    [DataRow(Xmp, true)]
    [DataRow(XmpElement, false)]
    public void Read_OrientationInXmp_StandsUpright(string xmp, bool isCompressed)
    {
        byte[] text = Encoding.UTF8.GetBytes(xmp);
        byte[] data = [.. "XML:com.adobe.xmp\0"u8, (byte)(isCompressed ? 1 : 0), 0, 0, 0, .. isCompressed ? Deflated(text) : text];

        RgbImage image = Reader.Read(TestImages.WithPngChunk(Original.EncodePng(), "iTXt", data));

        CollectionAssert.AreEqual(Upright().Pixels, image.Pixels);
    }

    [TestMethod]
    [DataRow("tEXt", "exif")]
    [DataRow("zTXt", "exif")]
    [DataRow("zTXt", "APP1")]
    public void Read_OrientationInAnExifProfileOfDigits_StandsUpright(string type, string kind)
    {
        byte[] exif = [.. "Exif\0\0MM\0*"u8, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0];
        byte[] text = Encoding.ASCII.GetBytes($"\n{kind}\n      {exif.Length}\n{Convert.ToHexStringLower(exif[..18])}\n{Convert.ToHexStringLower(exif[18..])}\n");
        byte[] keyword = Encoding.ASCII.GetBytes($"Raw profile type {kind}\0");

        RgbImage image = Reader.Read(TestImages.WithPngChunk(Original.EncodePng(), type, type == "tEXt" ? [.. keyword, .. text] : [.. keyword, 0, .. Deflated(text)]));

        CollectionAssert.AreEqual(Upright().Pixels, image.Pixels);
    }

    [TestMethod]
    public void Read_ExifChunkBesideXmp_IsBelieved()
    {
        byte[] png = TestImages.WithPngChunk(Original.EncodePng(), "iTXt", [.. "XML:com.adobe.xmp\0\0\0\0\0"u8, .. Encoding.UTF8.GetBytes(Xmp)]);

        RgbImage image = Reader.Read(TestImages.WithPngOrientation(png, 1));

        CollectionAssert.AreEqual(Original.Pixels, image.Pixels);
    }

    [TestMethod]
    public void Read_TextsThatMeanNothing_AreHarmless()
    {
        byte[][] texts =
        [
            [.. "Raw profile type exif\0"u8], [.. "Raw profile type exif\0\nexif\n 4\nxyz\n"u8], [.. "XML:com.adobe.xmp\0"u8],
            [.. "XML:com.adobe.xmp\0\u0001\0\0\0broken"u8], [.. "XML:com.adobe.xmp\0\0\0\0\0tiff:Orientation=\"66\""u8],
        ];

        RgbImage[] images = [.. from text in texts from type in (string[])["tEXt", "zTXt", "iTXt"] select Reader.Read(TestImages.WithPngChunk(Original.EncodePng(), type, text))];

        foreach (RgbImage image in images)
            CollectionAssert.AreEqual(Original.Pixels, image.Pixels);
    }

    private static RgbImage Upright() => Reader.Read(TestImages.WithPngOrientation(Original.EncodePng(), 6));

    private static byte[] Deflated(byte[] text)
    {
        using var compressed = new MemoryStream();
        using (var zlib = new ZLibStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
            zlib.Write(text);
        return compressed.ToArray();
    }
}
