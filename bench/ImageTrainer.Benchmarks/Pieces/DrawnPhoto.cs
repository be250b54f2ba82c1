using ImageTrainer.Cli.SampleData;
using ImageTrainer.Imaging;

namespace ImageTrainer.Benchmarks.Pieces;

/// <summary>A picture that needs no data set.</summary>
internal static class DrawnPhoto
{
    private const int Side = 1024;

    /// <summary>Draws a picture and gives the bytes of its JPEG file.</summary>
    /// <param name="index">Another number gives another picture.</param>
    public static byte[] Encode(int index)
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Path.GetRandomFileName()}.jpg");
        try
        {
            var options = new SurfaceDefectOptions { ImageSize = Side };
            SurfaceDefectSamples.Draw("scratch", index, options).SaveJpeg(path, options.JpegQuality);
            return File.ReadAllBytes(path);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
