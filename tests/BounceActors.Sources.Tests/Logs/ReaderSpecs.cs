using System.Diagnostics;
using System.Globalization;
using BounceActors.Domain.Reports;
using BounceActors.Sources.Logs;
using CsCheck;

namespace BounceActors.Sources.Tests.Logs;

/// <summary>What holds for every format.</summary>
public sealed class ReaderSpecs
{
    private const string PostfixDeferral = "Nov 23 21:00:00 mx1 postfix/smtp[3]: 0A1B2C3D4E: to=<full@remote.example>, relay=mx.remote.example[192.0.2.1]:25, delay=1, delays=1/0/0/0, dsn=4.2.2, status=deferred (host mx.remote.example[192.0.2.1] said: 452 4.2.2 Mailbox full (in reply to RCPT TO command))";

    public static TheoryData<LogFormat> Formats() => [.. Enum.GetValues<LogFormat>()];

    /// <summary>Pieces that lines are made of, put together in any order: nearer to the edges of a reader than random characters.</summary>
    private static readonly string[] Pieces =
    [
        "Nov 23 21:00:00 ", "2026-11-23T21:00:00Z ", "2026-11-23 21:00:00 ", "2026-13-77 99:00:00 ", "-0700 ", "[12] ", "mx1 ", "postfix/smtp[3]: ", "0A1B2C3D4E: ", "1vNabc-0001Xy-2z ", "1vNabc-000000001aB-2zzz ",
        "to=<", "a@remote.example", ">, ", "orig_to=<", "relay=", "mx[192.0.2.1]:25", "dsn=5.1.1, ", "status=bounced (", "status=sent (", ", status=deferred (", ")", "from=<", "from=<>, status=expired", "message-id=<x>",
        "host mx[192.0.2.1] said: ", " (in reply to RCPT TO command)", "550 5.1.1 ", "** ", "== ", "=> ", "<= ", "-> ", "Completed", "R=r ", "T=t ", "H=mx [192.0.2.1]", "C=\"", "\"", "\\", "F=<", ": ", "<", ">", "(", ")",
        "SMTP error from remote mail", " after ", "host ", "]: ", "type,", "timeLogged,rcpt", "b,", "d,", "1795467845,", "{", "}", "\"type\":\"Bounce\"", "\"recipient\":", "[", "]", "{\"MESSAGE\":\"", "\"__REALTIME_TIMESTAMP\":\"99\"", ",", "\uD800", "\0", "é", "=", "<22>", "<22>1 ", "removed", " ",
    ];

    private static readonly Gen<string> Line = Gen.OneOf(
        Gen.Int[0, Pieces.Length - 1].Array[0, 40].Select(p => string.Concat(p.Select(i => Pieces[i]))),
        Gen.String[0, 200]);

