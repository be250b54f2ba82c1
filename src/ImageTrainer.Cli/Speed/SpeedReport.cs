using System.Globalization;
using System.Text.Json;
using ImageTrainer.Cli.Reporting;
using ImageTrainer.Models;
using Spectre.Console;

namespace ImageTrainer.Cli.Speed;

/// <summary>What <c>bench</c> prints: one JSON object, or a table.</summary>
internal sealed record SpeedReport
{
    /// <summary>Where the networks ran: "cpu" or "cuda:N".</summary>
    public required string Device { get; init; }

    /// <summary>Processors of this machine that the program may use.</summary>
    public required int ProcessorCount { get; init; }

    /// <summary>What was predicted, in words.</summary>
    public required string Pictures { get; init; }

    /// <summary>Seconds that each model and number of images a call was measured for.</summary>
    public required double SecondsPerCell { get; init; }

    /// <summary>By model, images a call and part.</summary>
    public required IReadOnlyList<SpeedRow> Rows { get; init; }

    /// <summary>Prints the report as JSON.</summary>
    public void PrintJson() => Console.Out.WriteLine(VisibleText.OfLines(JsonSerializer.Serialize(this, ReportJson.Indented.SpeedReport)));

    /// <summary>Prints the report as a table.</summary>
    public void PrintTable()
    {
        Table table = TextTables.New("Model", "Precision", "Images a call", "Part", "Images/s", "p50 ms", "p95 ms", "p99 ms");
        table.Columns[1].Alignment = table.Columns[3].Alignment = Justify.Left;
        foreach (SpeedRow row in Rows)
        {
            table.AddRow(
                TextTables.Cell(row.Model), row.Precision, row.CallSize.ToString(CultureInfo.InvariantCulture), row.Part,
                Text(row.ImagesPerSecond), Text(row.P50Milliseconds), Text(row.P95Milliseconds), Text(row.P99Milliseconds));
        }

        TextTables.Write(table);
    }

    private static string Text(double value) => value.ToString(value < 10 ? "0.00" : "0.0", CultureInfo.InvariantCulture);
}

/// <summary>The speed of one part of the work.</summary>
internal sealed record SpeedRow
{
    /// <summary>Path of the model as it was given.</summary>
    public required string Model { get; init; }

    /// <summary>Name of its backbone.</summary>
    public required string Backbone { get; init; }

    /// <summary>"fp32" or "int8".</summary>
    public required string Precision { get; init; }

    /// <summary>Width of the network's input in pixels.</summary>
    public required int ImageSize { get; init; }

    /// <summary>Images a call; 1: all cores on each image, more: one core an image.</summary>
    public required int CallSize { get; init; }

    /// <summary>"whole" (file to scores) or, of single images, "decode" (file to pixels) or "network" (decoded image to scores).</summary>
    public required string Part { get; init; }

    /// <summary>How many times are behind the percentiles: one a call.</summary>
    public required int SampleCount { get; init; }

    /// <summary>Images a second.</summary>
    public required double ImagesPerSecond { get; init; }

    /// <summary>Half of the times are no longer than this.</summary>
    public required double P50Milliseconds { get; init; }

    /// <summary>95 % of the times are no longer than this.</summary>
    public required double P95Milliseconds { get; init; }

    /// <summary>99 % of the times are no longer than this.</summary>
    public required double P99Milliseconds { get; init; }
}
