using BounceActors.Domain.Reports;
using BounceActors.Engine.Inbox;
using BounceActors.Service.LogsIn;
using BounceActors.Sources.Logs;
using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace BounceActors.Service.Tests.LogsIn;

public sealed class LogFollowerSpecs : IDisposable
{
    private readonly FollowedLog _log = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task Should_put_the_lines_that_report_something_into_the_inbox()
    {
        _log.Write("2026-11-23T21:00:00Z mx1 postfix/smtpd[1]: connect from unknown[203.0.113.9]\n" + FollowedLog.Sent("a@remote.example"));
        await _log.StepAsync();
        await _log.StepAsync();

        var payload = Assert.Single(_log.Payloads);
        Assert.Equal(("log:mx1", "default"), (payload.Source, payload.Tenant));
        Assert.Equal(["a@remote.example"], Recipients());
        var status = _log.Follower.Status.ToJson();
        Assert.Equal(("following", 0L, 1L, 1L), (status.State, status.LagBytes, status.Reports, status.Other));
    }

    [Fact]
    public async Task Should_wait_for_the_end_of_a_line()
    {
        var line = FollowedLog.Sent("a@remote.example");
        _log.Write(line[..60]);
        await _log.StepAsync();
        Assert.Empty(_log.Payloads);

        _log.Write(line[60..]);
        await _log.StepAsync();

        Assert.Equal(["a@remote.example"], Recipients());
    }

    [Fact]
    public async Task Should_read_the_rest_of_a_renamed_file_and_then_the_new_one()
    {
        _log.Write(FollowedLog.Sent("one@remote.example"));
        await _log.StepAsync();
        _log.Rotate();
        FollowedLog.Write(_log.Path + ".1", FollowedLog.Sent("two@remote.example"));
        _log.Write(FollowedLog.Sent("three@remote.example"));
        await _log.StepAsync();
        // Whoever still has the old file open goes on writing to it
        FollowedLog.Write(_log.Path + ".1", FollowedLog.Sent("four@remote.example"));
        await _log.StepAsync();

        Assert.Equal(["one@remote.example", "two@remote.example", "three@remote.example", "four@remote.example"], Recipients());
    }

    [Fact]
    public async Task Should_read_the_rest_from_the_copy_when_a_file_is_copied_and_truncated()
    {
        _log.Write(FollowedLog.Sent("one@remote.example"));
        await _log.StepAsync();
        _log.Write(FollowedLog.Sent("two@remote.example"));
        _log.CopyAndTruncate(_log.Path + ".1");
        _log.Write(FollowedLog.Sent("three@remote.example"));
        await _log.StepAsync();

        Assert.Equal(["one@remote.example", "two@remote.example", "three@remote.example"], Recipients());
    }

    [Fact]
    public async Task Should_read_nothing_twice_while_a_file_is_being_copied()
    {
        _log.Write(FollowedLog.Sent("one@remote.example"));
        await _log.StepAsync();
        _log.Write(FollowedLog.Sent("two@remote.example"));
        File.Copy(_log.Path, _log.Path + ".1");
        await _log.StepAsync();
        File.WriteAllText(_log.Path, "");
        await _log.StepAsync();

        Assert.Equal(["one@remote.example", "two@remote.example"], Recipients());
    }

    [Fact]
    public async Task Should_begin_anew_with_another_file_of_the_same_name()
    {
        _log.Write(FollowedLog.Sent("one@remote.example"));
        await _log.StepAsync();
        File.Delete(_log.Path);
        await _log.StepAsync();
        Assert.Equal("missing", _log.Follower.Status.ToJson().State);
        _log.Write(FollowedLog.Sent("two@remote.example"));
        await _log.StepAsync();

        Assert.Equal(["one@remote.example", "two@remote.example"], Recipients());
    }

    [Fact]
    public async Task Should_go_on_where_it_was_when_the_log_was_rotated_twice_meanwhile()
    {
        File.WriteAllText(_log.Path + ".1", FollowedLog.Sent("long-ago@remote.example"));
        File.SetLastWriteTimeUtc(_log.Path + ".1", DateTime.UnixEpoch.AddYears(50));
        _log.Write(FollowedLog.Sent("one@remote.example"));
        await _log.StepAsync();
        _log.Write(FollowedLog.Sent("two@remote.example"));
        _log.Rotate();
        _log.Write(FollowedLog.Sent("three@remote.example"));
        _log.Rotate();
        _log.Write(FollowedLog.Sent("four@remote.example"));

        _log.Crash();
        await _log.StepAsync();

        Assert.Equal(["one@remote.example", "two@remote.example", "three@remote.example", "four@remote.example"], Recipients());
    }

