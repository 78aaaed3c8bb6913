using BounceActors.Sources.Mail.Opening;

namespace BounceActors.Sources.Mail.Layouts;

/// <summary>
/// Google Groups, which names the group but not always its address, and speaks the sender's language, one of some forty.
/// It has one notice only, which ends with the same links in all of them, so those are its signs.
/// </summary>
internal sealed class GoogleGroups : INoticeLayout
{
    private const int MaxLines = 40;

    /// <summary>The help centre of public groups, and that of the groups of a Workspace domain.</summary>
    private static readonly string[] Links = ["groups.google.com/support", "topic.py?topic=25838"];

    public string Name => "google-groups";

    public IReadOnlyList<string> Signs { get; } = [.. Links, "the group you tried to contact", "may not have permission to post messages to the group"];

    public IReadOnlyList<Fate> Read(OpenedMail mail)
    {
        var told = new List<string>();
        foreach (var line in mail.Notice.Lines.Where(l => l.Length > 0).Take(MaxLines))
        {
            told.Add(line.Trim());
            if (NoticeWords.HoldsAny(line, Links))
            {
                break;
            }
        }

        // The recipient is the one of X-Failed-Recipients: the text names the sender and the bare name of the group
        return [new Fate { Diagnostic = string.Join('\n', told), Outcome = NoticeWords.OutcomeOf(mail) }];
    }
}
