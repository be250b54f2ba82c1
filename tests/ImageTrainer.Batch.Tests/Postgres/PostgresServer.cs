using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace ImageTrainer.Tests.Postgres;

/// <summary>A real PostgreSQL server of the tests' own, on a free loopback port, with its data in a temporary folder.</summary>
internal sealed class PostgresServer : IDisposable
{
    private static readonly Lazy<PostgresServer> One = new(() => new PostgresServer());
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("imagetrainer-pg-");
    private readonly string _programs;
    private readonly int _port;

    /// <summary>One for all tests that leave it running; each has jobs of its own.</summary>
    internal static PostgresServer Shared => One.Value;

    /// <summary>Stops it where it was started.</summary>
    internal static void StopShared()
    {
        if (One.IsValueCreated) One.Value.Dispose();
    }

    /// <summary>Makes and starts a server; ends the test as inconclusive where PostgreSQL is not installed.</summary>
    internal PostgresServer()
    {
        _programs = FindPrograms() ?? "";
        if (_programs.Length == 0) Assert.Inconclusive("PostgreSQL's server is not installed (Debian: postgresql).");
        _port = FreePort();
        // The server refuses to run as root, so its folder has to be its own user's.
        if (IsRoot) RunProgram("chown", "postgres", _folder.FullName);
        RunAsServer("initdb", "-D", Data, "-A", "trust", "-U", "postgres", "--no-sync");
        Start();
    }

    /// <summary>Address of its database, for <c>--output</c>.</summary>
    internal string Address => string.Create(CultureInfo.InvariantCulture, $"postgres://postgres@127.0.0.1:{_port}/postgres");

    private string Data => Path.Combine(_folder.FullName, "data");

    private static bool IsRoot => !OperatingSystem.IsWindows() && Environment.UserName == "root";

    /// <summary>Starts the server and waits until it answers.</summary>
    internal void Start(string options = "") => RunAsServer(
        "pg_ctl", "-D", Data, "-w", "-l", Path.Combine(_folder.FullName, "log"), "-o",
        string.Create(CultureInfo.InvariantCulture, $"-p {_port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={_folder.FullName} {options}"),
        "start");

    /// <summary>Starts the server as one that recovers, so that it refuses every connection as not ready yet.</summary>
    internal void StartRecovering()
    {
        File.WriteAllText(Path.Combine(Data, "standby.signal"), "");
        Start("-c hot_standby=off");
    }

    /// <summary>Lets a server that recovers become ready, and waits until it answers.</summary>
    internal void EndRecovery() => RunAsServer("pg_ctl", "-D", Data, "-w", "promote");

    /// <summary>Stops the server at once, cutting every connection, as a crash does.</summary>
    internal void Stop() => RunAsServer("pg_ctl", "-D", Data, "-w", "-m", "immediate", "stop");

    /// <summary>The rows that a query gives, fields joined by '|'.</summary>
    internal IReadOnlyList<string> Query(string text)
    {
        using var connection = new NpgsqlConnection(string.Create(
            CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={_port};Username=postgres;Database=postgres;Pooling=false"));
        connection.Open();
        using var command = new NpgsqlCommand(text, connection);
        using NpgsqlDataReader reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
            rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(i => Convert.ToString(reader.GetValue(i), CultureInfo.InvariantCulture))));
        return rows;
    }

    public void Dispose()
    {
        if (File.Exists(Path.Combine(Data, "postmaster.pid"))) Stop();
        _folder.Delete(recursive: true);
    }

    private static string? FindPrograms()
    {
        const string Debian = "/usr/lib/postgresql";
        IEnumerable<string> folders = Directory.Exists(Debian)
            ? Directory.GetDirectories(Debian).OrderDescending().Select(version => Path.Combine(version, "bin"))
            : [];
        return folders.Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator))
            .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")));
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private void RunAsServer(string program, params string[] arguments)
    {
        string path = Path.Combine(_programs, program);
        if (IsRoot) RunProgram("setpriv", ["--reuid", "postgres", "--regid", "postgres", "--clear-groups", path, .. arguments]);
        else RunProgram(path, arguments);
    }

    // Its streams go nowhere: the server that pg_ctl leaves behind would keep a pipe open.
    private static void RunProgram(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$0\" \"$@\" > /dev/null 2>&1 < /dev/null", program, .. arguments])
        {
            WorkingDirectory = Path.GetTempPath(),
        };
        using Process process = Process.Start(start)!;
        process.WaitForExit();
        Assert.AreEqual(0, process.ExitCode, $"{program} {string.Join(' ', arguments)}");
    }
}
