using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ImageTrainer.AspNetCore.Endpoints;

/// <summary>Health as JSON: {"status": "Degraded", "checks": {"image models": "flowers: Cannot load ..."}}.</summary>
internal static class HealthAnswer
{
    /// <summary>Writes it.</summary>
    public static Task WriteAsync(HttpContext context, HealthReport report)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("status", report.Status.ToString());
            writer.WriteStartObject("checks");
            foreach ((string name, HealthReportEntry entry) in report.Entries) writer.WriteString(name, entry.Description ?? entry.Status.ToString());
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        context.Response.ContentType = "application/json";
        return context.Response.Body.WriteAsync(buffer.ToArray()).AsTask();
    }
}
