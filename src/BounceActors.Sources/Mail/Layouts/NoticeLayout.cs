using BounceActors.Domain.Reports;
using BounceActors.Sources.Mail.Evidence;
using BounceActors.Sources.Mail.Opening;

namespace BounceActors.Sources.Mail.Layouts;

/// <summary>
/// A layout that can be told as data: phrases it is known by, where recipients stand, where replies stand.
/// Most MTAs without a status part write their notice in one of these shapes.
/// </summary>
internal sealed record NoticeLayout : INoticeLayout
{
    private const int MaxReplyLines = 60;
    private const int MaxRecipients = 2000;

    /// <summary>For so many recipients the whole text is searched for a reply; a notice with more of them has the replies in its list.</summary>
    private const int MaxSearched = 100;

    public required string Name { get; init; }

    /// <summary>One of these in the text makes it this layout; white space is compared collapsed.</summary>
    public required IReadOnlyList<string> Signs { get; init; }

    /// <summary>All of these must be in the text too.</summary>
    public string[] AlsoNeeded { get; init; } = [];

    /// <summary>Recipients are looked for after the first line that holds one of these; from the start when empty or not found.</summary>
    public string[] ListAfter { get; init; } = [];

    /// <summary>A line with one of these ends the list of recipients.</summary>
    public string[] ListEnds { get; init; } = [];

    /// <summary>Whether a line that begins with an address names a recipient.</summary>
    public bool LeadingAddresses { get; init; } = true;

    /// <summary>Words behind which, on the same line or the next that is not empty, a recipient stands.</summary>
    public string[] RecipientAfter { get; init; } = [];

    /// <summary>Words behind which the reply stands, when it does not follow its recipient.</summary>
    public string[] ReplyAfter { get; init; } = [];

    /// <summary>Words behind which the output of a local program is quoted, under a title of its own.</summary>
    public string[] OutputAfter { get; init; } = [];

    /// <summary>Lines with one of these belong to no reply.</summary>
    public string[] NoReply { get; init; } = [];

    /// <summary>What the notice says; null leaves it to the words of the notice.</summary>
    public ReportOutcome? Outcome { get; init; }

    public IReadOnlyList<Fate> Read(OpenedMail mail)
    {
        var notice = mail.Notice;
        if (AlsoNeeded.Length > 0 && !notice.ContainsAny(AlsoNeeded))
        {
            return [];
        }

        var outcome = Outcome ?? NoticeWords.OutcomeOf(mail);
        var shared = ReplyAfter.Length > 0 ? SharedReply(notice) : "";
        var fates = Recipients(notice);
        var list = new List<Fate>(fates.Count);
        foreach (var (address, reply) in fates)
        {
            if (!EmailAddress.TryParse(address, out var recipient, out _))
            {
                continue;
            }

            var diagnostic = shared.Length > 0 && !(fates.Count > 1 && ReplyText.HasReply(reply)) ? shared : reply;
            if (list.Count < MaxSearched && !ReplyText.HasReply(diagnostic) && ReplyFinder.For(notice, address, fates.Count == 1) is { Length: > 0 } found
                && (ReplyText.HasReply(found) || Reasons.Best(found) > Reasons.Best(diagnostic)))
            {
                diagnostic = found;
            }

            list.Add(new Fate { Recipient = recipient, Diagnostic = fates.Count == 1 && !ReplyText.HasReply(diagnostic) ? WithOutput(notice, diagnostic) : diagnostic, Outcome = outcome });
        }

        if (list.Count == 0)
        {
            shared = shared.Length > 0 ? shared : ListWithoutAddress(notice);
            list.AddRange(Generic.Find(mail).Select(f => f with { Diagnostic = shared.Length > 0 ? shared : f.Diagnostic, Outcome = outcome }));
        }

        // A notice of a known kind whose recipient cannot be read is still a notice: the header of the original may name the recipient
        return list.Count > 0 ? list : [new Fate { Diagnostic = shared.Length > 0 ? shared : ReplyFinder.For(notice, "", true), Outcome = outcome }];
    }

    /// <summary>The list of failures where it holds no address but a file or a program: what stands in it is all that is told.</summary>
    private string ListWithoutAddress(Notice notice)
    {
        var start = Start(notice);
        if (!LeadingAddresses || start == 0)
        {
            return "";
        }

        return WithOutput(notice, Paragraph(notice, start - 1, ""));
    }

    /// <summary>What is told, and what the program said that was to take the message.</summary>
    private string WithOutput(Notice notice, string told)
    {
        for (var i = 0; OutputAfter.Length > 0 && i < notice.Lines.Count; i++)
        {
            if (HoldsAny(notice.Lines[i], OutputAfter))
            {
                for (i++; i < notice.Lines.Count && notice.Lines[i].Trim().Length == 0; i++)
                {
                }

                while (i < notice.Lines.Count && notice.Lines[i].Length > 0)
                {
                    i++;
                }

                return $"{told}\n{Paragraph(notice, i, "")}";
            }
        }

        return told;
    }

