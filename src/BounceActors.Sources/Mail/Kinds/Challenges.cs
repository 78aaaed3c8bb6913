using BounceActors.Domain.Reports;
using BounceActors.Sources.Mail.Evidence;
using BounceActors.Sources.Mail.Layouts;
using BounceActors.Sources.Mail.Opening;

namespace BounceActors.Sources.Mail.Kinds;

/// <summary>Challenge-response systems, which hold a message until its sender proves to be a person.</summary>
internal sealed class Challenges : ILayout
{
    private static readonly Phrases Senders = new("@spamarrest.com", "@boxbe.com", "@bluebottle.com", "spamblocker-challenge@", "boxtrapper", "@sendio", "@mailinblack", "@vaderetro-challenge", "antispamuol", "@knowspam.net", "@cleanmail", "@challenge.");

    private static readonly string[] Headers = ["X-ChallengeResponse", "X-Challenge", "X-TMDA-Fingerprint", "X-Boxbe-Challenge", "X-Mailinblack"];

    private static readonly Phrases Wordings = new(
        "requires verification verify#", "your message requires verification", "your email requires verification", "confirm that you are a real person", "confirm you are a human", "verify that you are a human", "verify you are a real person", "prove that you are human", "prove you are a human", "to confirm that your message was not sent by a", "protect myself from junk mail",
        "this is a one-time authentication", "your message will be delivered once you confirm", "please confirm your message", "confirm your email so that it can be delivered", "your mail is being held until", "one time verification of your email address", "tmda challenge", "i'm using boxbe", "on your email to be delivered to their inbox, click",
        "authentifier votre message", "vous authentifier comme expéditeur", "um ihre nachricht zuzustellen, bestätigen sie", "confirme que você não é um robô");

    public string Name => "challenge";

    public IReadOnlyList<Fate> Read(OpenedMail mail)
    {
        var known = Senders.In(mail.From) || Headers.Any(mail.Header.Has);
        if (!known && (Origin.IsBulk(mail) || !(Wordings.In(mail.Notice.Flat) || Wordings.In(mail.Subject))))
        {
            return [];
        }

        // A challenge service writes from its own address for the recipient, who then is the one to reply to or to be seen in the name
        var from = Senders.In(mail.From) ? Addresses.FromField(mail.Header["Reply-To"]) ?? Addresses.FromField(mail.From) : Addresses.FromField(mail.From);
        var original = Addresses.InHeader(mail.Original["To"]).Take(2).ToList() is [var only] ? only : null;
        return [new Fate { Recipient = original ?? from, Outcome = ReportOutcome.Challenge, Diagnostic = mail.Subject, Evidence = original is null ? "from" : "original-to" }];
    }
}
