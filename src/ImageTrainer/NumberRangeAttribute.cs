using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace ImageTrainer.Training;

/// <summary>
/// Checks a number that may have a fraction: NaN lies in no range, and the message reads the same in every culture, which that of
/// <see cref="RangeAttribute"/> does not.
/// </summary>
/// <param name="minimum">The least value.</param>
/// <param name="maximum">The greatest value; <see cref="double.MaxValue"/> for any.</param>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class NumberRangeAttribute(double minimum, double maximum) : RangeAttribute(minimum, maximum)
{
    /// <inheritdoc/>
    public override string FormatErrorMessage(string name)
    {
        string least = MinimumIsExclusive ? $"above {Text(Minimum)}" : $"{Text(Minimum)} or more";
        return Maximum is double.MaxValue
            ? $"The field {name} must be {least}."
            : $"The field {name} must be {least} and at most {Text(Maximum)}.";
    }

    private static string Text(object value) => Convert.ToString(value, CultureInfo.InvariantCulture)!;
}
