using BounceActors.Engine.Inbox;
using BounceActors.Engine.Storage;

namespace BounceActors.Service.Tests.MailIn;

/// <summary>RFC 2033: what LMTP does otherwise.</summary>
public sealed class LmtpSpecs
{
    [Theory]
    [InlineData("LHLO mx.example.net", "250")]
    [InlineData("EHLO mx.example.net", "500")]
    [InlineData("HELO mx.example.net", "500")]
    public async Task Should_have_its_own_hello(string command, string code)
    {
        await using var door = await MailDoor.OpenAsync();
        using var client = await door.LmtpAsync();

        Assert.Equal("220 bounces.example.com LMTP receives bounces", await client.ReadAsync());
        Assert.StartsWith(code, await client.AskAsync(command), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("DATA\r\nSubject: x\r\n.\r\n", "354 250 452 451 250")]
    [InlineData("BDAT 12 LAST\r\nSubject: x\r\n", "250 452 451 250")]
    public async Task Should_answer_for_each_recipient_in_their_order(string text, string codes)
    {
        await using var door = await MailDoor.OpenAsync();
        door.Store.Before = mail => mail.Headers["envelope-to"][0] switch
        {
            'b' => throw new InboxOverloadedException("full", TimeSpan.FromSeconds(5)),
            'c' => throw new StorageUnavailableException("away", new TimeoutException()),
            _ => Task.CompletedTask,
        };
        using var client = await door.LmtpAsync();

        await client.SendAsync(
            "LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@bounces.example.com>\r\nRCPT TO:<b@bounces.example.com>\r\nRCPT TO:<x@elsewhere.example>\r\n"
            + "RCPT TO:<c@bounces.example.com>\r\nRCPT TO:<d@bounces.example.com>\r\n" + text + "NOOP\r\n");

        Assert.Equal($"220 250 250 250 250 550 250 250 {codes} 250", await client.CodesAsync(9 + codes.Split(' ').Length));
        Assert.Equal(["lmtp a@bounces.example.com", "lmtp d@bounces.example.com"], door.Store.Mails.Select(m => $"{m.Source} {m.Headers["envelope-to"]}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("DATA\r\nxxxxxxxxxx\r\n.\r\n", 1_500, "354 250 250")]
    [InlineData("DATA\r\na\nb\r\n.\r\n", 1_500, "354 550 550")]
    [InlineData("BDAT 2\r\nxxBDAT 0 LAST\r\n", 1_500, "250 250 250")]
    public async Task Should_answer_for_each_recipient_also_when_none_is_served(string text, int most, string codes)
    {
        await using var door = await MailDoor.OpenAsync(o => o.MaxMessageBytes = most);
        using var client = await door.LmtpAsync();

        await client.SendAsync("LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@bounces.example.com>\r\nRCPT TO:<b@bounces.example.com>\r\n" + text + "NOOP\r\n");

        Assert.Equal($"220 250 250 250 250 {codes} 250", await client.CodesAsync(6 + codes.Split(' ').Length));
    }

    [Fact]
    public async Task Should_answer_once_when_there_is_no_recipient()
    {
        await using var door = await MailDoor.OpenAsync();
        using var client = await door.LmtpAsync();

        await client.SendAsync("LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<x@elsewhere.example>\r\nDATA\r\nNOOP\r\n");

        Assert.Equal("220 250 250 550 503 250", await client.CodesAsync(6));
    }
}
