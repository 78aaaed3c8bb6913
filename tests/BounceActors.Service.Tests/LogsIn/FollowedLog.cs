using System.Text;
using BounceActors.Domain.Reports;
using BounceActors.Engine.Inbox;
using BounceActors.Service.LogsIn;
using BounceActors.Sources.Logs;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace BounceActors.Service.Tests.LogsIn;

/// <summary>A log in a directory of its own, a follower that can die and come back, and an inbox that remembers what it was given.</summary>
internal sealed class FollowedLog : IDisposable
{
    private readonly LogFollowerOptions _options;
    private string? _position;

    public FollowedLog(LogFormat format = LogFormat.Postfix, string name = "mail.log", LogStart from = LogStart.Start)
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("bounceactors-log-").FullName;
        Path = System.IO.Path.Combine(Directory, name);
        _options = new LogFollowerOptions { Name = "mx1", Path = Path, Format = format, From = from, TimeZone = "UTC" };
        Follower = Start();
    }

    public FakeTimeProvider Time { get; } = new(TimeProvider.System.GetUtcNow());

    public string Directory { get; }

    public string Path { get; }

    public LogFollower Follower { get; private set; }

    public List<InboxPayload> Payloads { get; } = [];

    /// <summary>What the inbox answers with; null takes everything.</summary>
    public Func<Exception?> Refusal { get; set; } = () => null;

    /// <summary>Whether positions get lost on their way to the database, as when the process dies before they are saved.</summary>
    public bool LosesPositions { get; set; }

    /// <summary>Everything the inbox's reader makes of the payloads.</summary>
    public List<BounceReport> Reports => [.. Payloads.SelectMany(p => Read(p).Reports)];

    public static PayloadReading Read(InboxPayload payload) => new LogPayloads().Read(new StoredPayload
    {
        Id = Guid.NewGuid(),
        Tenant = payload.Tenant,
        Source = payload.Source,
        Account = payload.Account,
        Headers = payload.Headers,
        Body = payload.Body,
        ReceivedAt = payload.ReceivedAt,
    });

    /// <summary>A delivery to a recipient as Postfix logs it.</summary>
    public static string Sent(string recipient) =>
        $"2026-11-23T21:00:00Z mx1 postfix/smtp[1]: AB12CD34EF: to=<{recipient}>, relay=mx.remote.example[198.51.100.7]:25, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 Ok)\n";

    public void Write(string text) => Write(Path, text);

    public static void Write(string path, string text)
    {
        using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        file.Write(Encoding.UTF8.GetBytes(text));
    }

    public void Rotate()
    {
        for (var i = 8; i >= 1; i--)
        {
            if (File.Exists($"{Path}.{i}"))
            {
                File.Move($"{Path}.{i}", $"{Path}.{i + 1}");
            }
        }

        if (File.Exists(Path))
        {
            File.Move(Path, Path + ".1");
        }
    }

    public void CopyAndTruncate(string copy)
    {
        File.Copy(Path, copy, overwrite: true);
        using var file = new FileStream(Path, FileMode.Truncate);
    }

    public Task StepAsync() => Follower.StepAsync(CancellationToken.None);

    /// <summary>The process dies without a word and another is started.</summary>
    public void Crash() => Follower = Start();

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);

    private LogFollower Start() => new(
        _options,
        new LogStore(
            (payload, _) =>
            {
                if (Refusal() is { } refusal)
                {
                    throw refusal;
                }

                Payloads.Add(payload);
                return Task.CompletedTask;
            },
            _ => Task.FromResult(_position),
            (text, _) =>
            {
                _position = LosesPositions ? _position : text;
                return Task.CompletedTask;
            }),
        Time,
        NullLogger.Instance);
}
