using System.Net;
using System.Text.Json;
using BounceActors.Sources.Webhooks;
using BounceActors.Sources.Webhooks.Generic;

namespace BounceActors.Sources.Tests.Webhooks;

/// <summary>A body as a source sends it, and what is to be read from it: <c>outcome recipient category</c> per report.</summary>
public sealed record Fixture(string Source, string Name, string Body, string[] Expected, int Ignored = 0, string ContentType = "application/json")
{
    /// <inheritdoc/>
    public override string ToString() => $"{Source} {Name}";
}

/// <summary>Written by hand from the facts about each source.</summary>
internal static class Fixtures
{
    public static readonly WebhookAccount Generic = new()
    {
        Mapping = new JsonMapping
        {
            Events = "$.items[*]",
            Fields = new Dictionary<string, string>
            {
                ["recipient"] = "$.rcpt | $.to[0]",
                ["event"] = "$.kind",
                ["smtpCode"] = "$.reply.code",
                ["diagnostic"] = "$.reply['the text']",
                ["messageId"] = "$.mid",
                ["occurredAt"] = "$.at",
                ["stream"] = "=marketing",
                ["metadata.shop"] = "$.vars.shop",
            },
            Outcomes = new Dictionary<string, string> { ["dead"] = "bounce", ["later"] = "delay", ["ok"] = "delivered", ["angry"] = "complaint", ["queued"] = "ignore" },
            Categories = new Dictionary<string, string> { ["dead"] = "user_not_found" },
        },
    };

    public static IEnumerable<Fixture> All => [.. SendGrid, .. Ses, .. Postmark, .. Mandrill, .. Mailchimp, .. Mailgun, .. SparkPost, .. Mailjet, .. Brevo, .. Resend, .. KumoMta, .. Postal, .. MailerSend, .. Mailtrap, .. Mapped];

    private static string FormOf(params (string Name, string Value)[] fields) => string.Join('&', fields.Select(f => $"{WebUtility.UrlEncode(f.Name)}={WebUtility.UrlEncode(f.Value)}"));

    private static string Sns(string message, string type = "Notification") => JsonSerializer.Serialize(new
    {
        Type = type,
        MessageId = "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        TopicArn = "arn:aws:sns:eu-west-1:123456789012:bounces",
        Message = message,
        Timestamp = "2026-03-03T11:59:58.000Z",
        SignatureVersion = "1",
        Signature = "RVhBTVBMRQ==",
        SigningCertURL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem",
    });

    private static string Mail(params string[] destination) =>
        $$$$""" "mail":{"timestamp":"2026-03-03T11:59:00.000Z","messageId":"0102017a-ses","source":"News <news@sender.example>","destination":{{{{JsonSerializer.Serialize(destination)}}}},"commonHeaders":{"messageId":"<letter.7@sender.example>","subject":"Hi"},"tags":{"campaign":["spring"],"ses:configuration-set":["main"]}} """;

    private static IEnumerable<Fixture> SendGrid =>
    [
        new("sendgrid", "batch of every type", """
            [
            {"email":"gone@one.example","timestamp":1772539200,"event":"bounce","type":"bounce","bounce_classification":"Invalid Address","reason":"550 5.1.1 The email account that you tried to reach does not exist","status":"5.1.1","sg_event_id":"a1","sg_message_id":"m1.filter0","smtp-id":"<letter.7@sender.example>","ip":"198.51.100.1","tls":1,"category":["news","spring"],"shop":"blue"},
            {"email":"blocked@one.example","timestamp":1772539201,"event":"bounce","type":"blocked","bounce_classification":"Reputation","reason":"","sg_event_id":"a2","sg_message_id":"m2"},
            {"email":"full@one.example","timestamp":1772539202,"event":"bounce","type":"bounce","bounce_classification":"mailbox unavailable","reason":"","sg_event_id":"a3","sg_message_id":""},
            {"email":"listed@one.example","timestamp":"1772539203","event":"dropped","reason":"Bounced Address","status":"5.0.0","sg_event_id":"a4","sg_message_id":"m4"},
            {"email":"typo@one.example","timestamp":1772539204,"event":"dropped","reason":"Invalid","sg_event_id":"a5","sg_message_id":"m5"},
            {"email":"slow@one.example","timestamp":1772539205,"event":"deferred","response":"400 try again later","attempt":"5","sg_event_id":"a6","sg_message_id":"m6"},
            {"email":"good@one.example","timestamp":1772539206,"event":"delivered","response":"250 OK","sg_event_id":"a7","sg_message_id":"m7"},
            {"email":"reader@one.example","timestamp":1772539207,"event":"open","ip":"203.0.113.9","useragent":"x","sg_event_id":"a8","sg_message_id":"m8"},
            {"email":"reader@one.example","timestamp":1772539208,"event":"click","url":"https://sender.example/","sg_event_id":"a9","sg_message_id":"m8"},
            {"email":"angry@one.example","timestamp":1772539209,"event":"spamreport","sg_event_id":"b1","sg_message_id":"m9"},
            {"email":"left@one.example","timestamp":1772539210,"event":"unsubscribe","sg_event_id":"b2","sg_message_id":"ma"},
            {"email":"left@one.example","timestamp":1772539211,"event":"group_unsubscribe","asm_group_id":77,"sg_event_id":"b3","sg_message_id":"mb"},
            {"email":"back@one.example","timestamp":1772539212,"event":"group_resubscribe","asm_group_id":77,"sg_event_id":"b4"},
            {"email":"new@one.example","timestamp":1772539213,"event":"processed","sg_event_id":"b5"},
            {"event":"account_status_change","type":"compliance_suspend","timestamp":1772539214}
            ]
            """,
            [
                "bounce gone@one.example user_not_found", "bounce blocked@one.example reputation_block", "bounce full@one.example mailbox_full",
                "bounce listed@one.example suppressed_by_source", "bounce typo@one.example user_not_found", "delay slow@one.example delivery_delay",
                "delivered good@one.example delivery_success", "engagement reader@one.example delivery_success", "engagement reader@one.example delivery_success",
                "complaint angry@one.example complaint", "unsubscribe left@one.example unsubscribe_request", "unsubscribe left@one.example unsubscribe_request",
            ], 3),
    ];

