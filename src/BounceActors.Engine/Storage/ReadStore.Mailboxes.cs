namespace BounceActors.Engine.Storage;

/// <content>Which mails of a mailbox were taken already, for as long as they lie there.</content>
public sealed partial class ReadStore
{
    private static readonly Batch<(string Mailbox, string Mark)> MarkRows = new Batch<(string Mailbox, string Mark)>().Text("mailbox", r => r.Mailbox).Text("mark", r => r.Mark);

    /// <summary>The marks of the mails that were taken from a mailbox.</summary>
    public Task<IReadOnlySet<string>> MailboxMarksAsync(string mailbox, CancellationToken ct) => ReadAsync<IReadOnlySet<string>>(async db =>
    {
        await using var command = await db.CommandAsync(ct);
        command.CommandText = "SELECT mark FROM mailbox_marks WHERE mailbox = @mailbox";
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.Value) = ("mailbox", mailbox);
        command.Parameters.Add(parameter);
        var marks = new HashSet<string>(StringComparer.Ordinal);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            marks.Add(reader.GetString(0));
        }

        return marks;
    }, ct);

    /// <summary>Remembers mails that were taken, and forgets those that are gone from the mailbox.</summary>
    public Task MarkMailsAsync(string mailbox, IReadOnlyCollection<string> taken, IReadOnlyCollection<string> gone, CancellationToken ct) => WriteAsync(
        async db =>
        {
            await MarkRows.ExecuteAsync(db, MarkRows.InsertInto("mailbox_marks", "ON CONFLICT DO NOTHING"), [.. taken.Select(m => (mailbox, m))], ct);
            return await MarkRows.ExecuteAsync(
                db, "DELETE FROM mailbox_marks WHERE (mailbox, mark) IN (SELECT r.mailbox, r.mark FROM {rows})", [.. gone.Select(m => (mailbox, m))], ct);
        },
        ct);
}
