using System.Numerics;
using ImageTrainer.Imaging;

namespace ImageTrainer.Training.Augmentation;

/// <summary>
/// A crop, a turn and a mirror image in one: an affine map from the places of the result, from -1 to 1 on both axes, to those of the
/// picture ("Going deeper with convolutions", Szegedy et al., 2015, section 6, has crops of random area and aspect).
/// </summary>
internal static class PictureWarp
{
    /// <summary>Draws a map.</summary>
    public static Matrix3x2 Draw(AugmentationStrength strength, SplittableRandom random)
    {
        float area = random.Between(strength.LeastArea, 1);
        float aspect = MathF.Exp(random.Between(-1, 1) * MathF.Log(strength.GreatestAspect));
        float width = Math.Min(1, MathF.Sqrt(area * aspect)), height = Math.Min(1, MathF.Sqrt(area / aspect));
        float x = random.Between(width - 1, 1 - width), y = random.Between(height - 1, 1 - height);
        float turn = random.Between(-1, 1) * strength.GreatestTurn;
        float mirror = random.Chance(strength.FlipFraction) ? -1 : 1;
        return Matrix3x2.CreateScale(mirror * width, height) * Matrix3x2.CreateRotation(turn) * Matrix3x2.CreateTranslation(x, y);
    }

    /// <summary>Samples a picture; places outside it take its nearest edge, and between pixels colours are interpolated linearly.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="map">From places of the result to those of the picture.</param>
    /// <param name="size">Width and height of the result.</param>
    /// <param name="pixels">Receives [3, H, W], 0..255.</param>
    public static void Apply(RgbImage picture, Matrix3x2 map, (int Width, int Height) size, Span<float> pixels)
    {
        int plane = size.Width * size.Height;
        Vector2 step = Vector2.TransformNormal(new Vector2(2f / size.Width, 0), map) * new Vector2(picture.Width, picture.Height) / 2;
        for (int row = 0; row < size.Height; row++)
        {
            Vector2 place = Vector2.Transform(new Vector2((1f / size.Width) - 1, ((2f * row) + 1) / size.Height - 1), map);
            Vector2 at = ((place + Vector2.One) / 2 * new Vector2(picture.Width, picture.Height)) - new Vector2(0.5f);
            for (int column = 0; column < size.Width; column++)
            {
                Vector3 colour = Sample(picture, at + (step * column));
                int index = (row * size.Width) + column;
                (pixels[index], pixels[plane + index], pixels[(2 * plane) + index]) = (colour.X, colour.Y, colour.Z);
            }
        }
    }

    private static Vector3 Sample(RgbImage picture, Vector2 at)
    {
        at = Vector2.Clamp(at, Vector2.Zero, new Vector2(picture.Width - 1, picture.Height - 1));
        int left = (int)at.X, top = (int)at.Y;
        int right = Math.Min(left + 1, picture.Width - 1), bottom = Math.Min(top + 1, picture.Height - 1);
        Vector3 above = Vector3.Lerp(Colour(picture, left, top), Colour(picture, right, top), at.X - left);
        Vector3 below = Vector3.Lerp(Colour(picture, left, bottom), Colour(picture, right, bottom), at.X - left);
        return Vector3.Lerp(above, below, at.Y - top);
    }

    private static Vector3 Colour(RgbImage picture, int x, int y)
    {
        ReadOnlySpan<byte> pixel = picture.Pixels.AsSpan(((y * picture.Width) + x) * 3, 3);
        return new Vector3(pixel[0], pixel[1], pixel[2]);
    }
}