    private static IEnumerable<Fixture> Ses =>
    [
        new("ses", "hard and delayed recipients side by side", Sns($$$$"""
            {"notificationType":"Bounce",{{{{Mail("gone@one.example", "fine@one.example", "slow@one.example")}}}},"bounce":{"bounceType":"Permanent","bounceSubType":"General","bouncedRecipients":[
            {"emailAddress":"gone@one.example","action":"failed","status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 user unknown"},
            {"emailAddress":"slow@one.example","action":"delayed","status":"4.4.1","diagnosticCode":"smtp; 421 4.4.1 try later"}],
            "timestamp":"2026-03-03T11:59:57.000Z","feedbackId":"f1","reportingMTA":"dsn; a8-50.smtp-out.amazonses.com"}}
            """), ["bounce gone@one.example user_not_found", "delay slow@one.example delivery_delay"]),
        new("ses", "automatic reply under Transient/General", Sns($$$$"""{"eventType":"Bounce",{{{{Mail("away@one.example")}}}},"bounce":{"bounceType":"Transient","bounceSubType":"General","bouncedRecipients":[{"emailAddress":"away@one.example"}],"timestamp":"2026-03-03T11:59:57.000Z","feedbackId":"f2"}}"""),
            ["auto_reply away@one.example vacation_reply"]),
        new("ses", "real failure under Transient/General", Sns($$$$"""{"eventType":"Bounce",{{{{Mail("x@nodomain.example")}}}},"bounce":{"bounceType":"Transient","bounceSubType":"General","bouncedRecipients":[{"emailAddress":"x@nodomain.example","action":"failed","status":"5.4.4","diagnosticCode":"smtp; 550 5.4.4 Invalid domain"}],"timestamp":"2026-03-03T11:59:57.000Z","feedbackId":"f3"}}"""),
            ["bounce x@nodomain.example domain_not_found"]),
        new("ses", "full mailbox", Sns($$$$"""{"eventType":"Bounce",{{{{Mail("full@one.example")}}}},"bounce":{"bounceType":"Transient","bounceSubType":"MailboxFull","bouncedRecipients":[{"emailAddress":"full@one.example","action":"failed","status":"4.2.2"}],"timestamp":"2026-03-03T11:59:57.000Z"}}"""),
            ["bounce full@one.example mailbox_full"]),
        new("ses", "too large", Sns($$$$"""{"eventType":"Bounce",{{{{Mail("a@one.example")}}}},"bounce":{"bounceType":"Transient","bounceSubType":"MessageTooLarge","bouncedRecipients":[{"emailAddress":"\"A. B.\" <a@one.example>","action":"failed"}],"timestamp":"2026-03-03T11:59:57.000Z"}}"""),
            ["bounce a@one.example message_too_large"]),
        new("ses", "attachment rejected", Sns($$$$"""{"eventType":"Bounce",{{{{Mail("a@one.example")}}}},"bounce":{"bounceType":"Transient","bounceSubType":"AttachmentRejected","bouncedRecipients":[{"emailAddress":"a@one.example","action":"failed"}]}}"""),
            ["bounce a@one.example content_filter"]),
        new("ses", "echo of the account's list", Sns($$$$"""{"eventType":"Bounce",{{{{Mail("listed@one.example")}}}},"bounce":{"bounceType":"Permanent","bounceSubType":"OnAccountSuppressionList","bouncedRecipients":[{"emailAddress":"listed@one.example","action":"failed","status":"5.1.1","diagnosticCode":"Amazon SES did not send the message to this address because it is on the suppression list for your account."}]}}"""),
            ["bounce listed@one.example suppressed_by_source"]),
        new("ses", "undetermined", Sns($$$$"""{"eventType":"Bounce",{{{{Mail("odd@one.example")}}}},"bounce":{"bounceType":"Undetermined","bounceSubType":"Undetermined","bouncedRecipients":[{"emailAddress":"odd@one.example"}]}}"""),
            ["bounce odd@one.example unknown"]),
        new("ses", "complaint", Sns($$$$"""{"notificationType":"Complaint",{{{{Mail("angry@one.example")}}}},"complaint":{"complainedRecipients":[{"emailAddress":"angry@one.example"}],"complaintFeedbackType":"abuse","arrivalDate":"2026-03-03T11:00:00.000Z","timestamp":"2026-03-03T11:59:57.000Z","feedbackId":"f4","complaintSubType":null}}"""),
            ["complaint angry@one.example complaint"]),
        new("ses", "complaint taken back", Sns($$$$"""{"notificationType":"Complaint",{{{{Mail("kind@one.example")}}}},"complaint":{"complainedRecipients":[{"emailAddress":"kind@one.example"}],"complaintFeedbackType":"not-spam"}}"""),
            ["not_a_report kind@one.example feedback_other"]),
        new("ses", "delivery", Sns($$$$"""{"notificationType":"Delivery",{{{{Mail("good@one.example")}}}},"delivery":{"timestamp":"2026-03-03T11:59:57.000Z","processingTimeMillis":546,"recipients":["good@one.example"],"smtpResponse":"250 ok: Message 64111812 accepted","reportingMTA":"a8-70.smtp-out.amazonses.com","remoteMtaIp":"127.0.2.0"}}"""),
            ["delivered good@one.example delivery_success"]),
        new("ses", "delay", Sns($$$$"""{"eventType":"DeliveryDelay",{{{{Mail("slow@one.example")}}}},"deliveryDelay":{"delayType":"TransientCommunicationFailure","delayedRecipients":[{"emailAddress":"slow@one.example","status":"4.4.1","diagnosticCode":"smtp; 421 4.4.1 Unable to connect to remote host"}],"expirationTime":"2026-03-04T00:00:00.000Z","timestamp":"2026-03-03T11:59:57.000Z"}}"""),
            ["delay slow@one.example delivery_delay"]),
        new("ses", "open", Sns($$$$"""{"eventType":"Open",{{{{Mail("reader@one.example")}}}},"open":{"ipAddress":"203.0.113.9","timestamp":"2026-03-03T11:59:57.000Z","userAgent":"x"}}"""), ["engagement reader@one.example delivery_success"]),
        new("ses", "open by one of two", Sns($$$$"""{"eventType":"Open",{{{{Mail("a@one.example", "b@one.example")}}}},"open":{"timestamp":"2026-03-03T11:59:57.000Z"}}"""), [], 1),
        new("ses", "virus", Sns($$$$"""{"eventType":"Reject",{{{{Mail("a@one.example")}}}},"reject":{"reason":"Bad content"}}"""), ["bounce a@one.example virus_detected"]),
        new("ses", "template failure", Sns($$$$"""{"eventType":"Rendering Failure",{{{{Mail("a@one.example")}}}},"failure":{"errorMessage":"Attribute 'name' is not present in the rendering data.","templateName":"T"}}"""), ["bounce a@one.example protocol_error"]),
        new("ses", "opt-out", Sns($$$$"""{"eventType":"Subscription",{{{{Mail("left@one.example")}}}},"subscription":{"contactList":"all","timestamp":"2026-03-03T11:59:57.000Z","source":"UnsubscribeHeader","newTopicPreferences":{"unsubscribeAll":true}}}"""), ["unsubscribe left@one.example unsubscribe_request"]),
        new("ses", "send", Sns($$$$"""{"eventType":"Send",{{{{Mail("a@one.example")}}}},"send":{}}"""), [], 1),
        new("ses", "greeting of a new topic", Sns("Successfully validated SNS topic for Amazon SES event publishing."), [], 1),
        new("ses", "bare document from a queue", $$$$"""{"eventType":"Bounce",{{{{Mail("gone@one.example")}}}},"bounce":{"bounceType":"Permanent","bounceSubType":"NoEmail","bouncedRecipients":[{"emailAddress":"gone@one.example"}]}}""", ["bounce gone@one.example user_not_found"]),
        new("ses", "EventBridge event from a queue", $$$$"""{"version":"0","id":"eb1","detail-type":"Email Bounced","source":"aws.ses","detail":{"eventType":"Bounce",{{{{Mail("gone@one.example")}}}},"bounce":{"bounceType":"Permanent","bounceSubType":"NoEmail","bouncedRecipients":[{"emailAddress":"gone@one.example"}]}}}""", ["bounce gone@one.example user_not_found"]),
    ];

