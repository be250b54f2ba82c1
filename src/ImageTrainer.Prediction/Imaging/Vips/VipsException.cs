namespace ImageTrainer.Imaging.Vips;

/// <summary>
/// libvips refused something. It never leaves the library: <see cref="ImageDecoder"/> turns it into an <see cref="ImageDecodeException"/>.
/// It carries no text of libvips, which keeps one error text for the whole process: it may be that of another thread's image.
/// </summary>
/// <param name="operation">The operation that failed.</param>
/// <param name="reason">Why, as <see cref="ImageDecodeException.Reason"/> has it, or null where the image's bytes must tell.</param>
internal sealed class VipsException(string operation, string? reason = null) : Exception($"libvips: {operation} failed.")
{
    internal string? Reason { get; } = reason;
}
