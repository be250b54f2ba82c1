using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using Microsoft.Diagnostics.Tracing;
using Microsoft.Diagnostics.Tracing.Parsers.Clr;

namespace ImageTrainer.House;

/// <summary>
/// Tells which source files a run of the program went through: the runtime's own trace names each method as it is compiled, and the portable PDB
/// beside its assembly the file that it stands in.
/// </summary>
internal static class ExecutedFiles
{
    /// <summary>Prints the files and folders whose methods ran.</summary>
    /// <param name="trace">A .nettrace with verbose events of the keyword JIT (0x10) of Microsoft-Windows-DotNETRuntime.</param>
    /// <param name="binaries">Folder of the assemblies and their PDBs.</param>
    /// <param name="output">Where to.</param>
    /// <returns>The exit code.</returns>
    public static int Print(string trace, string binaries, TextWriter output)
    {
        HashSet<(string Type, int Token)> methods = MethodsOf(trace);
        string[] files =
        [
            .. Directory.GetFiles(binaries, "ImageTrainer*.pdb").SelectMany(pdb => FilesOf(pdb, methods)).Distinct()
                .Where(file => !file.Contains("/obj/", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
        ];
        output.WriteLine($"{files.Length} files in {files.Select(Path.GetDirectoryName).Distinct().Count()} folders");
        foreach (IGrouping<string, string> folder in files.GroupBy(file => Path.GetDirectoryName(file)!))
            output.WriteLine($"  {folder.Key} ({folder.Count()}): {string.Join(", ", folder.Select(Path.GetFileNameWithoutExtension))}");
        return files.Length == 0 ? 1 : 0;
    }

    private static HashSet<(string Type, int Token)> MethodsOf(string trace)
    {
        var methods = new HashSet<(string Type, int Token)>();
        using var source = new EventPipeEventSource(trace);
        source.Clr.MethodLoadVerbose += Take;
        new ClrRundownTraceEventParser(source).MethodDCStopVerbose += Take;
        source.Process();
        return methods;

        void Take(MethodLoadUnloadVerboseTraceData method) => methods.Add((PlainName(method.MethodNamespace), method.MethodToken));
    }

    // Of generic types the event names the arguments too: "A.B`1[System.Int32]".
    private static string PlainName(string type) => type.Split('[', 2)[0];

    private static IEnumerable<string> FilesOf(string pdb, HashSet<(string Type, int Token)> methods)
    {
        string assembly = Path.ChangeExtension(pdb, ".dll");
        if (!File.Exists(assembly)) yield break;
        using var image = new PEReader(File.OpenRead(assembly));
        using MetadataReaderProvider symbols = MetadataReaderProvider.FromPortablePdbStream(File.OpenRead(pdb));
        (MetadataReader types, MetadataReader documents) = (image.GetMetadataReader(), symbols.GetMetadataReader());
        foreach (MethodDefinitionHandle handle in types.MethodDefinitions)
        {
            if (!methods.Contains((NameOf(types, types.GetMethodDefinition(handle).GetDeclaringType()), MetadataTokens.GetToken(handle)))) continue;
            DocumentHandle document = documents.GetMethodDebugInformation(handle.ToDebugInformationHandle()).Document;
            if (document.IsNil) continue;
            string path = documents.GetString(documents.GetDocument(document).Name).Replace('\\', '/');
            if (path.LastIndexOf("/src/", StringComparison.Ordinal) is >= 0 and var start) yield return path[(start + 1)..];
        }
    }

    private static string NameOf(MetadataReader reader, TypeDefinitionHandle handle)
    {
        TypeDefinition type = reader.GetTypeDefinition(handle);
        string name = reader.GetString(type.Name);
        if (type.IsNested) return $"{NameOf(reader, type.GetDeclaringType())}+{name}";
        string space = reader.GetString(type.Namespace);
        return space.Length == 0 ? name : $"{space}.{name}";
    }
}