    private static Fixture PostmarkBounce(string type, int code, string details, string expected) => new("postmark", type, $$$$"""
        {"RecordType":"Bounce","ID":4323372036854775807,"Type":"{{{{type}}}}","TypeCode":{{{{code}}}},"Name":"x","Tag":"welcome","MessageID":"883953f4-6105-42a2-a16a-77a8eac79483","ServerID":23,"MessageStream":"outbound","Description":"The server was unable to deliver your message (ex: unknown user, mailbox not found).","Details":"{{{{details}}}}","Email":"jo@one.example","From":"news@sender.example","BouncedAt":"2026-03-03T07:59:58.1234567-04:00","DumpAvailable":true,"Inactive":true,"CanActivate":true,"Subject":"Hi","Metadata":{"shop":"blue"}}
        """, expected.Length == 0 ? [] : [expected], expected.Length == 0 ? 1 : 0);

    private static IEnumerable<Fixture> Postmark =>
    [
        PostmarkBounce("HardBounce", 1, "smtp;550 5.1.1 user unknown", "bounce jo@one.example user_not_found"),
        PostmarkBounce("HardBounce", 1, "", "bounce jo@one.example user_not_found"),
        PostmarkBounce("Transient", 2, "smtp;451 4.7.1 try later", "delay jo@one.example delivery_delay"),
        PostmarkBounce("Unsubscribe", 16, "", "unsubscribe jo@one.example unsubscribe_request"),
        PostmarkBounce("Subscribe", 32, "", ""),
        PostmarkBounce("AutoResponder", 64, "", "auto_reply jo@one.example vacation_reply"),
        PostmarkBounce("DnsError", 256, "", "bounce jo@one.example domain_not_found"),
        PostmarkBounce("SpamNotification", 512, "", "bounce jo@one.example spam_filter"),
        PostmarkBounce("Unknown", 2048, "", "bounce jo@one.example unknown"),
        PostmarkBounce("SoftBounce", 4096, "smtp;452 4.2.2 mailbox full", "bounce jo@one.example mailbox_full"),
        PostmarkBounce("VirusNotification", 8192, "", "bounce jo@one.example virus_detected"),
        PostmarkBounce("ChallengeVerification", 16384, "", "challenge jo@one.example challenge_request"),
        PostmarkBounce("BadEmailAddress", 100000, "", "bounce jo@one.example invalid_address"),
        PostmarkBounce("ManuallyDeactivated", 100002, "", "bounce jo@one.example suppressed_by_source"),
        PostmarkBounce("Blocked", 100006, "", "bounce jo@one.example reputation_block"),
        PostmarkBounce("DMARCPolicy", 100009, "", "bounce jo@one.example authentication_failure"),
        PostmarkBounce("TemplateRenderingFailed", 100010, "", "bounce jo@one.example protocol_error"),
        PostmarkBounce("SomethingNew", 999, "", "bounce jo@one.example unknown"),
        new("postmark", "complaint whose number lies", """{"RecordType":"SpamComplaint","ID":42,"Type":"SpamComplaint","TypeCode":512,"MessageID":"m","Email":"angry@one.example","BouncedAt":"2026-03-03T11:59:58Z","Details":"Test spam complaint details"}""", ["complaint angry@one.example complaint"]),
        new("postmark", "delivery", """{"RecordType":"Delivery","ServerId":23,"MessageID":"m","Recipient":"good@one.example","Tag":"welcome","DeliveredAt":"2026-03-03T11:59:58Z","Details":"smtp;250 2.0.0 OK"}""", ["delivered good@one.example delivery_success"]),
        new("postmark", "open", """{"RecordType":"Open","FirstOpen":true,"MessageID":"m","Recipient":"reader@one.example","ReceivedAt":"2026-03-03T11:59:58Z"}""", ["engagement reader@one.example delivery_success"]),
        new("postmark", "click", """{"RecordType":"Click","OriginalLink":"https://sender.example","MessageID":"m","Recipient":"reader@one.example","ReceivedAt":"2026-03-03T11:59:58Z"}""", ["engagement reader@one.example delivery_success"]),
        new("postmark", "opt-out", """{"RecordType":"SubscriptionChange","MessageID":"m","MessageStream":"broadcast","ChangedAt":"2026-03-03T11:59:58Z","Recipient":"left@one.example","Origin":"Recipient","SuppressSending":true,"SuppressionReason":"ManualSuppression"}""", ["unsubscribe left@one.example unsubscribe_request"]),
        new("postmark", "echo of its list", """{"RecordType":"SubscriptionChange","MessageID":"m","ChangedAt":"2026-03-03T11:59:58Z","Recipient":"gone@one.example","Origin":"Recipient","SuppressSending":true,"SuppressionReason":"HardBounce"}""", ["bounce gone@one.example suppressed_by_source"]),
        new("postmark", "reactivation", """{"RecordType":"SubscriptionChange","MessageID":"m","Recipient":"gone@one.example","Origin":"Customer","SuppressSending":false,"SuppressionReason":null}""", [], 1),
        new("postmark", "inbound mail", """{"FromFull":{"Email":"a@one.example"},"MessageID":"m"}""", [], 1),
    ];

    private static Fixture MandrillEvents(string name, string events, string[] expected, int ignored = 0) => new("mandrill", name, FormOf(("mandrill_events", events)), expected, ignored, Hook.Form);

