using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using Akka.Persistence.Sql.Journal.Types;
using BounceActors.Domain;
using BounceActors.Domain.Recipients;
using BounceActors.Domain.Reports;
using BounceActors.Engine.Hosting;
using BounceActors.Engine.Projections;
using BounceActors.Engine.Recipients;
using BounceActors.Engine.Storage;
using BounceActors.Engine.Storage.Journal;
using BounceActors.Engine.Wire;

namespace BounceActors.Engine.Imports;

/// <summary>What holds for the rows of a list that do not say otherwise.</summary>
/// <param name="Level">How strongly.</param>
/// <param name="Stream">The stream it is limited to; null means all.</param>
/// <param name="Until">When it ends by itself; null means never.</param>
/// <param name="Actor">Who asks for it.</param>
/// <param name="Reason">Why.</param>
public sealed record ImportDefaults(SuppressionLevel Level, string? Stream, DateTimeOffset? Until, string Actor, string Reason)
{
    /// <summary>By which an import that goes on is known to be the same.</summary>
    public string Text => string.Join(" | ", Level.ToWire(), Stream ?? "all streams", Until is { } until ? until.ToString("O", CultureInfo.InvariantCulture) : "for ever", Actor, Reason);
}

/// <summary>An import cannot go on under this name; nothing was changed.</summary>
public sealed class ImportDiffersException(string problem) : Exception(problem);

/// <summary>Too many imports at once on this node.</summary>
public sealed class TooManyImportsException() : Exception("as many lists as this node takes at once are being imported");

