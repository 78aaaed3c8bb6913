namespace BounceActors.Sources.Mail.Layouts;

/// <summary>qmail and its descendants (netqmail, notqmail, s/qmail), which write QSBMF: a paragraph per recipient, headed by the address in angle brackets.</summary>
internal static class Qmail
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "qmail",
        Signs =
        [
            "this is the qmail-send program",
            "this is the deliver program at",
            "i'm afraid i wasn't able to deliver your message to the following address",
            "i tried to deliver a bounce message to this address, but the bounce bounced",
            "this is a permanent error; i've given up. sorry it didn't work out",
            "i wasn't able to deliver your message to one or more addresses",
            "unfortunately i was not able to deliver your message to the following address",
            "je n'ai pas pu delivrer votre message",
            "the mailer was unable to deliver your message to the following address",
        ],
        NoReply = ["giving up on", "i've given up"],
    };
}
