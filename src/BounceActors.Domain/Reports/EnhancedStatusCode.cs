using System.Globalization;
using System.Text.RegularExpressions;

namespace BounceActors.Domain.Reports;

/// <summary>An enhanced mail system status code, <c>class.subject.detail</c> (RFC 3463), e.g. <c>5.1.1</c>.</summary>
/// <param name="Class">2 success, 4 persistent transient failure, 5 permanent failure.</param>
/// <param name="Subject">0 to 999: what it is about (1 address, 2 mailbox, 3 system, 4 network, 5 protocol, 6 content, 7 policy).</param>
/// <param name="Detail">0 to 999.</param>
public readonly partial record struct EnhancedStatusCode(int Class, int Subject, int Detail)
{
    /// <summary>Reads a code that is the whole text, e.g. <c>"4.2.2"</c>.</summary>
    public static bool TryParse(string? text, out EnhancedStatusCode code)
    {
        code = default;
        if (text is null)
        {
            return false;
        }

        var match = Whole().Match(text.Trim());
        if (!match.Success)
        {
            return false;
        }

        code = From(match);
        return true;
    }

    /// <summary>The first code that stands in a text on its own (not part of a longer number or an IP address); null when there is none.</summary>
    public static EnhancedStatusCode? Find(string text)
    {
        var match = Within().Match(text);
        return match.Success ? From(match) : null;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Class}.{Subject}.{Detail}");

    private static EnhancedStatusCode From(Match match) =>
        new(Int(match.Groups[1]), Int(match.Groups[2]), Int(match.Groups[3]));

    private static int Int(Group group) => int.Parse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^([245])\.(\d{1,3})\.(\d{1,3})$", RegexOptions.CultureInvariant)]
    private static partial Regex Whole();

    [GeneratedRegex(@"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d]|\.\d)", RegexOptions.CultureInvariant)]
    private static partial Regex Within();
}
