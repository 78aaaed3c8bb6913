using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using BounceActors.Engine.Hosting;

namespace BounceActors.Service.MailIn.Mailboxes;

/// <summary>How a folder of a mailbox stands, as this node sees it.</summary>
internal sealed record MailboxStatus(
    string Mailbox,
    string Folder,
    string Protocol,
    string State,
    long Taken,
    int Backlog,
    DateTimeOffset? LastLookAt,
    DateTimeOffset? LastMailAt,
    string? LastError,
    DateTimeOffset? LastErrorAt)
{
    public const string Elsewhere = "not watched by this node";
    public const string Connecting = "connecting";
    public const string Idle = "connected, told of new mail";
    public const string Polling = "connected, looks now and then";
    public const string Waiting = "waiting after an error";

    public bool IsConnected => State is Idle or Polling;
}

/// <summary>All mailboxes this node knows of, and their instruments.</summary>
internal sealed class MailboxBoard
{
    private readonly ConcurrentDictionary<(string Mailbox, string Folder), MailboxStatus> _all = new();
    private readonly Counter<long> _mails;
    private readonly Counter<long> _errors;

    public MailboxBoard(IMeterFactory meters, IReadOnlyList<WatchedFolder> folders)
    {
        foreach (var folder in folders)
        {
            _all[(folder.Mailbox, folder.Folder)] = new MailboxStatus(
                folder.Mailbox, folder.Folder, folder.Options.Protocol.ToString().ToLowerInvariant(), MailboxStatus.Elsewhere, 0, 0, null, null, null, null);
        }

        var meter = meters.Create(EngineMetrics.MeterName);
        _mails = meter.CreateCounter<long>("bounceactors.mailbox.mails", "{mail}", "Mails taken from mailboxes");
        _errors = meter.CreateCounter<long>("bounceactors.mailbox.errors", "{error}", "Connections to mailboxes that failed");
        meter.CreateObservableGauge(
            "bounceactors.mailbox.connected",
            () => Watched.Select(s => new Measurement<int>(s.IsConnected ? 1 : 0, Tags(s))),
            null,
            "1 when the folder is watched over a connection, 0 when its node cannot reach it");
        meter.CreateObservableGauge(
            "bounceactors.mailbox.backlog",
            () => Watched.Select(s => new Measurement<int>(s.Backlog, Tags(s))),
            "{mail}",
            "Mails found in the folder and not taken yet");
    }

    public IReadOnlyList<MailboxStatus> All => [.. _all.Values.OrderBy(s => s.Mailbox, StringComparer.Ordinal).ThenBy(s => s.Folder, StringComparer.Ordinal)];

    private IEnumerable<MailboxStatus> Watched => _all.Values.Where(s => s.State != MailboxStatus.Elsewhere);

    public void Update(WatchedFolder folder, Func<MailboxStatus, MailboxStatus> change) =>
        _all.AddOrUpdate((folder.Mailbox, folder.Folder), _ => throw new InvalidOperationException("unknown mailbox"), (_, status) => change(status));

    public void Took(WatchedFolder folder, bool repeated, int backlog, DateTimeOffset now)
    {
        Update(folder, s => s with { Taken = s.Taken + (repeated ? 0 : 1), Backlog = backlog, LastMailAt = now });
        _mails.Add(1, new("mailbox", folder.Mailbox), new("folder", folder.Folder), new("repeated", repeated));
    }

    public void Failed(WatchedFolder folder, string problem, DateTimeOffset now)
    {
        Update(folder, s => s with { State = MailboxStatus.Waiting, LastError = problem, LastErrorAt = now });
        _errors.Add(1, new("mailbox", folder.Mailbox), new("folder", folder.Folder));
    }

    private static KeyValuePair<string, object?>[] Tags(MailboxStatus status) => [new("mailbox", status.Mailbox), new("folder", status.Folder)];
}

/// <summary>One folder of one mailbox; each has a connection of its own, for a connection is told of new mail in one folder only.</summary>
internal sealed record WatchedFolder(string Mailbox, string Folder, MailboxOptions Options)
{
    /// <summary>Its source in the inbox.</summary>
    public string Source => $"{Options.Protocol.ToString().ToLowerInvariant()}:{Mailbox}";

    /// <summary>The folders of a mailbox's settings.</summary>
    public static IEnumerable<WatchedFolder> Of(string mailbox, MailboxOptions options) =>
        (options.Protocol == MailboxProtocol.Imap ? options.Folders.Distinct(StringComparer.Ordinal) : ["INBOX"]).Select(folder => new WatchedFolder(mailbox, folder, options));
}
