namespace BounceActors.Cli.Tests.OrdinaryMail;

/// <summary>
/// Letters written to be mistaken: each has words that bounces, complaints, challenges or automatic answers have too.
/// </summary>
internal static class Letters
{
    private static readonly string[] Newsletter = ["List-Id: <news.example.com>", "List-Unsubscribe: <mailto:leave@news.example.com>, <https://news.example.com/u/1>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click", "Precedence: bulk"];
    private static readonly string[] List = ["List-Id: postmasters <postmasters.lists.example.org>", "List-Post: <mailto:postmasters@lists.example.org>", "Sender: postmasters-bounces@lists.example.org", "Precedence: list"];
    private static readonly string[] Answer = ["In-Reply-To: <q1@example.com>", "References: <q1@example.com>"];
    private static readonly string[] Machine = ["Auto-Submitted: auto-generated"];

    public static readonly IReadOnlyList<Letter> All =
    [
        // Newsletters, also about our subject.
        new("newsletter of a shop", "Garden Shop <news@shop.example>", "Spring is here: 20 % off", "Our best pots.\n\nIf you no longer want our mails, unsubscribe here: https://shop.example/u") { Headers = Newsletter },
        new("newsletter about bounces", "Mail Weekly <weekly@news.example>", "Why your mail bounces: 10 reasons", "Hard bounces: 550 5.1.1 User unknown. The mailbox does not exist.\nSoft bounces: 452 4.2.2 Mailbox full, over quota.\nBlocks: 554 5.7.1 Service unavailable; client host blocked using zen.spamhaus.org.\nRead on at https://news.example/bounces") { Headers = Newsletter },
        new("newsletter that explains a notification", "Mail Weekly <weekly@news.example>", "Undelivered Mail Returned to Sender: what it means", "You know the mail: \"This is the mail system at host mx.example.net. I'm sorry to have to inform you that your message could not be delivered to one or more recipients.\"\n\nThis week we take it apart, line by line.") { Headers = Newsletter },
        new("newsletter with a table of codes", "Deliverability Digest <digest@news.example>", "Delivery Status Notification (Failure): the codes explained", "Final-Recipient: rfc822; user@example.com\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\n\nThe first line names whom it is about ...") { Headers = Newsletter },
        new("newsletter on complaints", "Deliverability Digest <digest@news.example>", "Abuse reports and feedback loops", "Feedback-Type: abuse means that somebody pressed \"this is spam\". Here is how to read such a report.") { Headers = Newsletter },
        new("newsletter on out of office replies", "Office Life <life@news.example>", "Out of office: the ten funniest replies", "\"I am out of the office until Monday with no access to my e-mail.\" Who has not written that?") { Headers = Newsletter },
        new("product update of a mail service", "Example Mail <updates@esp.example>", "New: automatic handling of bounced addresses", "From today hard bounces are suppressed automatically. You will find undeliverable addresses under Suppressions.") { Headers = Newsletter },
        new("changed terms", "Example Bank <service@bank.example>", "We change our terms and conditions", "If you do not object by 1 March, the change counts as accepted. Mail returned as undeliverable counts as received."),
        new("last newsletter before removal", "Running Club <club@run.example>", "Are you still there?", "You have not opened our mails for a year. We remove your address from our list unless you click here.") { Headers = Newsletter },

        // Sign-ups and confirmations, which challenge-response systems resemble.
        new("double opt-in", "Running Club <club@run.example>", "Please confirm your subscription", "Somebody, hopefully you, entered this address. Please click the link to confirm: https://run.example/c/8f2a\nIf it was not you, do nothing."),
        new("address verification", "Example Accounts <no-reply@accounts.example>", "Verify your e-mail address", "To complete your registration, confirm that this address is yours. The link is valid for 24 hours."),
        new("one-time code", "Example Accounts <no-reply@accounts.example>", "550511 is your code", "Your code is 550511. It is valid for 10 minutes. Do not reply to this mail."),
        new("password reset", "Example Accounts <no-reply@accounts.example>", "Reset your password", "You asked for a new password. If you did not, ignore this mail."),
        new("new sign-in", "Example Accounts <security@accounts.example>", "New sign-in blocked", "We blocked a sign-in to your account from an unknown device. IP address 192.0.2.7. If this was you, you can ignore it."),
        new("account suspended for want of payment", "Example Hosting <billing@hosting.example>", "Your account has been suspended", "Your account is disabled because invoice 4711 was not paid. Your mailbox is no longer available to you until then."),
        new("welcome to a mailing list", "postmasters-request@lists.example.org", "Welcome to the \"postmasters\" mailing list", "To post, write to postmasters@lists.example.org. To leave, write to postmasters-leave@lists.example.org.") { Headers = List },

        // Storage and quota warnings to the owner of the mailbox.
        new("quota warning to the owner", "Example Mail <no-reply@mail.example>", "Your mailbox is almost full", "Your mailbox is 95 % full. When it is full, new mails will be returned to their senders. Delete what you do not need."),
        new("quota reached", "System Administrator <admin@corp.example>", "Your mailbox is over quota", "You cannot send or receive until you reduce its size: mailbox size 2048 MB, limit 2000 MB."),
        new("cloud storage full", "Example Drive <no-reply@drive.example>", "Your storage is full", "You used 15 GB of 15 GB. You can no longer upload files, and mails may bounce."),

        // Parcels: their delivery fails too.
        new("parcel not delivered", "Parcel Service <tracking@parcel.example>", "Delivery failed: we missed you", "Your parcel 00340434 could not be delivered. Recipient not found at the address. We will try again tomorrow."),
        new("parcel returned to sender", "Parcel Service <tracking@parcel.example>", "Your shipment is being returned to sender", "Delivery attempt failed: address unknown. The shipment is undeliverable and returned to sender."),
        new("parcel delayed", "Parcel Service <tracking@parcel.example>", "Delivery delayed", "Your delivery is delayed. We are still trying and expect it on Friday. No action is needed on your part."),
        new("parcel delivered", "Parcel Service <tracking@parcel.example>", "Delivered: your parcel", "Your parcel was delivered to the recipient at 14:02."),
        new("parcel status notification", "Parcel Service <notify@parcel.example>", "Delivery Status Notification", "Status: delivered. Thank you for shipping with us.") { Headers = Machine },
        new("Paketzustellung fehlgeschlagen", "Paketdienst <info@paket.example>", "Zustellung fehlgeschlagen", "Ihr Paket konnte nicht zugestellt werden: Empfänger unbekannt verzogen. Es geht zurück an den Absender."),
        new("livraison échouée", "Colis Express <suivi@colis.example>", "Échec de la livraison de votre colis", "Le destinataire est inconnu à cette adresse. Votre colis est retourné à l'expéditeur."),
        new("entrega fallida", "Paquetería <avisos@paquetes.example>", "No se pudo entregar su envío", "El destinatario no existe en esta dirección. Su envío será devuelto al remitente."),
        new("pacco non consegnato", "Corriere <info@corriere.example>", "Mancata consegna", "Il destinatario è sconosciuto all'indirizzo. Il pacco torna al mittente."),
        new("paczka niedostarczona", "Kurier <info@kurier.example>", "Nie udało się doręczyć przesyłki", "Adresat nieznany. Przesyłka zostanie zwrócona do nadawcy."),
        new("pakket niet bezorgd", "Pakketdienst <info@pakket.example>", "Bezorging mislukt", "Uw pakket kon niet worden bezorgd: geadresseerde onbekend. Retour afzender."),
        new("encomenda não entregue", "Correio <info@correio.example>", "Falha na entrega", "Não foi possível entregar a sua encomenda: destinatário desconhecido."),
        new("посылка не доставлена", "Почта <info@post.example>", "Доставка не удалась", "Ваше отправление не может быть доставлено: адресат неизвестен. Оно возвращается отправителю."),
        new("荷物をお届けできません", "配送サービス <info@takuhai.example>", "お荷物をお届けできませんでした", "宛先不明のため配達できませんでした。お荷物は差出人に返送されます。"),
        new("包裹投递失败", "快递 <info@kuaidi.example>", "投递失败通知", "您的包裹无法投递：收件人不存在。包裹将退回给寄件人。"),
        new("배송 실패", "택배 <info@taekbae.example>", "배송 실패 안내", "수취인 불명으로 배달하지 못했습니다. 반송됩니다."),

        // Orders, invoices, bookings.
        new("order confirmation", "Shop <orders@shop.example>", "Your order 550-5.1.1 is confirmed", "Order 550-5.1.1\n1 × mailbox, steel, 49.90\nDelivery: 3 to 5 days."),
        new("letterbox in stock", "Shop <orders@shop.example>", "Mailbox unavailable: back in stock on Monday", "The mailbox you ordered is temporarily unavailable. We will deliver as soon as we can."),
        new("payment failed", "Shop <billing@shop.example>", "Payment failed permanently", "Your card was rejected: 5.5.0 do not honour. We will not try again. Please use another card."),
        new("booking cancelled", "Railway <booking@rail.example>", "Your train is cancelled", "Train 421 from platform 4 will not run. Try again later or take train 450."),
        new("invoice forwarded", "Jane <jane@example.com>", "Fwd: Invoice 2026-17", "See below.\n\n---------- Forwarded message ---------\nFrom: Billing <billing@supplier.example>\nDate: Mon, 5 Jan 2026 09:00:00 +0000\nSubject: Invoice 2026-17\nTo: <jane@example.com>\n\nPlease pay within 14 days. A late fee of 5.00 is charged on undelivered payment."),
        new("appointment reminder", "Dentist <praxis@dentist.example>", "Reminder: your appointment is on Tuesday", "If you cannot come, tell us 24 hours before. Unavailable? Call us."),

        // People writing to each other, also about bounces.
        new("question about a bounce", "Jane <jane@example.com>", "My mail came back", "Hi Bob,\n\nmy mail to Ann came back with \"550 5.1.1 user unknown\". Do you have a newer address?\n\nJane"),
        new("answer that quotes a bounce", "Bob <bob@example.net>", "Re: Undelivered Mail Returned to Sender", "Odd. I think she moved to example.net.\n\nOn Mon, 5 Jan 2026 at 10:00, Jane wrote:\n> This is the mail system at host mx.example.net.\n>\n> I'm sorry to have to inform you that your message could not\n> be delivered to one or more recipients. It's attached below.\n>\n> <ann@example.com>: host mx.example.com[192.0.2.1] said: 550 5.1.1\n>     <ann@example.com>: Recipient address rejected: User unknown (in reply to RCPT TO command)") { Headers = Answer },
        new("answer above a bounce, Outlook's way", "Bob <bob@example.net>", "RE: Undeliverable: Minutes", "That address is gone. Use ann.smith@example.org.\n\n-----Original Message-----\nFrom: Jane <jane@example.com>\nSent: Monday, 5 January 2026 10:00\nTo: Bob <bob@example.net>\nSubject: FW: Undeliverable: Minutes\n\nDelivery has failed to these recipients or groups:\nann@example.com\nThe e-mail address you entered couldn't be found.") { Headers = Answer },
        new("answer of a postmaster", "Postmaster <postmaster@example.org>", "Re: Rejected by your server", "Hello,\n\nyour server was on our blocklist because of a burst of mail to unknown users. I have removed it. Please try again.\n\nThe postmaster") { Headers = Answer },
        new("request to a postmaster", "Mail Ops <ops@example.com>", "550 5.7.1 from your server", "Dear postmaster,\n\nsince yesterday your MX answers \"550 5.7.1 Message rejected due to local policy\" to all our mail. Our IP is 192.0.2.25. What can we do?"),
        new("out of office announced by hand", "Jane <jane@example.com>", "Out of office next week", "Hi all, I am on vacation from Monday to Friday. Bob has the keys. See you!"),
        new("holiday greetings", "Jane <jane@example.com>", "Greetings from my holiday", "I am out of the office at last! The sea is warm."),
        new("resignation", "Jane <jane@example.com>", "Goodbye", "Today is my last day. This mailbox will be disabled on Friday. Write to jane@home.example from then on."),
        new("address change told by hand", "Jane <jane@example.com>", "My new address", "I no longer use jane@old.example, mails to it will bounce. Please update your address book."),
        new("question how to unsubscribe", "Jane <jane@example.com>", "How can I unsubscribe?", "Hello, I found no link in your last mail. Can you tell me how to unsubscribe my mother from the magazine? She still wants the catalogue."),
        new("talk about spam", "Bob <bob@example.net>", "Re: spam complaints", "We had three complaints last week. None was real, people press the spam button by mistake.") { Headers = Answer },
        new("mail queue asked about", "Bob <bob@example.net>", "mailq is full of deferred mail", "(host mx.example.com[192.0.2.1] said: 450 4.2.0 <ann@example.com>: Recipient address rejected: Greylisted)\n                                         ann@example.com\n\nIs that normal?"),
        new("log excerpt asked about", "Bob <bob@example.net>", "What does this log line mean?", "Jan  5 10:00:00 mx postfix/smtp[4711]: 4F2A1: to=<ann@example.com>, relay=mx.example.com[192.0.2.1]:25, delay=1.2, dsn=5.1.1, status=bounced (host mx.example.com[192.0.2.1] said: 550 5.1.1 <ann@example.com>: Recipient address rejected: User unknown)"),
        new("Unzustellbar als Thema", "Anna <anna@example.de>", "AW: Unzustellbar: Protokoll", "Hallo Jens,\n\ndie Adresse stimmt nicht mehr, nimm bitte die neue.\n\nVon: Jens\nGesendet: Montag, 5. Januar 2026\nBetreff: Unzustellbar: Protokoll\n\nFehler bei der Nachrichtenzustellung an folgende Empfänger oder Gruppen") { Headers = Answer },
        new("Abwesenheit als Thema", "Anna <anna@example.de>", "Abwesenheit im August", "Liebe Kollegen, bitte tragt eure Abwesenheiten bis Freitag in den Kalender ein."),
        new("réponse au sujet d'un rejet", "Luc <luc@example.fr>", "Re: message non remis", "Bonjour, l'adresse a changé, utilisez la nouvelle. Cordialement, Luc") { Headers = Answer },
        new("会議の件", "佐藤 <sato@example.jp>", "Re: メールが届きません", "お世話になっております。先日のメールはエラーで戻ってきましたが、再送で届きました。") { Headers = Answer },
        new("письмо о недоставке", "Иван <ivan@example.ru>", "Re: письмо не доставлено", "Привет! Адрес изменился, пиши на новый.") { Headers = Answer },

        // Mailing lists and their software.
        new("list mail about DSNs", "Bob <bob@example.net>", "[postmasters] Action: failed without Status", "We see notifications with \"Action: failed\" and no Status field. RFC 3464 requires one. Which MTA writes these?") { Headers = List },
        new("list mail of a bounce handler's author", "Eve <eve@example.org>", "[postmasters] ANN: bounce parser 2.0", "It understands 80 layouts, among them \"Delivery Status Notification (Failure)\" and \"failure notice\".") { Headers = List },
        new("list membership disabled by bounces", "postmasters-bounces@lists.example.org", "confirm 8f2a91", "Your membership in the mailing list postmasters has been disabled due to excessive bounces. The last bounce received from you was dated 05-Jan-2026. You will get 3 more reminders like this before your membership is deleted.") { Headers = List },
        new("monthly reminder of a list", "mailman-owner@lists.example.org", "lists.example.org mailing list memberships reminder", "This is a reminder, sent out once a month, about your lists.example.org mailing list memberships.") { Headers = List },
        new("held for moderation", "postmasters-owner@lists.example.org", "1 postmasters moderator request(s) waiting", "From: eve@example.org\nCause: Post by non-member to a members-only list\nSubject: [postmasters] hello") { Headers = List },
        new("digest", "postmasters-request@lists.example.org", "postmasters Digest, Vol 12, Issue 5", "Today's Topics:\n\n   1. Re: User unknown (Bob)\n   2. Mailbox full? (Eve)\n\n----------------------------------------------------------------------\n\nMessage: 1\nDate: Mon, 5 Jan 2026 10:00:00 +0000\nFrom: Bob <bob@example.net>\nSubject: Re: User unknown\n\n550 5.1.1 it is.\n\n------------------------------\n\nMessage: 2\nFrom: Eve <eve@example.org>\nSubject: Mailbox full?\n\n452 4.2.2 here.\n\n------------------------------\n\nEnd of postmasters Digest, Vol 12, Issue 5") { Headers = List },

        // Machines that fail, and say so.
        new("cron job failed", "Cron Daemon <root@web1.example.com>", "Cron <root@web1> /usr/local/bin/backup", "backup: failed: connection timed out\nbackup: 3 files could not be delivered to remote host\nexit status 75") { Headers = [.. Machine, "X-Cron-Env: <SHELL=/bin/sh>"] },
        new("cron job that sends mail", "Cron Daemon <root@mx.example.com>", "Cron <root@mx> mailq | tail -1", "-- 12 Kbytes in 3 Requests.\n(delivery temporarily suspended: connect to mx.example.org[192.0.2.1]:25: Connection refused)") { Headers = Machine },
        new("monitoring: queue", "Monitoring <nagios@mon.example.com>", "** PROBLEM alert: mx/Undelivered mails is CRITICAL **", "Service: Undelivered mails\nHost: mx\nState: CRITICAL\nInfo: 4711 undelivered mails in the queue, mailbox unavailable") { Headers = Machine },
        new("monitoring: host down", "Monitoring <alerts@mon.example.com>", "DOWN: smtp.example.com, connection timed out", "smtp.example.com:25 did not answer within 30 seconds. Last answer: 421 4.3.2 Service shutting down.") { Headers = Machine },
        new("monitoring: recovered", "Monitoring <alerts@mon.example.com>", "RECOVERY: mailbox delivery is OK", "Delivered 10 of 10 test mails.") { Headers = Machine },
        new("build failed", "CI <ci@build.example.com>", "Build failed: mail-delivery #550", "Tests: 3 failed, 511 passed\n  Delivery_should_fail_for_unknown_user: expected 550 5.1.1, got 250") { Headers = Machine },
        new("log summary", "logwatch@mx.example.com", "Logwatch for mx (Linux)", "--- Postfix Begin ---\n      12   5.1.1  User unknown\n       3   4.2.2  Mailbox full\n       1   Bounced: user unknown: nobody@example.com\n--- Postfix End ---") { Headers = Machine },
        new("virus scanner's summary", "AV Gateway <av@gw.example.com>", "Daily summary: 3 viruses blocked", "Blocked: Eicar-Test-Signature (3). Quarantined mails: 2. Rejected as spam: 41.") { Headers = Machine },
        new("quarantine digest", "Mail Gateway <quarantine@gw.example.com>", "You have 2 messages in quarantine", "These messages were not delivered to you because they look like spam:\n1. Win a phone\n2. Your parcel could not be delivered\nRelease them here: https://gw.example.com/q") { Headers = Machine },
        new("disk full", "root@db1.example.com", "disk space low on /var/mail: 99 % full", "Insufficient system storage ahead. 452 comes next.") { Headers = Machine },
        new("statistics of a campaign", "Example Mail <reports@esp.example>", "Your campaign report: 2 % bounced", "Sent 1,000 · delivered 980 · hard bounces 12 · soft bounces 8 · complaints 1 · unsubscribed 3\nTop reason: 550 5.1.1 user unknown") { Headers = Machine },
        new("weekly reputation report", "Postmaster Tools <tools@esp.example>", "Your domain's reputation is low", "Spam rate 0.4 %. Mail from 192.0.2.25 may be blocked or throttled (421 4.7.28).") { Headers = Machine },
        new("blocklist removal", "Blocklist <removals@dnsbl.example>", "192.0.2.25 has been removed from our list", "Your request was granted. It may take an hour until mail servers no longer reject your mail."),
        new("fax gateway", "Fax Server <fax@corp.example>", "Fax to +49 30 1234 failed: no answer", "The fax could not be delivered: the remote station did not answer. Retries: 3."),
        new("printer", "Printer <printer@corp.example>", "Paper jam, tray 4.2.2", "Tray 4.2.2 is full."),
        new("voice mail", "Voice Mail <vm@pbx.example>", "New voice message, mailbox 550", "You have a new message in mailbox 550. Your voice mailbox is full."),
        new("domain expires", "Registrar <renewals@registrar.example>", "Your domain example.com expires soon", "After that mails to it will fail: domain not found."),
        new("certificate report", "root@mx.example.com", "certbot: renewal failed", "The following renewals failed: mx.example.com. Connection refused.") { Headers = Machine },

        // From addresses that bounces come from, too.
        new("postmaster's monthly report", "Postmaster <postmaster@example.com>", "Mail server report for December", "Received 120,000 · rejected 80,000 (user unknown 60,000, blocked by list 20,000) · delivered 40,000."),
        new("mailer-daemon's quarantine summary", "MAILER-DAEMON@gw.example.com", "Spam summary", "12 messages to you were quarantined yesterday. They were not delivered. Log in to release them.") { Headers = Machine },
        new("postmaster announces maintenance", "postmaster@corp.example", "Mail system maintenance on Saturday", "Between 22:00 and 23:00 mails will be delayed. Senders may get a delay notice; nothing is lost."),
        new("mailer of a shop", "Shop Mailer <mailer@shop.example>", "Delivery problem with your order", "We could not deliver your order to the address you gave: house number unknown. Please correct the address.") { Headers = Machine },
        new("no-reply that wants no answer", "no-reply@corp.example", "This mailbox is not monitored", "You wrote to us in November. This mailbox is not monitored any more, so use the form on our site from now on."),
        new("bounce pasted by a person", "Jane <jane@example.com>", "What is this?", "Bob, can you tell me what this is? Ann says she never moved.\n\nFrom: MAILER-DAEMON@mx.example.net\nTo: jane@example.com\nSubject: Undelivered Mail Returned to Sender\n\nThis is the mail system at host mx.example.net.\n\n<ann@example.org>: host mx.example.org[192.0.2.1] said: 550 5.1.1 <ann@example.org>: User unknown (in reply to RCPT TO command)\n\nThanks!\nJane"),
        new("support answers about a bounce", "Example Support <support@esp.example>", "Re: Why was my mail returned?", "Hello Jane,\n\nthe reason was:\n\n<ann@example.org>: host mx.example.org[192.0.2.1] said: 552 5.2.2 Mailbox full\n\nPlease wait a few days and send it again.\n\nYour support team") { Headers = Answer },

        // Tickets.
        new("ticket opened by a person", "Jane <jane@example.com>", "Customers get bounces", "Since this morning customers tell us that mails to support@ come back:\n\n   550 5.7.1 relaying denied\n\nPlease fix."),
        new("ticket updated", "Helpdesk <helpdesk@corp.example>", "[#4711] Mails bounce: new comment", "Bob wrote:\n\nIt was the SPF record: 550 5.7.23. Fixed.\n\n-- \nReply above this line to comment.") { Headers = Machine },
        new("ticket closed", "Helpdesk <helpdesk@corp.example>", "[#4711] Undeliverable mail: closed", "Your ticket is closed. If the problem remains, answer this mail.") { Headers = Machine },
        new("issue of a tracker", "Bob <notifications@code.example>", "[bounce-parser] \"Mailbox full\" is read as user unknown (#12)", "Input: `552 5.2.2 mailbox full`\nExpected: mailbox_full\nGot: user_not_found\n\n-- \nYou receive this because you watch the repository.") { Headers = ["List-Id: bounce-parser <bounce-parser.code.example>", "Precedence: list"] },
        new("pull request of a tracker", "Eve <notifications@code.example>", "Re: [mta] Delivery status: delayed notices (PR #550)", "@@ -1,3 +1,3 @@\n-Action: delayed\n+Action: failed\n Status: 4.4.7") { Headers = [.. Answer, "List-Id: mta <mta.code.example>"] },
        new("social network", "Example Social <notify@social.example>", "Ann accepted your invitation", "You and Ann are now connected. Unsubscribe from these mails in your settings.") { Headers = ["Precedence: bulk"] },
        new("survey", "Shop <survey@shop.example>", "How was your delivery?", "Was it delayed, failed or delivered? Tell us in one minute."),
        new("spam of the usual kind", "Mail Support <x92@free.example>", "Your incoming mails are being held: mailbox quota exceeded", "Dear user, 5 messages could not be delivered to your mailbox. Click here to release them."),
        new("phishing in the dress of a notification", "Mail Admin <admin@phish.example>", "Delivery failure: (3) undelivered mails", "Your messages were not delivered because your mailbox is full. Log in to recover them."),
        new("empty mail", "Jane <jane@example.com>", "", ""),
        new("one word", "Jane <jane@example.com>", "Failed", "Again."),
    ];
}
