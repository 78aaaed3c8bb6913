namespace BounceActors.Service.Tests.MailIn;

/// <summary>RFC 5321 and its extensions, one command after another.</summary>
public sealed class SmtpDialogueSpecs
{
    private const string Mail = "From: MAILER-DAEMON\r\nSubject: failed\r\n\r\nNo such user\r\n";

    [Fact]
    public async Task Should_take_a_mail_and_keep_its_envelope()
    {
        await using var door = await MailDoor.OpenAsync();
        using var client = await door.SmtpAsync();

        Assert.Equal("220 bounces.example.com ESMTP receives bounces", await client.ReadAsync());
        Assert.Equal(
            "250-bounces.example.com\n250-PIPELINING\n250-SIZE 10000000\n250-ENHANCEDSTATUSCODES\n250-8BITMIME\n250-SMTPUTF8\n250 CHUNKING",
            await client.AskAsync("EHLO mx.example.net"));
        Assert.Equal("250 2.1.0 Ok", await client.AskAsync("MAIL FROM:<> SIZE=62 BODY=8BITMIME RET=HDRS ENVID=x"));
        Assert.Equal("250 2.1.5 Ok", await client.AskAsync("RCPT TO:<Bounce+1@Bounces.Example.com> NOTIFY=NEVER ORCPT=rfc822;a@b.example"));
        Assert.Equal("354 End with CR LF . CR LF", await client.AskAsync("DATA"));
        Assert.Equal("250 2.0.0 Ok: stored as 00000001000000000000000000000000", await client.AskAsync(Mail + "."));
        Assert.Equal("221 2.0.0 Bye", await client.AskAsync("QUIT"));
        Assert.Equal("", await client.ReadAsync());

        Assert.Equal(Mail, door.Store.Text);
        var kept = door.Store.Mails[0];
        Assert.Equal(("default", "smtp", MailDoor.Now), (kept.Tenant, kept.Source, kept.ReceivedAt));
        Assert.Equal(
            ["client-ip=127.0.0.1", "envelope-from=", "envelope-to=Bounce+1@Bounces.Example.com", "helo=mx.example.net", "protocol=smtp", "tls=no"],
            kept.Headers.Select(h => $"{h.Key}={h.Value}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Should_write_down_where_a_mail_came_from_as_the_last_server_does()
    {
        await using var door = await MailDoor.OpenAsync();
        using var client = await door.ReadyForDataAsync("news@example.org");
        await client.AskAsync("DATA");
        await client.AskAsync(Mail + ".");

        Assert.StartsWith(
            "Return-Path: <news@example.org>\r\nReceived: from mx.example.net ([127.0.0.1])\r\n\tby bounces.example.com with ESMTP;\r\n\tMon, 23 Nov 2026 12:00:00 +0000\r\nFrom:",
            System.Text.Encoding.UTF8.GetString(door.Store.Mails[0].Body.Span),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MAIL FROM:<>", "503")]
    [InlineData("RCPT TO:<x@bounces.example.com>", "503")]
    [InlineData("DATA", "503")]
    [InlineData("BDAT 0 LAST", "503")]
    [InlineData("STARTTLS", "502")]
    [InlineData("LHLO mx.example.net", "500")]
    [InlineData("EHLO", "501")]
    [InlineData("HELO two words", "501")]
    [InlineData("NOOP whatever", "250")]
    [InlineData("noop", "250")]
    [InlineData("RSET", "250")]
    [InlineData("HELP", "214")]
    [InlineData("VRFY root", "252")]
    [InlineData("EXPN all", "502")]
    [InlineData("AUTH PLAIN AGEAYg==", "502")]
    [InlineData("GET / HTTP/1.1", "500")]
    [InlineData("", "500")]
    [InlineData("HELO\tx", "500")]
    [InlineData("NO\u0000OP", "500")]
    [InlineData("QUIT", "221")]
    public async Task Should_answer_before_hello(string command, string code)
    {
        await using var door = await MailDoor.OpenAsync();
        using var client = await door.SmtpAsync();
        await client.ReadAsync();

        Assert.StartsWith(code, await client.AskAsync(command), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MAIL FROM:<a@example.org>", "250")]
    [InlineData("mail from:<a@example.org>", "250")]
    [InlineData("MAIL FROM: <a@example.org>", "250")]
    [InlineData("MAIL FROM:<@relay.example,@other.example:a@example.org>", "250")]
    [InlineData("MAIL FROM:<\"a b>\"@example.org>", "250")]
    [InlineData("MAIL FROM:<a@[192.0.2.1]>", "250")]
    [InlineData("MAIL FROM:<SRS0=x=y=example.org=a@example.net> SIZE=10", "250")]
    [InlineData("MAIL FROM:a@example.org", "501")]
    [InlineData("MAIL FROM:<a@example.org", "501")]
    [InlineData("MAIL FROM:<a b@example.org>", "501")]
    [InlineData("MAIL FROM:<a@b@example.org>", "501")]
    [InlineData("MAIL FROM:<a>", "501")]
    [InlineData("MAIL FROM:<a@example.org>SIZE=1", "501")]
    [InlineData("MAIL TO:<a@example.org>", "501")]
    [InlineData("MAIL", "501")]
    [InlineData("MAIL FROM:<> SIZE=10000001", "552")]
    [InlineData("MAIL FROM:<> SIZE=ten", "501")]
    [InlineData("MAIL FROM:<> SIZE=99999999999999999999", "501")]
    [InlineData("MAIL FROM:<> BODY=BINARYMIME", "501")]
    [InlineData("MAIL FROM:<> XYZZY=1", "555")]
    [InlineData("MAIL FROM:<jos\u00e9@example.org>", "553")]
    [InlineData("MAIL FROM:<jos\u00e9@example.org> SMTPUTF8", "250")]
    public async Task Should_answer_to_a_sender(string command, string code)
    {
        await using var door = await MailDoor.OpenAsync();
        using var client = await door.SmtpAsync();
        await client.ReadAsync();
        await client.AskAsync("EHLO mx.example.net");

        Assert.StartsWith(code, await client.AskAsync(command), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("RCPT TO:<anything@bounces.example.com>", "250 2.1.5")]
    [InlineData("RCPT TO:<anything@BOUNCES.example.COM>", "250 2.1.5")]
    [InlineData("RCPT TO:<fbl@example.com>", "250 2.1.5")]
    [InlineData("RCPT TO:<postmaster>", "250 2.1.5")]
    [InlineData("RCPT TO:<Postmaster@bounces.example.com>", "250 2.1.5")]
    [InlineData("RCPT TO:<@bounces.example.com:x@elsewhere.example>", "550 5.7.1")]
    [InlineData("RCPT TO:<x%elsewhere.example@example.com>", "550 5.7.1")]
    [InlineData("RCPT TO:<postmaster@example.com>", "550 5.7.1")]
    [InlineData("RCPT TO:<x@elsewhere.example>", "550 5.7.1")]
    [InlineData("RCPT TO:<x@sub.bounces.example.com>", "550 5.7.1")]
    [InlineData("RCPT TO:<x@bounces.example.com.>", "550 5.7.1")]
    [InlineData("RCPT TO:<>", "501")]
    [InlineData("RCPT TO:x@bounces.example.com", "501")]
    [InlineData("RCPT TO:<x@bounces.example.com> SIZE=1", "555")]
    [InlineData("RCPT TO:<jos\u00e9@bounces.example.com>", "553")]
    [InlineData("MAIL FROM:<>", "503")]
    public async Task Should_take_mail_for_its_own_addresses_only(string command, string code)
    {
        await using var door = await MailDoor.OpenAsync();
        using var client = await door.SmtpAsync();
        await client.ReadAsync();
        await client.AskAsync("EHLO mx.example.net");
        await client.AskAsync("MAIL FROM:<a@example.org>");

        Assert.StartsWith(code, await client.AskAsync(command), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_take_commands_many_at_a_time()
    {
        await using var door = await MailDoor.OpenAsync();
        using var client = await door.SmtpAsync();

        await client.SendAsync(
            "EHLO mx.example.net\r\nMAIL FROM:<>\r\nRCPT TO:<a@bounces.example.com>\r\nRCPT TO:<x@elsewhere.example>\r\nDATA\r\n" + Mail + ".\r\n"
            + "MAIL FROM:<>\r\nRCPT TO:<b@bounces.example.com>\r\nRSET\r\nDATA\r\nQUIT\r\n");

        Assert.Equal("220 250 250 250 550 354 250 250 250 250 503 221", await client.CodesAsync(12));
        Assert.Equal(Mail, door.Store.Text);
    }

    [Fact]
    public async Task Should_take_bytes_one_at_a_time()
    {
        await using var door = await MailDoor.OpenAsync();
        using var client = await door.SmtpAsync();

        foreach (var c in "EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@bounces.example.com>\r\nDATA\r\n..a\r\n\r\n.\r\nQUIT\r\n")
        {
            await client.SendAsync(c.ToString());
        }

        Assert.Equal("220 250 250 250 354 250 221", await client.CodesAsync(7));
        Assert.Equal(".a\r\n\r\n", door.Store.Text);
    }

    [Fact]
    public async Task Should_say_that_no_recipient_is_left_when_all_were_refused()
    {
        await using var door = await MailDoor.OpenAsync();
        using var client = await door.SmtpAsync();

        await client.SendAsync("EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@elsewhere.example>\r\nDATA\r\n");

        Assert.Equal("220 250 250 550 554", await client.CodesAsync(5));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("..\r\n", ".\r\n")]
    [InlineData("..leading\r\n...two\r\n", ".leading\r\n..two\r\n")]
    [InlineData(".x\r\n", "x\r\n")]
    [InlineData("a.\r\nb . c\r\n", "a.\r\nb . c\r\n")]
    [InlineData("\r\n\r\n", "\r\n\r\n")]
    public async Task Should_take_away_what_was_put_before_dots(string sent, string kept)
    {
        await using var door = await MailDoor.OpenAsync();
        using var client = await door.ReadyForDataAsync();
        await client.AskAsync("DATA");

        Assert.StartsWith("250 2.0.0", await client.AskAsync(sent + "."), StringComparison.Ordinal);
        Assert.Equal(kept, door.Store.Text);
    }

    [Theory]
    [InlineData("a\n.\nMAIL FROM:<evil@example.org>\n")]
    [InlineData("a\r\n.\nMAIL FROM:<evil@example.org>\r\n")]
    [InlineData("a\n.\r\nMAIL FROM:<evil@example.org>\r\n")]
    [InlineData("a\r.\rMAIL FROM:<evil@example.org>\r\n")]
    [InlineData("a\r.\r\nMAIL FROM:<evil@example.org>\r\n")]
    [InlineData("a\r\n.\rMAIL FROM:<evil@example.org>\r\n")]
    [InlineData("a\r\r\n.\r\r\nMAIL FROM:<evil@example.org>\r\n")]
    [InlineData("one\ntwo\r\n")]
    [InlineData("one\rtwo\r\n")]
    public async Task Should_let_only_one_end_end_a_mail_and_refuse_what_another_server_might_split(string text)
    {
        await using var door = await MailDoor.OpenAsync();
        using var client = await door.ReadyForDataAsync();
        await client.AskAsync("DATA");

        await client.SendAsync(text + "\r\n.\r\nNOOP\r\n");

        Assert.StartsWith("550 5.6.11", await client.ReadAsync(), StringComparison.Ordinal);
        Assert.StartsWith("250", await client.ReadAsync(), StringComparison.Ordinal);
        Assert.StartsWith("503", await client.AskAsync("RCPT TO:<x@bounces.example.com>"), StringComparison.Ordinal);
        Assert.Empty(door.Store.Mails);
    }

    [Fact]
    public async Task Should_refuse_commands_that_end_with_a_line_feed_alone()
    {
        await using var door = await MailDoor.OpenAsync();
        using var client = await door.SmtpAsync();

        await client.SendAsync("EHLO x\nEHLO x\rNOOP\r\nNOOP\r\n");

        Assert.Equal("220 500 500 250", await client.CodesAsync(4));
    }

    [Fact]
    public async Task Should_take_chunks_by_their_size_whatever_is_in_them()
    {
        await using var door = await MailDoor.OpenAsync();
        using var client = await door.ReadyForDataAsync();

        await client.SendAsync("BDAT 8\r\na\r\n.\r\nNOBDAT 6\r\n..\nOP\rBDAT 0 LAST\r\nNOOP\r\n");

        Assert.Equal("250 250 250 250", await client.CodesAsync(4));
        Assert.Equal("a\r\n.\r\nNO..\nOP\r", door.Store.Text);
    }

    [Fact]
    public async Task Should_swallow_chunks_nobody_asked_for_rather_than_obey_them()
    {
        await using var door = await MailDoor.OpenAsync();
        using var client = await door.SmtpAsync();

        await client.SendAsync("EHLO x\r\nBDAT 14 LAST\r\nMAIL FROM:<>\r\nMAIL FROM:<>\r\nRCPT TO:<x@elsewhere.example>\r\nBDAT 6\r\nQUIT\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n");

        Assert.Equal("220 250 503 250 550 554 554 250", await client.CodesAsync(8));
        Assert.Empty(door.Store.Mails);
    }

    [Theory]
    [InlineData("DATA")]
    [InlineData("RCPT TO:<y@bounces.example.com>")]
    [InlineData("MAIL FROM:<>")]
    public async Task Should_not_mix_chunks_with_what_they_replace(string command)
    {
        await using var door = await MailDoor.OpenAsync();
        using var client = await door.ReadyForDataAsync();

        await client.SendAsync($"BDAT 3\r\na\r\n{command}\r\nBDAT 3 LAST\r\nb\r\n");

        Assert.Equal("250 503 250", await client.CodesAsync(3));
        Assert.Equal("a\r\nb\r\n", door.Store.Text);
    }

    [Theory]
    [InlineData("BDAT")]
    [InlineData("BDAT x")]
    [InlineData("BDAT -1")]
    [InlineData("BDAT 1 LAST NOW")]
    [InlineData("BDAT 1 FIRST")]
    [InlineData("BDAT 99999999999")]
    public async Task Should_hang_up_when_nobody_knows_where_a_chunk_ends(string command)
    {
        await using var door = await MailDoor.OpenAsync();
        using var client = await door.ReadyForDataAsync();

        Assert.StartsWith("501", await client.AskAsync(command), StringComparison.Ordinal);
        Assert.Equal("", await client.ReadAsync());
    }

    [Fact]
    public async Task Should_know_a_mail_again_whose_answer_its_sender_never_saw()
    {
        await using var door = await MailDoor.OpenAsync();
        foreach (var _ in Enumerable.Range(0, 2))
        {
            using var client = await door.ReadyForDataAsync();
            await client.AskAsync("DATA");
            Assert.Equal("250 2.0.0 Ok: stored as 00000001000000000000000000000000", await client.AskAsync(Mail + "."));
        }

        Assert.Single(door.Store.Mails);
    }

    [Fact]
    public async Task Should_keep_a_mail_once_for_each_of_its_recipients()
    {
        await using var door = await MailDoor.OpenAsync();
        using var client = await door.ReadyForDataAsync();
        await client.AskAsync("RCPT TO:<y@bounces.example.com>");
        await client.AskAsync("DATA");

        Assert.StartsWith("250", await client.AskAsync(Mail + "."), StringComparison.Ordinal);

        Assert.Equal(["x@bounces.example.com", "y@bounces.example.com"], door.Store.Mails.Select(m => m.Headers["envelope-to"]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Should_take_addresses_and_headers_beyond_ascii()
    {
        await using var door = await MailDoor.OpenAsync();
        using var client = await door.ReadyForDataAsync(sender: "jos\u00e9@example.org", parameters: " SMTPUTF8 BODY=8BITMIME");
        await client.AskAsync("RCPT TO:<jos\u00e9@bounces.example.com>");
        await client.AskAsync("DATA");

        Assert.StartsWith("250", await client.AskAsync("Subject: ni\u00f1o\r\n\r\n\u00fcber\r\n."), StringComparison.Ordinal);

        Assert.Equal(2, door.Store.Mails.Count);
        Assert.Equal("Subject: ni\u00f1o\r\n\r\n\u00fcber\r\n", FakeStore.TextOf(door.Store.Mails[0]));
        Assert.Contains(door.Store.Mails, m => m.Headers["envelope-to"] == "jos\u00e9@bounces.example.com");
        Assert.Contains("with UTF8ESMTP", System.Text.Encoding.UTF8.GetString(door.Store.Mails[0].Body.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_forget_the_transaction_with_a_new_hello()
    {
        await using var door = await MailDoor.OpenAsync();
        using var client = await door.ReadyForDataAsync();

        await client.AskAsync("EHLO other.example.net");

        Assert.StartsWith("503", await client.AskAsync("DATA"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_store_nothing_of_a_mail_whose_sender_hangs_up()
    {
        await using var door = await MailDoor.OpenAsync();
        using var client = await door.ReadyForDataAsync();
        await client.AskAsync("DATA");

        await client.SendAsync(Mail);
        client.FinishSending();

        Assert.Equal("", await client.ReadAsync());
        Assert.Empty(door.Store.Mails);
    }
}
