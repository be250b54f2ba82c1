using System.Reflection;
using ImageTrainer.Networks;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;

namespace ImageTrainer.Models;

/// <summary>
/// A multiclass model of ML.NET's own that gives the probabilities it gets: weights that are the identity, over log-probabilities, before a
/// softmax. It is what gives a saved chain its PredictedLabel as a key with the labels, and the slot names of Score.
/// </summary>
internal static class StockHead
{
    // Beyond, the identity would be 100 million zeros for 10,000 classes.
    private const int MaxDenseClassCount = 1024;

    /// <summary>Makes the model as a step of a chain.</summary>
    /// <param name="environment">ML.NET's environment.</param>
    /// <param name="labels">The K labels, in the order of scores.</param>
    /// <param name="columns">The columns that go in and come out.</param>
    /// <exception cref="NotSupportedException">This version of ML.NET has other constructors.</exception>
    public static ITransformer Create(IHostEnvironment environment, IReadOnlyList<string> labels, ModelColumns columns)
    {
        int count = labels.Count;
        VBuffer<float>[] weights = [.. Enumerable.Range(0, count).Select(row => IdentityRow(row, count))];
        // ML.NET refuses an empty name; the keys' texts do the work alone then.
        string[]? names = labels.Contains("") ? null : [.. labels];
        object model = Construct<MaximumEntropyModelParameters>(environment, weights, new float[count], count, count, names, null);
        return (ITransformer)Construct<MulticlassPredictionTransformer<MaximumEntropyModelParameters>>(
            environment, model, TrainSchema(labels, columns), TensorNames.LogScore, columns.Label, columns.Score, columns.PredictedLabel);
    }

    private static VBuffer<float> IdentityRow(int row, int count)
    {
        if (count > MaxDenseClassCount) return new VBuffer<float>(count, 1, [1], [row]);
        float[] values = new float[count];
        values[row] = 1;
        return new VBuffer<float>(count, values);
    }

    private static DataViewSchema TrainSchema(IReadOnlyList<string> labels, ModelColumns columns)
    {
        var schema = new DataViewSchema.Builder();
        schema.AddColumn(columns.Label, new KeyDataViewType(typeof(uint), labels.Count), LabelAnnotations.Create(LabelAnnotations.KeyValues, labels));
        // [1, K], not [K]: ML.NET compares the type with that of the network's output.
        schema.AddColumn(TensorNames.LogScore, new VectorDataViewType(NumberDataViewType.Single, 1, labels.Count));
        return schema.ToSchema();
    }

    // ML.NET keeps these constructors to itself; the ways around them, to train such a model or to write its bytes, rest on no less.
    private static object Construct<T>(params object?[] arguments)
    {
        ConstructorInfo constructor = typeof(T).GetConstructors(BindingFlags.Instance | BindingFlags.NonPublic)
            .FirstOrDefault(candidate => Takes(candidate.GetParameters(), arguments))
            ?? throw new NotSupportedException(
                $"ML.NET {typeof(MLContext).Assembly.GetName().Version} makes no {typeof(T).Name} this way; use the version that ImageTrainer asks for.");
        return constructor.Invoke(arguments);
    }

    private static bool Takes(ParameterInfo[] parameters, object?[] arguments) =>
        parameters.Length == arguments.Length
        && parameters.Zip(arguments).All(pair => pair.Second is null ? !pair.First.ParameterType.IsValueType : pair.First.ParameterType.IsInstanceOfType(pair.Second));
}
