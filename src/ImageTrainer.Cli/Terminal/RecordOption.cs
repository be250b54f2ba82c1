using System.Collections;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;

namespace ImageTrainer.Cli.Terminal;

/// <summary>
/// A console option that stands for a property of an options record, where alone its default, its range and its help are written: the
/// initialiser, the <see cref="RangeAttribute"/> and the <see cref="DisplayAttribute"/>, whose description is the help and whose prompt
/// says what holds where the property is null. Nothing of that is looked up before it is needed, for help or for a value that is given.
/// </summary>
internal sealed class RecordOption : Option<object?>
{
    // Half a range of TimeSpan would do; longer than three years nobody trains.
    private const int MostHours = 27_777;

    /// <summary>The same in words.</summary>
    private static readonly string LongestTime = $"up to {TextOf(MostHours)} hours";
    private readonly Lazy<PropertyInfo> _property;

    /// <summary>Makes an option of a property.</summary>
    /// <param name="name">Name on the command line: "--epochs".</param>
    /// <param name="record">The record, which has a constructor without arguments.</param>
    /// <param name="property">The property's name: a number, an enumeration or a time, or one of those that may be null.</param>
    public RecordOption(string name, Type record, string property)
        : base(name)
    {
        _property = new Lazy<PropertyInfo>(() => record.GetProperty(property) ?? throw new MissingMemberException(record.Name, property));
        Arity = ArgumentArity.ExactlyOne;
        CustomParser = Parse;
    }

    /// <summary>What the property holds where it is not null.</summary>
    private Type Kind => Nullable.GetUnderlyingType(_property.Value.PropertyType) ?? _property.Value.PropertyType;

    /// <summary>The property's range; null where every value will do.</summary>
    private RangeAttribute? Range => _property.Value.GetCustomAttribute<RangeAttribute>();

    /// <summary>Fills in the help: "Images in one training step. [1 to 4096; default: what memory holds, 16 at most]".</summary>
    public void Describe()
    {
        DisplayAttribute display = _property.Value.GetCustomAttribute<DisplayAttribute>()
            ?? throw new InvalidOperationException($"{_property.Value.Name} says nothing of itself.");
        object? usual = _property.Value.GetValue(Activator.CreateInstance(_property.Value.DeclaringType!));
        string? span = Kind == typeof(TimeSpan) ? LongestTime : SpanOf(Range);
        string standing = $"default: {TextOf(usual) ?? display.Prompt}";
        Description = $"{display.Description} [{(span is null ? standing : $"{span}; {standing}")}]";
        HelpName = Kind switch
        {
            { IsEnum: true } => string.Join('|', Choice.NamesOf(Kind)),
            _ when Kind == typeof(TimeSpan) => "TIME",
            _ when Kind == typeof(int) => "N",
            _ => "X",
        };
    }

    /// <summary>Sets the property of a record to the value that was given on the command line, if any was.</summary>
    /// <param name="record">A record of the property's type, which is changed although its properties are init-only: it must be nobody
    /// else's yet.</param>
    /// <param name="result">The command line.</param>
    public void CopyTo(object record, ParseResult result)
    {
        if (result.GetResult(this) is { Implicit: false }) _property.Value.SetValue(record, result.GetValue(this));
    }

    /// <summary>
    /// The value that was typed, or an error that says what would do. It is asked of the record's own range, so that the console refuses
    /// what the library refuses.
    /// </summary>
    private object? Parse(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (Kind.IsEnum) return Choice.Parse(Kind, Name, result);
        object? value = Kind switch
        {
            _ when Kind == typeof(TimeSpan) => ParseTime(text),
            _ when Kind == typeof(int) => int.TryParse(text, CultureInfo.InvariantCulture, out int number) ? number : null,
            _ => double.TryParse(text, CultureInfo.InvariantCulture, out double number) ? number : null,
        };
        if (value is null || Range?.IsValid(value) == false) result.AddError($"{Name} takes {Wanted()}, and '{text}' is not.");
        return value;
    }

    /// <summary>What an option takes, for the sentence that refuses: "a whole number from 1 to 4096".</summary>
    private string Wanted()
    {
        if (Kind == typeof(TimeSpan)) return $"a time of {LongestTime}, such as 90s, 10m or 2h";
        if (Kind == typeof(int)) return $"a whole number {SpanOf(Range, "from ") ?? $"from {int.MinValue} to {int.MaxValue}"}";
        return $"a {(Range?.Maximum is <= 1.0 ? "share" : "number")} {SpanOf(Range, "from ")}";
    }

    /// <summary>A range in words. "1 to 4096", "above 0", "above 0 to 1".</summary>
    /// <param name="range">The range; null gives null.</param>
    /// <param name="from">What stands before the least value where it is included: "from ".</param>
    private static string? SpanOf(RangeAttribute? range, string from = "")
    {
        if (range is null) return null;
        string least = range.MinimumIsExclusive ? $"above {TextOf(range.Minimum)}" : $"{from}{TextOf(range.Minimum)}";
        return range.Maximum is double.MaxValue ? least : $"{least} to {TextOf(range.Maximum)}";
    }

    /// <summary>
    /// A value as it is typed: enumerations in lower case, numbers with a point, large whole ones with commas to read them by.
    /// </summary>
    private static string? TextOf(object? value) => value switch
    {
        null => null,
        Enum => value.ToString()!.ToLowerInvariant(),
        int and >= 10_000 => string.Create(CultureInfo.InvariantCulture, $"{value:#,0}"),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture),
    };

    /// <summary>"90s", "1.5m", "2h"; null for everything else, and for times of 0 or beyond <see cref="LongestTime"/>.</summary>
    private static TimeSpan? ParseTime(string text)
    {
        double seconds = text switch { [.., 's'] => 1, [.., 'm'] => 60, [.., 'h'] => 3600, _ => 0 };
        return seconds > 0 && double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)
            && number * seconds is > 0 and <= MostHours * 3600.0
            ? TimeSpan.FromSeconds(number * seconds)
            : null;
    }
}

/// <summary>The console options that stand for properties of one record.</summary>
/// <typeparam name="T">The record.</typeparam>
internal sealed class RecordOptions<T> : IEnumerable<RecordOption>
    where T : class, new()
{
    private readonly List<RecordOption> _options = [];

    /// <summary>Adds an option.</summary>
    /// <param name="name">Name on the command line.</param>
    /// <param name="property">Name of the property.</param>
    public void Add(string name, string property) => _options.Add(new RecordOption(name, typeof(T), property));

    /// <summary>Adds an option that is also used alone.</summary>
    public void Add(RecordOption option) => _options.Add(option);

    /// <summary>Makes a record: what was given on the command line, and for the rest the record's own defaults.</summary>
    public T Read(ParseResult result)
    {
        var record = new T();
        foreach (RecordOption option in _options) option.CopyTo(record, result);
        return record;
    }

    /// <inheritdoc/>
    public IEnumerator<RecordOption> GetEnumerator() => _options.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
