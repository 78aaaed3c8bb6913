using BounceActors.Domain.Reports;
using BounceActors.Sources.Mail.Evidence;
using BounceActors.Sources.Mail.Opening;

namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Words by which a notice says whether a message is late, arrived or lost, in the languages MTAs speak.</summary>
internal static class NoticeWords
{
    private static readonly Phrases Late = new(
        "not yet been delivered", "has not been delivered yet", "hasn't been delivered yet", "delivery attempts will continue", "will continue to be made", "will continue to try", "warning message only",
        "you do not need to resend", "do not resend", "still being retried", "will keep trying", "message is delayed", "has been delayed", "will be retried for", "continue to retry", "will retry", "message will be retried",
        "delivery is delayed", "no action is required on your part", "will still try", "delayed message", "temporarily deferred and will", "attempts to deliver the message will continue", "could not be delivered for 4 hours", "message still undelivered",
        "was delayed", "delivery to the following recipients has been delayed", "delivery to the following recipient has been delayed", "gmail will retry",
        "wird weiterhin versucht", "noch nicht zugestellt", "verzögert", "n'a pas encore été", "retardé", "aún no se ha", "se ha retrasado", "ainda não foi", "atrasad", "non è stato ancora", "ritardat",
        "nog niet", "vertraagd", "nie została jeszcze", "opóźni", "ещё не доставлено", "еще не доставлено", "пока не доставлено", "задержан", "配信が遅れて", "遅延", "延迟", "尚未", "지연");

    private static readonly Phrases Lost = new(
        "giving up", "given up", "will not be retried", "no further delivery attempts", "no further attempts", "permanent error", "permanent failure", "failed permanently", "could not be delivered", "permanent fatal error", "couldn't be delivered", "was not delivered", "has expired", "has been in the queue too long", "undeliverable", "retry timeout exceeded", "delivery has failed", "not be delivered", "wasn't delivered");

    private static readonly Phrases LateSubjects = new("delayed", "delay)", "(delay", "warning: could not send", "warning: message", "still being retried", "verzögert", "retard", "delivery delay", "temporarily", "not yet", "задерж", "遅延", "延迟");

    /// <summary>
    /// Words about one recipient that mean the end, also where the notice around them speaks of a delay: OpenSMTPD sends its last word
    /// ("Envelope expired") as <c>Action: delayed</c>, in the form of its warnings.
    /// </summary>
    private static readonly Phrases GivenUp = new(
        "envelope expired", "message expired", "queue.expired", "delivery time expired", "delivery has expired", "will not be retried", "no further attempts", "no further delivery attempts", "no more attempts", "retry timeout exceeded", "giving up", "has been in the queue too long", "been in queue too long", "exceeded maximum time in queue", "queue lifetime exceeded",
        "wird nicht weiter versucht", "keine weiteren zustellversuche", "aucune autre tentative", "no se realizarán más intentos", "não haverá mais tentativas", "non verranno effettuati altri tentativi");

    /// <summary>Whether the words about a recipient say that nothing more is tried.</summary>
    public static bool SaysGivenUp(string diagnostic) =>
        GivenUp.In(diagnostic) && !diagnostic.Contains("giving up on", StringComparison.OrdinalIgnoreCase) && !diagnostic.Contains("message expires", StringComparison.OrdinalIgnoreCase);

    /// <summary>Delay when the notice says that the MTA still tries and not that it gave up; bounce otherwise.</summary>
    public static ReportOutcome OutcomeOf(OpenedMail mail)
    {
        if (LateSubjects.In(mail.Subject))
        {
            return ReportOutcome.Delay;
        }

        return Late.In(mail.Notice.Flat) && !Lost.In(mail.Notice.Flat) ? ReportOutcome.Delay : ReportOutcome.Bounce;
    }

    internal static bool HoldsAny(string text, ReadOnlySpan<string> words)
    {
        foreach (var word in words)
        {
            if (text.Contains(word, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