    private static IEnumerable<Fixture> Mandrill =>
    [
        MandrillEvents("batch of every type", """
            [
            {"event":"hard_bounce","_id":"m1","ts":1772539200,"msg":{"ts":1772539100,"_id":"m1","email":"gone@one.example","sender":"news@sender.example","subject":"Hi","tags":["spring"],"metadata":{"shop":"blue"},"bounce_description":"bad_mailbox","bgtools_code":10,"diag":"smtp;550 5.1.1 user unknown","smtp_events":[{"ts":1,"type":"bounced","diag":"550 5.1.1","source_ip":"198.51.100.1"}]}},
            {"event":"soft_bounce","_id":"m2","ts":1772539201,"msg":{"email":"full@one.example","bounce_description":"mailbox_full","bgtools_code":22,"diag":""}},
            {"event":"soft_bounce","_id":"m3","ts":1772539202,"msg":{"email":"odd@one.example","bounce_description":"general","bgtools_code":51,"diag":""}},
            {"event":"deferral","_id":"m4","ts":1772539203,"msg":{"email":"slow@one.example","smtp_events":[{"diag":"451 4.3.5 Temporarily unavailable, try again later."}]}},
            {"event":"delivered","_id":"m5","ts":1772539204,"msg":{"email":"good@one.example","diag":"250 OK"}},
            {"event":"open","_id":"m6","ts":1772539205,"msg":{"email":"reader@one.example"}},
            {"event":"click","_id":"m6","ts":1772539206,"url":"https://sender.example","msg":{"email":"reader@one.example"}},
            {"event":"spam","_id":"m7","ts":1772539207,"msg":{"email":"angry@one.example"}},
            {"event":"unsub","_id":"m8","ts":1772539208,"msg":{"email":"left@one.example"}},
            {"event":"reject","_id":"m9","ts":1772539209,"msg":{"email":"listed@one.example","reject":"hard-bounce"}},
            {"type":"blacklist","action":"add","ts":1772539210,"reject":{"email":"listed@one.example","reason":"hard-bounce","detail":"550 mailbox does not exist","expired":false}},
            {"type":"blacklist","action":"remove","ts":1772539211,"reject":{"email":"listed@one.example","reason":"hard-bounce"}},
            {"event":"send","_id":"ma","ts":1772539212,"msg":{"email":"new@one.example"}}
            ]
            """,
            [
                "bounce gone@one.example user_not_found", "bounce full@one.example mailbox_full", "bounce odd@one.example reputation_block",
                "delay slow@one.example delivery_delay", "delivered good@one.example delivery_success", "engagement reader@one.example delivery_success",
                "engagement reader@one.example delivery_success", "complaint angry@one.example complaint", "unsubscribe left@one.example unsubscribe_request",
                "bounce listed@one.example suppressed_by_source", "bounce listed@one.example suppressed_by_source",
            ], 2),
    ];

    private static IEnumerable<Fixture> Mailchimp =>
    [
        new("mailchimp", "cleaned", FormOf(("type", "cleaned"), ("fired_at", "2026-03-03 11:59:58"), ("data[list_id]", "a6b5"), ("data[campaign_id]", "c1"), ("data[reason]", "hard"), ("data[email]", "gone@one.example")), ["bounce gone@one.example user_not_found"], 0, Hook.Form),
        new("mailchimp", "cleaned for abuse", FormOf(("type", "cleaned"), ("fired_at", "2026-03-03 11:59:58"), ("data[reason]", "abuse"), ("data[email]", "angry@one.example")), ["complaint angry@one.example complaint"], 0, Hook.Form),
        new("mailchimp", "unsubscribed", FormOf(("type", "unsubscribe"), ("fired_at", "2026-03-03 11:59:58"), ("data[action]", "unsub"), ("data[reason]", "manual"), ("data[email]", "left@one.example"), ("data[merges][FNAME]", "Jo")), ["unsubscribe left@one.example unsubscribe_request"], 0, Hook.Form),
        new("mailchimp", "subscribed", FormOf(("type", "subscribe"), ("data[email]", "new@one.example")), [], 1, Hook.Form),
    ];

    private static Fixture MailgunEvent(string name, string fields, string expected, int ignored = 0) => new("mailgun", name, $$$$"""
        {"signature":{"timestamp":"1772539200","token":"t","signature":"00"},"event-data":{"id":"G9Bn5sl1TC6nu79C8C0bwg","timestamp":1772539200.123,"log-level":"error","recipient":"jo@one.example","recipient-domain":"one.example","tags":["spring"],"user-variables":{"shop":"blue"},"flags":{"is-delayed-bounce":false},"message":{"headers":{"message-id":"letter.7@sender.example","from":"news@sender.example","to":"jo@one.example","subject":"Hi"}},"envelope":{"sender":"bounce@sender.example","sending-ip":"198.51.100.1"},{{{{fields}}}}}}
        """, expected.Length == 0 ? [] : [expected], ignored);

