using System.Runtime.InteropServices;

namespace ImageTrainer.Imaging.Vips;

/// <summary>
/// The functions of libvips, GObject and GLib that are used here, all exported by the one library file. None is variadic:
/// those cannot be called through P/Invoke on arm64 macOS. Sizes are <c>size_t</c>, booleans are <c>int</c>.
/// </summary>
internal static unsafe partial class VipsNative
{
    internal const string Library = "libvips-cpp";

    static VipsNative() => NativeLibrary.SetDllImportResolver(typeof(VipsNative).Assembly, VipsLocator.Resolve);

    [LibraryImport(Library, EntryPoint = "vips_init", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Init(string programName);

    [LibraryImport(Library, EntryPoint = "vips_cache_set_max")]
    internal static partial void SetOperationCacheLength(int length);

    [LibraryImport(Library, EntryPoint = "vips_concurrency_set")]
    internal static partial void SetThreadsPerImage(int count);

    [LibraryImport(Library, EntryPoint = "vips_block_untrusted_set")]
    internal static partial void BlockUntrustedOperations(int block);

    [LibraryImport(Library, EntryPoint = "g_log_set_default_handler")]
    internal static partial nint SetLogHandler(delegate* unmanaged[Cdecl]<byte*, int, byte*, void*, void> handler, void* data);

    [LibraryImport(Library, EntryPoint = "vips_error_clear")]
    internal static partial void ClearErrors();

    [LibraryImport(Library, EntryPoint = "g_object_unref")]
    internal static partial void Unreference(nint instance);

    [LibraryImport(Library, EntryPoint = "g_free")]
    internal static partial void Free(void* memory);

    [LibraryImport(Library, EntryPoint = "g_type_from_name", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nuint TypeFromName(string name);

    [LibraryImport(Library, EntryPoint = "vips_blob_get_type")]
    internal static partial nuint BlobType();

    [LibraryImport(Library, EntryPoint = "vips_array_double_get_type")]
    internal static partial nuint DoubleArrayType();

    [LibraryImport(Library, EntryPoint = "g_value_init")]
    internal static partial nint InitValue(GValue* value, nuint type);

    [LibraryImport(Library, EntryPoint = "g_value_unset")]
    internal static partial void UnsetValue(GValue* value);

    [LibraryImport(Library, EntryPoint = "g_value_set_int")]
    internal static partial void SetInt(GValue* value, int number);

    [LibraryImport(Library, EntryPoint = "g_value_set_boolean")]
    internal static partial void SetBoolean(GValue* value, int flag);

    [LibraryImport(Library, EntryPoint = "g_value_set_double")]
    internal static partial void SetDouble(GValue* value, double number);

    [LibraryImport(Library, EntryPoint = "g_value_set_string", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial void SetString(GValue* value, string text);

    [LibraryImport(Library, EntryPoint = "g_value_set_object")]
    internal static partial void SetObject(GValue* value, GObjectHandle instance);

    [LibraryImport(Library, EntryPoint = "vips_value_set_blob")]
    internal static partial void SetBlob(GValue* value, nint free, void* data, nuint length);

    [LibraryImport(Library, EntryPoint = "vips_value_set_array_double")]
    internal static partial void SetDoubles(GValue* value, double* numbers, int count);

    [LibraryImport(Library, EntryPoint = "g_value_dup_object")]
    internal static partial nint DuplicateObject(GValue* value);

    [LibraryImport(Library, EntryPoint = "vips_value_get_blob")]
    internal static partial void* GetBlob(GValue* value, nuint* length);

    [LibraryImport(Library, EntryPoint = "g_object_set_property", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial void SetProperty(GObjectHandle instance, string name, GValue* value);

    [LibraryImport(Library, EntryPoint = "g_object_get_property", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial void GetProperty(GObjectHandle instance, string name, GValue* value);

    [LibraryImport(Library, EntryPoint = "vips_operation_new", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint NewOperation(string name);

    [LibraryImport(Library, EntryPoint = "vips_object_build")]
    internal static partial int Build(GObjectHandle operation);

    [LibraryImport(Library, EntryPoint = "vips_object_unref_outputs")]
    internal static partial void UnreferenceOutputs(GObjectHandle operation);

    [LibraryImport(Library, EntryPoint = "vips_image_new_from_memory")]
    internal static partial nint ImageFromMemory(void* data, nuint length, int width, int height, int bands, int format);

    [LibraryImport(Library, EntryPoint = "vips_image_get_width")]
    internal static partial int Width(GObjectHandle image);

    [LibraryImport(Library, EntryPoint = "vips_image_get_height")]
    internal static partial int Height(GObjectHandle image);

    [LibraryImport(Library, EntryPoint = "vips_image_get_bands")]
    internal static partial int Bands(GObjectHandle image);

    [LibraryImport(Library, EntryPoint = "vips_image_get_format")]
    internal static partial int BandFormat(GObjectHandle image);

    [LibraryImport(Library, EntryPoint = "vips_image_get_interpretation")]
    internal static partial int Interpretation(GObjectHandle image);

    [LibraryImport(Library, EntryPoint = "vips_image_get_orientation")]
    internal static partial int Orientation(GObjectHandle image);

    [LibraryImport(Library, EntryPoint = "vips_image_hasalpha")]
    internal static partial int HasAlpha(GObjectHandle image);

    [LibraryImport(Library, EntryPoint = "vips_image_get_typeof", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nuint FieldType(GObjectHandle image, string field);

    [LibraryImport(Library, EntryPoint = "vips_image_get_blob", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int GetBlobField(GObjectHandle image, string field, void** data, nuint* length);

    [LibraryImport(Library, EntryPoint = "vips_icc_is_compatible_profile")]
    internal static partial int IsProfileCompatible(GObjectHandle image, void* data, nuint length);

    [LibraryImport(Library, EntryPoint = "vips_region_new")]
    internal static partial nint NewRegion(GObjectHandle image);

    [LibraryImport(Library, EntryPoint = "vips_region_fetch")]
    internal static partial byte* Fetch(GObjectHandle region, int left, int top, int width, int height, nuint* length);
}

/// <summary>GLib's GValue: a type and 16 bytes that hold, or point to, a value of it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GValue
{
    /// <summary>The GType; zero before <see cref="VipsNative.InitValue"/>.</summary>
    internal nuint Type;
    private readonly long _first;
    private readonly long _second;
}
