namespace ImageTrainer.Quantizing;

/// <summary>The range found for one activation.</summary>
/// <param name="Range">The range.</param>
/// <param name="Error">Root mean square of what rounding and clipping change, over the root mean square of the values; 0 for none.</param>
internal readonly record struct ActivationRange(QuantizationRange Range, double Error);
