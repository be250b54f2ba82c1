using System.Text;
using ImageTrainer.Imaging;

namespace ImageTrainer.Files;

/// <summary>
/// Composes and decomposes letters with marks (NFC and NFD): file systems and tools write "é" as one character or as two. .NET does so where it has
/// globalization data; the console runs without, and there GLib, which comes with libvips, does it. Safe for concurrent use.
/// </summary>
internal static unsafe class UnicodeForm
{
    private const int Decomposed = 0;
    private const int Composed = 1;
    private static readonly bool HasData = "e\u0301".Normalize(NormalizationForm.FormC).Length == 1;
    private static readonly Lazy<(nint Normalize, nint Free)?> Library = new(Load);

    /// <summary>The text with letters and their marks as one character where there is one (NFC).</summary>
    public static string Compose(string text) => Change(text, NormalizationForm.FormC, Composed);

    /// <summary>The text with letters and their marks apart (NFD).</summary>
    public static string Decompose(string text) => Change(text, NormalizationForm.FormD, Decomposed);

    // Unpaired surrogates, which file systems can hold, have no form.
    private static string Change(string text, NormalizationForm form, int mode)
    {
        if (Ascii.IsValid(text) || text.EnumerateRunes().Contains(Rune.ReplacementChar)) return text;
        if (HasData) return text.Normalize(form);
        return Library.Value is { } library ? Change(text, mode, library) : text;
    }

    private static string Change(string text, int mode, (nint Normalize, nint Free) library)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        fixed (byte* start = bytes)
        {
            byte* changed = ((delegate* unmanaged[Cdecl]<byte*, nint, int, byte*>)library.Normalize)(start, bytes.Length, mode);
            if (changed == null) return text;
            int length = 0;
            while (changed[length] != 0) length++;
            string result = Encoding.UTF8.GetString(changed, length);
            ((delegate* unmanaged[Cdecl]<byte*, void>)library.Free)(changed);
            return result;
        }
    }

    // Without it texts stay as they are, which is no worse than not to know that they are alike.
    private static (nint Normalize, nint Free)? Load()
    {
        try
        {
            return (VipsLibrary.Export("g_utf8_normalize"), VipsLibrary.Export("g_free"));
        }
        catch (Exception exception) when (exception is EntryPointNotFoundException or ImageLibraryException)
        {
            return null;
        }
    }
}
