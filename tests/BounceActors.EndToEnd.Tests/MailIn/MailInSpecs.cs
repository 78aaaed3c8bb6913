using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;

namespace BounceActors.EndToEnd.Tests.MailIn;

/// <summary>Real mail servers and the real service, killed in the middle: every mail is decided, and once.</summary>
public sealed class MailInSpecs
{
    private const int Mails = 40;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [SkippableTheory]
    [InlineData("Port", "smtp:[127.0.0.1]")]
    [InlineData("LmtpPort", "lmtp:inet:127.0.0.1")]
    public async Task Should_decide_about_every_bounce_of_Postfix_once_although_both_are_killed(string setting, string transport)
    {
        RealServer.MustHave("usr/sbin/postconf");
        var port = RealServer.FreePort();
        await using var service = new ServiceProcess(
            $"--Storage:DataDirectory={Directory.CreateTempSubdirectory("bounceactors-").FullName}", $"--Sources:Smtp:{setting}={port}",
            "--Sources:Verp:0:Pattern=b+{local}={domain}@bounces.sender.example");
        await using var postfix = new Postfix($"{transport}:{port}");
        await postfix.StartAsync();
        await service.StartAsync();

        for (var i = 0; i < Mails; i++)
        {
            switch (i)
            {
                case Mails / 4:
                    await service.KillAsync();
                    break;
                case Mails / 2:
                    await postfix.KillAsync();
                    await service.StartAsync();
                    await postfix.StartAsync();
                    break;
                case Mails * 3 / 4:
                    await service.KillAsync();
                    await service.StartAsync();
                    break;
            }

            await postfix.SendAsync($"b+user{i}=remote.example@bounces.sender.example", $"user{i}@remote.example");
        }

        await EachIsDecidedOnceAsync(service, "remote.example", Mails, postfix.Log);
    }

    [SkippableFact]
    public async Task Should_take_every_mail_of_an_IMAP_mailbox_once_although_both_are_killed_and_move_it()
    {
        RealServer.MustHave("usr/sbin/dovecot");
        await using var dovecot = new Dovecot();
        await dovecot.StartAsync();

        // Looks by itself once an hour: what comes sooner, IDLE has told.
        await using var service = new ServiceProcess(
            $"--Storage:DataDirectory={Directory.CreateTempSubdirectory("bounceactors-").FullName}", "--Sources:Mailboxes:box:Protocol=imap",
            "--Sources:Mailboxes:box:Host=127.0.0.1", $"--Sources:Mailboxes:box:Port={dovecot.ImapPort}", "--Sources:Mailboxes:box:Tls=none",
            "--Sources:Mailboxes:box:User=anna", $"--Sources:Mailboxes:box:Password={Dovecot.Password}", "--Sources:Mailboxes:box:Folders=INBOX,Junk",
            "--Sources:Mailboxes:box:MoveTo=Done", "--Sources:Mailboxes:box:PollSeconds=3600");
        await service.StartAsync();

        await DeliverAsync(service, dovecot, "anna");

        await EachIsDecidedOnceAsync(service, "imap.example", Mails, dovecot.Log);
        await Eventually.TrueAsync(
            () => Task.FromResult((dovecot.Count("anna"), dovecot.Count("anna", ".Done")) == (0, Mails)),
            Patience,
            () => $"in the inbox {dovecot.Count("anna")}, moved {dovecot.Count("anna", ".Done")}\n{service.Log}\n{dovecot.Log()}");
        var status = await StatusAsync(service);
        Assert.Equal("INBOX imap connected, told of new mail; Junk imap connected, told of new mail", status);
    }

