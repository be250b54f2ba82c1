using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace ImageTrainer.AspNetCore.Endpoints;

/// <summary>Writes an answer of the Open Inference Protocol.</summary>
/// <param name="model">Name of the model.</param>
/// <param name="version">Its version.</param>
/// <param name="predictions">One an image.</param>
internal sealed class InferenceResponse(string model, string version, IReadOnlyList<ImagePrediction> predictions)
{
    private readonly ArrayBufferWriter<byte> _binary = new();

    /// <summary>The bytes of the answer, and how many of them are JSON.</summary>
    public (byte[] Body, int JsonLength) Write(InferenceRequest request)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteString("model_name", model);
            writer.WriteString("model_version", version);
            if (request.Id is { } id) writer.WriteString("id", id);
            writer.WriteStartArray("outputs");
            foreach (WantedOutput output in request.Outputs) WriteOutput(writer, output);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return ([.. json.WrittenSpan, .. _binary.WrittenSpan], json.WrittenCount);
    }

    private void WriteOutput(Utf8JsonWriter writer, WantedOutput output)
    {
        writer.WriteStartObject();
        writer.WriteString("name", output.Name);
        writer.WriteString("datatype", output.Name == WantedOutput.Label ? "BYTES" : "FP32");
        writer.WriteStartArray("shape");
        writer.WriteNumberValue(predictions.Count);
        if (output.Name == WantedOutput.Scores) writer.WriteNumberValue(predictions[0].Scores.Count);
        writer.WriteEndArray();
        if (output.IsBinary) WriteBinary(writer, output);
        else WriteJson(writer, output);
        writer.WriteEndObject();
    }

    private void WriteJson(Utf8JsonWriter writer, WantedOutput output)
    {
        writer.WriteStartArray("data");
        foreach (ImagePrediction prediction in predictions)
        {
            if (output.Name == WantedOutput.Label) writer.WriteStringValue(prediction.PredictedLabel);
            else foreach (float value in NumbersOf(prediction, output)) writer.WriteNumberValue(value);
        }

        writer.WriteEndArray();
    }

    private void WriteBinary(Utf8JsonWriter writer, WantedOutput output)
    {
        int start = _binary.WrittenCount;
        foreach (ImagePrediction prediction in predictions)
        {
            if (output.Name == WantedOutput.Label)
            {
                byte[] label = Encoding.UTF8.GetBytes(prediction.PredictedLabel);
                BinaryPrimitives.WriteInt32LittleEndian(_binary.GetSpan(sizeof(int)), label.Length);
                _binary.Advance(sizeof(int));
                _binary.Write(label);
            }
            else
            {
                _binary.Write(MemoryMarshal.AsBytes<float>(NumbersOf(prediction, output)));
            }
        }

        writer.WriteStartObject("parameters");
        writer.WriteNumber("binary_data_size", _binary.WrittenCount - start);
        writer.WriteEndObject();
    }

    private static float[] NumbersOf(ImagePrediction prediction, WantedOutput output) =>
        output.Name == WantedOutput.Scores ? prediction.Score.ToArray() : [prediction.Probability];
}
