namespace ImageTrainer.Tests.Verbs;

[TestClass]
public sealed class CommandLineTests
{
    private static readonly string Here = Path.GetDirectoryName(Cli.Program)!;

    [TestMethod]
    [DataRow("")]
    [DataRow("train")]
    [DataRow("evaluate")]
    [DataRow("predict")]
    [DataRow("backbone")]
    [DataRow("backbone pull")]
    [DataRow("backbone import")]
    [DataRow("sample-data")]
    [DataRow("inspect-model")]
    [DataRow("export")]
    [DataRow("bench")]
    public void Help_EachVerb_EndsWithExamplesThatNameTheProgram(string verb)
    {
        string[] arguments = [.. verb.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"];

        CliResult result = Cli.Run(Here, arguments);

        string examples = result.Output[result.Output.IndexOf("Example", StringComparison.Ordinal)..];
        Assert.AreEqual(0, result.ExitCode);
        Assert.AreEqual("", result.Error);
        StringAssert.Contains(result.Output, $"Usage:{Environment.NewLine}  ./ImageTrainer.Cli {verb}".TrimEnd());
        StringAssert.Contains(examples, $"  ./ImageTrainer.Cli {verb}".TrimEnd());
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("backbone")]
    public void Run_NoVerb_ShowsHelpOnStderr(string verb)
    {
        CliResult result = Cli.Run(Here, verb.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.AreEqual(2, result.ExitCode);
        Assert.AreEqual("", result.Output);
        StringAssert.Contains(result.Error, "Commands:");
    }

    [TestMethod]
    [DataRow("trian photos", "There is no verb 'trian' here; the verbs are train, evaluate, predict, score, serve, backbone, sample-data, augment-preview, inspect-model, export, bench.", "--help")]
    [DataRow("backbone fetch x", "There is no verb 'fetch' here; the verbs are list, pull, import, info.", "backbone --help")]
    [DataRow("train", "Name a data set to train on, or a run to go on with (--resume).", "train --help")]
    [DataRow("predict", "`predict` needs <model>: A model.zip that `train` wrote.", "predict --help")]
    [DataRow("score merge o", "`merge` needs <part>: The files that the shards wrote, all of them, in any order, with their journals beside them.", "score merge --help")]
    [DataRow("train x --sed 1", "There is no option '--sed'. Did you mean --seed? A file of that name is './--sed'.", "train --help")]
    [DataRow("train --hepl x", "There is no option '--hepl'. Did you mean --help? A file of that name is './--hepl'.", "train --help")]
    [DataRow("predict m.zip x --tpo 3", "There is no option '--tpo'. Did you mean --top? A file of that name is './--tpo'.", "predict --help")]
    [DataRow("score m.zip x --output o --shrad=0/4", "There is no option '--shrad'. Did you mean --shard? A file of that name is './--shrad=0/4'.", "score --help")]
    [DataRow("score m.zip x --output --resmue", "There is no option '--resmue'. Did you mean --resume? A file of that name is './--resmue'.", "score --help")]
    [DataRow("score merge o p -x", "There is no option '-x'. A file of that name is './-x'.", "score merge --help")]
    [DataRow("sample-data --per-clas", "There is no option '--per-clas'. Did you mean --per-class? A file of that name is './--per-clas'.", "sample-data --help")]
    [DataRow("train x --seed one", "--seed takes a whole number from -2147483648 to 2147483647, and 'one' is not.", "train --help")]
    [DataRow("train x --image-size 31", "--image-size takes a whole number from 32 to 4096, and '31' is not.", "train --help")]
    [DataRow("train x --test-fraction 1", "--test-fraction takes a share between 0 and 1, both excluded, and '1' is not.", "train --help")]
    [DataRow("train x --min-accuracy 90", "--min-accuracy takes a share from 0 to 1, and '90' is not.", "train --help")]
    [DataRow("train x --class-weights Balanced", "--class-weights takes none or balanced, and 'Balanced' is neither.", "train --help")]
    [DataRow("train x --precision int4", "--precision takes auto, fp32 or int8, and 'int4' is none of them.", "train --help")]
    [DataRow("train x --device gpu", "'gpu' is not a device; write auto, cpu, cuda or cuda:N.", "train --help")]
    [DataRow("score m.zip x --output o --format 7", "--format takes csv or jsonl, and '7' is neither.", "score --help")]
    [DataRow("predict m.zip x --top 0", "--top takes a whole number of 1 or more, and '0' is not.", "predict --help")]
    [DataRow("sample-data x --per-class 0", "--per-class takes a whole number from 1 to 100,000, and '0' is not.", "sample-data --help")]
    [DataRow("bench m.zip --seconds 0", "--seconds takes 0.1 to 3600 seconds, and '0' is not.", "bench --help")]
    public void Run_WrongArguments_SaysWhichAndPointsToHelp(string line, string message, string help)
    {
        CliResult result = Cli.Run(Here, line.Split(' '));

        string[] lines = result.Error.TrimEnd().Split(Environment.NewLine);
        Assert.AreEqual(2, result.ExitCode);
        Assert.AreEqual("", result.Output);
        Assert.AreEqual(message, lines[0]);
        Assert.AreEqual($"Try `./ImageTrainer.Cli {help}`.", lines[^1]);
    }

    [TestMethod]
    [DataRow("sample-data --per-class 1 --seed -1 ./--odd", "--odd")]
    [DataRow("sample-data --per-class 1 -- --odd", "--odd")]
    [DataRow("sample-data --per-class 1 -- -", "-")]
    public void Run_NameThatBeginsWithADash_CanBeGiven(string line, string made)
    {
        using var folder = new TemporaryFolder();

        CliResult result = Cli.Run(folder.Path, line.Split(' '));

        Assert.AreEqual(0, result.ExitCode, result.Error);
        Assert.IsTrue(Directory.Exists(folder.Combine(made)));
    }

    [TestMethod]
    [DataRow("export model.zip --format onnx --output -")]
    [DataRow("score model.zip photos --output -")]
    [DataRow("score merge - part.csv")]
    public void Run_DashForTheOutput_IsRefused(string line)
    {
        using var folder = new TemporaryFolder();
        folder.Write("model.zip", TinyModel.Zip);

        CliResult result = Cli.Run(folder.Path, line.Split(' '));

        Assert.AreEqual(2, result.ExitCode, result.Error);
        StringAssert.StartsWith(result.Error, "'-' does not stand for standard output here;");
        Assert.HasCount(1, Directory.GetFileSystemEntries(folder.Path));
    }

    [TestMethod]
    public void Help_VerbBelowAnother_HasItsOwnArgumentsAlone()
    {
        CliResult result = Cli.Run(Here, "score", "merge", "--help");

        StringAssert.Contains(result.Output, "  ./ImageTrainer.Cli score merge <output> <part>... [options]");
        Assert.IsFalse(result.Output.Contains("<model>", StringComparison.Ordinal));
    }

    [TestMethod]
    [DataRow("--help >/dev/full", "No space left on device")]
    [DataRow("backbone list >/dev/full", "No space left on device")]
    [DataRow("backbone list >&-", "it is closed")]
    public void Run_OutputThatCannotBeWritten_Ends1AndSaysWhich(string line, string reason)
    {
        CliResult result = Cli.RunShell(Here, $"\"$IT\" {line}");

        Assert.AreEqual(1, result.ExitCode, result.Error);
        Assert.AreEqual($"Standard output cannot be written: {reason}.\n", result.Error);
    }

    [TestMethod]
    public void Run_BlankArgument_SaysSo()
    {
        CliResult result = Cli.Run(Here, "train", "");

        Assert.AreEqual(2, result.ExitCode);
        StringAssert.StartsWith(result.Error, "An argument is blank");
    }

    [TestMethod]
    [DataRow("train /nowhere 2>/dev/full", 3)]
    [DataRow("train /nowhere 2>&-", 3)]
    [DataRow("2>&-", 2)]
    public void Run_ErrorsNobodyCanBeTold_StillGivesTheExitCode(string line, int exitCode)
    {
        CliResult result = Cli.RunShell(Here, $"\"$IT\" {line}");

        Assert.AreEqual(exitCode, result.ExitCode);
    }
}
