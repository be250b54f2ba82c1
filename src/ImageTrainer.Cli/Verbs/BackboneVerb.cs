using System.CommandLine;
using System.Globalization;
using ImageTrainer.Backbones;
using ImageTrainer.Cli.Terminal;
using ImageTrainer.Imaging;
using ImageTrainer.Models;
using Spectre.Console;

namespace ImageTrainer.Cli.Verbs;

/// <summary><c>imagetrainer backbone</c>: which pretrained weights there are, and getting them.</summary>
internal static class BackboneVerb
{
    private static readonly Argument<string> PullName = new("name") { Description = "Name of a backbone, as `backbone list` shows it." };
    private static readonly Argument<string> InfoName = new("name") { Description = "Name of a backbone, or a weight file." };
    private static readonly Argument<string> WeightFile = new("file")
    {
        Description = "A .safetensors or .onnx file, or one of PyTorch (.pth, .pt, .pth.tar, .bin, .ckpt).",
    };
    private static readonly Option<string?> ImportName = new("--name")
    {
        Description = "Name to find it by. [default: its file name]",
        HelpName = "NAME",
    };

    public static Command Create(RunLog log) => new VerbCommand(
        "backbone", "Lists, downloads, imports and describes pretrained weights.", "backbone list", "backbone pull resnet50")
    {
        new VerbCommand("list", "Shows every backbone by name, its licence, and where it is.", "backbone list").Running(List, log),
        new VerbCommand("pull", "Downloads a backbone's weights into the user's cache.", "backbone pull resnet50")
        {
            PullName,
        }.Running(Pull, log),
        new VerbCommand(
            "import",
            "Reads a weight file and copies it into the user's cache, to be named from then on.",
            "backbone import resnet50-0676ba61.pth",
            "backbone import own.safetensors --name parts-resnet18")
        {
            WeightFile, ImportName,
        }.Running(Import, log),
        new VerbCommand("info", "Reads a backbone's weights and says what they are.", "backbone info resnet18-mlnet")
        {
            InfoName,
        }.Running(Info, log),
    };

    /// <summary>Prints a table of all names.</summary>
    private static ExitCode List(ParseResult result, RunLog log, CancellationToken cancellationToken)
    {
        Table table = TextTables.NewLeftAligned("Name", "MB", "Licence", "Where");
        foreach (BackboneListing listing in NewStore().List())
        {
            string megabytes = (listing.ByteCount / 1e6).ToString("0", CultureInfo.InvariantCulture);
            string[] row = [listing.Descriptor.Name, megabytes, Brief(listing.Descriptor.License), listing.Where];
            table.AddRow([.. row.Select(TextTables.Cell)]);
        }

        TextTables.Write(table.Caption("...: `backbone info NAME` shows the whole licence"));
        return ExitCode.Ok;
    }

    /// <summary>Downloads weights, or finds them on this machine, and prints where they are.</summary>
    private static ExitCode Pull(ParseResult result, RunLog log, CancellationToken cancellationToken)
    {
        string name = result.GetRequiredValue(PullName);
        ResolvedBackbone backbone = StepDisplay.Run(log, TimeProvider.System, display =>
            NewStore().PullAsync(name, DownloadLines.On(display), cancellationToken).GetAwaiter().GetResult());
        PrintLine(backbone.Path);
        return ExitCode.Ok;
    }

    /// <summary>Copies a weight file into the cache, once it is known to load.</summary>
    private static ExitCode Import(ParseResult result, RunLog log, CancellationToken cancellationToken)
    {
        BackboneStore store = NewStore();
        string file = Path.GetFullPath(result.GetRequiredValue(WeightFile));
        // Whatever does not load now would fail at the next training, far from its cause.
        store.ResolveAsync(file, cancellationToken: cancellationToken).GetAwaiter().GetResult().ReadInfo();
        ResolvedBackbone backbone = store.Import(file, result.GetValue(ImportName));
        PrintLine($"{backbone.Descriptor.Name}: {backbone.Path}");
        return ExitCode.Ok;
    }

    /// <summary>Reads weights, which are downloaded where they have to be, and prints what they are.</summary>
    private static ExitCode Info(ParseResult result, RunLog log, CancellationToken cancellationToken)
    {
        string name = result.GetRequiredValue(InfoName);
        string nameOrPath = File.Exists(name) ? Path.GetFullPath(name) : name;
        ResolvedBackbone resolved = StepDisplay.Run(log, TimeProvider.System, display =>
            NewStore().ResolveAsync(nameOrPath, DownloadLines.On(display), cancellationToken).GetAwaiter().GetResult());
        PrintInfo(resolved, resolved.ReadInfo());
        return ExitCode.Ok;
    }

    private static BackboneStore NewStore() => new(BackboneStoreOptions.FromEnvironment());

    /// <summary>A licence for one column of a table. The first words name the licence; the rest are its conditions.</summary>
    private static string Brief(string license) =>
        license.IndexOfAny([';', '(']) is > 0 and int end ? $"{license[..end].TrimEnd()} ..." : license;

    private static void PrintLine(string line) => Console.Out.WriteLine(VisibleText.Of(line));

    private static void PrintInfo(ResolvedBackbone resolved, BackboneInfo backbone)
    {
        BackboneDescriptor descriptor = backbone.Descriptor;
        PrintLine($"name:      {descriptor.Name}");
        PrintLine($"network:   {descriptor.Architecture ?? "as its ONNX file has it"}, {backbone.FeatureCount} features");
        ImagePreprocessing input = backbone.Preprocessing;
        PrintLine($"input:     {input.Width} x {input.Height} pixels, {input.ResizeMode}");
        PrintLine($"source:    {descriptor.Source}");
        PrintLine($"licence:   {descriptor.License}");
        PrintLine($"sha256:    {backbone.Sha256}");
        PrintLine($"where:     {resolved.Path}");
    }
}
