namespace ImageTrainer.Backbones;

/// <summary>Pretrained weights cannot be found, downloaded or used.</summary>
public sealed class BackboneException : ImageTrainerException
{
    /// <summary>Describes one unusable backbone.</summary>
    /// <param name="name">The backbone's name or the path of its file, as the caller gave it.</param>
    /// <param name="message">Whole sentences: what is wrong, where, and exactly which file to put where.</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public BackboneException(string name, string message, Exception? innerException = null)
        : base(message, innerException) => Name = name;

    /// <summary>The backbone's name or the path of its file, as the caller gave it.</summary>
    public string Name { get; }
}
