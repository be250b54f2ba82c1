using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace ImageTrainer.AspNetCore.Endpoints;

/// <summary>The bytes that all requests together may hold. Safe for many threads.</summary>
internal sealed class MemoryBudget(ImageServingOptions options)
{
    private long _left = options.MaxBufferedBytes;

    /// <summary>Takes some.</summary>
    /// <exception cref="BadHttpRequestException">429: there are not as many left.</exception>
    public void Take(long count)
    {
        if (Interlocked.Add(ref _left, -count) >= 0) return;
        GiveBack(count);
        throw new BadHttpRequestException("The images of other requests fill the memory that is set aside for them.", StatusCodes.Status429TooManyRequests);
    }

    /// <summary>Gives some back.</summary>
    public void GiveBack(long count) => Interlocked.Add(ref _left, count);
}

/// <summary>Bytes in a pooled buffer that counts against the budget; disposing gives both back.</summary>
internal sealed class PooledBytes : IDisposable
{
    private const int FirstLength = 16 << 10;
    private readonly MemoryBudget _budget;
    private byte[] _buffer = [];
    private int _length;

    private PooledBytes(MemoryBudget budget) => _budget = budget;

    /// <summary>The bytes; valid until this is disposed.</summary>
    public ReadOnlyMemory<byte> Memory => _buffer.AsMemory(0, _length);

    /// <summary>Reads a stream to its end.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="expectedLength">Its length where that is known; a wrong one costs time only.</param>
    /// <param name="budget">What the buffer counts against.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="BadHttpRequestException">429: the budget is spent. What the body itself is refused for passes through.</exception>
    public static async Task<PooledBytes> ReadAsync(
        Stream stream, long? expectedLength, MemoryBudget budget, CancellationToken cancellationToken)
    {
        var bytes = new PooledBytes(budget);
        try
        {
            // A header costs its sender nothing, so no more than the first piece is set aside for its word alone.
            bytes.Grow((int)Math.Clamp((expectedLength ?? 0) + 1, FirstLength, 1 << 20));
            while (await stream.ReadAsync(bytes._buffer.AsMemory(bytes._length), cancellationToken).ConfigureAwait(false) is > 0 and var count)
            {
                bytes._length += count;
                if (bytes._length == bytes._buffer.Length) bytes.Grow(2 * bytes._length);
            }

            return bytes;
        }
        catch
        {
            bytes.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        byte[] buffer = Interlocked.Exchange(ref _buffer, []);
        if (buffer.Length == 0) return;
        _length = 0;
        _budget.GiveBack(buffer.Length);
        ArrayPool<byte>.Shared.Return(buffer);
    }

    private void Grow(int length)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            _budget.Take(larger.Length);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(larger);
            throw;
        }

        (byte[] old, _buffer) = (_buffer, larger);
        if (old.Length == 0) return;
        old.AsSpan(0, _length).CopyTo(larger);
        _budget.GiveBack(old.Length);
        ArrayPool<byte>.Shared.Return(old);
    }
}
