using System.Text;
using ImageTrainer.Imaging;

namespace ImageTrainer.Tests.Imaging;

[TestClass]
public sealed class ImageFormatsTests
{
    [TestMethod]
    [DataRow("\u00FF\u00D8\u00FF\u00E0", "jpeg")]
    [DataRow("\u00FF\u00D8\u0001\u0002\u00FF\u00E0\0\u0010JFIF\0", "jpeg")]
    [DataRow("\u0089PNG\r\n\u001A\n", "png")]
    [DataRow("GIF87a", "gif")]
    [DataRow("GIF89a", "gif")]
    [DataRow("RIFF\0\0\0\0WEBPVP8 ", "webp")]
    [DataRow("II*\0", "tiff")]
    [DataRow("MM\0*", "tiff")]
    [DataRow("MM\0+", "tiff")]
    [DataRow("\0\0\0\u001Cftypavif\0\0\0\0mif1", "avif")]
    [DataRow("\0\0\0\u001Cftypmif1\0\0\0\0mif1miafavif", "avif")]
    [DataRow("BM\0\0\0\0\0\0\0\0\0\0\0\0(\0\0\0", "bmp")]
    public void Detect_Signature_NamesTheFormat(string header, string format) =>
        Assert.AreEqual(format, ImageFormats.Detect(Encoding.Latin1.GetBytes(header)));

    [TestMethod]
    [DataRow("")]
    [DataRow("BMW is the best car maker")]
    [DataRow("\u00FF\u00D8\u0001\u0002\u00FF\u00E0\0\u0010text\0")]
    [DataRow("RIFF\0\0\0\0WAVEfmt ")]
    [DataRow("II*\0\u0010\0\0\0CR\u0002\0")]
    [DataRow("IIRO\u0008\0\0\0")]
    [DataRow("FUJIFILMCCD-RAW 0201")]
    [DataRow("\0\0\0\u0018ftypheic\0\0\0\0mif1heic")]
    [DataRow("\0\0\0\u0010ftypisom\0\0\0\0avif")]
    [DataRow("\u00FF\u00D8")]
    [DataRow("<svg xmlns='http://www.w3.org/2000/svg'/>")]
    public void Detect_AnythingElse_NamesNone(string header) =>
        Assert.IsNull(ImageFormats.Detect(Encoding.Latin1.GetBytes(header)));
}
