using BounceActors.Domain.Reports;
using BounceActors.Sources.Mail.Evidence;
using BounceActors.Sources.Mail.Opening;

namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Sendmail 8 and 5 and those that write like them (activehunter, McAfee, Proofpoint): sections under dashed titles, and a transcript.</summary>
internal sealed class Sendmail : INoticeLayout
{
    private const int MaxSearched = 100;
    private const int MaxRecipients = 2000;
    private const int MaxOutput = 5;

    private static readonly string[] ListTitles =
        ["the following addresses had", "the following address had", "following recipients had", "recipients of this delivery", "the following addresses were not"];

    private static readonly string[] TranscriptTitles = ["transcript of session follows", "transcript of smtp session follows"];

    public string Name => "sendmail";

    public IReadOnlyList<string> Signs { get; } = [.. ListTitles, .. TranscriptTitles];

    public IReadOnlyList<Fate> Read(OpenedMail mail)
    {
        var notice = mail.Notice;
        var fates = Listed(mail);
        if (fates.Count == 0)
        {
            fates = FromTranscript(notice);
        }

        return [.. fates.Select((fate, i) => i < MaxSearched ? fate with { Diagnostic = Reply(notice, fate, fates.Count == 1) } : fate)];
    }

    private static List<Fate> Listed(OpenedMail mail)
    {
        var fates = new List<Fate>();
        ReportOutcome? section = null;
        foreach (var line in mail.Notice.Lines)
        {
            if (fates.Count >= MaxRecipients)
            {
                break;
            }

            if (OutcomeOfTitle(line) is { } title)
            {
                section = title;
            }
            else if (IsTitle(line))
            {
                section = null;
            }
            else if (section is { } outcome && line.Length > 0)
            {
                var text = line.Trim();
                if (text.StartsWith("(reason:", StringComparison.OrdinalIgnoreCase) && fates.Count > 0)
                {
                    var reason = text[8..].Trim().TrimEnd(')');
                    fates[^1] = fates[^1] with { Diagnostic = reason.Length > 3 ? reason : "" };
                }
                else if (text.StartsWith("(expanded from:", StringComparison.OrdinalIgnoreCase) && fates.Count > 0)
                {
                    // The alias is what the sender had written; the expansion is what failed
                    var alias = Addresses.FromField(text[15..].TrimEnd(')'));
                    fates[^1] = fates[^1] with { OriginalRecipient = alias, Recipient = fates[^1].Recipient ?? alias };
                }
                else if (Addresses.TryLeading(line, out var address, out var rest) && EmailAddress.TryParse(address, out var recipient, out _))
                {
                    fates.RemoveAll(f => recipient.Equals(f.Recipient));
                    fates.Add(new Fate { Recipient = recipient, Diagnostic = Addresses.First(rest) is { } again && again == address ? "" : rest.Trim('(', ')'), Outcome = outcome });
                }
                else if (text[0] is '|' or '/' || text.StartsWith("\"|", StringComparison.Ordinal))
                {
                    // A program or file an alias leads to
                    fates.Add(new Fate { Outcome = outcome });
                }
                else if (fates.Count > 0 && char.IsWhiteSpace(line[0]))
                {
                    fates[^1] = fates[^1] with { Diagnostic = $"{fates[^1].Diagnostic} {text.TrimEnd(')')}" };
                }
            }
        }

        return fates;
    }

    /// <summary>Sendmail 5 lists no recipients: they are those whose RCPT was refused, and those local delivery names.</summary>
    private static List<Fate> FromTranscript(Notice notice)
    {
        var fates = new List<Fate>();
        EmailAddress? asked = null;
        var inTranscript = false;
        foreach (var line in notice.Lines)
        {
            if (IsTitle(line))
            {
                inTranscript = NoticeWords.HoldsAny(line, TranscriptTitles);
                continue;
            }

            if (!inTranscript)
            {
                continue;
            }

            var text = line.Trim();
            EmailAddress? named = null;
            if (text.StartsWith(">>>", StringComparison.Ordinal))
            {
                if (text.Contains("RCPT", StringComparison.OrdinalIgnoreCase))
                {
                    EmailAddress.TryParse(Addresses.First(text), out asked, out _);
                }

                continue;
            }

            if (text.StartsWith("<<<", StringComparison.Ordinal))
            {
                named = text[3..].TrimStart() is ['4' or '5', ..] ? asked : null;
            }
            else if (text.Length > 4 && text[0] is '4' or '5' && text[3] is ' ' or '-')
            {
                EmailAddress.TryParse(Addresses.First(text.Split("...", 2)[0]), out named, out _);
            }

            if (named is not null && !fates.Exists(f => named.Equals(f.Recipient)))
            {
                fates.Add(new Fate { Recipient = named, Outcome = ReportOutcome.Bounce });
            }
        }

        return fates.Count > 0 || !notice.ContainsAny(["unsent message", "returned mail", ">>> ", "<<< "]) ? fates : [new Fate { Outcome = ReportOutcome.Bounce }];
    }

    private static string Reply(Notice notice, Fate fate, bool alone)
    {
        var address = fate.Recipient?.Display ?? "";
        var said = Transcript.ReplyFor(notice, address, alone);
        if (said.Length > 0 && (!ReplyText.HasReply(fate.Diagnostic) || said.Length > fate.Diagnostic.Length))
        {
            return said;
        }

        return WithMailerOutput(notice, fate.Diagnostic.Length > 0 ? fate.Diagnostic : ReplyFinder.For(notice, address, alone));
    }

    /// <summary>
    /// Sendmail sums up in one of a few phrases how a local mailer exited (sysexits.h), and prints what the mailer itself said in front of it.
    /// The summary is the reply, so it stays first.
    /// </summary>
    private static string WithMailerOutput(Notice notice, string reply)
    {
        var summary = reply.Split('\n', 2)[0];
        if (!NoticeWords.HoldsAny(summary, ["service unavailable", "unknown mailer error", "operating system error", "internal error", "can't create output", "deferred: local mailer"]))
        {
            return reply;
        }

        var at = 0;
        while (at < notice.Lines.Count && !(notice.Lines[at].EndsWith(summary, StringComparison.Ordinal) && notice.Lines[at].TrimStart()[0] != '('))
        {
            at++;
        }

        var output = new List<string>();
        for (var i = at - 1; i >= 0 && i < notice.Lines.Count && output.Count < MaxOutput && IsOutput(notice.Lines[i]); i--)
        {
            output.Insert(0, notice.Lines[i].Trim());
        }

        return string.Join('\n', [reply, .. output]);
    }

    private static bool IsOutput(string line) =>
        line.Length > 0 && !IsTitle(line) && !line.StartsWith("...", StringComparison.Ordinal) && !line.StartsWith(">>>", StringComparison.Ordinal) && !line.StartsWith("<<<", StringComparison.Ordinal) && !char.IsAsciiDigit(line[0]);

    private static bool IsTitle(string line) => line.AsSpan().Trim().StartsWith("--", StringComparison.Ordinal);

    private static ReportOutcome? OutcomeOfTitle(string line) => !NoticeWords.HoldsAny(line, ListTitles) ? null
        : NoticeWords.HoldsAny(line, ["transient non-fatal", "not yet", "warning"]) ? ReportOutcome.Delay
        : NoticeWords.HoldsAny(line, ["successful"]) ? ReportOutcome.Delivered
        : ReportOutcome.Bounce;
}