    [Fact]
    public async Task Should_give_lines_it_reads_again_after_a_crash_the_ids_they_had()
    {
        _log.LosesPositions = true;
        _log.Write(FollowedLog.Sent("one@remote.example") + FollowedLog.Sent("two@remote.example"));
        await _log.StepAsync();
        _log.LosesPositions = false;
        _log.Crash();
        _log.Write(FollowedLog.Sent("three@remote.example"));
        await _log.StepAsync();

        Assert.Equal(5, _log.Reports.Count);
        Assert.Equal(3, _log.Reports.Select(r => r.SourceEventId).Distinct().Count());
        Assert.Equal(2, _log.Payloads.Select(p => p.DedupeKey).Distinct().Count());
    }

    [Fact]
    public async Task Should_wait_when_the_inbox_is_full_and_lose_nothing()
    {
        var refusals = 3;
        _log.Refusal = () => refusals-- > 0 ? new InboxOverloadedException("full", TimeSpan.FromSeconds(5)) : null;
        _log.Write(string.Concat(Enumerable.Range(0, 700).Select(i => FollowedLog.Sent($"user-{i}@remote.example"))));

        var step = _log.StepAsync();
        Assert.Equal("waiting", _log.Follower.Status.ToJson().State);
        while (!step.IsCompleted)
        {
            Assert.True(_log.Payloads.Count == 0 || refusals < 0);
            _log.Time.Advance(TimeSpan.FromSeconds(60));
        }

        await step;
        Assert.Equal(700, Recipients().Distinct().Count());
        Assert.Equal(700, Recipients().Count);
    }

    [Fact]
    public async Task Should_bound_what_goes_into_one_payload()
    {
        _log.Write(string.Concat(Enumerable.Range(0, 2_000).Select(i => FollowedLog.Sent($"user-{i}@remote.example"))));
        await _log.StepAsync();

        Assert.Equal(2_000, Recipients().Count);
        Assert.All(_log.Payloads, p => Assert.True(FollowedLog.Read(p).Reports.Count <= 500 && p.Body.Length <= 300_000));
    }

    [Fact]
    public async Task Should_know_sender_and_recipients_of_a_message_that_expires_after_a_restart()
    {
        _log.Write("""
            Nov 22 10:00:00 mx1 postfix/cleanup[2]: 0A1B2C3D4E: message-id=<m1@sender.example>
            Nov 22 20:59:50 mx1 postfix/qmgr[2]: 0A1B2C3D4E: from=<news@sender.example>, size=1, nrcpt=3 (queue active)
            Nov 22 21:00:00 mx1 postfix/smtp[3]: 0A1B2C3D4E: to=<full@remote.example>, relay=mx.remote.example[192.0.2.1]:25, delay=432010, delays=1/0/0/0, dsn=4.2.2, status=deferred (host mx.remote.example[192.0.2.1] said: 452 4.2.2 Mailbox full (in reply to RCPT TO command))

            """);
        await _log.StepAsync();
        _log.Crash();
        _log.Rotate();
        _log.Write("Nov 22 21:00:03 mx1 postfix/qmgr[2]: 0A1B2C3D4E: from=<news@sender.example>, status=expired, returned to sender\n");
        await _log.StepAsync();

        var bounce = Assert.Single(_log.Reports, r => r.Outcome == ReportOutcome.Bounce);
        Assert.Equal(("full@remote.example", "news@sender.example", "m1@sender.example"), (bounce.Recipient!.Display, bounce.Sender, bounce.MessageId));
        Assert.All(_log.Payloads, p => Assert.Empty(FollowedLog.Read(p).Problems));
    }

    [Fact]
    public async Task Should_tell_the_inbox_of_lines_that_cannot_be_read()
    {
        _log.Write("2026-11-23T21:00:00Z mx1 postfix/smtp[1]: AB12CD34EF: to=<a@remote.exam\n" + new string('x', 600_000) + "\n" + FollowedLog.Sent("b@remote.example"));
        await _log.StepAsync();

        Assert.Equal(["b@remote.example"], Recipients());
        Assert.Single(_log.Payloads.SelectMany(p => FollowedLog.Read(p).Problems));
        Assert.Equal(2, _log.Follower.Status.MalformedLines);
    }

