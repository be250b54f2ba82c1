using System.Globalization;

namespace ImageTrainer.Batch;

/// <summary>How many images may be unreadable before a job stops: a number, or a share of the images.</summary>
/// <param name="Value">The number, or the share in percent.</param>
/// <param name="IsPercent">Whether it is a share.</param>
public sealed record ErrorLimit(double Value, bool IsPercent)
{
    // Of fewer rows than this a share says little, where the number of images is not known.
    private const long LeastRows = 1000;

    /// <summary>Reads "N" or "P%".</summary>
    /// <exception cref="FormatException">The text is neither.</exception>
    public static ErrorLimit Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        bool isPercent = text.EndsWith('%');
        NumberStyles styles = isPercent ? NumberStyles.AllowDecimalPoint : NumberStyles.None;
        if (double.TryParse(isPercent ? text[..^1] : text, styles, CultureInfo.InvariantCulture, out double value)
            && value <= (isPercent ? 100 : long.MaxValue))
            return new ErrorLimit(value, isPercent);
        throw new FormatException($"'{text}' is no limit; write a number of images (10) or a share of them (0.5%).");
    }

    /// <summary>Gives "N" or "P%".</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture) + (IsPercent ? "%" : "");

    /// <summary>Whether the job has to stop.</summary>
    /// <param name="errorCount">Unreadable images so far.</param>
    /// <param name="rowCount">Rows so far.</param>
    /// <param name="totalCount">Images in all, or null where that is not known; a share is then one of the rows so far.</param>
    internal bool IsExceeded(long errorCount, long rowCount, long? totalCount)
    {
        if (!IsPercent) return errorCount > Value;
        long whole = totalCount ?? Math.Max(rowCount, LeastRows);
        return errorCount > Value / 100 * whole;
    }
}
