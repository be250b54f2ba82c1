using System.Reflection;
using ImageTrainer.Batch;
using ImageTrainer.Batch.Postgres;
using ImageTrainer.Training;

namespace ImageTrainer.Tests;

/// <summary>The arrows between projects: Cli -> ImageTrainer, Batch.Postgres -> Batch -> Prediction, and nothing that a host application would not want below.</summary>
[TestClass]
public class ArchitectureTests
{
    [TestMethod]
    public void Prediction_KnowsTheRuntimeOnnxRuntimeAndNetVipsAlone()
    {
        CollectionAssert.IsSubsetOf(Foreign(typeof(ImagePredictionEngine).Assembly), new[] { "Microsoft.ML.OnnxRuntime", "NetVips" });
    }

    [TestMethod]
    public void ImageTrainer_KnowsPredictionAndMLNetAndNoConsole()
    {
        string[] references = Foreign(typeof(ImageClassificationTrainer).Assembly);

        CollectionAssert.Contains(references, "ImageTrainer.Prediction");
        string[] others = [.. references.Where(name => !name.StartsWith("Microsoft.ML.", StringComparison.Ordinal))];
        CollectionAssert.IsSubsetOf(others, new[] { "ImageTrainer.Prediction", "Google.Protobuf" });
    }

    [TestMethod]
    public void Batch_KnowsPredictionAndNoTraining()
    {
        string[] references = Foreign(typeof(BatchScorer).Assembly);

        CollectionAssert.Contains(references, "ImageTrainer.Prediction");
        CollectionAssert.IsSubsetOf(references, new[] { "ImageTrainer.Prediction" });
    }

    [TestMethod]
    public void BatchPostgres_KnowsBatchAndTheDatabaseClient()
    {
        string[] references = Foreign(typeof(PostgresSink).Assembly);

        CollectionAssert.Contains(references, "ImageTrainer.Batch");
        CollectionAssert.IsSubsetOf(references, new[] { "ImageTrainer.Batch", "ImageTrainer.Prediction", "Npgsql", "Polly.Core" });
    }

    [TestMethod]
    public void Cli_KnowsImageTrainer()
    {
        string[] references = Foreign(Assembly.Load("ImageTrainer.Cli"));

        CollectionAssert.Contains(references, "ImageTrainer");
    }

    private static string[] Foreign(Assembly assembly) =>
        [.. assembly.GetReferencedAssemblies().Select(name => name.Name!).Where(name => !IsRuntime(name))];

    // System.CommandLine is a console's for all its name.
    private static bool IsRuntime(string name) =>
        name is not "System.CommandLine" && (name.StartsWith("System.", StringComparison.Ordinal) || name is "Microsoft.Win32.Primitives");
}
