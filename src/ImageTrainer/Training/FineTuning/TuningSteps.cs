using System.Numerics.Tensors;
using ImageTrainer.Graphs.Gradients;
using ImageTrainer.Training.Augmentation;

namespace ImageTrainer.Training.FineTuning;

/// <summary>Sums over the steps of one epoch.</summary>
/// <param name="LossSum">Losses, each times its images.</param>
/// <param name="RightCount">Images that were right as they came by.</param>
/// <param name="ImageCount">Images.</param>
internal readonly record struct EpochSums(double LossSum, int RightCount, int ImageCount);

/// <summary>Takes the steps of an epoch. The same seed, epoch and state give the same steps. Not safe for concurrent use.</summary>
internal sealed class TuningSteps : IDisposable
{
    // Probabilities of e^-1000: no training that is still one gets there.
    private const float GreatestLoss = 1000;

    // Bytes of activations that are made ahead of the steps, so that every core has images to work on.
    private const int LookAheadByteCount = 64 << 20;

    private readonly TuningSetting _setting;
    private readonly ActivationSource _source;
    private readonly TrainingStep _step;
    private readonly Targets _targets;
    private readonly float[] _activations;
    private readonly int _chunkLength;

    /// <summary>Derives the training step and loads it.</summary>
    /// <param name="cut">The network.</param>
    /// <param name="source">The images.</param>
    /// <param name="targets">What they are to be taken for.</param>
    /// <param name="setting">How to train.</param>
    /// <param name="batchSize">Images of a step, where there are so many.</param>
    public TuningSteps(NetworkCut cut, ActivationSource source, Targets targets, TuningSetting setting, int batchSize)
    {
        (_setting, _source, _targets) = (setting, source, targets);
        BatchSize = Math.Min(batchSize, targets.ImageCount);
        _step = new TrainingStep(TrainingGraph.Derive(cut.Trained, GraphOptions(setting, BatchSize)), setting.Device, setting.ThreadCount);
        _chunkLength = BatchSize * (source.IsPlain ? 1 : BatchesAhead(BatchSize, source.ActivationLength));
        _activations = new float[_chunkLength * source.ActivationLength];
    }

    /// <summary>Images of a step.</summary>
    public int BatchSize { get; }

    /// <summary>Steps of an epoch.</summary>
    public int StepsPerEpoch => (_targets.ImageCount + BatchSize - 1) / BatchSize;

    /// <summary>Steps since the start of training.</summary>
    public long StepCount => _step.StepCount;

    /// <summary>Step of the epoch that the last call has come to, from 1.</summary>
    public int LastStep { get; private set; }

    /// <summary>The options of the training graph that fine-tuning runs.</summary>
    public static TrainingGraphOptions GraphOptions(TuningSetting setting, int batchSize) => new()
    {
        BatchSize = batchSize,
        ForCuda = setting.Device.Kind == Onnx.DeviceKind.Cuda,
        GroupOf = NetworkCut.GroupOf,
        // What has been unfolded is trained as it is.
        ScalesOf = name => setting.Options.BatchNorm == BatchNormMode.Frozen ? setting.Backbone.KernelScales.GetValueOrDefault(name) : null,
        UsesBatchStatistics = setting.Options.BatchNorm == BatchNormMode.Train,
        Update = setting.Options.Optimizer == Optimizer.Sgd ? new NesterovUpdate() : new AdamWUpdate(),
        LabelSmoothing = setting.Options.LabelSmoothing,
        WeightDecay = setting.Options.WeightDecay,
        L1 = setting.Options.L1,
        ClipNorm = setting.Options.ClipNorm,
    };

    /// <summary>How many batches of activations are made at a time, 1 or more.</summary>
    public static int BatchesAhead(int batchSize, int activationLength) =>
        (int)Math.Max(1, LookAheadByteCount / ((long)batchSize * activationLength * sizeof(float)));

