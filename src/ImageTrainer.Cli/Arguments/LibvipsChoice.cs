namespace ImageTrainer.Cli.Arguments;

/// <summary>Which libvips decodes images: the one that comes with the program, or the system's, which may read HEIC too.</summary>
internal static class LibvipsChoice
{
    /// <summary>Name of the environment variable: <c>system</c>, or <c>packaged</c> as where it is not set.</summary>
    public const string Variable = "IMAGETRAINER_LIBVIPS";

    private const string Switch = "ImageTrainer.SystemLibvips";

    /// <summary>Has the libvips loaded that the variable asks for; to be called before the first image.</summary>
    /// <param name="value">The variable's value, or null where it is not set.</param>
    /// <exception cref="UsageException">The value means nothing.</exception>
    public static void Follow(string? value)
    {
        if (value is not (null or "" or "system" or "packaged"))
            throw new UsageException($"{Variable} is '{value}'; it can be system or packaged.");
        if (value == "system")
            AppContext.SetSwitch(Switch, true);
    }
}
