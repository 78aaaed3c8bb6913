namespace BounceActors.Sources.Tests.Mail;

/// <summary>Mails that report nothing, many of them written to look as if they did. Each comes in several wrappings.</summary>
public static class OrdinaryMails
{
    private const string Bounce = """
        This is the mail system at host pf.example.

        I'm sorry to have to inform you that your message could not
        be delivered to one or more recipients. It's attached below.

        <anka@meadow.example>: host mx.meadow.example[192.0.2.40] said: 550 5.1.1
            <anka@meadow.example>: Recipient address rejected: User unknown
        """;

    private const string StatusFields = """
        Reporting-MTA: dns; pf.example

        Final-Recipient: rfc822; anka@meadow.example
        Action: failed
        Status: 5.1.1
        Diagnostic-Code: smtp; 550 5.1.1 user unknown
        """;

    private static readonly (string Name, string Headers, string Body)[] Letters =
    [
        ("greeting", "From: Ann <ann@home.example>\nSubject: Hello", "How are you? Call me on 550 123."),
        ("meeting", "From: Ann <ann@work.example>\nSubject: Minutes of Tuesday", "1. Budget 550 5.1.1 of the plan\n2. Room full, see bob@work.example"),
        ("order", "From: Shop <orders@shop.example>\nSubject: Your order 5521", "We send it to you. Delivery to bob@home.example in 3 days."),
        ("invoice", "From: Billing <billing@shop.example>\nSubject: Invoice 550-511", "Total 552.20 EUR, payable within 14 days."),
        ("password", "From: Service <no-reply@app.example>\nSubject: Reset your password\nAuto-Submitted: auto-generated", "Follow the link. If you did not ask for it, ignore this mail."),
        ("receipt", "From: Bank <noreply@bank.example>\nSubject: Payment rejected", "Your payment to bob@shop.example was rejected: error 554. Contact us."),
        ("parcel", "From: Parcels <noreply@parcel.example>\nSubject: Delivery failed: we could not deliver your parcel", "Your parcel was not delivered to: 5 Main Street\nbecause: nobody was at home.\n\nQuestions: help@parcel.example"),
        ("parcel-2", "From: Parcels <noreply@parcel.example>\nSubject: Delivery status notification", "The delivery to the following recipient failed: Bob, 5 Main Street. Next attempt tomorrow. bob@parcel.example is your courier."),
        ("newsletter-bounces", "From: Deliverability Weekly <letter@blog.example>\nSubject: Undelivered mail: what bounces mean\nList-Unsubscribe: <mailto:leave@blog.example>\nList-Id: <weekly.blog.example>", "This week: what '550 5.1.1 user unknown' tells you.\n\nThis message was created automatically by mail delivery software.\nThe following address(es) failed:\n  joe@sample.example\n    550 5.1.1 unknown\n"),
        ("newsletter-bounces-2", "From: Deliverability Weekly <letter@blog.example>\nSubject: How to unsubscribe people right\nList-Unsubscribe: <https://blog.example/u>", "Out of office replies are no bounces. Opt-out within two days."),
        ("list-post-log", "From: Carl <carl@lists.example>\nSubject: Undelivered Mail Returned to Sender - why?\nList-Id: <postfix-users.lists.example>\nList-Post: <mailto:postfix-users@lists.example>", "My log says:\n\nstatus=bounced (host mx.meadow.example[192.0.2.40] said: 550 5.1.1 <anka@meadow.example>: User unknown)\n\n" + Bounce),
        ("list-post-dsn", "From: Carl <carl@lists.example>\nSubject: Broken DSN\nList-Id: <mta.lists.example>", "This is what I get:\n\n" + StatusFields),
        ("pasted-dsn", "From: Dora <dora@work.example>\nSubject: Can you help with this?", "I sent a mail and this came back, what is it?\n\n" + StatusFields),
        ("pasted-bounce", "From: Dora <dora@work.example>\nSubject: Problem with your address", "My mail to you came back:\n\n" + Bounce),
        ("pasted-qmail", "From: Dora <dora@work.example>\nSubject: strange mail", "I got this:\n\nHi. This is the qmail-send program at mx.old.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n\n<lena@garden.example>:\nno such user (#5.1.1)"),
        ("reply-quoting", "From: Ed <ed@work.example>\nSubject: Re: Undelivered Mail Returned to Sender\nIn-Reply-To: <1@pf.example>", "I removed her from the list, thanks.\n\n> " + Bounce.ReplaceLineEndings("\n> ")),
        ("reply-quoting-outlook", "From: Ed <ed@work.example>\nSubject: RE: Undeliverable: Spring letter", "Who is that?\n\n-----Original Message-----\nFrom: Mail Delivery System <MAILER-DAEMON@pf.example>\nSent: Tuesday\nTo: Ed\nSubject: Undeliverable: Spring letter\n\n" + Bounce),
        ("reply-german", "From: Eva <eva@work.example>\nSubject: AW: Unzustellbar: Brief", "Habe ich erledigt.\n\n> Delivery has failed to these recipients:\n> anka@meadow.example\n> 550 5.1.1 not found"),
        ("reply-from-postmaster", "From: Postmaster <postmaster@meadow.example>\nSubject: Re: your mails to us\nIn-Reply-To: <1@work.example>", "Hello, we have unblocked your address today. Best, Fred\n\n> host mx said: 550 5.7.1 <anka@meadow.example> blocked"),
        ("cron", "From: Cron Daemon <root@server.example>\nSubject: Cron <root@server> backup\nAuto-Submitted: auto-generated", "tar: error 550: cannot stat backup@server.example: No such file"),
        ("monitoring", "From: Monitor <alerts@server.example>\nSubject: CRITICAL: mail queue 552 messages\nAuto-Submitted: auto-generated", "Deferred: 451 4.7.1 greylisted for bob@home.example"),
        ("logwatch", "From: logwatch@server.example\nSubject: Logwatch for server (Linux)", "--------------------- Postfix Begin ------------------------\n 12 550 5.1.1 User unknown\n    3 anka@meadow.example\n"),
        ("dmarc-report", "From: dmarc-noreply@isp.example\nSubject: Report Domain: sender.example Submitter: isp.example Report-ID: 77", "This is an aggregate report for sender.example."),
        ("tls-report", "From: tls-reports@isp.example\nSubject: Report Domain: sender.example TLS-RPT", "No failures."),
        ("ticket", "From: Support <support@desk.example>\nSubject: [#5511] We received your request", "We will answer soon. Do not reply to 550@desk.example."),
        ("ticket-bounce-topic", "From: Support <support@desk.example>\nSubject: [#5512] Email not delivered to customer", "The customer says mails to anka@meadow.example do not arrive. We look into it."),
        ("calendar", "From: Gina <gina@work.example>\nSubject: Declined: Lunch", "Gina has declined this invitation."),
        ("social", "From: Network <notify@social.example>\nSubject: Hugo wrote to you\nList-Unsubscribe: <https://social.example/u>", "Hugo: are you out of office next week?"),
        ("vacation-topic", "From: Ida <ida@work.example>\nSubject: Vacation plans", "I am away in May. Let us talk before."),
        ("office-topic", "From: Ida <ida@work.example>\nSubject: Question about our out of office policy", "Who writes the automatic reply?"),
        ("sales", "From: Jan <jan@vendor.example>\nSubject: Your mailbox is full of offers", "Quota exceeded? Buy more. jan@vendor.example"),
        ("quota-warning", "From: Microsoft Outlook <MicrosoftExchange1@work.example>\nSubject: Your mailbox is almost full", "Your mailbox is almost full.\n\n48 GB of 50 GB. Please reduce your mailbox size. Delete any items you don't need."),
        ("outlook-test", "From: Microsoft Outlook <ann@home.example>\nSubject: Microsoft Outlook Test Message", "This is an email message sent automatically by Microsoft Outlook while testing the settings for your account."),
        ("spam-digest", "From: Quarantine <quarantine@gate.example>\nSubject: Spam digest: 12 messages blocked", "Blocked: from casino@spam.example 'You won 550 EUR'\nRelease or delete."),
        ("phishing", "From: Mail Team <team@spam.example>\nSubject: Undelivered messages in your queue", "You have 5 undelivered messages because your quota is exceeded. Click here to release them to bob@home.example."),
        ("github", "From: Kim <notifications@code.example>\nSubject: [mta/core] Parse 550 5.1.1 replies (#551)\nList-Id: <core.mta.code.example>", "The reply `550 5.1.1 <anka@meadow.example>: User unknown` is not matched."),
        ("code-review", "From: Kim <kim@code.example>\nSubject: Re: [PATCH] handle 'mailbox full'", "> + if (reply.contains(\"552 5.2.2 mailbox full\"))\n\nLooks good, but test it with anka@meadow.example"),
        ("forward-ordinary", "From: Leo <leo@work.example>\nSubject: Fwd: Spring letter", "Nice one.\n\n---------- Forwarded message ---------\nFrom: News <news@sender.example>\nSubject: Spring letter\n\nDear reader, 550 5.1.1 reasons to smile."),
        ("subscribe-confirm", "From: lists@lists.example\nSubject: Please confirm your subscription\nList-Unsubscribe: <mailto:leave@lists.example>", "Click to confirm that you want our letter."),
        ("survey", "From: Research <survey@uni.example>\nSubject: Your opinion", "Takes 5.1.2 minutes. Invalid answers are rejected."),
        ("job", "From: Mia <mia@agency.example>\nSubject: Your application was rejected", "Unfortunately your application could not be considered. Regards, mia@agency.example"),
        ("phone", "From: PBX <voicemail@pbx.example>\nSubject: Message from unknown user", "Voice mail of 55 seconds attached."),
        ("fax", "From: Fax <fax@pbx.example>\nSubject: Fax to 5501122 failed", "No answer. Giving up after 3 attempts."),
        ("unsubscribe-talk", "From: Nils <nils@work.example>\nSubject: Unsubscribe button is broken?", "When readers click unsubscribe they see error 554. Can you look at it? I tested with nils@work.example and also with three colleagues."),
        ("japanese", "From: =?utf-8?b?5bGx55Sw?= <yamada@kaisha.example>\nSubject: =?utf-8?b?5Lya6K2w44Gu5Lu2?=\nContent-Type: text/plain; charset=utf-8", "お世話になっております。エラーの件、550 円でした。"),
        ("russian", "From: Oleg <oleg@firma.example>\nSubject: =?utf-8?b?0J/RgNC40LLQtdGC?=\nContent-Type: text/plain; charset=utf-8", "Привет! Письмо не удалось отправить вчера, отправляю сегодня. petr@firma.example"),
        ("empty", "From: Pia <pia@home.example>\nSubject: ", ""),
        ("no-headers", "Subject: x", "550 5.1.1 <anka@meadow.example> user unknown"),
    ];

