namespace ImageTrainer.Tests;

/// <summary>Bytes that arrive as from a network: in order, a few at a time, with no way back and no length; and may break off.</summary>
/// <param name="content">All the bytes.</param>
/// <param name="failAt">Number of bytes after which reading fails; null for never.</param>
internal sealed class ForwardOnlyStream(byte[] content, int? failAt = null) : Stream
{
    private const int LargestPiece = 7000;
    private int _position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        if (_position >= failAt) throw new IOException("The connection was reset.");
        int count = Math.Min(Math.Min(buffer.Length, LargestPiece), content.Length - _position);
        content.AsSpan(_position, count).CopyTo(buffer);
        _position += count;
        return count;
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }
}
