using BounceActors.Domain.Reports;
using BounceActors.Sources.Mail.Evidence;
using BounceActors.Sources.Mail.Opening;

namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Notices of a Postfix server to its postmaster about a session it refused ("Postfix SMTP server: errors from …"), with the transcript of that session.</summary>
internal sealed class PostfixSession : INoticeLayout
{
    public string Name => "postfix-notice";

    public IReadOnlyList<string> Signs { get; } = ["transcript of session follows"];

    public IReadOnlyList<Fate> Read(OpenedMail mail)
    {
        if (!mail.Notice.ContainsAny([" in: rcpt to:", " in: mail from:", " in: ehlo", " in: helo"]))
        {
            return [];
        }

        var fates = new List<Fate>();
        EmailAddress? asked = null;
        foreach (var raw in mail.Notice.Lines)
        {
            var line = raw.Trim();
            if (line.StartsWith("In:", StringComparison.OrdinalIgnoreCase))
            {
                asked = line.Contains("RCPT TO", StringComparison.OrdinalIgnoreCase) && EmailAddress.TryParse(Addresses.First(line), out var recipient, out _) ? recipient : asked;
            }
            else if (line.StartsWith("Out:", StringComparison.OrdinalIgnoreCase) && line[4..].TrimStart() is ['4' or '5', ..] reply && ReplyText.Code(reply) is not null)
            {
                fates.RemoveAll(f => f.Recipient is null || f.Recipient.Equals(asked));
                fates.Add(new Fate { Recipient = asked, Diagnostic = reply, Outcome = ReportOutcome.Bounce });
            }
        }

        return fates;
    }
}
