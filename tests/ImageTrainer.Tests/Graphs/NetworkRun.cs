using Microsoft.ML.OnnxRuntime;

namespace ImageTrainer.Tests.Graphs;

/// <summary>Runs an ONNX file once on the CPU.</summary>
internal static class NetworkRun
{
    public static (float[] Values, long[] Shape) Run(byte[] model, string output, params (string Name, float[] Values, long[] Shape)[] inputs)
    {
        using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, IntraOpNumThreads = 1 };
        using var session = new InferenceSession(model, options);
        var values = inputs.ToDictionary(input => input.Name, input => OrtValue.CreateTensorValueFromMemory(input.Values, input.Shape));
        using var runOptions = new RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> results = session.Run(runOptions, values, [output]);
        foreach (OrtValue value in values.Values)
            value.Dispose();
        return (results[0].GetTensorDataAsSpan<float>().ToArray(), results[0].GetTensorTypeAndShape().Shape);
    }
}
