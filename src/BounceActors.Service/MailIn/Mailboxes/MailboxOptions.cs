using System.ComponentModel.DataAnnotations;

namespace BounceActors.Service.MailIn.Mailboxes;

public enum MailboxProtocol
{
    Imap,
    Pop3,
}

public enum MailboxTls
{
    /// <summary>TLS from the first byte (993, 995).</summary>
    Implicit,

    /// <summary>TLS after STARTTLS (143, 110); never without.</summary>
    StartTls,

    /// <summary>None; to this machine only.</summary>
    None,
}

/// <summary>One of <c>Sources:Mailboxes</c>: a mailbox that bounces are fetched from.</summary>
public sealed class MailboxOptions : IValidatableObject
{
    public MailboxProtocol Protocol { get; set; }

    [Required]
    public string Host { get; set; } = "";

    /// <summary>The protocol's own unless given.</summary>
    [Range(1, 65_535)]
    public int? Port { get; set; }

    public MailboxTls Tls { get; set; }

    [Required]
    public string User { get; set; } = "";

    public string? Password { get; set; }

    public string? PasswordFile { get; set; }

    /// <summary>File with an OAuth2 access token that somebody else keeps fresh.</summary>
    public string? AccessTokenFile { get; set; }

    /// <summary>Where OAuth2 access tokens are asked for.</summary>
    public string? TokenEndpoint { get; set; }

    public string? ClientId { get; set; }

    public string? ClientSecretFile { get; set; }

    /// <summary>With it the grant is <c>refresh_token</c>, without it <c>client_credentials</c>.</summary>
    public string? RefreshTokenFile { get; set; }

    public string? Scope { get; set; }

    [Required]
    public string Tenant { get; set; } = "default";

    public string[] Folders { get; set; } = ["INBOX"];

    /// <summary>Where mails go when they are durable here; they are flagged unless given.</summary>
    public string? MoveTo { get; set; }

    /// <summary>POP3 only: whether mails are deleted when they are durable here.</summary>
    public bool DeleteTaken { get; set; }

    [Range(1, 86_400)]
    public int PollSeconds { get; set; } = 60;

    [Range(1_024, 100_000_000)]
    public int MaxMessageBytes { get; set; } = 10_000_000;

    internal int EffectivePort => Port ?? (Protocol, Tls) switch
    {
        (MailboxProtocol.Imap, MailboxTls.Implicit) => 993,
        (MailboxProtocol.Imap, _) => 143,
        (_, MailboxTls.Implicit) => 995,
        _ => 110,
    };

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (((string?[])[Password ?? PasswordFile, AccessTokenFile, TokenEndpoint]).Count(way => way is not null) != 1)
        {
            yield return new ValidationResult("one of PasswordFile (or Password), AccessTokenFile, TokenEndpoint is needed");
        }

        if (TokenEndpoint is not null && ClientId is null)
        {
            yield return new ValidationResult("TokenEndpoint needs ClientId");
        }

        if (TokenEndpoint is not null && (!Uri.TryCreate(TokenEndpoint, UriKind.Absolute, out var endpoint) || (endpoint.Scheme != "https" && !endpoint.IsLoopback)))
        {
            yield return new ValidationResult("TokenEndpoint must be an https address");
        }

        if (Tls == MailboxTls.None && Host is not ("localhost" or "127.0.0.1" or "::1"))
        {
            yield return new ValidationResult("Tls may be none on this machine only");
        }

        if (Folders.Length == 0)
        {
            yield return new ValidationResult("Folders must name at least one folder");
        }

        if (MoveTo is not null && Folders.Contains(MoveTo, StringComparer.OrdinalIgnoreCase))
        {
            yield return new ValidationResult("MoveTo must not be one of Folders");
        }

        if (Protocol == MailboxProtocol.Pop3 && MoveTo is not null)
        {
            yield return new ValidationResult("MoveTo needs IMAP: POP3 has no folders");
        }

        if (Protocol == MailboxProtocol.Imap && DeleteTaken)
        {
            yield return new ValidationResult("DeleteTaken is for POP3: IMAP moves or flags");
        }
    }
}
