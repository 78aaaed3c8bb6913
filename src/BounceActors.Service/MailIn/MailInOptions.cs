using System.ComponentModel.DataAnnotations;

namespace BounceActors.Service.MailIn;

/// <summary>What becomes of mail that answers no mail of ours.</summary>
public enum BackscatterAction
{
    /// <summary>550 5.7.1; the sender learns of it.</summary>
    Refuse,

    /// <summary>Taken and read, with <c>backscatter</c> in the metadata of its reports.</summary>
    Mark,

    /// <summary>Taken and forgotten.</summary>
    Drop,
}

/// <summary>Section <c>Sources:Smtp</c>: the doors for mail. Closed until a port is set.</summary>
public sealed class SmtpOptions
{
    /// <summary>Port for SMTP; none keeps the door closed, 0 takes any free one.</summary>
    [Range(0, 65_535)]
    public int? Port { get; set; }

    /// <summary>Port for LMTP.</summary>
    [Range(0, 65_535)]
    public int? LmtpPort { get; set; }

    [Required]
    public string BindAddress { get; set; } = "127.0.0.1";

    /// <summary>How the server calls itself.</summary>
    public string? HostName { get; set; }

    [Required]
    public string Tenant { get; set; } = "default";

    /// <summary>Domains whose every local part takes bounces.</summary>
    public string[] Domains { get; set; } = [];

    /// <summary>Addresses, or whole domains, that take mail from anybody: complaints have a sender.</summary>
    public string[] FeedbackAddresses { get; set; } = [];

    /// <summary>Whether bounce domains and VERP addresses take mail from the null sender only.</summary>
    public bool NullSenderOnly { get; set; }

    public BackscatterAction Backscatter { get; set; } = BackscatterAction.Refuse;

    /// <summary>PEM file with the certificate and what it was issued by.</summary>
    public string? CertificateFile { get; set; }

    /// <summary>PEM file with the certificate's key; the certificate's own file unless given.</summary>
    public string? CertificateKeyFile { get; set; }

    public bool RequireTls { get; set; }

    [Range(1_024, 100_000_000)]
    public int MaxMessageBytes { get; set; } = 10_000_000;

    [Range(1, 4_096)]
    public int MaxBufferedMegabytes { get; set; } = 128;

    [Range(1, 10_000)]
    public int MaxRecipients { get; set; } = 100;

    [Range(1, 100_000)]
    public int MaxConnections { get; set; } = 200;

    [Range(1, 100_000)]
    public int MaxConnectionsPerClient { get; set; } = 50;

    [Range(1, 1_000_000)]
    public int MaxMailsPerConnection { get; set; } = 1_000;

    /// <summary>Wrong commands after which the connection is closed.</summary>
    [Range(1, 1_000)]
    public int MaxErrors { get; set; } = 20;

    /// <summary>RFC 5321 section 4.5.3.2.7 asks for at least five minutes.</summary>
    [Range(1, 3_600)]
    public int CommandSeconds { get; set; } = 300;

    [Range(1, 3_600)]
    public int TransferSeconds { get; set; } = 600;
}

/// <summary>One of <c>Sources:Verp</c>: how our return paths are written, for all mail that is read.</summary>
public sealed class VerpOptions
{
    /// <summary>See <see cref="BounceActors.Sources.Mail.VerpPattern"/>.</summary>
    public string Pattern { get; set; } = "";

    /// <summary>File with the key of the signature.</summary>
    public string? KeyFile { get; set; }

    /// <summary>The key of the signature itself; better in a file.</summary>
    public string? Key { get; set; }

    [Range(1, 3_650)]
    public int MaxAgeDays { get; set; } = 30;
}
