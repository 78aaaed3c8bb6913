using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace BounceActors.Domain.Reports;

/// <summary>
/// A mail address (RFC 5321 section 4.1.2, internationalised by RFC 6531). Two addresses are equal when their <see cref="Normalised"/> forms are:
/// domain in lower case and A-labels, local part in lower case and composed (NFC, RFC 6532 section 3.1); no folding of dots or plus tags (SEMANTICS I7).
/// </summary>
public sealed class EmailAddress : IEquatable<EmailAddress>
{
    /// <summary>Longest address taken, in characters (RFC 5321 section 4.5.3.1: 64 + 1 + 255).</summary>
    public const int MaxLength = 320;

    private static readonly IdnMapping Idn = new() { AllowUnassigned = true, UseStd3AsciiRules = false };

    private EmailAddress(string display, string localPart, string domain)
    {
        Display = display;
        LocalPart = localPart;
        Domain = domain;
        Normalised = $"{localPart.Normalize(NormalizationForm.FormC).ToLowerInvariant()}@{domain}";
    }

    /// <summary>The address as it was given, without angle brackets.</summary>
    public string Display { get; }

    /// <summary>The local part as it was given.</summary>
    public string LocalPart { get; }

    /// <summary>The domain in lower case, as A-labels.</summary>
    public string Domain { get; }

    /// <summary>The form two addresses are compared by.</summary>
    public string Normalised { get; }

    /// <summary>Reads an address, with or without angle brackets.</summary>
    /// <param name="text">The text; surrounding white space is passed over.</param>
    /// <param name="address">The address, or null.</param>
    /// <param name="problem">What was wrong and what would be right; null when nothing was.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out EmailAddress? address, [NotNullWhen(false)] out string? problem)
    {
        address = null;
        var bare = text?.Trim() ?? "";
        if (bare.StartsWith('<') && bare.EndsWith('>'))
        {
            bare = bare[1..^1].Trim();
        }

        problem = Problem(bare);
        if (problem is not null)
        {
            return false;
        }

        var at = bare.LastIndexOf('@');
        var domain = bare[(at + 1)..];
        if (!domain.StartsWith('['))
        {
            try
            {
                domain = Idn.GetAscii(domain.TrimEnd('.')).ToLowerInvariant();
            }
            catch (ArgumentException)
            {
                problem = "the domain is not a valid (internationalised) domain name";
                return false;
            }
        }

        address = new EmailAddress(bare, bare[..at], domain.ToLowerInvariant());
        return true;
    }

    /// <summary>Reads an address or throws <see cref="FormatException"/> with the reason.</summary>
    public static EmailAddress Parse(string text) =>
        TryParse(text, out var address, out var problem) ? address : throw new FormatException($"not a mail address: {problem}");

    /// <summary>The domain of a text that may be an address, in the form of <see cref="Domain"/>; null when there is none.</summary>
    public static string? DomainOf(string? text) => TryParse(text, out var address, out _) ? address.Domain : null;

    /// <inheritdoc/>
    public bool Equals(EmailAddress? other) => other is not null && Normalised == other.Normalised;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as EmailAddress);

    /// <inheritdoc/>
    public override int GetHashCode() => Normalised.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Display;

    private static string? Problem(string bare)
    {
        if (bare.Length == 0)
        {
            return "it is empty; an address like user@example.com is expected";
        }

        if (bare.Length > MaxLength)
        {
            return $"it is longer than {MaxLength} characters";
        }

        if (bare.EnumerateRunes().Contains(Rune.ReplacementChar))
        {
            return "it has a character that is not Unicode";
        }

        var at = bare.LastIndexOf('@');
        if (at < 0)
        {
            return "it has no @; an address like user@example.com is expected";
        }

        if (at == 0)
        {
            return "there is nothing before the @";
        }

        if (at == bare.Length - 1)
        {
            return "there is no domain after the @";
        }

        var local = bare.AsSpan(0, at);
        var quoted = local.Length >= 2 && local[0] == '"' && local[^1] == '"';
        foreach (var c in local)
        {
            if (char.IsControl(c) || (!quoted && (char.IsWhiteSpace(c) || c is '<' or '>' or '@' or ',' or ';')))
            {
                return "the part before the @ has a character that is not allowed there";
            }
        }

        var domain = bare.AsSpan(at + 1);
        if (domain[0] == '[')
        {
            return domain[^1] == ']' && domain.Length > 2 && domain[1..^1].IndexOfAny(' ', '[', ']') < 0
                ? null
                : "the address literal after the @ is not closed by ]";
        }

        if (domain[0] is '.' or '-' || domain.Contains("..", StringComparison.Ordinal))
        {
            return "the domain has an empty label";
        }

        foreach (var c in domain)
        {
            if (char.IsControl(c) || char.IsWhiteSpace(c) || (char.IsAscii(c) && !char.IsAsciiLetterOrDigit(c) && c is not ('.' or '-' or '_')))
            {
                return "the domain has a character that is not allowed there";
            }
        }

        return null;
    }
}
