namespace ImageTrainer.Imaging.Vips;

/// <summary>An image that goes from operation to operation. Disposing it releases the last one, but not the image it began with.</summary>
internal sealed class VipsChain : IDisposable
{
    private readonly VipsImage _start;

    /// <param name="start">The image to begin with; its owner disposes it, after the chain.</param>
    internal VipsChain(VipsImage start) => Image = _start = start;

    /// <summary>The image as the operations so far left it.</summary>
    internal VipsImage Image { get; private set; }

    /// <summary>Runs an operation on the image.</summary>
    /// <param name="operation">The operation with its other arguments set.</param>
    /// <exception cref="VipsException">The operation does not accept the image.</exception>
    internal void Then(VipsOperation operation)
    {
        VipsImage next = operation.Set("in", Image).Run();
        Dispose();
        Image = next;
    }

    public void Dispose()
    {
        if (Image != _start)
            Image.Dispose();
    }
}
