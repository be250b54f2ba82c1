using System.CommandLine;
using System.Globalization;
using ImageTrainer.Backbones;
using ImageTrainer.Cli.Reporting;
using Spectre.Console;

namespace ImageTrainer.Cli.Verbs;

/// <summary><c>imagetrainer backbone</c>: which pretrained weights there are, and getting them.</summary>
internal static class BackboneVerb
{
    private static readonly Argument<string> Name = new("name") { Description = "Name of a backbone, or a weight file." };
    private static readonly Argument<string> File = new("file") { Description = "A .safetensors, .pth or .onnx file." };
    private static readonly Option<string?> ImportName = new("--name") { Description = "Name to find it by; default: its file name.", HelpName = "NAME" };

    public static Command Create() => new("backbone",
        """
        Lists, fetches, imports and describes pretrained weights.

        Example: imagetrainer backbone list
        """)
    {
        List(), Pull(), Import(), Info(),
    };

    private static Command List()
    {
        var command = new Command("list", "Every backbone by name, its licence, and where it is.\n\nExample: imagetrainer backbone list");
        command.SetAction(_ => PrintList());
        return command;
    }

    private static Command Pull()
    {
        var command = new Command("pull", "Downloads a backbone's weights into the user's cache.\n\nExample: imagetrainer backbone pull resnet50") { Name };
        command.SetAction(async (result, cancellationToken) =>
        {
            ResolvedBackbone backbone = await NewStore().PullAsync(result.GetRequiredValue(Name), new DownloadLines(TimeProvider.System), cancellationToken);
            Console.Out.WriteLine(backbone.Path ?? backbone.Reason);
        });
        return command;
    }

    private static Command Import()
    {
        var command = new Command("import",
            "Copies a weight file into the user's cache after reading it.\n\nExample: imagetrainer backbone import resnet50-0676ba61.pth")
        {
            File, ImportName,
        };
        command.SetAction(result =>
        {
            BackboneStore store = NewStore();
            string file = result.GetRequiredValue(File);
            // Whatever does not load now would fail at the next training, far from its cause.
            Load(store.ResolveAsync(file).GetAwaiter().GetResult());
            ResolvedBackbone backbone = store.Import(file, result.GetValue(ImportName));
            Console.Out.WriteLine($"{backbone.Descriptor.Name}: {backbone.Path}");
        });
        return command;
    }

    private static Command Info()
    {
        var command = new Command("info", "Reads a backbone's weights and says what they are.\n\nExample: imagetrainer backbone info resnet10-tiny") { Name };
        command.SetAction(async (result, cancellationToken) =>
        {
            ResolvedBackbone resolved = await NewStore().ResolveAsync(
                result.GetRequiredValue(Name), new DownloadLines(TimeProvider.System), cancellationToken);
            PrintInfo(resolved, Load(resolved));
        });
        return command;
    }

    private static BackboneStore NewStore() => new(BackboneStoreOptions.FromEnvironment());

    private static Backbone Load(ResolvedBackbone resolved)
    {
        using Stream content = resolved.OpenRead();
        return Backbone.Load(resolved.Descriptor, resolved.Path ?? resolved.Descriptor.FileName, content);
    }

    private static void PrintList()
    {
        var table = new Table { Border = Console.IsOutputRedirected ? TableBorder.Ascii : TableBorder.Rounded };
        table.AddColumns("Name", "MB", "Licence", "Where");
        foreach (BackboneListing listing in NewStore().List())
        {
            string megabytes = (listing.ByteCount / 1e6).ToString("0", CultureInfo.InvariantCulture);
            table.AddRow(
                Markup.Escape(listing.Descriptor.Name), megabytes, Markup.Escape(listing.Descriptor.License), Markup.Escape(listing.Where));
        }

        AnsiConsole.Write(table);
    }

    private static void PrintInfo(ResolvedBackbone resolved, Backbone backbone)
    {
        BackboneDescriptor descriptor = backbone.Descriptor;
        Console.Out.WriteLine($"name:      {descriptor.Name}");
        Console.Out.WriteLine($"network:   {descriptor.Architecture}, {backbone.FeatureCount} features");
        Console.Out.WriteLine($"input:     {backbone.Preprocessing.Width} x {backbone.Preprocessing.Height} pixels, {backbone.Preprocessing.ResizeMode}");
        Console.Out.WriteLine($"source:    {descriptor.Source}");
        Console.Out.WriteLine($"licence:   {descriptor.License}");
        Console.Out.WriteLine($"sha256:    {backbone.Sha256}");
        Console.Out.WriteLine($"where:     {resolved.Path ?? "built in"}");
    }
}
