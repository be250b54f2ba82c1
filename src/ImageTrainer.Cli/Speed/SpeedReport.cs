using System.Globalization;
using System.Text.Json;
using ImageTrainer.Cli.Reporting;
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

    /// <summary>Seconds that each model and batch size was measured for.</summary>
    public required double SecondsPerCell { get; init; }

    /// <summary>By model, batch size and part.</summary>
    public required IReadOnlyList<SpeedRow> Rows { get; init; }

    /// <summary>Prints the report as JSON.</summary>
    public void PrintJson() => Console.Out.WriteLine(JsonSerializer.Serialize(this, ReportJson.Indented.SpeedReport));

    /// <summary>Prints the report as a table.</summary>
    public void PrintTable()
    {
        Table table = TextTables.New("Model", "Precision", "Batch", "Part", "Images/s", "p50 ms", "p95 ms", "p99 ms");
        table.Columns[1].Alignment = table.Columns[3].Alignment = Justify.Left;
        foreach (SpeedRow row in Rows)
        {
            table.AddRow(
                Markup.Escape(row.Model), row.Precision, row.BatchSize.ToString(CultureInfo.InvariantCulture), row.Part,
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

    /// <summary>Images a run; 1: one caller, all cores on each image.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Threads that each decode and run batches of their own.</summary>
    public required int WorkerCount { get; init; }

    /// <summary>"decode" (file to pixels), "network" (pixels to scores) or "whole" (file to scores).</summary>
    public required string Part { get; init; }

    /// <summary>How many times are behind the percentiles: of an image for decode, of a batch for network and whole.</summary>
    public required int SampleCount { get; init; }

    /// <summary>Images a second; for decode and network, as many as the workers would manage if they did nothing else.</summary>
    public required double ImagesPerSecond { get; init; }

    /// <summary>Half of the times are no longer than this.</summary>
    public required double P50Milliseconds { get; init; }

    /// <summary>95 % of the times are no longer than this.</summary>
    public required double P95Milliseconds { get; init; }

    /// <summary>99 % of the times are no longer than this.</summary>
    public required double P99Milliseconds { get; init; }
}
