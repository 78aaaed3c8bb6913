using System.Text;
using BounceActors.Domain.Recipients;
using BounceActors.Domain.Reports;
using BounceActors.Engine.Hosting;
using BounceActors.Engine.Storage;

namespace BounceActors.Engine.Suppressions;

/// <summary>
/// May these be mailed? Answers for many addresses at once from the index; the read store is asked only about the few of whom the index knows that it does not know
/// enough, and about all while the index is loading.
/// </summary>
public sealed class SuppressionCheck(SuppressionIndex index, Deployment deployment, ReadStore store, TimeProvider time)
{
    /// <summary>Addresses one processor takes at a time.</summary>
    private const int ChunkSize = 2_500;

    /// <summary>How far the answers may be behind what is recorded; null when the read store answers.</summary>
    public TimeSpan? Staleness => index.IsLoaded ? index.Staleness : null;

    /// <summary>Verdicts for addresses, in the order given.</summary>
    /// <param name="tenant">Whose recipients.</param>
    /// <param name="text">UTF-8 in which the addresses stand.</param>
    /// <param name="addresses">Where they stand in <paramref name="text"/>.</param>
    /// <param name="stream">Stream of the mail that is to be sent; null leaves suppressions of single streams aside.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<CheckedAddresses> CheckAsync(
        string tenant, ReadOnlyMemory<byte> text, ReadOnlyMemory<TextPart> addresses, string? stream, CancellationToken cancel)
    {
        var keys = deployment.Keys;
        var now = time.GetUtcNow();
        var loaded = index.IsLoaded;
        var entries = new IndexEntry[addresses.Length];
        var chunks = (addresses.Length + ChunkSize - 1) / ChunkSize;
        if (chunks > 1)
        {
            Parallel.For(0, chunks, new ParallelOptions { CancellationToken = cancel }, chunk => LookUp(chunk * ChunkSize));
        }
        else
        {
            LookUp(0);
        }

        var details = new Dictionary<int, SendVerdict?>();
        var asked = new List<(int Index, RecipientKey Key)>();
        for (var i = 0; i < entries.Length; i++)
        {
            if (!entries[i].NeedsDetail)
            {
                continue;
            }

            if (EmailAddress.TryParse(Encoding.UTF8.GetString(text.Span.Slice(addresses.Span[i].Start, addresses.Span[i].Length)), out var address, out _))
            {
                asked.Add((i, keys.Of(tenant, address)));
            }
            else
            {
                details[i] = null;
            }
        }

        var suppressions = await store.SuppressionsOfAsync(asked.ConvertAll(a => a.Key), cancel);
        foreach (var (i, key) in asked)
        {
            details[i] = (suppressions.TryGetValue(key, out var held) ? Standing.Clean with { Suppressions = held } : Standing.Clean).Check(stream, now);
        }

        return new CheckedAddresses(entries, details, index.Reasons, now);

        void LookUp(int from)
        {
            var count = Math.Min(ChunkSize, addresses.Length - from);
            Span<ulong> marks = stackalloc ulong[ChunkSize];
            marks = marks[..count];
            keys.MarksOf(tenant, text.Span, addresses.Span.Slice(from, count), marks);
            for (var i = 0; i < count; i++)
            {
                // 0: no address, which the whole reader confirms.
                entries[from + i] = marks[i] == 0 || !loaded ? IndexEntry.AskElsewhere : index.TryFind(marks[i], out var entry) ? entry : IndexEntry.Clean;
            }
        }
    }

    /// <summary>Verdicts for addresses, in the order given.</summary>
    public async Task<IReadOnlyList<AddressVerdict>> CheckAsync(string tenant, IReadOnlyList<EmailAddress> addresses, string? stream, CancellationToken cancel)
    {
        var text = new MemoryStream();
        var parts = new TextPart[addresses.Count];
        for (var i = 0; i < parts.Length; i++)
        {
            var bytes = Encoding.UTF8.GetBytes(addresses[i].Display);
            parts[i] = new TextPart((int)text.Length, bytes.Length);
            text.Write(bytes);
        }

        var verdicts = await CheckAsync(tenant, text.GetBuffer().AsMemory(0, (int)text.Length), parts, stream, cancel);
        return [.. addresses.Select((address, i) => new AddressVerdict(address, verdicts.VerdictOf(i)!))];
    }
}

/// <summary>The verdicts of one check, in the order asked.</summary>
public sealed class CheckedAddresses
{
    private readonly IndexEntry[] _entries;
    private readonly Dictionary<int, SendVerdict?> _details;
    private readonly ReasonTable _reasons;
    private readonly DateTimeOffset _now;
    private readonly long _nowMilliseconds;

    internal CheckedAddresses(IndexEntry[] entries, Dictionary<int, SendVerdict?> details, ReasonTable reasons, DateTimeOffset now)
    {
        _entries = entries;
        _details = details;
        _reasons = reasons;
        _now = now;
        _nowMilliseconds = now.ToUnixTimeMilliseconds();
    }

    /// <summary>Number of verdicts.</summary>
    public int Count => _entries.Length;

    /// <summary>Whether a verdict is the one nearly all are: nothing known, mail may be sent.</summary>
    public bool IsClean(int i) => _entries[i] == IndexEntry.Clean;

    /// <summary>A verdict; null when what was asked is no address.</summary>
    public SendVerdict? VerdictOf(int i)
    {
        var entry = _entries[i];
        if (entry.NeedsDetail)
        {
            return _details[i];
        }

        if (entry.Level == SuppressionLevel.None || HasEnded(entry))
        {
            return Standing.Clean.Check(null, _now);
        }

        return new SendVerdict(
            Standing.AdviceAt(entry.Level),
            entry.Level,
            entry.UntilMilliseconds == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(entry.UntilMilliseconds),
            _reasons.ReasonOf(entry.Reason));
    }

    private bool HasEnded(IndexEntry entry) => entry.UntilMilliseconds != 0 && entry.UntilMilliseconds <= _nowMilliseconds;
}
