using System.Text.RegularExpressions;

namespace BounceActors.Domain.Reports;

/// <summary>Takes mail addresses out of texts that are kept: the journal, logs and metrics hold none.</summary>
public static partial class Masking
{
    /// <summary>What stands where an address stood.</summary>
    public const string Mask = "<address>";

    /// <summary>Longest diagnostic that is kept, in characters; the rest is cut.</summary>
    public const int MaxDiagnosticLength = 2_000;

    /// <summary>The text without mail addresses, cut to <see cref="MaxDiagnosticLength"/>. A bare mention of the recipient's local part is masked too when <paramref name="recipient"/> is given.</summary>
    public static string Diagnostic(string text, EmailAddress? recipient = null)
    {
        var cut = text.Length > MaxDiagnosticLength ? Cut(text) : text;
        if (cut.Contains('@', StringComparison.Ordinal) || cut.Contains("%40", StringComparison.Ordinal))
        {
            cut = Address().Replace(cut, Mask);
        }

        // Shorter local parts ("info", "me") are words of many replies; masking them would tear the text apart.
        if (recipient is { LocalPart.Length: >= 5 } && cut.Contains(recipient.LocalPart, StringComparison.OrdinalIgnoreCase))
        {
            cut = Regex.Replace(cut, $@"(?<![\p{{L}}\p{{N}}]){Regex.Escape(recipient.LocalPart)}(?![\p{{L}}\p{{N}}])", Mask, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);
        }

        return cut;
    }

    /// <summary>An id without the recipient's address in it. Whatever else looks like an address in an id is left: masked, different ids would become one.</summary>
    public static string? Id(string? id, EmailAddress? recipient) => recipient is null
        ? id
        : id?.Replace(recipient.Display, Mask, StringComparison.OrdinalIgnoreCase).Replace(recipient.Normalised, Mask, StringComparison.OrdinalIgnoreCase);

    /// <summary>Each text masked as by <see cref="Diagnostic"/>: the evidence of a verdict quotes the reply.</summary>
    public static IReadOnlyList<string> Evidence(IReadOnlyList<string> texts, EmailAddress? recipient = null) => [.. texts.Select(t => Diagnostic(t, recipient))];

    /// <summary>Cuts before an address rather than through it: half of one is not known as one.</summary>
    private static string Cut(string text)
    {
        var window = text[..Math.Min(text.Length, MaxDiagnosticLength + (2 * EmailAddress.MaxLength))];
        var torn = Address().Matches(window).FirstOrDefault(m => m.Index < MaxDiagnosticLength && m.Index + m.Length > MaxDiagnosticLength);
        var at = torn?.Index ?? MaxDiagnosticLength;
        return text[..(char.IsHighSurrogate(text[at - 1]) ? at - 1 : at)];
    }

    // The apostrophe of o'neill belongs to an address, the quote around one does not. %40 stands in the links of many replies.
    [GeneratedRegex(@"<?(?:""[^""\r\n]{1,64}""|[^\s<>""'(),;:@\[\]][^\s<>""(),;:@\[\]]{0,255})(?:@|%40)(?:\[[^\]\s]{1,64}\]|[^\s<>""'(),;:@\[\]]{1,253}[\p{L}\p{N}])>?", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Address();
}