    private List<(string Address, string Reply)> Recipients(Notice notice)
    {
        var found = new List<(string Address, string Reply)>();
        string? current = null;
        var reply = new List<string>();
        var closed = false;
        var indent = 0;

        void End()
        {
            if (current is not null && !found.Exists(f => f.Address.Equals(current, StringComparison.OrdinalIgnoreCase) && (reply.Count == 0 || f.Reply.Length > 0)))
            {
                found.RemoveAll(f => f.Address.Equals(current, StringComparison.OrdinalIgnoreCase));
                found.Add((current, string.Join('\n', reply)));
            }

            current = null;
            reply.Clear();
            closed = false;
        }

        var expected = false;
        for (var i = Start(notice); i < notice.Lines.Count && found.Count < MaxRecipients; i++)
        {
            var line = notice.Lines[i];
            if (found.Count > 0 || current is not null)
            {
                if (HoldsAny(line, ListEnds))
                {
                    break;
                }
            }

            if (line.Length == 0)
            {
                closed |= reply.Count > 0;
                continue;
            }

            // A line set deeper than its recipient goes on with the reply, also when an address happens to begin it
            var goesOn = current is not null && !closed && reply.Count > 0 && Indent(line) > indent && !HoldsAny(line, RecipientAfter);
            if (!goesOn && TryRecipient(line, ref expected, out var address, out var rest))
            {
                End();
                current = address;
                indent = Indent(line);
                if (rest.Length > 0 && !HoldsAny(rest, NoReply) && !IsDate(rest))
                {
                    reply.Add(rest);
                }
            }
            else if (current is not null && !closed && reply.Count < MaxReplyLines && !HoldsAny(line, NoReply))
            {
                reply.Add(line.Trim());
            }
        }

        End();
        return found;
    }

    private bool TryRecipient(string line, ref bool expected, out string address, out string rest)
    {
        address = rest = "";
        foreach (var word in RecipientAfter)
        {
            var at = line.IndexOf(word, StringComparison.OrdinalIgnoreCase);
            if (at < 0)
            {
                continue;
            }

            if (Addresses.First(line.AsSpan(at + word.Length)) is { } named)
            {
                address = named;
                var end = line.IndexOf(named, at + word.Length, StringComparison.Ordinal) + named.Length;
                rest = line[end..].Trim('>', ')', '"', '\'', ' ', '.', ',', ':', ';', ']');
                expected = false;
                return true;
            }

            expected = true;
            return false;
        }

        if ((LeadingAddresses || expected) && Addresses.TryLeading(line, out address, out rest))
        {
            expected = false;
            return true;
        }

        expected = false;
        return false;
    }

    private static int Indent(string line) => line.Length - line.AsSpan().TrimStart().Length;

    private int Start(Notice notice)
    {
        if (ListAfter.Length > 0)
        {
            for (var i = 0; i < notice.Lines.Count; i++)
            {
                if (HoldsAny(notice.Lines[i], ListAfter))
                {
                    return i + 1;
                }
            }
        }

        return 0;
    }

    private string SharedReply(Notice notice)
    {
        foreach (var word in ReplyAfter)
        {
            for (var i = 0; i < notice.Lines.Count; i++)
            {
                var line = notice.Lines[i];
                var at = line.IndexOf(word, StringComparison.OrdinalIgnoreCase);
                if (at >= 0)
                {
                    var reply = Paragraph(notice, i, line[(at + word.Length)..].Trim(' ', ':', '\t', '-', '='));
                    if (reply.Length > 0)
                    {
                        return reply;
                    }
                }
            }
        }

        return "";
    }

    private string Paragraph(Notice notice, int line, string first)
    {
        var reply = new List<string>();
        if (first.Length > 0)
        {
            reply.Add(first);
        }

        for (var i = line + 1; i < notice.Lines.Count && reply.Count < MaxReplyLines; i++)
        {
            var text = notice.Lines[i].Trim();
            if (text.Length == 0 || HoldsAny(text, ListEnds))
            {
                if (reply.Count > 0)
                {
                    break;
                }
            }
            else if (!HoldsAny(text, NoReply) && text.Trim('-', '=', '_', '*').Length > 0)
            {
                reply.Add(text);
            }
        }

        return string.Join('\n', reply);
    }

    /// <summary>Exchange writes behind the address when it gave up: "on 3/4/2026 10:00 PM".</summary>
    private static bool IsDate(string rest) => rest.StartsWith("on ", StringComparison.OrdinalIgnoreCase) && rest.AsSpan().IndexOfAnyInRange('0', '9') >= 0 && rest.Length < 50;

    private static bool HoldsAny(string line, string[] words)
    {
        foreach (var word in words)
        {
            if (line.Contains(word, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
