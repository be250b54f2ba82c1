using System.Diagnostics;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using ImageTrainer.Backbones;
using Microsoft.ML.OnnxRuntime;

namespace ImageTrainer.Tests.Backbones.Weights;

[TestClass]
public class OnnxTelemetryTests
{
    [TestMethod]
    public void Load_OnnxFileBeforeAnythingElse_LeavesTheHomeFolderEmpty()
    {
        using var folder = new TemporaryFolder();
        string home = Directory.CreateDirectory(folder.Combine("home")).FullName;
        string weights = folder.Combine("foreign.onnx");
        File.WriteAllBytes(weights, OnnxFixture.Write());

        RunWorker(home, "load", weights);

        Assert.IsEmpty(Directory.GetFileSystemEntries(home, "*", SearchOption.AllDirectories));
    }

    [TestMethod]
    public void SessionOptions_AreMadeByTheEnvironmentAlone()
    {
        using var assembly = new PEReader(File.OpenRead(typeof(Backbone).Assembly.Location));
        MetadataReader metadata = assembly.GetMetadataReader();

        IEnumerable<string> constructed =
            from handle in metadata.MemberReferences
            let member = metadata.GetMemberReference(handle)
            where member.Parent.Kind == HandleKind.TypeReference && metadata.GetString(member.Name) == ".ctor"
            select metadata.GetString(metadata.GetTypeReference((TypeReferenceHandle)member.Parent).Name);

        CollectionAssert.DoesNotContain(constructed.ToArray(), nameof(SessionOptions));
    }

    private static void RunWorker(string home, params string[] arguments)
    {
        string worker = Path.Combine(AppContext.BaseDirectory, "ImageTrainer.Tests.Worker.dll");
        var start = new ProcessStartInfo("dotnet", [worker, .. arguments]);
        start.Environment["HOME"] = home;
        start.Environment.Remove("XDG_CACHE_HOME");
        start.Environment.Remove("ORT_DISABLE_TELEMETRY");
        using Process process = Process.Start(start)!;
        process.WaitForExit();
        Assert.AreEqual(0, process.ExitCode);
    }
}
