using System.Net.Sockets;
using BounceActors.Service.MailIn;
using BounceActors.Service.MailIn.Smtp;
using BounceActors.Service.Tests.Running;
using Microsoft.Extensions.DependencyInjection;

namespace BounceActors.Service.Tests.MailIn;

/// <summary>The whole service with its mail doors open.</summary>
public sealed class ServiceWithMailDoors : RunningService
{
    protected override string[] Settings =>
    [
        "--Sources:Smtp:Port=0", "--Sources:Smtp:LmtpPort=0", "--Sources:Smtp:FeedbackAddresses=fbl@sender.example", "--Sources:Smtp:Backscatter=mark",
        "--Sources:Verp:0:Pattern=b+{local}={domain}@bounces.sender.example",
        "--Sources:Verp:1:Pattern=s+{time}.{signature}.{local}={domain}@signed.sender.example", "--Sources:Verp:1:Key=0123456789abcdef",
    ];

    internal async Task<MailClient> ConnectAsync(SmtpProtocol protocol)
    {
        var tcp = new TcpClient();
        await tcp.ConnectAsync(App.Services.GetRequiredService<MailDoors>().All.Single(d => d.Protocol == protocol).Address);
        return new MailClient(tcp);
    }
}

/// <summary>From a mail server's hello to the decision.</summary>
public sealed class MailInSpecs(ServiceWithMailDoors service) : IClassFixture<ServiceWithMailDoors>
{
    [Theory]
    [InlineData("Smtp", "EHLO", "anna@mail.example")]
    [InlineData("Lmtp", "LHLO", "berta@mail.example")]
    public async Task Should_decide_about_the_recipient_the_return_path_names(string protocol, string hello, string recipient)
    {
        using var client = await service.ConnectAsync(Enum.Parse<SmtpProtocol>(protocol));
        await client.SendAsync($"{hello} mx.mail.example\r\nMAIL FROM:<>\r\nRCPT TO:<b+{recipient.Replace('@', '=')}@bounces.sender.example>\r\nDATA\r\n{Bounce("somebody-else@mail.example")}.\r\nQUIT\r\n");
        Assert.Equal("220 250 250 250 354 250 221", await client.CodesAsync(7));

        await RunningService.UntilAsync(async () => (int)(await service.GetJsonAsync($"/v1/recipients/{recipient}"))["standing"]!["bounceCount"]! == 1);

        Assert.DoesNotContain("mail.example>", service.Logs, StringComparison.Ordinal);
        Assert.DoesNotContain(recipient, service.Logs, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_count_a_marked_mail_and_say_what_is_odd_about_it()
    {
        using var client = await service.ConnectAsync(SmtpProtocol.Smtp);
        await client.SendAsync($"EHLO mx.mail.example\r\nMAIL FROM:<>\r\nRCPT TO:<s+abc.aaaaaaaaaaaaaaaa.x=y.example@signed.sender.example>\r\nDATA\r\n{Bounce("carla@mail.example")}.\r\nQUIT\r\n");
        Assert.Equal("220 250 250 250 354 250 221", await client.CodesAsync(7));

        await RunningService.UntilAsync(async () => (int)(await service.GetJsonAsync("/v1/recipients/carla@mail.example"))["standing"]!["bounceCount"]! == 1);
    }

    [Fact]
    public async Task Should_show_its_doors_in_metrics_and_logs()
    {
        using var client = await service.ConnectAsync(SmtpProtocol.Smtp);
        await client.SendAsync("EHLO x\r\nMAIL FROM:<a@mail.example>\r\nRCPT TO:<fbl@sender.example>\r\nRCPT TO:<x@elsewhere.example>\r\n");
        Assert.Equal("220 250 250 250 550", await client.CodesAsync(5));

        // The exporter answers from its cache for a moment.
        await RunningService.UntilAsync(async () =>
        {
            var metrics = await service.Http.GetStringAsync("/metrics");
            return metrics.Contains("bounceactors_smtp_connections", StringComparison.Ordinal) && metrics.Contains("result=\"relay\"", StringComparison.Ordinal);
        });

        Assert.Contains("Smtp listens on", service.Logs, StringComparison.Ordinal);
    }

    private static string Bounce(string recipient) =>
        $"""
        From: MAILER-DAEMON@mx.mail.example
        Subject: Undelivered Mail Returned to Sender
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=delivery-status; boundary="b"

        --b
        Content-Type: text/plain

        Your message could not be delivered.

        --b
        Content-Type: message/delivery-status

        Reporting-MTA: dns; mx.mail.example

        Final-Recipient: rfc822; {recipient}
        Action: failed
        Status: 5.1.1
        Diagnostic-Code: smtp; 550 5.1.1 User unknown

        --b--

        """.ReplaceLineEndings("\r\n");
}
