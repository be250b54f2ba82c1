using System.Diagnostics;
using System.Globalization;

namespace ImageTrainer.Benchmarks;

/// <summary>A Python process that takes training steps when it is told to.</summary>
internal sealed class PyTorchSteps : IDisposable
{
    private readonly Process _process;

    public PyTorchSteps(string python, string name, int batchSize, int stepCount, int threadCount)
    {
        string script = Path.Combine(AppContext.BaseDirectory, "pytorch_steps.py");
        string[] arguments = [script, name, .. new[] { batchSize, stepCount, threadCount }.Select(number => number.ToString(CultureInfo.InvariantCulture))];
        _process = Process.Start(new ProcessStartInfo(python, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
    }

    /// <summary>Takes the steps of a round.</summary>
    public void Run()
    {
        _process.StandardInput.WriteLine("go");
        if (_process.StandardOutput.ReadLine() is null) throw new InvalidOperationException("Python has ended; its message is above.");
    }

    /// <summary>Ends the process.</summary>
    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
