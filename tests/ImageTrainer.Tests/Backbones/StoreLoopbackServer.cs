using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ImageTrainer.Tests.Backbones;

/// <summary>
/// A web server on the loopback address that says exactly what a test makes it say, right or wrong: it knows sockets and no HTTP.
/// One request a connection.
/// </summary>
internal sealed class StoreLoopbackServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Func<StoreExchange, Task> _answer;
    private readonly List<string> _requests = [];

    /// <summary>Starts listening on a free port.</summary>
    /// <param name="answer">Answers one request; the connection is closed when it returns.</param>
    public StoreLoopbackServer(Func<StoreExchange, Task> answer)
    {
        _answer = answer;
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>The heads of all requests so far, in order of arrival.</summary>
    public string[] Requests
    {
        get
        {
            lock (_requests)
                return [.. _requests];
        }
    }

    /// <summary>The address of a file on this server.</summary>
    public Uri AddressOf(string fileName) => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/{fileName}");

    public void Dispose()
    {
        _end.Cancel();
        _listener.Dispose();
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        CancellationToken end = _end.Token;
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(end), end);
        }
        catch (OperationCanceledException)
        {
        }
        catch (ObjectDisposedException)
        {
        }
        catch (SocketException)
        {
        }
    }

    private async Task ServeAsync(TcpClient client, CancellationToken end)
    {
        using (client)
        {
            try
            {
                NetworkStream stream = client.GetStream();
                string head = await ReadHeadAsync(stream, end);
                int number;
                lock (_requests)
                {
                    number = _requests.Count;
                    _requests.Add(head);
                }
                await _answer(new StoreExchange(stream, head, number, end));
            }
            catch (IOException)
            {
                // The client has hung up, as some tests make it.
            }
            catch (OperationCanceledException)
            {
            }
        }
    }

    private static async Task<string> ReadHeadAsync(NetworkStream stream, CancellationToken end)
    {
        var head = new StringBuilder();
        byte[] one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(one, end) == 1)
            head.Append((char)one[0]);
        return head.ToString();
    }
}

/// <summary>One request and the means to answer it.</summary>
internal sealed record StoreExchange(NetworkStream Stream, string Head, int Number, CancellationToken End)
{
    /// <summary>First byte asked for, or null without a Range header.</summary>
    public int? RangeStart =>
        Header("Range") is { } range ? int.Parse(range["bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture) : null;

    /// <summary>The value of a request header, or null.</summary>
    public string? Header(string name) => Head.Split("\r\n")
        .Where(line => line.StartsWith(name + ": ", StringComparison.OrdinalIgnoreCase))
        .Select(line => line[(name.Length + 2)..]).FirstOrDefault();

    /// <summary>Sends a status line, headers and bytes exactly as given.</summary>
    public async Task SendAsync(string status, string headers, ReadOnlyMemory<byte> body = default)
    {
        string lines = headers.Length == 0 ? "" : headers.Replace("; ", "\r\n", StringComparison.Ordinal) + "\r\n";
        await Stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nConnection: close\r\n{lines}\r\n"), End);
        await Stream.WriteAsync(body, End);
        await Stream.FlushAsync(End);
    }

    /// <summary>Answers as a good server does: the rest where the tag still holds, else all.</summary>
    public Task SendFileAsync(byte[] content, string tag) => RangeStart is { } start && Header("If-Range") == tag
        ? SendRestAsync(content, start, content.Length, tag)
        : SendCutAsync(content, content.Length, tag);

    /// <summary>Announces the rest of a file and hangs up after at most <paramref name="count"/> bytes of it.</summary>
    public Task SendRestAsync(byte[] content, int start, int count, string tag)
    {
        int rest = content.Length - start;
        string range = $"bytes {start}-{content.Length - 1}/{content.Length}";
        string headers = $"Content-Length: {rest}; Content-Range: {range}; ETag: {tag}";
        return SendAsync("206 Partial Content", headers, content.AsMemory(start, Math.Min(count, rest)));
    }

    /// <summary>Announces a whole file and hangs up after some of it.</summary>
    public Task SendCutAsync(byte[] content, int count, string? tag) =>
        SendAsync("200 OK", $"Content-Length: {content.Length}" + (tag is null ? "" : $"; ETag: {tag}"), content.AsMemory(0, count));

    /// <summary>Says nothing more until the server ends.</summary>
    public Task HangAsync() => Task.Delay(Timeout.Infinite, End);
}
