using BounceActors.Sources.Mail.Opening;

namespace BounceActors.Sources.Mail.Kinds;

/// <summary>Reports that somebody, or a list manager, passed on: attached whole, or pasted under a forwarded header.</summary>
internal static class Forwards
{
    private const int MaxAttached = 5;

    /// <summary>The mails within a mail that may be reports themselves.</summary>
    public static IEnumerable<OpenedMail> Within(OpenedMail mail, MailOpener opener)
    {
        foreach (var attached in mail.Attached.Take(MaxAttached))
        {
            yield return opener.Open(attached);
        }

        if ((Origin.IsForward(mail) || !Origin.IsReply(mail)) && mail.Original.Count > 1 && (Origin.IsSystemSender(mail.Original["From"]) || Origin.IsNoticeSubject(mail.Original["Subject"] ?? "")) && mail.AfterNotice.Length > 0)
        {
            yield return opener.Open(mail.Original, mail.AfterNotice);
        }
    }
}