    [SkippableFact]
    public async Task Should_take_every_mail_of_a_POP3_mailbox_once_although_both_are_killed_and_leave_it()
    {
        RealServer.MustHave("usr/lib/dovecot/pop3");
        await using var dovecot = new Dovecot();
        await dovecot.StartAsync();
        await using var service = new ServiceProcess(
            $"--Storage:DataDirectory={Directory.CreateTempSubdirectory("bounceactors-").FullName}", "--Sources:Mailboxes:box:Protocol=pop3",
            "--Sources:Mailboxes:box:Host=127.0.0.1", $"--Sources:Mailboxes:box:Port={dovecot.Pop3Port}", "--Sources:Mailboxes:box:Tls=none",
            "--Sources:Mailboxes:box:User=anna", $"--Sources:Mailboxes:box:Password={Dovecot.Password}", "--Sources:Mailboxes:box:PollSeconds=1");
        await service.StartAsync();

        await DeliverAsync(service, dovecot, "anna");

        await EachIsDecidedOnceAsync(service, "imap.example", Mails, dovecot.Log);
        Assert.Equal(Mails, dovecot.Count("anna"));
    }

    [SkippableFact]
    public async Task Should_flag_mails_where_they_are_and_delete_them_over_POP3_when_told_so()
    {
        RealServer.MustHave("usr/lib/dovecot/pop3");
        await using var dovecot = new Dovecot();
        await dovecot.StartAsync();
        await using var service = new ServiceProcess(
            $"--Storage:DataDirectory={Directory.CreateTempSubdirectory("bounceactors-").FullName}",
            "--Sources:Mailboxes:flagged:Protocol=imap", "--Sources:Mailboxes:flagged:Host=127.0.0.1", $"--Sources:Mailboxes:flagged:Port={dovecot.ImapPort}",
            "--Sources:Mailboxes:flagged:Tls=none", "--Sources:Mailboxes:flagged:User=anna", $"--Sources:Mailboxes:flagged:Password={Dovecot.Password}",
            "--Sources:Mailboxes:deleted:Protocol=pop3", "--Sources:Mailboxes:deleted:Host=127.0.0.1", $"--Sources:Mailboxes:deleted:Port={dovecot.Pop3Port}",
            "--Sources:Mailboxes:deleted:Tls=none", "--Sources:Mailboxes:deleted:User=bert", $"--Sources:Mailboxes:deleted:Password={Dovecot.Password}",
            "--Sources:Mailboxes:deleted:DeleteTaken=true", "--Sources:Mailboxes:deleted:PollSeconds=1");
        dovecot.Deliver("anna", Bounce("user0@imap.example"));
        dovecot.Deliver("bert", Bounce("user1@imap.example"));
        await service.StartAsync();

        await EachIsDecidedOnceAsync(service, "imap.example", 2, dovecot.Log);
        await Eventually.TrueAsync(
            () => Task.FromResult((dovecot.Count("anna"), dovecot.Count("bert")) == (1, 0)), Patience, () => $"not deleted\n{service.Log}\n{dovecot.Log()}");

        // Flagged: the next start does not take it again.
        await service.KillAsync();
        await service.StartAsync();
        await Eventually.TrueAsync(
            async () => (await BoxesAsync(service)).All(b => b.GetProperty("lastLookAt").ValueKind == JsonValueKind.String), Patience, () => service.Log);
        Assert.All(await BoxesAsync(service), b => Assert.Equal(0, b.GetProperty("taken").GetInt64()));
    }

