namespace ImageTrainer.Data.SurfaceDefects;

/// <summary>What lies or shows on sound and damaged metal alike, and is no defect: seams, rivets, smudges and dust.</summary>
internal static class Distractors
{
    /// <summary>Draws a few of them, or none.</summary>
    public static void Draw(Surface surface, DrawingRandom random)
    {
        if (random.Chance(0.08f))
            Seam.Draw(surface, random.Fork("seam"));
        if (random.Chance(0.15f))
            Rivets.Draw(surface, random.Fork("rivets"));
        if (random.Chance(0.25f))
            Fingerprint.Draw(surface, random.Fork("fingerprint"));
        if (random.Chance(0.8f))
            Dust.Draw(surface, random.Fork("dust"));
    }
}
