namespace ImageTrainer.Imaging;

/// <summary>No image can be decoded: libvips, the library that does it, is not there, does not fit this machine, or is too old.</summary>
public sealed class ImageLibraryException : ImageTrainerException
{
    /// <summary>Describes what is wrong with the library.</summary>
    /// <param name="message">One sentence that says what to do.</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public ImageLibraryException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
