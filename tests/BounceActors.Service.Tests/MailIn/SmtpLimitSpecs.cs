using BounceActors.Engine.Inbox;
using BounceActors.Engine.Storage;

namespace BounceActors.Service.Tests.MailIn;

/// <summary>What bounds a client, and what a client hears when this side cannot.</summary>
public sealed class SmtpLimitSpecs
{
    private const string Mail = "Subject: x\r\n\r\ny\r\n";

    [Fact]
    public async Task Should_say_come_back_later_while_the_database_is_away_and_take_the_mail_then()
    {
        await using var door = await MailDoor.OpenAsync();
        door.Store.Before = _ => throw new StorageUnavailableException("away", new TimeoutException());
        using var client = await door.ReadyForDataAsync();
        await client.AskAsync("DATA");

        Assert.StartsWith("451 4.3.0", await client.AskAsync(Mail + "."), StringComparison.Ordinal);
        Assert.Empty(door.Store.Mails);

        door.Store.Before = _ => Task.CompletedTask;
        await client.SendAsync("MAIL FROM:<>\r\nRCPT TO:<x@bounces.example.com>\r\nDATA\r\n" + Mail + ".\r\n");
        Assert.Equal("250 250 354 250", await client.CodesAsync(4));
    }

    [Fact]
    public async Task Should_say_come_back_later_when_too_much_is_waiting()
    {
        await using var door = await MailDoor.OpenAsync();
        door.Store.Before = _ => throw new InboxOverloadedException("full", TimeSpan.FromSeconds(5));
        using var client = await door.ReadyForDataAsync();
        await client.AskAsync("DATA");

        Assert.StartsWith("452 4.3.1", await client.AskAsync(Mail + "."), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_say_nothing_before_the_mail_is_durable()
    {
        await using var door = await MailDoor.OpenAsync();
        var durable = new TaskCompletionSource();
        var asked = new TaskCompletionSource();
        door.Store.Before = _ =>
        {
            asked.SetResult();
            return durable.Task;
        };
        using var client = await door.ReadyForDataAsync();
        await client.AskAsync("DATA");

        var answer = client.AskAsync(Mail + ".");
        await asked.Task;
        Assert.False(answer.IsCompleted);
        durable.SetResult();

        Assert.StartsWith("250", await answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_refuse_the_whole_mail_when_one_recipient_of_SMTP_could_not_be_stored_and_know_the_others_again()
    {
        await using var door = await MailDoor.OpenAsync();
        door.Store.Before = mail => mail.Headers["envelope-to"].StartsWith('y') ? throw new StorageUnavailableException("away", new TimeoutException()) : Task.CompletedTask;
        using var client = await door.ReadyForDataAsync();
        await client.AskAsync("RCPT TO:<y@bounces.example.com>");
        await client.AskAsync("DATA");
        Assert.StartsWith("451", await client.AskAsync(Mail + "."), StringComparison.Ordinal);

        door.Store.Before = _ => Task.CompletedTask;
        await client.SendAsync("MAIL FROM:<>\r\nRCPT TO:<x@bounces.example.com>\r\nRCPT TO:<y@bounces.example.com>\r\nDATA\r\n" + Mail + ".\r\n");

        Assert.Equal("250 250 250 354 250", await client.CodesAsync(5));
        Assert.Equal(2, door.Store.Mails.Count);
    }

    [Theory]
    [InlineData("DATA\r\n", "\r\n.\r\n", "354 552")]
    [InlineData("BDAT 2000\r\n", "BDAT 0 LAST\r\n", "552 552")]
    [InlineData("BDAT 2000 LAST\r\n", "", "552")]
    public async Task Should_refuse_a_mail_that_grows_too_large_and_go_on(string before, string after, string codes)
    {
        await using var door = await MailDoor.OpenAsync(o => o.MaxMessageBytes = 1_500);
        using var client = await door.ReadyForDataAsync();

        await client.SendAsync(before + new string('x', 2_000) + after + "MAIL FROM:<>\r\n");

        Assert.Equal(codes + " 250", await client.CodesAsync(codes.Split(' ').Length + 1));
        Assert.Empty(door.Store.Mails);
    }

    [Fact]
    public async Task Should_cut_off_a_client_that_does_not_stop()
    {
        await using var door = await MailDoor.OpenAsync(o => o.MaxMessageBytes = 1_500);
        using var client = await door.ReadyForDataAsync();
        await client.AskAsync("DATA");
        var block = new byte[1024 * 1024];

        await Assert.ThrowsAsync<IOException>(async () =>
        {
            for (var i = 0; i < 200; i++)
            {
                await client.SendAsync(block);
            }
        });
    }

    [Fact]
    public async Task Should_refuse_for_now_what_does_not_fit_into_the_memory_of_all()
    {
        await using var door = await MailDoor.OpenAsync(o => o.MaxBufferedMegabytes = 1);
        using var client = await door.ReadyForDataAsync();
        await client.AskAsync("DATA");

        Assert.StartsWith("452 4.3.1", await client.AskAsync(new string('x', 2_000_000) + "\r\n."), StringComparison.Ordinal);

        await client.SendAsync("MAIL FROM:<>\r\nRCPT TO:<x@bounces.example.com>\r\nDATA\r\n" + Mail + ".\r\n");
        Assert.Equal("250 250 354 250", await client.CodesAsync(4));
    }

    [Fact]
    public async Task Should_bound_the_recipients_of_a_mail()
    {
        await using var door = await MailDoor.OpenAsync(o => o.MaxRecipients = 2);
        using var client = await door.ReadyForDataAsync();

        await client.SendAsync("RCPT TO:<y@bounces.example.com>\r\nRCPT TO:<z@bounces.example.com>\r\n");

        Assert.Equal("250", await client.CodesAsync(1));
        Assert.StartsWith("452 4.5.3", await client.ReadAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_bound_the_mails_of_a_connection()
    {
        await using var door = await MailDoor.OpenAsync(o => o.MaxMailsPerConnection = 1);
        using var client = await door.ReadyForDataAsync();
        await client.AskAsync("DATA");
        await client.AskAsync(Mail + ".");

        Assert.StartsWith("452 4.7.0", await client.AskAsync("MAIL FROM:<>"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2_049, "500 5.5.2 Line too long")]
    [InlineData(60_000, "500 5.5.2 Line too long")]
    [InlineData(200_000, "")]
    public async Task Should_bound_a_line(int length, string answer)
    {
        await using var door = await MailDoor.OpenAsync();
        using var client = await door.SmtpAsync();
        await client.ReadAsync();

        Assert.Equal(answer, await client.AskAsync("NOOP " + new string('x', length - 5)));
    }

    [Fact]
    public async Task Should_take_the_longest_line_there_may_be()
    {
        await using var door = await MailDoor.OpenAsync();
        using var client = await door.SmtpAsync();
        await client.ReadAsync();

        Assert.StartsWith("250", await client.AskAsync("NOOP " + new string('x', 2_047 - 5)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_hang_up_after_too_many_errors()
    {
        await using var door = await MailDoor.OpenAsync(o => o.MaxErrors = 3);
        using var client = await door.SmtpAsync();

        await client.SendAsync("X\r\nX\r\nX\r\nX\r\n");

        Assert.Equal("220 500 500 500 421 end", await client.CodesAsync(6));
    }

    [Fact]
    public async Task Should_hang_up_on_one_who_only_chats()
    {
        await using var door = await MailDoor.OpenAsync();
        using var client = await door.SmtpAsync();

        await client.SendAsync(string.Concat(Enumerable.Repeat("NOOP\r\n", 300)));

        Assert.Contains("421 4.7.0", await client.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_let_only_so_many_clients_in_and_the_next_when_one_has_left()
    {
        await using var door = await MailDoor.OpenAsync(o => o.MaxConnectionsPerClient = 2);
        using var first = await door.SmtpAsync();
        using var second = await door.LmtpAsync();
        Assert.StartsWith("220", await first.ReadAsync(), StringComparison.Ordinal);
        Assert.StartsWith("220", await second.ReadAsync(), StringComparison.Ordinal);

        using var third = await door.SmtpAsync();
        Assert.StartsWith("421 4.7.0", await third.ReadAsync(), StringComparison.Ordinal);

        await first.AskAsync("QUIT");
        await Running.RunningService.UntilAsync(async () =>
        {
            using var next = await door.SmtpAsync();
            return (await next.ReadAsync()).StartsWith("220", StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("")]
    [InlineData("EHLO x\r\nMAIL FROM:<>\r\nRC")]
    [InlineData("EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<x@bounces.example.com>\r\nDATA\r\nSubject: slow\r\n")]
    [InlineData("EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<x@bounces.example.com>\r\nBDAT 100 LAST\r\nSubject: slow\r\n")]
    public async Task Should_hang_up_on_one_who_is_too_slow(string begun)
    {
        await using var door = await MailDoor.OpenAsync();
        using var client = await door.SmtpAsync();
        await client.SendAsync(begun);

        var all = client.ReadToEndAsync();
        await Running.RunningService.UntilAsync(() =>
        {
            door.Time.Advance(TimeSpan.FromMinutes(11));
            return Task.FromResult(all.IsCompleted);
        });

        Assert.Contains("421 4.4.2", await all, StringComparison.Ordinal);
        Assert.Empty(door.Store.Mails);
    }

    [Fact]
    public async Task Should_send_waiting_clients_away_at_the_end_and_finish_what_is_under_way()
    {
        await using var door = await MailDoor.OpenAsync();
        using var waiting = await door.SmtpAsync();
        await waiting.ReadAsync();
        using var busy = await door.ReadyForDataAsync();
        await busy.AskAsync("DATA");
        await busy.SendAsync("Subject: half\r\n");

        var stopping = door.StopAsync();
        Assert.StartsWith("421 4.3.2", await waiting.ReadAsync(), StringComparison.Ordinal);
        await busy.SendAsync("\r\nway\r\n.\r\n");

        Assert.StartsWith("250 2.0.0", await busy.ReadAsync(), StringComparison.Ordinal);
        Assert.StartsWith("421 4.3.2", await busy.ReadAsync(), StringComparison.Ordinal);
        Assert.Equal("", await busy.ReadAsync());
        await stopping;
        Assert.Single(door.Store.Mails);
    }

    [Fact]
    public async Task Should_survive_clients_that_vanish()
    {
        await using var door = await MailDoor.OpenAsync(o => o.MaxConnectionsPerClient = 3);
        for (var i = 0; i < 20; i++)
        {
            var client = await door.SmtpAsync();
            await client.SendAsync("EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<x@bounces.example.com>\r\nDATA\r\nhalf"[..(i * 3)]);
            client.Abort();
        }

        await Running.RunningService.UntilAsync(async () =>
        {
            using var next = await door.SmtpAsync();
            return (await next.ReadAsync()).StartsWith("220", StringComparison.Ordinal);
        });
        Assert.Empty(door.Store.Mails);
    }
}
