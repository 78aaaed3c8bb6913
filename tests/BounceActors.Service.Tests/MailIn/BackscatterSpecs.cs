using System.Text;
using BounceActors.Domain.Reports;
using BounceActors.Service.MailIn;
using BounceActors.Service.MailIn.Smtp;
using BounceActors.Sources.Mail;
using Microsoft.Extensions.Time.Testing;

namespace BounceActors.Service.Tests.MailIn;

/// <summary>Mail that answers no mail of ours.</summary>
public sealed class BackscatterSpecs
{
    private static readonly VerpPattern Signed = new("b+{time}.{signature}.{local}={domain}@bounces.example.com", Encoding.ASCII.GetBytes("0123456789abcdef"), TimeSpan.FromDays(30));
    private static readonly VerpPattern Plain = new("p+{local}={domain}@plain.example.com");

    [Theory]
    [InlineData(0, null)]
    [InlineData(29, null)]
    [InlineData(31, "expired")]
    [InlineData(-2, "expired")]
    public void Should_believe_an_address_it_made_until_it_is_too_old(int daysAgo, string? doubt) =>
        Assert.Equal(doubt, Doubt(SignedFor("anna@example.org", daysAgo)));

    [Theory]
    [InlineData("b+1a2b3c.aaaaaaaaaaaaaaaa.anna=example.org@bounces.example.com", "forged")]
    [InlineData("bounce@bounces.example.com", "unsigned")]
    [InlineData("p+anna=example.org@plain.example.com", null)]
    [InlineData("p+anna=bounces.example.com@plain.example.com", "implausible")]
    [InlineData("p+anna=-@plain.example.com", "implausible")]
    [InlineData("other@plain.example.com", "relay")]
    [InlineData("fbl@example.com", null)]
    [InlineData("postmaster@bounces.example.com", null)]
    public void Should_doubt_what_it_did_not_make(string address, string? doubt) => Assert.Equal(doubt, Doubt(address));

    [Fact]
    public void Should_know_its_address_again_whatever_case_relays_gave_it() => Assert.Null(Doubt(SignedFor("anna@example.org", 1).ToUpperInvariant()));

    [Theory]
    [InlineData("news@example.org", "x@open.example.com", "sender")]
    [InlineData("", "x@open.example.com", null)]
    [InlineData("news@example.org", "fbl@example.com", null)]
    public void Should_take_bounces_from_the_null_sender_only_when_told_so(string sender, string address, string? doubt) =>
        Assert.Equal(doubt, Look(address, o => o.NullSenderOnly = true, sender).Reason);

    [Theory]
    [InlineData(BackscatterAction.Refuse, "550", 0)]
    [InlineData(BackscatterAction.Drop, "250", 0)]
    [InlineData(BackscatterAction.Mark, "250", 1)]
    public async Task Should_do_with_it_what_it_is_told(BackscatterAction action, string code, int kept)
    {
        await using var door = await MailDoor.OpenAsync(o => o.Backscatter = action, Signed);
        using var client = await door.SmtpAsync();
        await client.ReadAsync();
        await client.AskAsync("EHLO x");
        await client.AskAsync("MAIL FROM:<>");

        Assert.StartsWith(code, await client.AskAsync("RCPT TO:<b+1a2b3c.aaaaaaaaaaaaaaaa.anna=example.org@bounces.example.com>"), StringComparison.Ordinal);

        if (code == "250")
        {
            await client.AskAsync("DATA");
            Assert.StartsWith("250 2.0.0 Ok", await client.AskAsync("Subject: x\r\n."), StringComparison.Ordinal);
        }

        Assert.Equal(kept, door.Store.Mails.Count);
        Assert.All(door.Store.Mails, m => Assert.Equal("forged", m.Headers["backscatter"]));
    }

    private static string SignedFor(string recipient, int daysAgo)
    {
        Assert.True(EmailAddress.TryParse(recipient, out var address, out _));
        return Signed.Sign(address, MailDoor.Now.AddDays(-daysAgo));
    }

    private static string? Doubt(string address) => Look(address).Reason;

    private static GateVerdict Look(string address, Action<SmtpOptions>? adjust = null, string sender = "")
    {
        var options = new SmtpOptions { Domains = ["bounces.example.com", "open.example.com"], FeedbackAddresses = ["fbl@example.com"] };
        adjust?.Invoke(options);
        return new RecipientGate(options, [Signed, Plain], new FakeTimeProvider(MailDoor.Now)).Look(sender, SmtpPath.Read($"<{address}>")!);
    }
}
