using BounceActors.Service.Tests.Running;

namespace BounceActors.Service.Tests;

/// <summary><c>POST /v1/mail</c>.</summary>
[Collection(OneService.Name)]
public sealed class MailSpecs(RunningService service)
{
    private static string Dsn(params string[] recipients) =>
        $$"""
        From: MAILER-DAEMON@mx.sender.example
        To: bounces@sender.example
        Subject: Undelivered Mail Returned to Sender
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=delivery-status; boundary="b"

        --b
        Content-Type: text/plain

        I'm sorry to have to inform you that your message could not be delivered.

        --b
        Content-Type: message/delivery-status

        Reporting-MTA: dns; mx.sender.example
        Arrival-Date: Mon, 05 Jan 2026 10:00:00 +0000

        {{string.Join("\n\n", recipients)}}

        --b
        Content-Type: message/rfc822

        From: news@sender.example
        To: list@sender.example
        Subject: News
        Message-ID: <mail-1@sender.example>

        Hello
        --b--

        """;

    private static string Failed(string address, string code, string reply) =>
        $"Final-Recipient: rfc822; {address}\nAction: failed\nStatus: {code}\nRemote-MTA: dns; mx.mail.example\nDiagnostic-Code: smtp; {reply}";

    [Fact]
    public async Task Should_decide_once_per_recipient_of_a_status_notification()
    {
        var mail = Dsn(Failed("gone@mail.example", "5.1.1", "550 5.1.1 User unknown"), Failed("full@mail.example", "4.2.2", "452 4.2.2 Mailbox full"));
        var (status, answer) = await service.PostJsonAsync("/v1/mail", mail, "message/rfc822");

        Assert.Equal(200, status);
        Assert.Equal(
            ["gone@mail.example user_not_found remove_immediately", "full@mail.example mailbox_full retry_with_delay"],
            answer["results"]!.AsArray().Select(r => $"{r!["recipient"]} {r["classification"]!["category"]} {r["action"]}"));
        Assert.Equal(2, (int)answer["mails"]![0]!["reports"]!);
    }

    [Fact]
    public async Task Should_answer_a_mail_that_is_no_report_with_the_reason()
    {
        var (status, answer) = await service.PostJsonAsync("/v1/mail", "From: a@example.com\nTo: b@example.com\nSubject: Lunch?\n\nAt noon?\n", "message/rfc822");

        Assert.Equal(200, status);
        Assert.Empty(answer["results"]!.AsArray());
        Assert.NotEmpty((string)answer["mails"]![0]!["reason"]!);
    }

    [Fact]
    public async Task Should_take_an_mbox_apart()
    {
        var mbox = string.Concat(new[] { "one@mbox.example", "two@mbox.example" }.Select(
            address => $"From MAILER-DAEMON Mon Jan  5 10:00:00 2026\n{Dsn(Failed(address, "5.1.1", "550 5.1.1 User unknown"))}\n"));
        var (status, answer) = await service.PostJsonAsync("/v1/mail", mbox, "application/mbox");

        Assert.Equal(200, status);
        Assert.Equal(["one@mbox.example", "two@mbox.example"], answer["results"]!.AsArray().Select(r => (string)r!["recipient"]!));
        Assert.Equal(2, answer["mails"]!.AsArray().Count);
    }

    [Fact]
    public async Task Should_refuse_an_empty_mail()
    {
        var (status, _) = await service.PostJsonAsync("/v1/mail", "", "message/rfc822");

        Assert.Equal(400, status);
    }
}
