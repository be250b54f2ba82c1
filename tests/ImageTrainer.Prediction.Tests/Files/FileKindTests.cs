using System.Diagnostics;
using System.IO.Pipes;
using System.Net.Sockets;
using ImageTrainer.Imaging;
using ImageTrainer.Models;

namespace ImageTrainer.Tests.Files;

[TestClass]
[OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
public class FileKindTests
{
    private const int Patience = 60_000;
    private const string Pipe = "it is a pipe";

    [TestMethod]
    [Timeout(Patience)]
    public void Predict_Pipe_ThrowsAndDoesNotWaitForAWriter()
    {
        using var folder = new TemporaryFolder();
        using ImagePredictionEngine engine = TinyModel.Load();
        string pipe = MakePipe(folder);

        var refused = Assert.ThrowsExactly<ImageDecodeException>(() => engine.Predict(pipe));

        Assert.AreEqual((pipe, Pipe), (refused.Path, refused.Reason));
    }

    [TestMethod]
    [Timeout(Patience)]
    public void PredictBatch_PipeSocketDeviceAndLinks_AreErrorsAndFilesAreRead()
    {
        using var folder = new TemporaryFolder();
        using ImagePredictionEngine engine = TinyModel.Load();
        string image = folder.Write("1.png", Drawings.Draw("disc", 1).EncodePng());
        string link = File.CreateSymbolicLink(folder.Combine("link"), image).FullName;
        string linkToPipe = File.CreateSymbolicLink(folder.Combine("linkToPipe"), MakePipe(folder)).FullName;
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(folder.Combine("socket")));

        IReadOnlyList<ImagePredictionResult> results =
            engine.PredictBatch([image, link, folder.Combine("pipe"), linkToPipe, folder.Combine("socket"), "/dev/zero"]);

        CollectionAssert.AreEqual(new[] { null, null, Pipe, Pipe, "it is a socket", "it is a device" }, results.Select(result => result.Error?.Reason).ToArray());
    }

    [TestMethod]
    [Timeout(Patience)]
    public void Load_Pipe_IsNotReadableAndSaysSo()
    {
        using var folder = new TemporaryFolder();
        string pipe = MakePipe(folder);

        var refused = Assert.ThrowsExactly<ModelFormatException>(() => ImagePredictionEngine.Load(pipe));

        Assert.AreEqual(ModelFault.NotReadable, refused.Fault);
        Assert.AreEqual($"Cannot load the model '{pipe}': {Pipe}.", refused.Message);
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    [Timeout(Patience)]
    public async Task Load_ShellsPipe_ReadsTheModel()
    {
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        Task writing = Task.Run(async () =>
        {
            await pipe.WriteAsync(TinyModel.Zip);
            await pipe.DisposeAsync();
        });

        using ImagePredictionEngine engine = ImagePredictionEngine.Load($"/proc/self/fd/{pipe.ClientSafePipeHandle.DangerousGetHandle()}");
        pipe.ClientSafePipeHandle.Dispose();
        await writing;

        Assert.IsNotEmpty(engine.Labels);
    }

    private static string MakePipe(TemporaryFolder folder)
    {
        string pipe = folder.Combine("pipe");
        using Process made = Process.Start("mkfifo", [pipe]);
        made.WaitForExit();
        return pipe;
    }
}
