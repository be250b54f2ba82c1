using System.Numerics;

namespace ImageTrainer.Cli.SampleData;

/// <summary>A line drawn by hand: points with a width at each, in pixels, joined by straight pieces with round ends.</summary>
internal sealed class Stroke
{
    private readonly List<(Vector2 Place, float Width)> _points = [];

    /// <summary>Goes on to a place, where the line is so wide.</summary>
    public void To(Vector2 place, float width) => _points.Add((place, width));

    /// <summary>
    /// Adds how much of each pixel the line covers, 0 to 1, keeping the larger of old and new value. Lines thinner than a pixel get
    /// fainter instead of thinner, so that they neither break up nor jump.
    /// </summary>
    /// <param name="coverage">[size, size].</param>
    /// <param name="size">Width and height of the picture in pixels.</param>
    /// <param name="widening">Pixels added to the width everywhere.</param>
    public void CoverTo(float[] coverage, int size, float widening = 0)
    {
        for (int i = 1; i < _points.Count; i++)
            CoverPiece(coverage, size, _points[i - 1], _points[i], widening);
    }

    /// <summary>A quadratic Bezier curve from start to end, pulled towards a third point, as thirty pieces.</summary>
    /// <param name="start">Where it starts.</param>
    /// <param name="control">What pulls the middle.</param>
    /// <param name="end">Where it ends.</param>
    /// <param name="width">Its width in pixels at a share (0 to 1) of the way.</param>
    public static Stroke Curve(Vector2 start, Vector2 control, Vector2 end, Func<float, float> width)
    {
        const int PieceCount = 30;
        var stroke = new Stroke();
        for (int i = 0; i <= PieceCount; i++)
        {
            float t = i / (float)PieceCount;
            Vector2 place = Vector2.Lerp(Vector2.Lerp(start, control, t), Vector2.Lerp(control, end, t), t);
            stroke.To(place, width(t));
        }

        return stroke;
    }

    private static void CoverPiece(
        float[] coverage, int size, (Vector2 Place, float Width) from, (Vector2 Place, float Width) to, float widening)
    {
        float reach = (Math.Max(from.Width, to.Width) + widening) / 2 + 1;
        Vector2 least = Vector2.Min(from.Place, to.Place) - new Vector2(reach);
        Vector2 most = Vector2.Max(from.Place, to.Place) + new Vector2(reach);
        for (int y = Math.Max(0, (int)least.Y); y <= Math.Min(size - 1, (int)most.Y); y++)
        {
            for (int x = Math.Max(0, (int)least.X); x <= Math.Min(size - 1, (int)most.X); x++)
            {
                Vector2 place = new(x, y);
                float share = ShareOfWay(place, from.Place, to.Place);
                float distance = Vector2.Distance(place, Vector2.Lerp(from.Place, to.Place, share));
                float width = from.Width + (share * (to.Width - from.Width)) + widening;
                float covered = Math.Clamp((width / 2) + 0.5f - distance, 0, Math.Min(1, width));
                int i = (y * size) + x;
                coverage[i] = Math.Max(coverage[i], covered);
            }
        }
    }

    private static float ShareOfWay(Vector2 place, Vector2 from, Vector2 to)
    {
        Vector2 way = to - from;
        float lengthSquared = way.LengthSquared();
        return lengthSquared == 0 ? 0 : Math.Clamp(Vector2.Dot(place - from, way) / lengthSquared, 0, 1);
    }
}
