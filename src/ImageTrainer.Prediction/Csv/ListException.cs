namespace ImageTrainer.Csv;

/// <summary>A list of images cannot be read. Each library that reads lists gives it on as its own exception, with the same words.</summary>
/// <param name="message">A whole sentence that names the list.</param>
/// <param name="cause">What failed, where something did.</param>
internal sealed class ListException(string message, Exception? cause = null) : Exception(message, cause);
