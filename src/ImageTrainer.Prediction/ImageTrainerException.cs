namespace ImageTrainer;

/// <summary>
/// What the world did wrong, as opposed to the caller: an unreadable file, a damaged model, a data set that cannot be trained on.
/// The message says what, where and what to do next, in words fit for the person at the console.
/// </summary>
public abstract class ImageTrainerException : Exception
{
    private protected ImageTrainerException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
