using System.Diagnostics;

namespace ImageTrainer.Benchmarks.Peers;

/// <summary>onnxruntime-node and sharp, installed when they are first asked for.</summary>
internal static class NodePeer
{
    /// <summary>Starts Node with our fp32 network.</summary>
    /// <param name="model">Path of the ONNX file.</param>
    /// <param name="options">Threads that the network may use, and its input's side.</param>
    public static PeerProcess Start(string model, ContestOptions options)
    {
        Install();
        return PeerProcess.Start("node", "onnxruntime.mjs", model, options.ThreadCount, options.ImageSize);
    }

    private static void Install()
    {
        var lockFile = new FileInfo(PeerFiles.PathOf("package-lock.json"));
        var stamp = new FileInfo(Path.Combine(PeerFiles.Folder, "node_modules", ".package-lock.json"));
        if (stamp.Exists && stamp.LastWriteTimeUtc >= lockFile.LastWriteTimeUtc) return;
        Console.Error.WriteLine("Installing bench/peers' packages (305 MB, once) ...");
        (string program, string[] arguments) = OperatingSystem.IsWindows() ? ("cmd", new[] { "/c", "npm", "ci" }) : ("npm", ["ci"]);
        using Process npm = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = PeerFiles.Folder })!;
        npm.WaitForExit();
        if (npm.ExitCode != 0) throw new PeerException($"`npm ci` in {PeerFiles.Folder} ended with exit code {npm.ExitCode}; its message above says why.");
        stamp.LastWriteTimeUtc = DateTime.UtcNow;
    }
}