    private static readonly (string Name, Func<string, string, string> Wrap)[] Wrappings =
    [
        ("plain", (headers, body) => $"{headers}\nTo: news@sender.example\nDate: Tue, 3 Mar 2026 10:00:00 +0100\n\n{body}\n"),
        ("trace", (headers, body) => $"Return-Path: <someone@home.example>\nReceived: from a.example by b.example; Tue, 3 Mar 2026 10:00:00 +0100\n{headers}\nTo: news@sender.example\nMessage-ID: <1@a.example>\n\n{body}\n"),
        ("alternative", (headers, body) => $"{Without(headers, "Content-Type")}\nTo: news@sender.example\nMIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=\"a\"\n\n--a\nContent-Type: text/plain; charset=utf-8\n\n{body}\n--a\nContent-Type: text/html; charset=utf-8\n\n<html><body><pre>{System.Net.WebUtility.HtmlEncode(body)}</pre></body></html>\n--a--\n"),
    ];

    public static IEnumerable<(string Name, string Mail)> All =>
        from letter in Letters
        from wrapping in Wrappings
        select ($"{letter.Name}/{wrapping.Name}", wrapping.Wrap(letter.Headers, letter.Body));

    private static string Without(string headers, string name) => string.Join('\n', headers.Split('\n').Where(h => !h.StartsWith(name, StringComparison.Ordinal)));
}
