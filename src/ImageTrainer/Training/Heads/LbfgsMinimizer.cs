using System.Numerics.Tensors;

namespace ImageTrainer.Training.Heads;

/// <summary>
/// Limited-memory BFGS (Nocedal and Wright 2006, algorithm 7.5) with a bisecting line search for the weak Wolfe conditions, which keep
/// every remembered curvature positive (Lewis and Overton 2013, algorithm 2.6). Deterministic.
/// </summary>
internal sealed class LbfgsMinimizer
{
    private const int MaxMemory = 10;
    private const int MaxTrialCount = 30;
    private const double SufficientDecrease = 1e-4;
    private const double CurvatureShare = 0.9;

    /// <summary>Below this share of the value, differences of values are rounding noise and slopes decide instead.</summary>
    private const double ValueNoise = 1e-6;

    private readonly HeadObjective _objective;
    private readonly List<(float[] Step, float[] Change, double Curvature)> _memory = [];
    private float[] _point;
    private float[] _gradient;
    private float[] _nextPoint;
    private float[] _nextGradient;
    private readonly float[] _direction;
    private double _value;
    private double _nextValue;

    private LbfgsMinimizer(HeadObjective objective, float[] start)
    {
        _objective = objective;
        _point = (float[])start.Clone();
        _gradient = new float[start.Length];
        _nextPoint = new float[start.Length];
        _nextGradient = new float[start.Length];
        _direction = new float[start.Length];
    }

    /// <summary>Descends from a point until the gradient is small, or no step helps any more, or the iterations are used up.</summary>
    /// <param name="objective">A convex function.</param>
    /// <param name="start">Where to start; left unchanged.</param>
    /// <param name="gradientTolerance">The gradient's norm at which to stop, absolute.</param>
    /// <param name="maxIterationCount">Steps to take at most.</param>
    /// <param name="cancellationToken">Looked at before each step.</param>
    public static LbfgsResult Minimize(
        HeadObjective objective, float[] start, double gradientTolerance, int maxIterationCount, CancellationToken cancellationToken)
    {
        var minimizer = new LbfgsMinimizer(objective, start);
        minimizer._value = objective.Evaluate(minimizer._point, minimizer._gradient);
        double norm = minimizer.GradientNorm();
        int iteration = 0;
        while (norm > gradientTolerance && iteration < maxIterationCount)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!minimizer.Step())
                break;
            norm = minimizer.GradientNorm();
            iteration++;
        }

        return new LbfgsResult(minimizer._point, minimizer._value, norm, iteration, norm <= gradientTolerance);
    }

    private double GradientNorm() => Math.Sqrt(_objective.Dot(_gradient, _gradient));

    /// <summary>One iteration; false where no step along the direction makes the value smaller.</summary>
    private bool Step()
    {
        FindDirection();
        double slope = _objective.Dot(_gradient, _direction);
        if (!(slope < 0))
            return Forget();
        double first = _memory.Count == 0 ? Math.Min(1, 1 / GradientNorm()) : 1;
        if (!Search(slope, first))
            return Forget();
        Remember();
        (_point, _nextPoint) = (_nextPoint, _point);
        (_gradient, _nextGradient) = (_nextGradient, _gradient);
        _value = _nextValue;
        return true;
    }

    /// <summary>Drops the memory, so that the next iteration tries plain descent; false where there was none left to drop.</summary>
    private bool Forget()
    {
        bool any = _memory.Count > 0;
        _memory.Clear();
        return any;
    }

    /// <summary>Two-loop recursion: direction = -H gradient.</summary>
    private void FindDirection()
    {
        TensorPrimitives.Negate<float>(_gradient, _direction);
        double[] shares = new double[_memory.Count];
        for (int i = _memory.Count - 1; i >= 0; i--)
        {
            (float[] step, float[] change, double curvature) = _memory[i];
            shares[i] = _objective.Dot(step, _direction) / curvature;
            TensorPrimitives.MultiplyAdd(change, (float)-shares[i], _direction, _direction);
        }

        if (_memory.Count == 0)
            return;
        float[] lastChange = _memory[^1].Change;
        TensorPrimitives.Multiply(_direction, (float)(_memory[^1].Curvature / _objective.Dot(lastChange, lastChange)), _direction);
        for (int i = 0; i < _memory.Count; i++)
        {
            (float[] step, float[] change, double curvature) = _memory[i];
            double share = _objective.Dot(change, _direction) / curvature;
            TensorPrimitives.MultiplyAdd(step, (float)(shares[i] - share), _direction, _direction);
        }
    }

    /// <summary>Finds a step length; leaves the point, value and gradient there in the fields for the next ones.</summary>
    private bool Search(double slope, double length)
    {
        double lower = 0;
        double upper = double.PositiveInfinity;
        for (int trial = 0; trial < MaxTrialCount; trial++)
        {
            TensorPrimitives.MultiplyAdd(_direction, (float)length, _point, _nextPoint);
            _nextValue = _objective.Evaluate(_nextPoint, _nextGradient);
            double nextSlope = _objective.Dot(_nextGradient, _direction);
            if (!DecreasesEnough(length, slope, nextSlope))
                upper = length;
            else if (nextSlope < CurvatureShare * slope)
                lower = length;
            else
                return true;
            length = double.IsPositiveInfinity(upper) ? 2 * length : (lower + upper) / 2;
        }

        return false;
    }

    /// <summary>Armijo's condition, or its form in slopes where values are too close to compare (Hager and Zhang 2005, section 3).</summary>
    private bool DecreasesEnough(double length, double slope, double nextSlope) =>
        _nextValue <= _value + (SufficientDecrease * length * slope)
        || (_nextValue <= _value + (ValueNoise * Math.Abs(_value)) && nextSlope <= ((2 * SufficientDecrease) - 1) * slope);

    private void Remember()
    {
        (float[] step, float[] change) = _memory.Count == MaxMemory
            ? (_memory[0].Step, _memory[0].Change)
            : (new float[_point.Length], new float[_point.Length]);
        if (_memory.Count == MaxMemory)
            _memory.RemoveAt(0);
        TensorPrimitives.Subtract(_nextPoint, _point, step);
        TensorPrimitives.Subtract(_nextGradient, _gradient, change);
        double curvature = _objective.Dot(step, change);
        if (curvature > 0)
            _memory.Add((step, change, curvature));
    }
}

/// <summary>Where a minimisation ended.</summary>
/// <param name="Point">The best point.</param>
/// <param name="Value">The objective there.</param>
/// <param name="GradientNorm">The gradient's norm there.</param>
/// <param name="IterationCount">Steps taken.</param>
/// <param name="Converged">Whether the gradient's norm reached the tolerance.</param>
internal sealed record LbfgsResult(float[] Point, double Value, double GradientNorm, int IterationCount, bool Converged);