    private static IEnumerable<Fixture> Mailgun =>
    [
        MailgunEvent("permanent failure", """ "event":"failed","severity":"permanent","reason":"bounce","delivery-status":{"code":550,"message":"5.1.1 The email account that you tried to reach does not exist","description":"","enhanced-code":"5.1.1","bounce-type":"hard","attempt-no":1,"mx-host":"mx.one.example"} """, "bounce jo@one.example user_not_found"),
        MailgunEvent("temporary failure", """ "event":"failed","severity":"temporary","reason":"generic","delivery-status":{"code":452,"message":"4.2.2 mailbox full","retry-seconds":600} """, "delay jo@one.example delivery_delay"),
        MailgunEvent("echo of its bounces", """ "event":"failed","severity":"permanent","reason":"suppress-bounce","delivery-status":{"code":605,"message":"","description":"Not delivering to previously bounced address"} """, "bounce jo@one.example suppressed_by_source"),
        MailgunEvent("echo of its complaints", """ "event":"failed","severity":"permanent","reason":"suppress-complaint","delivery-status":{"code":607} """, "bounce jo@one.example suppressed_by_source"),
        MailgunEvent("no mail host", """ "event":"failed","severity":"permanent","reason":"generic","delivery-status":{"code":498,"message":"No MX for one.example"} """, "bounce jo@one.example domain_not_found"),
        MailgunEvent("without delivery status", """ "event":"failed","severity":"permanent","reason":"generic","delivery-status":null """, "bounce jo@one.example unknown"),
        MailgunEvent("too old", """ "event":"failed","severity":"permanent","reason":"old","delivery-status":{"code":602,"message":""} """, "bounce jo@one.example message_expired"),
        MailgunEvent("delivered", """ "event":"delivered","delivery-status":{"code":250,"message":"OK"} """, "delivered jo@one.example delivery_success"),
        MailgunEvent("opened", """ "event":"opened","ip":"203.0.113.9" """, "engagement jo@one.example delivery_success"),
        MailgunEvent("clicked", """ "event":"clicked","url":"https://sender.example" """, "engagement jo@one.example delivery_success"),
        MailgunEvent("complained", """ "event":"complained" """, "complaint jo@one.example complaint"),
        MailgunEvent("unsubscribed", """ "event":"unsubscribed" """, "unsubscribe jo@one.example unsubscribe_request"),
        MailgunEvent("rejected", """ "event":"rejected","reject":{"reason":"Sandbox subdomains are for test purposes only."} """, "bounce jo@one.example suppressed_by_source"),
        MailgunEvent("accepted", """ "event":"accepted" """, "", 1),
        new("mailgun", "legacy bounce", FormOf(("event", "bounced"), ("recipient", "gone@one.example"), ("domain", "sender.example"), ("code", "550"), ("error", "5.1.1 user unknown"), ("Message-Id", "<letter.7@sender.example>"), ("timestamp", "1772539200"), ("token", "t"), ("signature", "00"), ("campaign-id", "c1"), ("my-var", "1")), ["bounce gone@one.example user_not_found"], 0, Hook.Form),
        new("mailgun", "legacy echo", FormOf(("event", "dropped"), ("recipient", "listed@one.example"), ("reason", "hardfail"), ("code", "605"), ("description", "Not delivering to previously bounced address"), ("timestamp", "1772539200")), ["bounce listed@one.example suppressed_by_source"], 0, Hook.Form),
        new("mailgun", "legacy complaint", FormOf(("event", "complained"), ("recipient", "angry@one.example"), ("timestamp", "1772539200")), ["complaint angry@one.example complaint"], 0, Hook.Form),
        new("mailgun", "legacy bounce as multipart", "--xx\r\nContent-Disposition: form-data; name=\"event\"\r\n\r\nbounced\r\n--xx\r\nContent-Disposition: form-data; name=\"recipient\"\r\n\r\ngone@one.example\r\n--xx\r\nContent-Disposition: form-data; name=\"error\"\r\n\r\n5.1.1 user unknown\r\n--xx\r\nContent-Disposition: form-data; name=\"attachment-1\"; filename=\"m.txt\"\r\n\r\nx\r\n--xx--\r\n", ["bounce gone@one.example user_not_found"], 0, "multipart/form-data; boundary=xx"),
    ];

    private static string Msys(string kind, string fields) => $$$$"""{"msys":{"{{{{kind}}}}":{"event_id":"92356927693813856","message_id":"000443ee14578172be22","transmission_id":"65832150921904138","timestamp":"1772539200","rcpt_to":"jo@one.example","raw_rcpt_to":"Jo@one.example","msg_from":"news@sender.example","campaign_id":"spring","sending_ip":"198.51.100.1","ip_pool":"main","routing_domain":"one.example","rcpt_meta":{"shop":"blue"},"rcpt_tags":["x"],{{{{fields}}}}}},"cust":1}""";

    private static Fixture SparkPostEvent(string name, string kind, string fields, string expected) => new("sparkpost", name, $"[{Msys(kind, fields)}]", expected.Length == 0 ? [] : [expected], expected.Length == 0 ? 1 : 0);

    private static IEnumerable<Fixture> SparkPost =>
    [
        SparkPostEvent("invalid recipient", "message_event", """ "type":"bounce","bounce_class":"10","error_code":"550","reason":"550 5.1.1 user unknown","raw_reason":"550 5.1.1 user unknown" """, "bounce Jo@one.example user_not_found"),
        SparkPostEvent("mail block", "message_event", """ "type":"bounce","bounce_class":"50","error_code":"550","reason":"" """, "bounce Jo@one.example policy_rejection"),
        SparkPostEvent("DNS", "message_event", """ "type":"bounce","bounce_class":21,"reason":"" """, "bounce Jo@one.example domain_not_found"),
        SparkPostEvent("echo", "message_event", """ "type":"bounce","bounce_class":"25","error_code":"554","raw_reason":"554 5.7.1 recipient address was suppressed due to customer policy: user unknown" """, "bounce Jo@one.example suppressed_by_source"),
        SparkPostEvent("policy rejection", "message_event", """ "type":"policy_rejection","error_code":"554","raw_reason":"554 5.7.1 recipient address was suppressed due to system policy" """, "bounce Jo@one.example suppressed_by_source"),
        SparkPostEvent("automatic reply", "message_event", """ "type":"out_of_band","bounce_class":"60","reason":"" """, "auto_reply Jo@one.example vacation_reply"),
        SparkPostEvent("challenge", "message_event", """ "type":"out_of_band","bounce_class":"100","reason":"" """, "challenge Jo@one.example challenge_request"),
        SparkPostEvent("opt-out by mail", "message_event", """ "type":"out_of_band","bounce_class":"90","reason":"" """, "unsubscribe Jo@one.example unsubscribe_request"),
        SparkPostEvent("undetermined", "message_event", """ "type":"bounce","bounce_class":"1","reason":"" """, "bounce Jo@one.example unknown"),
        SparkPostEvent("delay", "message_event", """ "type":"delay","bounce_class":"20","error_code":"421","raw_reason":"421 4.4.1 try later" """, "delay Jo@one.example delivery_delay"),
        SparkPostEvent("delivery", "message_event", """ "type":"delivery","queue_time":"12" """, "delivered Jo@one.example delivery_success"),
        SparkPostEvent("complaint", "message_event", """ "type":"spam_complaint","fbtype":"abuse","report_by":"fbl@isp.example" """, "complaint Jo@one.example complaint"),
        SparkPostEvent("complaint taken back", "message_event", """ "type":"spam_complaint","fbtype":"not-spam" """, "not_a_report Jo@one.example feedback_other"),
        SparkPostEvent("list unsubscribe", "unsubscribe_event", """ "type":"list_unsubscribe" """, "unsubscribe Jo@one.example unsubscribe_request"),
        SparkPostEvent("open", "track_event", """ "type":"initial_open" """, "engagement Jo@one.example delivery_success"),
        SparkPostEvent("click", "track_event", """ "type":"click","target_link_url":"https://sender.example" """, "engagement Jo@one.example delivery_success"),
        SparkPostEvent("template failure", "gen_event", """ "type":"generation_failure","raw_reason":"" """, "bounce Jo@one.example protocol_error"),
        SparkPostEvent("injection", "message_event", """ "type":"injection" """, ""),
        new("sparkpost", "ping", """[{"msys":{}}]""", [], 1),
        new("sparkpost", "out of band without its recipient", """[{"msys":{"message_event":{"type":"out_of_band","event_id":"1","bounce_class":"10","timestamp":"2026-03-03T11:59:58.000Z","reason":"550 5.1.1 user unknown"}}}]""", ["bounce nobody user_not_found"]),
    ];

