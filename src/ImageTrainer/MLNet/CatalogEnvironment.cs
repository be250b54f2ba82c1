using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace ImageTrainer.MLNet;

/// <summary>
/// The environment behind a catalog of ML.NET, for its log and its cancellation. ML.NET shows it to its own assemblies only; where a later
/// version hides it elsewhere, nothing is logged and nothing can be cancelled through it, and all else goes on.
/// </summary>
internal static class CatalogEnvironment
{
    /// <summary>Finds the environment, or makes one of its own.</summary>
    public static IHostEnvironment Of(object catalog) =>
        catalog.GetType().GetInterface("Microsoft.ML.Data.IInternalCatalog")?.GetProperty("Environment")?.GetValue(catalog) as IHostEnvironment
        ?? new MLContext();

    /// <summary>Whether what runs there has been cancelled.</summary>
    public static bool IsCancelled(IHost host) =>
        host.GetType().GetProperty("IsCanceled", BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)?.GetValue(host) is true;
}