    [SkippableTheory]
    [InlineData("SMTP", "Port", "", 0, "250 2.0.0 Ok: stored as")]
    [InlineData("ESMTP", "Port", "--pipeline", 0, "250 2.0.0 Ok: stored as")]
    [InlineData("LMTP", "LmtpPort", "", 0, "250 2.0.0 Ok: stored as")]
    [InlineData("ESMTP", "Port", "--to x@elsewhere.example", 24, "550 5.7.1 Relaying denied")]
    public async Task Should_talk_with_swaks(string protocol, string setting, string more, int exitCode, string says)
    {
        RealServer.MustHave("usr/bin/swaks");
        var port = RealServer.FreePort();
        await using var service = new ServiceProcess(
            $"--Storage:DataDirectory={Directory.CreateTempSubdirectory("bounceactors-").FullName}", $"--Sources:Smtp:{setting}={port}", "--Sources:Smtp:Domains=bounces.sender.example");
        await service.StartAsync();

        var start = new ProcessStartInfo("perl", [
            Path.Combine(RealServer.Servers, "usr/bin/swaks"), "--server", $"127.0.0.1:{port}", "--protocol", protocol, "--helo", "mx.example.net", "--from", "<>",
            .. more.Contains("--to", StringComparison.Ordinal) ? (string[])[] : ["--to", "x@bounces.sender.example"], .. more.Split(' ', StringSplitOptions.RemoveEmptyEntries)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var swaks = Process.Start(start)!;
        var error = swaks.StandardError.ReadToEndAsync();
        var dialogue = await swaks.StandardOutput.ReadToEndAsync();
        await swaks.WaitForExitAsync();

        Assert.True(swaks.ExitCode == exitCode && dialogue.Contains(says, StringComparison.Ordinal), $"exit code {swaks.ExitCode}\n{dialogue}\n{await error}");
    }

    private static async Task DeliverAsync(ServiceProcess service, Dovecot dovecot, string user)
    {
        for (var i = 0; i < Mails; i++)
        {
            switch (i)
            {
                case Mails / 4:
                    // In the middle of taking the first quarter.
                    await service.KillAsync();
                    break;
                case Mails / 2:
                    await service.StartAsync();
                    await dovecot.KillAsync();
                    await dovecot.StartAsync();
                    break;
                case Mails * 3 / 4:
                    await service.KillAsync();
                    await service.StartAsync();
                    break;
            }

            dovecot.Deliver(user, Bounce($"user{i}@imap.example"));
        }
    }

    /// <summary>Each recipient has exactly one bounce, and so it stays.</summary>
    private static async Task EachIsDecidedOnceAsync(ServiceProcess service, string domain, int mails, Func<string> log)
    {
        var counts = "";
        await Eventually.TrueAsync(
            async () =>
            {
                var found = new List<int>();
                foreach (var i in Enumerable.Range(0, mails))
                {
                    var recipient = await service.Http.GetFromJsonAsync<JsonElement>($"/v1/recipients/user{i}@{domain}");
                    found.Add(recipient.GetProperty("standing").GetProperty("bounceCount").GetInt32());
                }

                counts = string.Join(' ', found);
                Assert.All(found, count => Assert.InRange(count, 0, 1));
                return found.TrueForAll(count => count == 1);
            },
            Patience,
            () => $"bounces per recipient: {counts}\n{service.Log}\n{log()}");
    }

    private static async Task<List<JsonElement>> BoxesAsync(ServiceProcess service) =>
        [.. (await service.Http.GetFromJsonAsync<JsonElement>("/admin/mailboxes")).GetProperty("mailboxes").EnumerateArray()];

    private static async Task<string> StatusAsync(ServiceProcess service) => string.Join(
        "; ", (await BoxesAsync(service)).Select(b => $"{b.GetProperty("folder").GetString()} {b.GetProperty("protocol").GetString()} {b.GetProperty("state").GetString()}"));

    /// <summary>Without a Message-ID: nothing but the mailbox's own names tells that a mail was taken before.</summary>
    private static string Bounce(string recipient) =>
        $"""
        Return-Path: <>
        From: MAILER-DAEMON@mx.imap.example
        To: bounces@sender.example
        Subject: Undelivered Mail Returned to Sender
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=delivery-status; boundary="b"

        --b
        Content-Type: text/plain

        Your message could not be delivered.

        --b
        Content-Type: message/delivery-status

        Reporting-MTA: dns; mx.imap.example

        Final-Recipient: rfc822; {recipient}
        Action: failed
        Status: 5.1.1
        Diagnostic-Code: smtp; 550 5.1.1 User unknown

        --b--

        """;
}