    /// <summary>Takes every step of an epoch.</summary>
    /// <param name="epoch">Number of the epoch, from 1.</param>
    /// <param name="rateAt">The last stage's rate at a step since the start of training.</param>
    /// <param name="stop">Asked after every step; true ends the epoch at once.</param>
    /// <param name="cancellationToken">Cancels between images and steps.</param>
    /// <returns>The sums, or null where training has diverged.</returns>
    /// <exception cref="OperationCanceledException">Cancelled, or stopped.</exception>
    /// <exception cref="Imaging.ImageDecodeException">None of the images can be read any more; those that cannot do not count.</exception>
    public EpochSums? Run(int epoch, Func<long, double> rateAt, Func<int, bool> stop, CancellationToken cancellationToken)
    {
        LastStep = 0;
        var sums = default(EpochSums);
        int[] order = [.. _targets.Order(_setting.Seed, epoch)];
        // A batch that is not full is filled up with the first images, which do not count there: BatchNorm needs images, zeros would mislead it.
        IEnumerable<int> filled = order.Concat(order.Take((StepsPerEpoch * BatchSize) - order.Length));
        foreach (int[] chunk in filled.Chunk(_chunkLength))
        {
            bool[] isLoaded = _source.Load(epoch, chunk, _activations, cancellationToken);
            for (int start = 0; start < chunk.Length; start += BatchSize)
            {
                LastStep++;
                bool[] counts = [.. Enumerable.Range(start, BatchSize).Select(i => isLoaded[i] && i - start < order.Length - ((LastStep - 1) * BatchSize))];
                int count = counts.Count(isCounted => isCounted);
                if (count == 0) continue;
                FillStep(epoch, chunk.AsSpan(start, BatchSize), counts, start);
                float loss = _step.Run(group => (float)(rateAt(_step.StepCount) * RateFactorOf(group)));
                if (!float.IsFinite(loss) || loss > GreatestLoss) return null;
                sums = new EpochSums(sums.LossSum + ((double)loss * count), sums.RightCount + CountRight(counts), sums.ImageCount + count);
                if (stop(LastStep) || cancellationToken.IsCancellationRequested) throw new OperationCanceledException(cancellationToken);
            }
        }

        return sums.ImageCount > 0 ? sums : throw _source.NothingReadable();
    }

    /// <summary>The weights by name, on the way from the initial to the trained ones that the options ask for.</summary>
    public Dictionary<string, float[]> ReadWeights()
    {
        Dictionary<string, float[]> weights = Read(state => !IsOptimizerState(state));
        float share = (float)_setting.Options.EffectiveInterpolation;
        if (share < 1)
        {
            foreach (StateTensor start in _step.State.Where(state => !IsOptimizerState(state)))
                TensorPrimitives.Lerp(start.Initial.Span, weights[start.Name], share, weights[start.Name]);
        }

        return weights;
    }

    /// <summary>Weights and optimiser state by name.</summary>
    public Dictionary<string, float[]> ReadAll() => Read(_ => true);

    /// <summary>Sets weights and optimiser state as they were when they were read.</summary>
    public void Restore(long stepCount, IReadOnlyDictionary<string, float[]> tensors) => _step.Restore(stepCount, name => tensors[name]);

    /// <summary>Sets weights and optimiser state as they were at first.</summary>
    public void Reset() => _step.Restore(0, name =>
    {
        StateTensor tensor = _step.State.First(state => state.Name == name);
        return tensor.Initial.IsEmpty ? new float[tensor.Length] : tensor.Initial;
    });

    /// <summary>Frees the step.</summary>
    public void Dispose() => _step.Dispose();

    private Dictionary<string, float[]> Read(Func<StateTensor, bool> isWanted) => _step.State
        .Select((tensor, index) => (Tensor: tensor, Index: index))
        .Where(state => isWanted(state.Tensor))
        .ToDictionary(state => state.Tensor.Name, state => _step.ReadState(state.Index));

    private static bool IsOptimizerState(StateTensor tensor) => tensor.Initial.IsEmpty;

    // Images that do not count have zeros as their targets.
    private void FillStep(int epoch, ReadOnlySpan<int> rows, bool[] counts, int start)
    {
        int length = _source.ActivationLength;
        _activations.AsSpan(start * length, rows.Length * length).CopyTo(_step.Images);
        _step.Targets.Clear();
        for (int i = 0; i < counts.Length; i++)
        {
            if (counts[i]) _targets.Write(epoch, rows[i], _step.Targets.Slice(i * _targets.ClassCount, _targets.ClassCount));
        }

        if (_setting.Options.Dropout > 0) DrawMask(epoch, rows);
    }

    private void DrawMask(int epoch, ReadOnlySpan<int> rows)
    {
        Span<float> mask = _step.Mask(DropoutGradient.MaskName(NetworkCut.DropoutName));
        int width = mask.Length / BatchSize;
        float kept = (float)(1 / (1 - _setting.Options.Dropout));
        mask.Fill(kept);
        for (int i = 0; i < rows.Length; i++)
        {
            SplittableRandom random = new SplittableRandom(_setting.Seed, "dropout", epoch).Fork($"{rows[i]}");
            foreach (ref float element in mask.Slice(i * width, width))
                element = random.Chance((float)_setting.Options.Dropout) ? 0 : kept;
        }
    }