    private static string MailjetEvent(string name, string fields) => $$$$"""{"event":"{{{{name}}}}","time":1772539200,"MessageID":17013698912345678,"Message_GUID":"1ab23cd4","email":"jo@one.example","mj_campaign_id":7257,"mj_contact_id":4,"customcampaign":"spring","CustomID":"helloworld","Payload":"p"{{{{fields}}}}}""";

    private static IEnumerable<Fixture> Mailjet =>
    [
        new("mailjet", "grouped", $"""
            [
            {MailjetEvent("bounce", ""","blocked":false,"hard_bounce":true,"error_related_to":"recipient","error":"user unknown","comment":"" """)},
            {MailjetEvent("bounce", ""","blocked":false,"hard_bounce":false,"error_related_to":"recipient","error":"quota exceeded","comment":"" """)},
            {MailjetEvent("bounce", ""","hard_bounce":false,"error_related_to":"domain","error":"greylisted" """)},
            {MailjetEvent("bounce", ""","hard_bounce":true,"error_related_to":"spam","error":"sender blocked" """)},
            {MailjetEvent("bounce", ""","hard_bounce":true,"error_related_to":"system","error":"","comment":"550 5.1.1 user unknown" """)},
            {MailjetEvent("blocked", ""","error_related_to":"mailjet","error":"preblocked" """)},
            {MailjetEvent("blocked", ""","error_related_to":"recipient","error":"spam reporter" """)},
            {MailjetEvent("blocked", ""","error_related_to":"domain","error":"invalid domain" """)},
            {MailjetEvent("sent", ""","smtp_reply":"sent (250 2.0.0 OK)" """)},
            {MailjetEvent("spam", ""","source":"JMRPP" """)},
            {MailjetEvent("unsub", ""","mj_list_id":1,"ip":"127.0.0.1","geo":"FR","agent":"x" """)},
            {MailjetEvent("open", ""","ip":"127.0.0.1" """)},
            {MailjetEvent("click", ""","url":"https://sender.example" """)},
            {MailjetEvent("something", "")}
            ]
            """,
            [
                "bounce jo@one.example user_not_found", "bounce jo@one.example mailbox_full", "delay jo@one.example delivery_delay", "bounce jo@one.example reputation_block",
                "bounce jo@one.example user_not_found", "bounce jo@one.example suppressed_by_source", "bounce jo@one.example suppressed_by_source", "bounce jo@one.example domain_not_found",
                "delivered jo@one.example delivery_success", "complaint jo@one.example complaint", "unsubscribe jo@one.example unsubscribe_request",
                "engagement jo@one.example delivery_success", "engagement jo@one.example delivery_success",
            ], 1),
        new("mailjet", "bare", MailjetEvent("bounce", ""","hard_bounce":true,"error_related_to":"domain","error":"no mail host" """), ["bounce jo@one.example domain_not_found"]),
    ];

    private static Fixture BrevoEvent(string name, string reason, string expected) => new("brevo", name, $$$$"""{"event":"{{{{name}}}}","email":"jo@one.example","id":26224,"date":"2026-03-03 12:59:58","ts":1772535600,"message-id":"<202603031159.letter@smtp-relay.mailin.fr>","ts_event":1772535600,"ts_epoch":1772539200000,"subject":"Hi","X-Mailin-custom":"shop:blue","sending_ip":"198.51.100.1","template_id":22,"tags":["spring"],"tag":"[\"spring\"]","reason":"{{{{reason}}}}"}""", expected.Length == 0 ? [] : [expected], expected.Length == 0 ? 1 : 0);

    private static IEnumerable<Fixture> Brevo =>
    [
        BrevoEvent("hard_bounce", " RecipientError: 550 5.1.1 user unknown", "bounce jo@one.example user_not_found"),
        BrevoEvent("hard_bounce", "", "bounce jo@one.example user_not_found"),
        BrevoEvent("soft_bounce", "452 4.2.2 mailbox full", "bounce jo@one.example mailbox_full"),
        BrevoEvent("soft_bounce", "", "bounce jo@one.example server_error"),
        BrevoEvent("invalid_email", "", "bounce jo@one.example invalid_address"),
        BrevoEvent("blocked", "blocked: due to blacklist user", "bounce jo@one.example suppressed_by_source"),
        BrevoEvent("error", "", "bounce jo@one.example suppressed_by_source"),
        BrevoEvent("deferred", "451 4.3.0 try later", "delay jo@one.example delivery_delay"),
        BrevoEvent("deferred", "550 5.1.1 user unknown", "bounce jo@one.example user_not_found"),
        BrevoEvent("delivered", "sent", "delivered jo@one.example delivery_success"),
        BrevoEvent("spam", "", "complaint jo@one.example complaint"),
        BrevoEvent("complaint", "", "complaint jo@one.example complaint"),
        BrevoEvent("unsubscribe", "", "unsubscribe jo@one.example unsubscribe_request"),
        BrevoEvent("unique_proxy_open", "", "engagement jo@one.example delivery_success"),
        BrevoEvent("click", "", "engagement jo@one.example delivery_success"),
        BrevoEvent("request", "", ""),
    ];

    private static Fixture ResendEvent(string type, string fields, string expected, string to = "\"jo@one.example\"") => new("resend", $"{type} {fields}", $$$$"""{"type":"{{{{type}}}}","created_at":"2026-03-03T11:59:58.123Z","data":{"email_id":"56761188-7520-42d8-8898-ff6fc54ce618","created_at":"2026-03-03T11:59:00.000Z","from":"News <news@sender.example>","to":[{{{{to}}}}],"subject":"Hi","tags":[{"name":"shop","value":"blue"}]{{{{fields}}}}}}""", expected.Length == 0 ? [] : [expected], expected.Length == 0 ? 1 : 0);