    [Theory]
    [MemberData(nameof(Formats))]
    public void Should_read_any_lines_without_stumbling(LogFormat format)
    {
        Line.Array[1, 30].Sample(
            lines =>
            {
                var reader = new LogReader(format);
                foreach (var line in lines)
                {
                    reader.ContextOf([line]);
                    var read = reader.Read(line, Log.Now);
                    Assert.True(read.Kind == LogLineKind.Report == read.Reports.Count > 0);
                    Assert.True(read.Kind != LogLineKind.Malformed || read.Reason is { Length: > 0 });
                    Assert.All(read.Reports, r => Assert.NotNull(r.SourceEventId));
                }
            },
            iter: 20_000);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Should_read_times_at_the_ends_of_the_calendar(LogFormat format)
    {
        foreach (var before in (DateTimeOffset[])[DateTimeOffset.MinValue, DateTimeOffset.MaxValue, DateTimeOffset.UnixEpoch])
        {
            var reader = new LogReader(format, new LogReaderOptions { TimeZone = TimeZoneInfo.FindSystemTimeZoneById("Pacific/Auckland") });
            foreach (var line in (string[])["Dec 31 23:59:59 mx1 postfix/smtp[3]: 0A1B2C3D4E: removed", "0001-01-01 00:00:00 1vNabc-0001Xy-2z Completed", "9999-12-31 23:59:59 -1200 1vNabc-0001Xy-2z Completed", "type,timeLogged,rcpt", "d,0001-01-01 00:00:00,a@b.example", "d,9999-12-31 23:59:59,a@b.example"])
            {
                reader.Read(line, before);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Should_take_time_in_proportion_to_the_length_of_a_line(LogFormat format)
    {
        string[] heads = ["Nov 23 21:00:00 mx1 postfix/smtp[3]: 0A1B2C3D4E: to=<a@b.example>, ", "2026-11-23 21:00:00 1vNabc-0001Xy-2z ** a@b.example ", "type,timeLogged,rcpt,x\n", "{\"type\":\"Bounce\",\"recipient\":\"a@b.example\",\"queue\":\""];
        string[] tails = [", status=", "(", " host ", "\"", "\\\"", ": ", " after ", "R=", " R=x", ",", "]: ", "<", "550 ", "5.1.1 ", "@", "a@b.example "];
        foreach (var line in heads.SelectMany(h => tails.Select(t => h + string.Concat(Enumerable.Repeat(t, 60_000 / t.Length)))))
        {
            var reader = new LogReader(format);
            var watch = Stopwatch.StartNew();
            reader.Read(line, Log.Now);
            // Quadratic work on 60,000 characters takes seconds, linear work a millisecond
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(2), $"{watch.Elapsed} for {line[..80]}…{line[^20..]}");
        }
    }

    [Fact]
    public void Should_give_the_same_line_the_same_id_wherever_it_stands()
    {
        var first = Log.Reports(LogFormat.Postfix, PostfixDeferral)[0];
        var again = Log.Reports(LogFormat.Postfix, "Nov 23 20:00:00 mx1 postfix/qmgr[2]: 0A1B2C3D4E: from=<news@sender.example>, size=1, nrcpt=3 (queue active)\n" + PostfixDeferral + "\r")[0];

        Assert.Equal(first.SourceEventId, again.SourceEventId);
        Assert.NotEqual(first.SourceEventId, Log.Reports(LogFormat.Postfix, PostfixDeferral.Replace("21:00:00", "21:00:01", StringComparison.Ordinal))[0].SourceEventId);
    }

    [Fact]
    public void Should_name_the_earlier_lines_that_make_another_reader_understand_alike()
    {
        var lines = Log.Lines($"""
            Nov 18 10:00:00 mx1 postfix/cleanup[2]: 0A1B2C3D4E: message-id=<m1@sender.example>
            Nov 18 10:00:00 mx1 postfix/cleanup[2]: FFFFFFFFFF: message-id=<other@sender.example>
            Nov 23 20:59:50 mx1 postfix/qmgr[2]: 0A1B2C3D4E: from=<news@sender.example>, size=1, nrcpt=3 (queue active)
            {PostfixDeferral}
            """);
        string[] later = ["Nov 23 21:00:03 mx1 postfix/qmgr[2]: 0A1B2C3D4E: from=<news@sender.example>, status=expired, returned to sender"];
        var reader = new LogReader(LogFormat.Postfix);
        foreach (var line in lines)
        {
            reader.Read(line, Log.Now);
        }

        var context = reader.ContextOf(later);
        var other = new LogReader(LogFormat.Postfix);
        foreach (var line in context)
        {
            other.Read(line, Log.Now);
        }

        Assert.Equal(3, context.Count);
        Assert.Equivalent(reader.Read(later[0], Log.Now), other.Read(later[0], Log.Now), strict: true);
        Assert.Empty(reader.ContextOf(later));
    }

    [Fact]
    public void Should_forget_the_oldest_messages_when_its_memory_is_full()
    {
        var reader = new LogReader(LogFormat.Postfix, new LogReaderOptions { MemoryCharacters = 200_000 });
        for (var i = 0; i < 5_000; i++)
        {
            reader.Read(string.Create(CultureInfo.InvariantCulture, $"Nov 23 21:00:00 mx1 postfix/qmgr[2]: A{i:X9}: from=<sender-{i}@sender.example>, size=1, nrcpt=1 (queue active)"), Log.Now);
        }

        string? SenderOf(int i) => reader.Read(PostfixDeferral.Replace("0A1B2C3D4E", string.Create(CultureInfo.InvariantCulture, $"A{i:X9}"), StringComparison.Ordinal), Log.Now).Reports[0].Sender;
        Assert.Null(SenderOf(0));
        Assert.Equal("sender-4999@sender.example", SenderOf(4_999));
    }

    [Fact]
    public void Should_not_believe_what_was_said_under_a_queue_id_long_ago()
    {
        var reports = Log.Reports(LogFormat.Postfix, $"Nov 10 20:59:50 mx1 postfix/qmgr[2]: 0A1B2C3D4E: from=<old@sender.example>, size=1, nrcpt=3 (queue active)\n{PostfixDeferral}");

        Assert.Null(Assert.Single(reports).Sender);
    }

    [Fact]
    public void Should_say_that_a_line_is_too_long()
    {
        Assert.Equal(LogLineKind.Malformed, new LogReader(LogFormat.Exim).Read(new string('x', LogReaderOptions.MaxLine + 1), Log.Now).Kind);
    }

    [Fact]
    public void Should_put_the_stream_it_was_given_on_reports()
    {
        Assert.Equal("marketing", Log.Reports(LogFormat.Postfix, PostfixDeferral, new LogReaderOptions { Stream = "marketing" })[0].Stream);
        Assert.Equal(ReportOutcome.Delay, Log.Reports(LogFormat.Postfix, PostfixDeferral)[0].Outcome);
    }
}
