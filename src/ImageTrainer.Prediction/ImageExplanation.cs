using ImageTrainer.Imaging;

namespace ImageTrainer;

/// <summary>
/// Where in an image a label's logit comes from. The network's features are the mean of its last feature map over the picture, and
/// logits are linear in them, so that the logit is the mean of what each place says: the class activation map, here exact ("Learning
/// Deep Features for Discriminative Localization", Zhou et al., 2016, equation 2). Immutable.
/// </summary>
public sealed class ImageExplanation
{
    private const float MostOpacity = 0.65f;
    private static readonly (byte Red, byte Green, byte Blue) For = (255, 60, 0), Against = (0, 90, 255);
    private readonly float[] _evidence;
    private readonly RgbImage _view;

    internal ImageExplanation(ImagePrediction prediction, string label, (int Width, int Height) size, float[] evidence, RgbImage view)
    {
        (Prediction, Label, Width, Height) = (prediction, label, size.Width, size.Height);
        (_evidence, _view) = (evidence, view);
    }

    /// <summary>What the model says of the image.</summary>
    public ImagePrediction Prediction { get; }

    /// <summary>The label that is explained.</summary>
    public string Label { get; }

    /// <summary>Number of columns of the map.</summary>
    public int Width { get; }

    /// <summary>Number of rows of the map.</summary>
    public int Height { get; }

    /// <summary>
    /// What each place says for the label, below 0 against it: [<see cref="Height"/>, <see cref="Width"/>], row-major, from the top left
    /// of what the network sees of the image. Its mean, and the label's bias, are the logit that probabilities are the softmax of.
    /// </summary>
    public IReadOnlyList<float> Evidence => Array.AsReadOnly(_evidence);

    /// <summary>What the label has without any image: the head's bias. The logit is this and the mean of <see cref="Evidence"/>.</summary>
    public float Bias { get; internal init; }

    /// <summary>
    /// Draws what the network sees of the image, cut and scaled as it is for the network and in grey, with the map over it: red where it
    /// speaks for the label, blue where it speaks against it, strongest at the place that says most.
    /// </summary>
    public RgbImage Draw()
    {
        byte[] pixels = [.. _view.Pixels];
        float most = Math.Max(_evidence.Max(MathF.Abs), float.Epsilon);
        for (int y = 0; y < _view.Height; y++)
        {
            for (int x = 0; x < _view.Width; x++)
            {
                float strength = At((x + 0.5f) * Width / _view.Width, (y + 0.5f) * Height / _view.Height) / most;
                Blend(pixels.AsSpan(3 * ((y * _view.Width) + x), 3), strength > 0 ? For : Against, MostOpacity * MathF.Abs(strength));
            }
        }

        return _view with { Pixels = pixels };
    }

    private static void Blend(Span<byte> pixel, (byte Red, byte Green, byte Blue) colour, float opacity)
    {
        // Luma of ITU-R BT.601, section 2.5.1.
        float grey = (0.299f * pixel[0]) + (0.587f * pixel[1]) + (0.114f * pixel[2]);
        pixel[0] = Mix(grey, colour.Red, opacity);
        pixel[1] = Mix(grey, colour.Green, opacity);
        pixel[2] = Mix(grey, colour.Blue, opacity);
    }

    private static byte Mix(float under, byte over, float opacity) => (byte)(under + ((over - under) * opacity) + 0.5f);

    // Bilinear between the middles of places; what lies beyond the outermost is as they are.
    private float At(float x, float y)
    {
        (int left, int right, float acrossX) = Between(x, Width);
        (int top, int bottom, float acrossY) = Between(y, Height);
        float upper = float.Lerp(_evidence[(top * Width) + left], _evidence[(top * Width) + right], acrossX);
        float lower = float.Lerp(_evidence[(bottom * Width) + left], _evidence[(bottom * Width) + right], acrossX);
        return float.Lerp(upper, lower, acrossY);
    }

    private static (int First, int Second, float Across) Between(float at, int count)
    {
        float place = Math.Clamp(at - 0.5f, 0, count - 1);
        int first = (int)place;
        return (first, Math.Min(first + 1, count - 1), place - first);
    }
}