    private static IEnumerable<Fixture> Resend =>
    [
        ResendEvent("email.bounced", ""","bounce":{"type":"Permanent","subType":"General","message":"550 5.1.1 user unknown"} """, "bounce jo@one.example user_not_found"),
        ResendEvent("email.bounced", ""","bounce":{"type":"Permanent","subType":"Suppressed","message":"The recipient's email address is on the suppression list."} """, "bounce jo@one.example suppressed_by_source"),
        ResendEvent("email.bounced", ""","bounce":{"type":"Transient","subType":"MailboxFull","message":"","diagnosticCode":["smtp; 452 4.2.2 mailbox full"]} """, "bounce jo@one.example mailbox_full"),
        ResendEvent("email.bounced", ""","bounce":{"type":"Undetermined","subType":"Undetermined","message":""} """, "bounce jo@one.example unknown"),
        ResendEvent("email.bounced", ""","bounce":{"type":"Permanent","subType":"NoEmail","message":""} """, "bounce nobody user_not_found", "\"jo@one.example\",\"al@one.example\""),
        ResendEvent("email.delivered", "", "delivered jo@one.example delivery_success"),
        ResendEvent("email.delivered", "", "", "\"jo@one.example\",\"al@one.example\""),
        ResendEvent("email.delivery_delayed", "", "delay jo@one.example delivery_delay"),
        ResendEvent("email.complained", "", "complaint jo@one.example complaint"),
        ResendEvent("email.failed", ""","failed":{"reason":"reached_daily_quota"} """, "bounce jo@one.example suppressed_by_source"),
        ResendEvent("email.opened", "", "engagement jo@one.example delivery_success"),
        ResendEvent("email.clicked", ""","click":{"link":"https://sender.example"} """, "engagement jo@one.example delivery_success"),
        ResendEvent("email.sent", "", ""),
        ResendEvent("domain.updated", "", ""),
    ];

    private static Fixture KumoRecord(string type, string fields, params string[] expected) => new("kumomta", $"{type} {fields}", $$$$"""{"type":"{{{{type}}}}","id":"1d98076abbbc11ed940250ebf67f93bd","sender":"news@sender.example","queue":"spring:acme@one.example","site":"pool->mx.one.example","size":1047,"peer_address":{"name":"mx.one.example.","addr":"203.0.113.7"},"timestamp":1772539200,"event_time":1772539200.5,"created":1772539100,"num_attempts":1,"egress_pool":"pool","source_address":{"address":"198.51.100.1:43210","protocol":"v4"},"meta":{"tenant":"acme"},"headers":{"Message-ID":"<letter.7@sender.example>"},{{{{fields}}}}}""", expected, expected.Length == 0 ? 1 : 0);

    private static IEnumerable<Fixture> KumoMta =>
    [
        KumoRecord("Bounce", """ "recipient":"gone@one.example","response":{"code":550,"enhanced_code":{"class":5,"subject":1,"detail":1},"content":"user unknown","command":"RCPT TO"},"bounce_classification":"InvalidRecipient" """, "bounce gone@one.example user_not_found"),
        KumoRecord("Bounce", """ "recipient":["a@one.example","b@one.example"],"response":{"code":550,"enhanced_code":null,"content":""},"bounce_classification":"SpamBlock" """, "bounce a@one.example reputation_block", "bounce b@one.example reputation_block"),
        KumoRecord("OOB", """ "recipient":"gone@one.example","response":{"code":550,"enhanced_code":{"class":5,"subject":1,"detail":1},"content":"user unknown"} """, "bounce gone@one.example user_not_found"),
        KumoRecord("Expiration", """ "recipient":"slow@one.example","response":{"code":551,"content":"Next delivery time would be at a later date"} """, "bounce slow@one.example message_expired"),
        KumoRecord("AdminBounce", """ "recipient":"a@one.example","response":{"code":552,"content":"emptied"} """, "bounce a@one.example suppressed_by_source"),
        KumoRecord("TransientFailure", """ "recipient":"slow@one.example","response":{"code":421,"content":"try later"} """, "delay slow@one.example delivery_delay"),
        KumoRecord("Delivery", """ "recipient":"good@one.example","response":{"code":250,"content":"OK"} """, "delivered good@one.example delivery_success"),
        KumoRecord("Feedback", """ "recipient":"fbl@sender.example","feedback_report":{"feedback_type":"abuse","original_rcpt_to":["angry@one.example"],"original_mail_from":"news@sender.example"} """, "complaint angry@one.example complaint"),
        KumoRecord("Feedback", """ "recipient":"fbl@sender.example","feedback_report":{"feedback_type":"not-spam","original_rcpt_to":["kind@one.example"]} """, "not_a_report kind@one.example feedback_other"),
        KumoRecord("Feedback", """ "recipient":"fbl@sender.example","feedback_report":{"feedback_type":"abuse","original_rcpt_to":[]} """, "complaint nobody complaint"),
        KumoRecord("Reception", """ "recipient":"a@one.example" """),
    ];

    private static Fixture PostalEvent(string name, string payload, string expected) => new("postal", $"{name} {payload}", $$$$"""{"event":"{{{{name}}}}","timestamp":1772539200.5,"uuid":"0fcc8dc9-6298-4a36-a52a-2e07e0dc9e29","payload":{{{{payload}}}}}""", expected.Length == 0 ? [] : [expected], expected.Length == 0 ? 1 : 0);

    private static IEnumerable<Fixture> Postal
    {
        get
        {
            const string message = """{"id":12345,"token":"abcdef123","direction":"outgoing","message_id":"letter.7@sender.example","to":"jo@one.example","from":"news@sender.example","subject":"Hi","timestamp":1772539100,"spam_status":"NotSpam","tag":"welcome"}""";
            return
            [
                PostalEvent("MessageSent", $$$$"""{"message":{{{{message}}}},"status":"Sent","details":"Message sent by SMTP","output":"250 2.0.0 OK","sent_with_ssl":true,"timestamp":1772539200.1,"time":0.2}""", "delivered jo@one.example delivery_success"),
                PostalEvent("MessageDelayed", $$$$"""{"message":{{{{message}}}},"status":"SoftFail","details":"temporary","output":"451 4.3.0 try later"}""", "delay jo@one.example delivery_delay"),
                PostalEvent("MessageDeliveryFailed", $$$$"""{"message":{{{{message}}}},"status":"HardFail","details":"Permanent error. Recipient added to suppression list.","output":"550 5.1.1 user unknown"}""", "bounce jo@one.example user_not_found"),
                PostalEvent("MessageHeld", $$$$"""{"message":{{{{message}}}},"status":"Held","details":"Recipient (jo@one.example) is on the suppression list (reason: too many hard fails)"}""", "bounce jo@one.example suppressed_by_source"),
                PostalEvent("MessageHeld", $$$$"""{"message":{{{{message}}}},"status":"Held","details":"Server is in development mode"}""", ""),
                PostalEvent("MessageBounced", $$$$"""{"original_message":{{{{message}}}},"bounce":{"id":12347,"direction":"incoming","to":"abc@psrp.sender.example"}}""", "bounce jo@one.example unknown"),
                PostalEvent("MessageDelayed", $$$$"""{"original_message":{{{{message}}}},"bounce":{"id":12347}}""", "bounce jo@one.example unknown"),
                PostalEvent("MessageLinkClicked", $$$$"""{"message":{{{{message}}}},"url":"https://sender.example","ip_address":"203.0.113.9"}""", "engagement jo@one.example delivery_success"),
                PostalEvent("MessageLoaded", $$$$"""{"message":{{{{message}}}},"ip_address":"203.0.113.9"}""", "engagement jo@one.example delivery_success"),
                PostalEvent("MessageSent", """{"message":{"direction":"incoming","to":"x@sender.example"},"status":"Sent"}""", ""),
                PostalEvent("DomainDNSError", """{"domain":"sender.example"}""", ""),
            ];
        }
    }

