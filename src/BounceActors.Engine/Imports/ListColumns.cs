using System.Collections.Frozen;
using BounceActors.Domain.Recipients;

namespace BounceActors.Engine.Imports;

/// <summary>What a list may say about an address.</summary>
public enum ListField
{
    /// <summary>The address; every list has it.</summary>
    Address,

    /// <summary>How strongly it is suppressed.</summary>
    Level,

    /// <summary>The stream it is limited to.</summary>
    Stream,

    /// <summary>When it ends by itself.</summary>
    Until,

    /// <summary>Why.</summary>
    Reason,

    /// <summary>Who says so.</summary>
    Source,

    /// <summary>Anything else worth keeping; it goes behind the reason.</summary>
    Note,
}

/// <summary>
/// The headings of lists, ours and those of the exports of SendGrid, Mailgun, Postmark and Amazon SES, and the words that stand for a level in them.
/// Letters and digits alone count: <c>Email Address</c>, <c>email_address</c> and <c>EmailAddress</c> are one heading.
/// </summary>
public static class ListColumns
{
    /// <summary>Number of fields.</summary>
    public static readonly int Count = Enum.GetValues<ListField>().Length;

    // Their times of creation are not kept: a suppression begins when it is recorded here.
    private static readonly FrozenDictionary<string, ListField> Headings = new Dictionary<string, ListField>(StringComparer.Ordinal)
    {
        ["address"] = ListField.Address,
        ["email"] = ListField.Address,
        ["emailaddress"] = ListField.Address,
        ["mail"] = ListField.Address,
        ["recipient"] = ListField.Address,
        ["recipientaddress"] = ListField.Address,
        ["subscriber"] = ListField.Address,
        ["level"] = ListField.Level,
        ["suppressionreason"] = ListField.Level,
        ["suppressiontype"] = ListField.Level,
        ["type"] = ListField.Level,
        ["stream"] = ListField.Stream,
        ["messagestream"] = ListField.Stream,
        ["until"] = ListField.Until,
        ["expires"] = ListField.Until,
        ["expiresat"] = ListField.Until,
        ["reason"] = ListField.Reason,
        ["error"] = ListField.Reason,
        ["description"] = ListField.Reason,
        ["source"] = ListField.Source,
        ["origin"] = ListField.Source,
        ["actor"] = ListField.Source,
        ["note"] = ListField.Note,
        ["notes"] = ListField.Note,
        ["comment"] = ListField.Note,
        ["status"] = ListField.Note,
        ["code"] = ListField.Note,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    // A bounce another service suppressed for is no report we could judge: the list's word is taken, as an operator's.
    private static readonly FrozenDictionary<string, SuppressionLevel> Words = new Dictionary<string, SuppressionLevel>(StringComparer.Ordinal)
    {
        ["manual"] = SuppressionLevel.Manual,
        ["manualsuppression"] = SuppressionLevel.Manual,
        ["bounce"] = SuppressionLevel.Manual,
        ["bounced"] = SuppressionLevel.Manual,
        ["bounces"] = SuppressionLevel.Manual,
        ["hard"] = SuppressionLevel.Manual,
        ["hardbounce"] = SuppressionLevel.Manual,
        ["hardbounced"] = SuppressionLevel.Manual,
        ["block"] = SuppressionLevel.Manual,
        ["blocked"] = SuppressionLevel.Manual,
        ["invalid"] = SuppressionLevel.Manual,
        ["invalidemail"] = SuppressionLevel.Manual,
        ["cleaned"] = SuppressionLevel.Manual,
        ["suppressed"] = SuppressionLevel.Manual,
        ["removed"] = SuppressionLevel.Manual,
        ["listed"] = SuppressionLevel.Manual,
        ["hardsuppressed"] = SuppressionLevel.Manual,
        ["softsuppressed"] = SuppressionLevel.Manual,
        ["reputationsuppressed"] = SuppressionLevel.Manual,
        ["temporarilysuppressed"] = SuppressionLevel.Manual,
        ["legal"] = SuppressionLevel.Legal,
        ["complaint"] = SuppressionLevel.Complaint,
        ["complaints"] = SuppressionLevel.Complaint,
        ["complained"] = SuppressionLevel.Complaint,
        ["spam"] = SuppressionLevel.Complaint,
        ["spamcomplaint"] = SuppressionLevel.Complaint,
        ["spamreport"] = SuppressionLevel.Complaint,
        ["spamreports"] = SuppressionLevel.Complaint,
        ["abuse"] = SuppressionLevel.Complaint,
        ["unsubscribe"] = SuppressionLevel.Unsubscribed,
        ["unsubscribed"] = SuppressionLevel.Unsubscribed,
        ["unsubscribes"] = SuppressionLevel.Unsubscribed,
        ["globalunsubscribe"] = SuppressionLevel.Unsubscribed,
        ["subscriptionchange"] = SuppressionLevel.Unsubscribed,
        ["optout"] = SuppressionLevel.Unsubscribed,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, SuppressionLevel>.AlternateLookup<ReadOnlySpan<char>> WordsBySpan = Words.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>What stands under a heading; null when nothing that is kept.</summary>
    public static ListField? FieldOf(string heading) => Headings.TryGetValue(Bare(heading), out var field) ? field : null;

    /// <summary>The level a word stands for; null when for none.</summary>
    public static SuppressionLevel? LevelOf(string word)
    {
        // Reasons are looked up too, and most are whole sentences.
        if (word.Length > 40)
        {
            return null;
        }

        Span<char> bare = stackalloc char[word.Length];
        var length = 0;
        foreach (var c in word)
        {
            if (char.IsLetterOrDigit(c))
            {
                bare[length++] = char.ToLowerInvariant(c);
            }
        }

        return WordsBySpan.TryGetValue(bare[..length], out var level) ? level : null;
    }

    private static string Bare(string heading) => string.Concat(heading.Where(char.IsLetterOrDigit)).ToLowerInvariant();
}
