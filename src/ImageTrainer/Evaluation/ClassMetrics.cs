using System.Text.Json.Serialization;

namespace ImageTrainer.Evaluation;

/// <summary>
/// How well one class is recognised. With TP, FP and FN the true positives, false positives and false negatives of the class:
/// </summary>
/// <param name="Label">The class.</param>
/// <param name="Support">Number of images that are of the class, TP + FN; 0 or more.</param>
/// <param name="Precision">TP / (TP + FP), 0 to 1: of the images said to be of the class, the share that are. NaN (null in JSON) where none
/// is said to be.</param>
/// <param name="Recall">TP / (TP + FN), 0 to 1: of the images of the class, the share that are found. NaN (null in JSON) where there are
/// none.</param>
/// <param name="F1">2 TP / (2 TP + FP + FN), 0 to 1: the harmonic mean of both. NaN (null in JSON) where the class neither occurs nor is
/// predicted.</param>
public sealed record ClassMetrics(
    string Label,
    int Support,
    [property: JsonConverter(typeof(UndefinedAsNullConverter))] double Precision,
    [property: JsonConverter(typeof(UndefinedAsNullConverter))] double Recall,
    [property: JsonConverter(typeof(UndefinedAsNullConverter))] double F1);