    // The rate of a group of parameters over the last stage's.
    private double RateFactorOf(string group) => group == NetworkCut.HeadGroup
        ? _setting.Options.EffectiveHeadRateFactor
        : Math.Pow(_setting.Options.StageRateFactor, NetworkCut.DepthOf(group));

    private int CountRight(bool[] counts)
    {
        int right = 0;
        int classCount = _targets.ClassCount;
        for (int i = 0; i < counts.Length; i++)
        {
            if (!counts[i]) continue;
            int said = TensorPrimitives.IndexOfMax(_step.Logits.Slice(i * classCount, classCount));
            if (said == TensorPrimitives.IndexOfMax<float>(_step.Targets.Slice(i * classCount, classCount))) right++;
        }

        return right;
    }
}

/// <summary>What each training image is to be taken for, and in which order they come.</summary>
internal sealed class Targets
{
    private readonly IReadOnlyList<int> _classes;
    private readonly IImageAugmentation? _augmentation;
    private readonly float[] _classWeights;

    /// <summary>Prepares targets.</summary>
    /// <param name="classes">Class of each image.</param>
    /// <param name="classCount">K.</param>
    /// <param name="classWeights">Whether rare classes count more.</param>
    /// <param name="augmentation">What mixes images, or null.</param>
    public Targets(IReadOnlyList<int> classes, int classCount, ClassWeights classWeights, IImageAugmentation? augmentation)
    {
        (_classes, _augmentation, ClassCount) = (classes, augmentation, classCount);
        int[] counts = new int[classCount];
        foreach (int label in classes) counts[label]++;
        int presentCount = counts.Count(count => count > 0);
        _classWeights = [.. counts.Select(count => classWeights == ClassWeights.Balanced && count > 0
            ? (float)((double)classes.Count / presentCount / count)
            : 1)];
    }

    /// <summary>K.</summary>
    public int ClassCount { get; }

    /// <summary>N.</summary>
    public int ImageCount => _classes.Count;

    /// <summary>Writes the target of an image, a share for each class, times the weight of its own class.</summary>
    public void Write(int epoch, int image, Span<float> target)
    {
        if (_augmentation is null) target[_classes[image]] = 1;
        else _augmentation.WriteTarget(epoch, image, target);
        TensorPrimitives.Multiply(target, _classWeights[_classes[image]], target);
    }

    /// <summary>The images of an epoch, shuffled ("The Art of Computer Programming", Knuth, volume 2, algorithm 3.4.2P).</summary>
    public int[] Order(int seed, int epoch)
    {
        var random = new SplittableRandom(seed, "order", epoch);
        int[] order = [.. Enumerable.Range(0, ImageCount)];
        for (int i = order.Length - 1; i > 0; i--)
        {
            int other = random.Count(0, i);
            (order[i], order[other]) = (order[other], order[i]);
        }

        return order;
    }
}

/// <summary>
/// The learning rate over time: rising in equal steps for the first tenth, at most one epoch, then falling along half a cosine to 0
/// ("SGDR: Stochastic Gradient Descent with Warm Restarts", Loshchilov and Hutter, 2017, equation 5, without restarts).
/// </summary>
/// <param name="peak">The greatest rate.</param>
/// <param name="stepsPerEpoch">Steps of an epoch.</param>
/// <param name="epochCount">Epochs.</param>
internal sealed class LearningRateSchedule(double peak, int stepsPerEpoch, int epochCount)
{
    private const double WarmUpFraction = 0.1;

    private readonly long _stepCount = (long)stepsPerEpoch * epochCount;
    private readonly long _warmUpCount = Math.Min(stepsPerEpoch, (long)(WarmUpFraction * stepsPerEpoch * epochCount));

    /// <summary>The rate of a step, counted from 0.</summary>
    public double At(long step)
    {
        if (step < _warmUpCount) return peak * (step + 1) / (_warmUpCount + 1);
        double done = (double)(step - _warmUpCount) / Math.Max(1, _stepCount - _warmUpCount);
        return peak / 2 * (1 + Math.Cos(Math.PI * Math.Min(1, done)));
    }
}
