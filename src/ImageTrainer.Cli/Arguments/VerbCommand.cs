using System.CommandLine;

namespace ImageTrainer.Cli.Arguments;

/// <summary>A verb whose help ends with command lines to paste.</summary>
/// <param name="name">The verb.</param>
/// <param name="description">What it does, in one sentence.</param>
/// <param name="examples">Command lines without the program's name.</param>
internal sealed class VerbCommand(string name, string description, params string[] examples) : Command(name, description)
{
    /// <summary>Command lines without the program's name.</summary>
    public IReadOnlyList<string> Examples { get; } = examples;
}