    private static Fixture MailerSendEvent(string type, string morph, string expected) => new("mailersend", type, $$$$"""{"type":"activity.{{{{type}}}}","domain_id":"yv69oxl5kl785kw2","created_at":"2026-03-03T11:59:58.298647Z","webhook_id":"2351ndgwr4zqx8ko","url":"https://bounce.example.net","data":{"object":"activity","id":"62f114f8165fe0d8db0288e3","type":"{{{{type}}}}","created_at":"2026-03-03T11:59:58.298647Z","email":{"object":"email","id":"62f1","from":"news@sender.example","subject":"Hi","status":"rejected","tags":["spring"],"message":{"object":"message","id":"62f114f7165fe0d8db0288e2"},"recipient":{"object":"recipient","id":"62c6","email":"jo@one.example"}},"morph":{{{{morph}}}},"template_id":"0z76k5jg0o3yeg2d"}}""", expected.Length == 0 ? [] : [expected], expected.Length == 0 ? 1 : 0);

    private static IEnumerable<Fixture> MailerSend =>
    [
        MailerSendEvent("hard_bounced", """{"object":"recipient_bounce","reason":"550 5.1.1 user unknown","readable_reason":"x"}""", "bounce jo@one.example user_not_found"),
        MailerSendEvent("soft_bounced", """{"object":"recipient_bounce","reason":"452 4.2.2 mailbox full"}""", "bounce jo@one.example mailbox_full"),
        MailerSendEvent("soft_bounced", "null", "bounce jo@one.example server_error"),
        MailerSendEvent("deferred", """{"reason":"421 try later"}""", "delay jo@one.example delivery_delay"),
        MailerSendEvent("delivered", "null", "delivered jo@one.example delivery_success"),
        MailerSendEvent("opened", """{"object":"open","ip":"203.0.113.9"}""", "engagement jo@one.example delivery_success"),
        MailerSendEvent("clicked_unique", """{"object":"click","url":"https://sender.example"}""", "engagement jo@one.example delivery_success"),
        MailerSendEvent("spam_complaint", """{"object":"spam_complaint"}""", "complaint jo@one.example complaint"),
        MailerSendEvent("unsubscribed", """{"object":"recipient_unsubscribe","reason":"option_3","readable_reason":"I get too many emails"}""", "unsubscribe jo@one.example unsubscribe_request"),
        MailerSendEvent("suppressed", "null", "bounce jo@one.example suppressed_by_source"),
        MailerSendEvent("sent", "null", ""),
        new("mailersend", "flat version 2", """{"type":"activity.hard_bounced","created_at":"2026-03-03T11:59:58Z","data":{"id":"62f1","type":"hard_bounced","email":"gone@one.example","message_id":"m1","meta":{"reason":"550 5.1.1 user unknown"}}}""", ["bounce gone@one.example user_not_found"]),
    ];

    private static string MailtrapEvent(string name, string fields = "") => $$$$"""{"event":"{{{{name}}}}","message_id":"b66ad660-c52d-11ed","sending_stream":"transactional","sending_domain_name":"sender.example","email":"jo@one.example","timestamp":1772539200,"event_id":"bede7236-2284-43d6","category":"welcome","custom_variables":{"shop":"blue"}{{{{fields}}}}}""";

    private static IEnumerable<Fixture> Mailtrap =>
    [
        new("mailtrap", "batch of every type", $$$$"""
            {"events":[
            {{{{MailtrapEvent("bounce", ""","response":"550 5.1.1 user unknown","response_code":550,"bounce_category":"badmailbox" """)}}}},
            {{{{MailtrapEvent("bounce", ""","response":"","response_code":550,"bounce_category":"spam-block" """)}}}},
            {{{{MailtrapEvent("soft bounce", ""","response":"421 try later","response_code":421,"bounce_category":"unavailable" """)}}}},
            {{{{MailtrapEvent("reject", ""","reason":"Recipient in suppression list. Reason: unsubscription" """)}}}},
            {{{{MailtrapEvent("suspension", ""","reason":"Hourly quota exceeded" """)}}}},
            {{{{MailtrapEvent("delivery")}}}}, {{{{MailtrapEvent("open")}}}}, {{{{MailtrapEvent("click")}}}}, {{{{MailtrapEvent("spam")}}}}, {{{{MailtrapEvent("unsubscribe")}}}}, {{{{MailtrapEvent("user_login")}}}}
            ]}
            """,
            [
                "bounce jo@one.example user_not_found", "bounce jo@one.example reputation_block", "delay jo@one.example delivery_delay", "bounce jo@one.example suppressed_by_source",
                "bounce jo@one.example suppressed_by_source", "delivered jo@one.example delivery_success", "engagement jo@one.example delivery_success",
                "engagement jo@one.example delivery_success", "complaint jo@one.example complaint", "unsubscribe jo@one.example unsubscribe_request",
            ], 1),
        new("mailtrap", "one event a line", $"{MailtrapEvent("spam")}\n{MailtrapEvent("delivery")}\n", ["complaint jo@one.example complaint", "delivered jo@one.example delivery_success"]),
    ];

    private static IEnumerable<Fixture> Mapped =>
    [
        new("generic", "mapped", """
            {"items":[
            {"kind":"dead","rcpt":"gone@one.example","mid":"<m1>","at":"2026-03-03T11:59:58Z","reply":{"code":"550","the text":"5.1.1 user unknown"},"vars":{"shop":"blue"}},
            {"kind":"DEAD","to":["gone@one.example"]},
            {"kind":"later","rcpt":"slow@one.example"},
            {"kind":"ok","rcpt":"good@one.example"},
            {"kind":"angry","rcpt":"angry@one.example"},
            {"kind":"queued","rcpt":"a@one.example"},
            {"kind":"unheard of","rcpt":"a@one.example"}
            ]}
            """,
            [
                "bounce gone@one.example user_not_found", "bounce gone@one.example user_not_found", "delay slow@one.example delivery_delay",
                "delivered good@one.example delivery_success", "complaint angry@one.example complaint",
            ], 2),
    ];
}