/// <summary>
/// Imports lists of suppressions of any length (docs/decisions/bulk-import.md). For recipients without a history it writes the event that each would write, many in
/// one statement; whoever has one is asked itself. How far it came is noted after every chunk: an import that was cut off is sent again under its name, and goes on there.
/// </summary>
public sealed class SuppressionImport(
    BounceEngine engine, Deployment deployment, ReadStore store, StorageOptions storage, RecipientPolicy policy, TimeProvider time) : IAsyncDisposable
{
    /// <summary>Longest name of an import.</summary>
    public const int LongestId = 100;

    /// <summary>Errors of an import that are kept; of the others only the number.</summary>
    public const int MostErrors = 100_000;

    /// <summary>Imports at once on a node: each takes memory for some chunks, and more would only wait for the database.</summary>
    private const int MostImports = 2;

    /// <summary>Recipients asked at once.</summary>
    private const int Asked = 64;

    private const int LongestStream = 64;
    private const int LongestActor = 100;
    private const int LongestText = 500;

    // A transaction of SQLite keeps the journal's other writers out for as long as it takes.
    private readonly int _chunk = storage.Provider == StorageProvider.Sqlite ? 2_000 : 10_000;
    private readonly int _lanes = storage.Provider == StorageProvider.Sqlite ? 1 : 2;
    private readonly IJournalTables _journal = JournalTables.Open(storage);
    private readonly SemaphoreSlim _room = new(MostImports);
    private readonly string _writer = Guid.NewGuid().ToString("N");

    /// <summary>Takes in a list to its end.</summary>
    /// <param name="tenant">Whose recipients.</param>
    /// <param name="id">The import's name.</param>
    /// <param name="defaults">For rows that do not say otherwise.</param>
    /// <param name="list">The list; CSV or one JSON object a line, gzip or not.</param>
    /// <param name="ct">Gives up; what was done until then is noted.</param>
    /// <returns>How it ended, and headings that mean nothing here.</returns>
    public async Task<(ImportProgress Import, IReadOnlyList<string> Ignored)> RunAsync(string tenant, string id, ImportDefaults defaults, Stream list, CancellationToken ct)
    {
        if (!await _room.WaitAsync(TimeSpan.Zero, ct))
        {
            throw new TooManyImportsException();
        }

        try
        {
            return await RunAloneAsync(tenant, id, defaults, list, ct);
        }
        finally
        {
            _room.Release();
        }
    }

    public ValueTask DisposeAsync()
    {
        _room.Dispose();
        return _journal.DisposeAsync();
    }

    private async Task<(ImportProgress Import, IReadOnlyList<string> Ignored)> RunAloneAsync(string tenant, string id, ImportDefaults defaults, Stream list, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var ignored = new List<string>();
        var progress = await store.BeginImportAsync(new ImportProgress(tenant, id, false, defaults.Text, "", 0, 0, 0, 0, now, now), ct);
        if (progress.Defaults != defaults.Text)
        {
            throw new ImportDiffersException($"import {id} was begun with other values ({progress.Defaults}); go on with those, or choose another name");
        }

        // Reading, hashing and writing events goes on while the database works.
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var chunks = Channel.CreateBounded<Chunk>(2);
        var reading = Task.Run(() => ReadAsync(tenant, progress, defaults, list, ignored, chunks.Writer, failed.Token), failed.Token);
        try
        {
            await foreach (var chunk in chunks.Reader.ReadAllAsync(ct))
            {
                progress = await TakeAsync(progress, chunk, ct);
            }
        }
        finally
        {
            await failed.CancelAsync();
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await reading;
        return (progress, ignored);
    }

    private async Task ReadAsync(
        string tenant, ImportProgress begun, ImportDefaults defaults, Stream list, List<string> ignored, ChannelWriter<Chunk> chunks, CancellationToken ct)
    {
        try
        {
            using var digest = new RowDigest();
            var rows = 0L;
            var chunk = new Chunk();
            await foreach (var row in ListReader.ReadAsync(list, ignored, ct))
            {
                digest.Add(row);
                if (++rows < begun.Rows)
                {
                    continue;
                }

                if (rows == begun.Rows)
                {
                    RequireSame(begun, digest);
                    continue;
                }

                if (begun.IsDone)
                {
                    throw Differs(begun, "it was done with fewer rows");
                }

                Read(tenant, begun.Id, row, defaults, chunk);
                if (++chunk.Rows == _chunk)
                {
                    chunk.Digest = digest.ToString();
                    await chunks.WriteAsync(chunk, ct);
                    chunk = new Chunk();
                }
            }

            if (rows < begun.Rows)
            {
                throw Differs(begun, $"this list has {rows} rows, and {begun.Rows} were done");
            }

            if (!begun.IsDone)
            {
                (chunk.Digest, chunk.IsLast) = (digest.ToString(), true);
                await chunks.WriteAsync(chunk, ct);
            }

            chunks.Complete();
        }
        catch (Exception cause)
        {
            chunks.Complete(cause);
            throw;
        }
    }

    private static void RequireSame(ImportProgress begun, RowDigest digest)
    {
        if (digest.ToString() != begun.Digest)
        {
            throw Differs(begun, $"its first {begun.Rows} rows are others");
        }
    }

    private static ImportDiffersException Differs(ImportProgress begun, string how) =>
        new($"import {begun.Id} was begun with another list: {how}; send that one, or choose another name");

    /// <summary>A row as the command its recipient would get, or as an error.</summary>
    private void Read(string tenant, string id, ListRow row, ImportDefaults defaults, Chunk chunk)
    {
        string? Of(ListField field) => row.Fields[(int)field];
        if (row.Problem is not null)
        {
            chunk.Errors.Add(new ImportError(row.Line, null, row.Problem));
            return;
        }

        if (!EmailAddress.TryParse(Of(ListField.Address), out var address, out var problem))
        {
            chunk.Errors.Add(new ImportError(row.Line, "address", problem));
            return;
        }

        var level = defaults.Level;
        if (Of(ListField.Level) is { } word)
        {
            if (ListColumns.LevelOf(word) is not { } named)
            {
                chunk.Errors.Add(new ImportError(row.Line, "level", $"'{Masking.Diagnostic(Cut(word, 64))}' is no level; manual, legal, complaint, unsubscribed and bounce are"));
                return;
            }

            level = named;
        }
        else if (Of(ListField.Reason) is { } why && ListColumns.LevelOf(why) is { } meant)
        {
            level = meant;
        }

        var now = time.GetUtcNow();
        var until = defaults.Until;
        if (Of(ListField.Until) is { } end)
        {
            if (!DateTimeOffset.TryParse(end, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at))
            {
                chunk.Errors.Add(new ImportError(row.Line, "until", "it is no time; one like 2027-01-31 or 2027-01-31T12:00:00Z is expected"));
                return;
            }

            if (at <= now)
            {
                chunk.Errors.Add(new ImportError(row.Line, "until", "it lies in the past: the row would suppress nobody"));
                return;
            }

            until = at.Stored();
        }

        if (Of(ListField.Stream) is { } stream && (stream.Length > LongestStream || !stream.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_')))
        {
            chunk.Errors.Add(new ImportError(row.Line, "stream", $"it must be 1 to {LongestStream} letters, digits, dots, dashes or underscores"));
            return;
        }

        var key = deployment.Keys.Of(tenant, address);
        var reason = Of(ListField.Reason) ?? Of(ListField.Level) ?? defaults.Reason;
        var command = new RecipientCommands.AddSuppression
        {
            Key = key,
            Tenant = tenant,
            EventId = EventIdOf(id, row.Line, key),
            Level = level,
            Stream = Of(ListField.Stream) ?? defaults.Stream,
            Until = until,
            Actor = Masking.Diagnostic(Cut(Of(ListField.Source) ?? defaults.Actor, LongestActor)),
            Reason = Masking.Diagnostic(Cut(Of(ListField.Note) is { } note ? $"{reason} ({note})" : reason, LongestText)),
        };
        if (chunk.Keys.Add(key))
        {
            var first = RecipientState.Empty.Decide(command, now.Stored(), policy).Event!;
            chunk.First.Add(new FirstEvent(command, address, (RecipientEvents.SuppressionAdded)first, WireSerializer.Write(first)));
        }
        else
        {
            // Its turn comes when the first is written.
            chunk.Later.Add((command, address));
        }
    }

    /// <summary>The same for the same row of the same import, so that a recipient that has it knows it again.</summary>
    private static Guid EventIdOf(string import, long line, RecipientKey key)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{import}\0{line}\0{key.Value}")), hash);
        return new Guid(hash[..16]);
    }

    private static string Cut(string text, int most) => text.Length <= most ? text : text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)];

    private async Task<ImportProgress> TakeAsync(ImportProgress progress, Chunk chunk, CancellationToken ct)
    {
        if (progress.Rows == 0 && chunk.First is [var someone, ..])
        {
            // The journal makes its tables when it is first used.
            await engine.RecipientAsync(progress.Tenant, someone.Address, ct);
        }

        var known = await Task.WhenAll(Enumerable.Range(0, _lanes).Select(lane => WriteAsync(
            progress.Tenant, [.. chunk.First.Where(f => ProjectionSlices.Of(f.Command.Key) % _lanes == lane).OrderBy(f => f.Command.Key.Value, StringComparer.Ordinal)], ct)));

        // In the order of the list: of two rows of one recipient the later one has the last word.
        var remaining = known.SelectMany(k => k).Concat(chunk.Later).ToList();
        var unchanged = await AskAsync(remaining, ct);
        var errors = chunk.Errors.Take((int)Math.Max(0, MostErrors - progress.Failed)).ToList();
        var next = progress with
        {
            IsDone = chunk.IsLast,
            Digest = chunk.Digest,
            Rows = progress.Rows + chunk.Rows,
            Changed = progress.Changed + chunk.First.Count + chunk.Later.Count - unchanged,
            Unchanged = progress.Unchanged + unchanged,
            Failed = progress.Failed + chunk.Errors.Count,
            UpdatedAt = time.GetUtcNow(),
        };
        await store.AdvanceImportAsync(progress, next, errors, ct);
        return next;
    }

    /// <summary>Writes the events of those without a history, addresses first; gives the others.</summary>
    private async Task<List<(RecipientCommands.AddSuppression Command, EmailAddress Address)>> WriteAsync(string tenant, FirstEvent[] rows, CancellationToken ct)
    {
        if (rows.Length == 0)
        {
            return [];
        }

        var now = time.GetUtcNow();
        try
        {
            await store.AddAddressesAsync(Array.ConvertAll(rows, r => new DirectoryEntry(r.Command.Key, tenant, r.Address.Display, now)), ct);
            var stored = await _journal.WriteFirstAsync(
                Array.ConvertAll(rows, r => new JournalRow
                {
                    PersistenceId = RecipientActor.PersistenceIdOf(r.Command.Key),
                    SequenceNumber = 1,
                    Timestamp = now.UtcTicks,
                    Message = r.Bytes,
                    Manifest = WireSerializer.ManifestOf(r.Event),
                    Identifier = WireSerializer.Id,
                    WriterUuid = _writer,
                    TagArray = [ProjectionSlices.TagOf(r.Command.Key)],
                }),
                ct);
            return [.. rows.Where((_, i) => !stored[i]).Select(r => (r.Command, r.Address))];
        }
        catch (Exception cause) when (ReadStore.IsUnavailable(cause))
        {
            throw new StorageUnavailableException("the journal cannot be written at the moment", cause);
        }
    }

    /// <summary>Tells recipients with a history themselves; gives the number of those for whom it was nothing new.</summary>
    private async Task<int> AskAsync(List<(RecipientCommands.AddSuppression Command, EmailAddress Address)> rows, CancellationToken ct)
    {
        var known = await KnownAsync(rows, ct);
        var unchanged = known.Count;
        var perRecipient = rows.Where(r => !known.Contains(r.Command.EventId)).GroupBy(r => r.Command.Key);
        await Parallel.ForEachAsync(perRecipient, new ParallelOptions { MaxDegreeOfParallelism = Asked, CancellationToken = ct }, async (recipient, cancel) =>
        {
            foreach (var (command, address) in recipient)
            {
                var result = await engine.SuppressAsync(command, address, cancel);
                if (!result.Changed)
                {
                    Interlocked.Increment(ref unchanged);
                }
            }
        });
        return unchanged;
    }

    /// <summary>
    /// Rows that say what holds already, by the read tables, where these are as far as the journal: a list that is sent again every week must not wake everybody.
    /// </summary>
    private async Task<HashSet<Guid>> KnownAsync(List<(RecipientCommands.AddSuppression Command, EmailAddress Address)> rows, CancellationToken ct)
    {
        if (rows.Count == 0)
        {
            return [];
        }

        // In this order: what the rows show is at least as new as the number read before them, and no newer than the one read after.
        var keys = rows.Select(r => r.Command.Key).Distinct().ToArray();
        var projected = await store.ProjectedSequencesAsync(keys, ct);
        var suppressions = await store.SuppressionsOfAsync(keys, ct);
        var recorded = await _journal.HighestAsync(Array.ConvertAll(keys, k => new HighestQuery(RecipientActor.PersistenceIdOf(k), 0)), ct);
        var current = keys.Where((k, i) => projected.GetValueOrDefault(k) == recorded[i]).ToHashSet();

        // Only where all of a recipient's rows say so: one that changes something may be undone by the next.
        return [.. rows.GroupBy(r => r.Command.Key)
            .Where(g => current.Contains(g.Key) && suppressions.TryGetValue(g.Key, out var held) && g.All(r => held.Any(s => Says(s, r.Command))))
            .SelectMany(g => g.Select(r => r.Command.EventId))];
    }

    private static bool Says(Suppression held, RecipientCommands.AddSuppression command) =>
        held.Level == command.Level && held.Stream == command.Stream && held.Until == command.Until && held.Actor == command.Actor && held.Reason == command.Reason;

    private sealed record FirstEvent(RecipientCommands.AddSuppression Command, EmailAddress Address, RecipientEvents.SuppressionAdded Event, byte[] Bytes);

    /// <summary>Rows that are taken together.</summary>
    private sealed class Chunk
    {
        public int Rows { get; set; }

        public bool IsLast { get; set; }

        public string Digest { get; set; } = "";

        public HashSet<RecipientKey> Keys { get; } = [];

        public List<FirstEvent> First { get; } = [];

        public List<(RecipientCommands.AddSuppression Command, EmailAddress Address)> Later { get; } = [];

        public List<ImportError> Errors { get; } = [];
    }

    /// <summary>What the rows so far say, in 256 bits.</summary>
    private sealed class RowDigest : IDisposable
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private readonly byte[] _buffer = new byte[ListReader.MaxLength];
        private int _length;

        public void Add(ListRow row)
        {
            foreach (var field in row.Fields)
            {
                var text = field.AsSpan();
                if (_length + Encoding.UTF8.GetMaxByteCount(text.Length) + 2 > _buffer.Length)
                {
                    Flush();
                }

                // Longer than the buffer; what was before it is hashed already.
                if (Encoding.UTF8.GetMaxByteCount(text.Length) + 2 > _buffer.Length)
                {
                    _hash.AppendData(Encoding.UTF8.GetBytes(field!));
                }
                else
                {
                    _length += Encoding.UTF8.GetBytes(text, _buffer.AsSpan(_length));
                }

                _buffer[_length++] = field is null ? (byte)1 : (byte)0;
            }

            if (_length == _buffer.Length)
            {
                Flush();
            }

            _buffer[_length++] = row.Problem is null ? (byte)2 : (byte)3;
        }

        public override string ToString()
        {
            Flush();
            return Convert.ToHexStringLower(_hash.GetCurrentHash());
        }

        public void Dispose() => _hash.Dispose();

        private void Flush()
        {
            _hash.AppendData(_buffer.AsSpan(0, _length));
            _length = 0;
        }
    }
}
