using System.Runtime.InteropServices;

namespace ImageTrainer.Imaging.Vips;

/// <summary>One reference to a GObject: an operation, an image, a region. Disposing gives the reference back.</summary>
internal class GObjectHandle : SafeHandle
{
    /// <summary>Takes over a reference; zero makes an invalid handle.</summary>
    internal GObjectHandle(nint instance)
        : base(0, ownsHandle: true) => SetHandle(instance);

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        VipsNative.Unreference(handle);
        return true;
    }
}
