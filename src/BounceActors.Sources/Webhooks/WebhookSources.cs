using System.Collections.Frozen;
using BounceActors.Sources.Webhooks.AmazonSes;
using BounceActors.Sources.Webhooks.Brevo;
using BounceActors.Sources.Webhooks.Generic;
using BounceActors.Sources.Webhooks.KumoMta;
using BounceActors.Sources.Webhooks.Mailchimp;
using BounceActors.Sources.Webhooks.MailerSend;
using BounceActors.Sources.Webhooks.Mailgun;
using BounceActors.Sources.Webhooks.Mailjet;
using BounceActors.Sources.Webhooks.Mailtrap;
using BounceActors.Sources.Webhooks.Mandrill;
using BounceActors.Sources.Webhooks.Postal;
using BounceActors.Sources.Webhooks.Postmark;
using BounceActors.Sources.Webhooks.Resend;
using BounceActors.Sources.Webhooks.SendGrid;
using BounceActors.Sources.Webhooks.SparkPost;

namespace BounceActors.Sources.Webhooks;

/// <summary>Every source there is. A new one is a folder beside these and a line here.</summary>
public static class WebhookSources
{
    private static readonly FrozenDictionary<string, IWebhookSource> ByName = new IWebhookSource[]
    {
        new SendGridSource(),
        new AmazonSesSource(),
        new PostmarkSource(),
        new MandrillSource(),
        new MailchimpSource(),
        new MailgunSource(),
        new SparkPostSource(),
        new MailjetSource(),
        new BrevoSource(),
        new ResendSource(),
        new KumoMtaSource(),
        new PostalSource(),
        new MailerSendSource(),
        new MailtrapSource(),
        new GenericSource(),
    }.ToFrozenDictionary(s => s.Name, StringComparer.OrdinalIgnoreCase);

    /// <summary>All sources by name.</summary>
    public static IReadOnlyDictionary<string, IWebhookSource> All => ByName;
}
