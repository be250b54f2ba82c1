namespace ImageTrainer.Evaluation;

/// <summary>Measures how far a model's confidence is from how often it is right.</summary>
internal static class CalibrationError
{
    /// <summary>Number of bins the field uses, and so figures can be compared.</summary>
    public const int BinCount = 15;

    /// <summary>
    /// Expected calibration error: the images are put into M = 15 bins ((m - 1) / M, m / M] by the probability of their predicted class,
    /// and ECE = sum over bins of |B_m| / N * |acc(B_m) - conf(B_m)|, where acc is the share that is right and conf the mean probability in
    /// the bin. C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On Calibration of Modern Neural Networks", ICML 2017, section 2, equation 3.
    /// </summary>
    /// <param name="confidences">N probabilities of the predicted class, 0 to 1.</param>
    /// <param name="isCorrect">Whether each prediction is right, in the same order.</param>
    /// <returns>0 (confidence is what it says) to 1; 0 for no images.</returns>
    public static double Expected(ReadOnlySpan<float> confidences, ReadOnlySpan<bool> isCorrect)
    {
        Span<double> gaps = stackalloc double[BinCount];
        for (int i = 0; i < confidences.Length; i++)
        {
            int bin = Math.Clamp((int)Math.Ceiling((double)confidences[i] * BinCount) - 1, 0, BinCount - 1);
            // |B_m| * (acc - conf) is the sum of (right - confidence) over the bin.
            gaps[bin] += (isCorrect[i] ? 1 : 0) - (double)confidences[i];
        }

        double sum = 0;
        foreach (double gap in gaps)
            sum += Math.Abs(gap);
        return confidences.IsEmpty ? 0 : sum / confidences.Length;
    }
}
