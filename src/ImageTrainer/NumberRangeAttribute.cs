using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace ImageTrainer.Training;

/// <summary>Checks a number that may have a fraction: the range in the message reads the same in every culture, and NaN lies in none.</summary>
/// <param name="minimum">The least value.</param>
/// <param name="maximum">The greatest value; <see cref="double.MaxValue"/> for any.</param>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class NumberRangeAttribute(double minimum, double maximum) : ValidationAttribute
{
    /// <summary>The least value.</summary>
    public double Minimum => minimum;

    /// <summary>The greatest value.</summary>
    public double Maximum => maximum;

    /// <summary>Whether a number has to be above the least value.</summary>
    public bool IsMinimumExcluded { get; init; }

    /// <inheritdoc/>
    public override bool IsValid(object? value) =>
        value is null || (value is double number && number <= maximum && (IsMinimumExcluded ? number > minimum : number >= minimum));

    /// <inheritdoc/>
    public override string FormatErrorMessage(string name)
    {
        string least = IsMinimumExcluded ? $"above {Text(minimum)}" : $"{Text(minimum)} or more";
        return maximum == double.MaxValue
            ? $"The field {name} must be {least}."
            : $"The field {name} must be {least} and at most {Text(maximum)}.";
    }

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}
