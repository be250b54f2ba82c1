namespace ImageTrainer.Tests.Verbs;

/// <summary>Names are anybody's: none may move a terminal's cursor, colour it, or turn the direction of its text.</summary>
[TestClass]
public sealed class NamesOnTheTerminalTests
{
    private const string Steering = "a\u001b[31mb\u202Egnp\u0007\u2066c\u009b2J";

    private static readonly char[] Forbidden =
        [.. Enumerable.Range(0, 32).Where(code => code is not ('\n' or '\r')).Select(code => (char)code), '\u007F', '\u0085', '\u009B', '\u200E', '\u200F',
            .. Enumerable.Range(0x202A, 5).Select(code => (char)code), .. Enumerable.Range(0x2066, 4).Select(code => (char)code)];

    private static readonly string[][] Commands =
    [
        ["train", "photos", "--image-size", "64", "--run-dir", "run"],
        ["train", Steering, "--run-dir", "other"],
        ["evaluate", "run/model.zip", "photos"],
        ["evaluate", "run/model.zip", "photos", "--json"],
        ["evaluate", "run/model.zip", Steering],
        ["evaluate", Steering, "photos"],
        ["predict", "run/model.zip", "photos/" + Steering],
        ["predict", "run/model.zip", Steering],
        ["predict", "run/model.zip", "photos/" + Steering, "--json"],
        ["score", "run/model.zip", "photos", "--output", Steering + ".csv"],
        ["score", "run/model.zip", Steering, "--output", "rows.csv"],
        ["score", "merge", Steering, "--output", "merged.csv"],
        ["inspect-model", "run/model.zip"],
        ["inspect-model", Steering],
        ["export", "run/model.zip", Steering + ".onnx"],
        ["export", Steering, "out.onnx"],
        ["augment-preview", "photos", Steering + ".png"],
        ["augment-preview", Steering, "out.png"],
        ["bench", "run/model.zip", "--images", "photos/" + Steering],
        ["bench", Steering],
        ["backbone", "import", Steering],
        ["backbone", "pull", Steering],
        ["backbone", "list", Steering],
        ["sample-data", Steering],
        ["sample-data", "photos/" + Steering],
        [Steering],
    ];

    [TestMethod]
    public void EveryVerb_NamesThatSteerATerminal_AreShownAsText()
    {
        if (OperatingSystem.IsWindows()) Assert.Inconclusive("No file can have that name there.");
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"), count: 4, seed: 1, Steering, "down");
        folder.Write($"photos/down/{Steering}.png", "no picture at all");
        folder.Write($"photos/down/{Steering}.psd", "8BPS\0\u0001 and more of it");

        foreach (string[] command in Commands)
        {
            CliResult result = Cli.Run(folder.Path, command);

            string said = result.Output + result.Error;
            Assert.IsFalse(said.AsSpan().ContainsAny(Forbidden), $"{string.Join(' ', command)}: {Uri.EscapeDataString(said)}");
            Assert.AreNotEqual(1, result.ExitCode, said);
        }
    }
}