    [Fact]
    public async Task Should_begin_at_the_end_when_told_to()
    {
        using var log = new FollowedLog(from: LogStart.End);
        log.Write(FollowedLog.Sent("old@remote.example"));
        await log.StepAsync();
        log.Write(FollowedLog.Sent("new@remote.example"));
        await log.StepAsync();
        log.Rotate();
        log.Write(FollowedLog.Sent("newest@remote.example"));
        await log.StepAsync();

        Assert.Equal(["new@remote.example", "newest@remote.example"], log.Reports.Select(r => r.Recipient!.Display));
    }

    [Fact]
    public async Task Should_follow_files_that_are_named_by_date_and_know_their_columns_after_a_restart()
    {
        using var log = new FollowedLog(LogFormat.PowerMta, "acct-*.csv");
        string File(string day) => System.IO.Path.Combine(log.Directory, $"acct-2026-11-{day}.csv");
        FollowedLog.Write(File("22"), "type,timeLogged,orig,rcpt\nd,1795381445,s@sender.example,one@remote.example\n");
        FollowedLog.Write(File("23"), "type,rcpt,orig,timeLogged\n");
        await log.StepAsync();
        log.Crash();
        FollowedLog.Write(File("22"), "d,1795381446,s@sender.example,two@remote.example\n");
        FollowedLog.Write(File("23"), "d,three@remote.example,s@sender.example,1795467845\n");
        FollowedLog.Write(File("24"), "type,rcpt\nd,four@remote.example\n");
        await log.StepAsync();
        log.Crash();
        await log.StepAsync();

        Assert.Equal(["four@remote.example", "one@remote.example", "three@remote.example", "two@remote.example"], log.Reports.Select(r => r.Recipient!.Display).Order());
        Assert.Equal(0, log.Follower.Status.MalformedLines);
    }

    private enum Event
    {
        Lines,
        HalfALine,
        Rename,
        CopyAndTruncate,
        Look,
        Crash,
        CrashBeforeSaving,
    }

    [Fact]
    public void Should_decide_every_line_once_whatever_happens_to_file_and_process()
    {
        Gen.Enum<Event>().Array[5, 40].Sample(
            events =>
            {
                using var log = new FollowedLog();
                var written = new List<string>();
                var half = "";
                string Next()
                {
                    var recipient = $"user-{written.Count}@remote.example";
                    written.Add(recipient);
                    return FollowedLog.Sent(recipient);
                }

                // The log is there when the service is first started; what lay beside it before is an import's business
                log.Write(Next());
                log.StepAsync().GetAwaiter().GetResult();
                var copies = 0;
                foreach (var happens in events)
                {
                    switch (happens)
                    {
                        case Event.Lines:
                            log.Write(half + string.Concat(Enumerable.Range(0, 3).Select(_ => Next())));
                            half = "";
                            break;
                        case Event.HalfALine when half.Length == 0:
                            var line = Next();
                            log.Write(line[..50]);
                            half = line[50..];
                            break;
                        case Event.Rename when half.Length == 0 && File.Exists(log.Path):
                            log.Rotate();
                            break;
                        case Event.CopyAndTruncate when half.Length == 0 && File.Exists(log.Path):
                            log.CopyAndTruncate($"{log.Path}-{copies++}");
                            break;
                        case Event.Look:
                            log.StepAsync().GetAwaiter().GetResult();
                            break;
                        case Event.Crash:
                            log.Crash();
                            break;
                        case Event.CrashBeforeSaving:
                            log.LosesPositions = true;
                            log.StepAsync().GetAwaiter().GetResult();
                            log.LosesPositions = false;
                            log.Crash();
                            break;
                    }
                }

                log.Write(half + Next());
                log.StepAsync().GetAwaiter().GetResult();
                // What the recipient's entity does with ids it knows
                var decided = log.Reports.DistinctBy(r => r.SourceEventId).Select(r => r.Recipient!.Display);
                Assert.Equal(written.Order(StringComparer.Ordinal), decided.Order(StringComparer.Ordinal));
            },
            iter: 300,
            threads: 1);
    }

    private List<string> Recipients() => [.. _log.Reports.Select(r => r.Recipient!.Display)];
}
