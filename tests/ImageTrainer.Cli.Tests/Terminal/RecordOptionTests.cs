using System.CommandLine;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using ImageTrainer.Cli.Terminal;
using ImageTrainer.Training;
using ImageTrainer.Training.FineTuning;

namespace ImageTrainer.Tests.Terminal;

/// <summary>The console's options have their defaults, ranges and help from the library's records.</summary>
[TestClass]
public sealed class RecordOptionTests
{
    private static readonly PropertyInfo[] Described =
        [.. typeof(FineTuningOptions).GetProperties().Where(property => property.IsDefined(typeof(DisplayAttribute)))];

    [TestMethod]
    [DataRow(typeof(FineTuningOptions), nameof(FineTuningOptions.EpochCount), "N", "[1 to 10,000; default: 10]")]
    [DataRow(typeof(FineTuningOptions), nameof(FineTuningOptions.WeightDecay), "X", "[0 to 1000; default: 0.0005]")]
    [DataRow(typeof(FineTuningOptions), nameof(FineTuningOptions.Interpolation), "X", "[above 0 to 1; default: 0.5, with --batch-norm train 1]")]
    [DataRow(typeof(FineTuningOptions), nameof(FineTuningOptions.Optimizer), "sgd|adamw", "[default: adamw]")]
    [DataRow(typeof(FineTuningOptions), nameof(FineTuningOptions.TimeBudget), "TIME", "[up to 27,777 hours; default: any]")]
    [DataRow(typeof(ImageClassificationOptions), nameof(ImageClassificationOptions.ImageSize), "N", "[32 to 4096; default: the backbone's own]")]
    [DataRow(typeof(ImageClassificationOptions), nameof(ImageClassificationOptions.Seed), "N", "[default: 1]")]
    public void Describe_Property_SaysItsRangeAndDefault(Type record, string property, string values, string facts)
    {
        var option = new RecordOption("--x", record, property);

        option.Describe();

        Assert.AreEqual(values, option.HelpName);
        StringAssert.EndsWith(option.Description, $". {facts}");
    }

    [TestMethod]
    public void Parse_NumberPastItsEnd_IsRefusedAsTheLibraryRefusesIt()
    {
        PropertyInfo[] limited = [.. Described.Where(property => property.GetCustomAttribute<RangeAttribute>() is { Maximum: not double.MaxValue })];
        Assert.HasCount(12, limited);
        foreach (PropertyInfo property in limited)
        {
            double most = Convert.ToDouble(property.GetCustomAttribute<RangeAttribute>()!.Maximum, CultureInfo.InvariantCulture);

            Assert.IsEmpty(ErrorsOf(property.Name, most), property.Name);
            Assert.HasCount(1, ErrorsOf(property.Name, most + 1), property.Name);
            object past = property.PropertyType == typeof(int) || property.PropertyType == typeof(int?) ? (object)((int)most + 1) : most + 1;
            var options = new FineTuningOptions();
            property.SetValue(options, past);
            Assert.ThrowsExactly<ArgumentException>(
                () => new ImageClassificationTrainer(new ImageClassificationOptions { FineTuning = options }), property.Name);
        }
    }

    [TestMethod]
    public void Read_NothingGiven_HasTheRecordsDefaults()
    {
        var options = new RecordOptions<FineTuningOptions> { { "--l1", nameof(FineTuningOptions.L1) }, { "--epochs", nameof(FineTuningOptions.EpochCount) } };
        var root = new RootCommand();
        foreach (RecordOption option in options) root.Add(option);

        Assert.AreEqual(new FineTuningOptions(), options.Read(root.Parse([])));
        Assert.AreEqual(new FineTuningOptions { L1 = 0.25 }, options.Read(root.Parse(["--l1", "0.25"])));
    }

    [TestMethod]
    public void RecordOption_PropertyThatIsNotThere_SaysSo() =>
        Assert.ThrowsExactly<MissingMemberException>(new RecordOption("--x", typeof(FineTuningOptions), "Epochs").Describe);

    private static string[] ErrorsOf(string property, double value)
    {
        var root = new RootCommand { new RecordOption("--x", typeof(FineTuningOptions), property) };
        return [.. root.Parse(["--x", value.ToString(CultureInfo.InvariantCulture)]).Errors.Select(error => error.Message)];
    }
}
