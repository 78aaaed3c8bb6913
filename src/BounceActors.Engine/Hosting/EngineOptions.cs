using System.ComponentModel.DataAnnotations;
using System.Net;
using BounceActors.Domain.Recipients;
using BounceActors.Domain.Retries;
using BounceActors.Engine.Inbox;
using BounceActors.Engine.Storage;

namespace BounceActors.Engine.Hosting;

/// <summary>Everything the engine is told from outside.</summary>
public sealed class EngineOptions
{
    public StorageOptions Storage { get; set; } = new();

    public PolicyOptions Policy { get; set; } = new();

    public RetryOptions Retry { get; set; } = new();

    public NodeOptions Cluster { get; set; } = new();

    public InboxOptions Inbox { get; set; } = new();

    public IndexOptions Index { get; set; } = new();

    /// <summary>The policy these settings describe.</summary>
    public RecipientPolicy RecipientPolicy() => new()
    {
        Profile = Policy.Profile,
        HardThreshold = Policy.HardThreshold,
        SoftThreshold = Policy.SoftThreshold,
        ReputationThreshold = Policy.ReputationThreshold,
        RecentDays = Policy.RecentDays,
        ResetConsecutiveOnSoft = Policy.ResetConsecutiveOnSoft,
        CountSenderFaultBlocks = Policy.CountSenderFaultBlocks,
        CountUncertain = Policy.CountUncertain,
        MinStrikeSpacing = Policy.MinStrikeSpacing,
        SoftWindow = Policy.SoftWindow,
        OutOfBandContradictsDelivery = Policy.OutOfBandContradictsDelivery,
        Retry = (Retry.Policy == "ladder" ? RetryPolicy.Ladder() : RetryPolicy.Exponential()) with
        {
            MaxAttempts = Retry.MaxAttempts,
            MaxDelay = TimeSpan.FromSeconds(Retry.MaxDelaySeconds),
        },
    };
}

/// <summary>Section <c>Policy</c>: the numbers of <see cref="RecipientPolicy"/>, with its defaults.</summary>
public sealed class PolicyOptions
{
    [AllowedValues("guide", ErrorMessage = "Policy:Profile must be guide")]
    public string Profile { get; set; } = "guide";

    [Range(1, 1000, ErrorMessage = "Policy:HardThreshold must be 1 to 1000")]
    public int HardThreshold { get; set; } = 3;

    [Range(1, 1000, ErrorMessage = "Policy:SoftThreshold must be 1 to 1000")]
    public int SoftThreshold { get; set; } = 5;

    [Range(0, 100, ErrorMessage = "Policy:ReputationThreshold must be 0 to 100")]
    public double ReputationThreshold { get; set; } = 20;

    [Range(0, 3650, ErrorMessage = "Policy:RecentDays must be 0 to 3650")]
    public int RecentDays { get; set; } = 7;

    public bool ResetConsecutiveOnSoft { get; set; }

    public bool CountSenderFaultBlocks { get; set; } = true;

    public bool CountUncertain { get; set; } = true;

    public TimeSpan MinStrikeSpacing { get; set; } = TimeSpan.Zero;

    public TimeSpan? SoftWindow { get; set; }

    public bool OutOfBandContradictsDelivery { get; set; }
}

/// <summary>Section <c>Retry</c>.</summary>
public sealed class RetryOptions
{
    [AllowedValues("exponential", "ladder", ErrorMessage = "Retry:Policy must be exponential or ladder")]
    public string Policy { get; set; } = "exponential";

    [Range(0, 100, ErrorMessage = "Retry:MaxAttempts must be 0 to 100")]
    public int MaxAttempts { get; set; } = 5;

    [Range(1, 2_592_000, ErrorMessage = "Retry:MaxDelaySeconds must be 1 to 2592000 (30 days)")]
    public int MaxDelaySeconds { get; set; } = 86_400;

    [Range(100, 60_000, ErrorMessage = "Retry:PollMilliseconds must be 100 to 60000")]
    public int PollMilliseconds { get; set; } = 1_000;
}

/// <summary>Section <c>Index</c>: what each node knows of recipients in memory.</summary>
public sealed class IndexOptions
{
    /// <summary>How often changes are looked for.</summary>
    [Range(20, 10_000, ErrorMessage = "Index:PollMilliseconds must be 20 to 10000")]
    public int PollMilliseconds { get; set; } = 200;

    /// <summary>Whether deliveries and engagement of recipients without a history are only counted.</summary>
    public bool CountDeliveries { get; set; } = true;

    /// <summary>How long deliveries are remembered, to know them again and to tell a recipient that bounces later.</summary>
    [Range(1, 365, ErrorMessage = "Index:DeliveryMemoryDays must be 1 to 365")]
    public int DeliveryMemoryDays { get; set; } = 8;
}

/// <summary>Section <c>Cluster</c>. As it comes, a node is a cluster of its own.</summary>
public sealed class NodeOptions : IValidatableObject
{
    /// <summary>Role of nodes that take in reports.</summary>
    public const string Ingest = "ingest";

    /// <summary>Role of nodes that hold recipients and senders and do the kept-alive work.</summary>
    public const string Engine = "engine";

    /// <summary>Name or address the other nodes reach this one by; <c>*</c> for this machine's own name.</summary>
    [Required(ErrorMessage = "Cluster:HostName must be the name or address the other nodes reach this one by")]
    public string HostName { get; set => field = value == "*" ? Dns.GetHostName() : value; } = "127.0.0.1";

    /// <summary>Remoting port; 0 takes any free one, which is right for a single node.</summary>
    [Range(0, 65_535, ErrorMessage = "Cluster:Port must be 0 to 65535")]
    public int Port { get; set; }

    /// <summary>Seed nodes as <c>host:port</c>; the first of them founds the cluster. Empty: this node is the cluster.</summary>
    public string[] SeedNodes { get; set; } = [];

    /// <summary>What this node does.</summary>
    public string[] Roles { get; set; } = [Ingest, Engine];

    /// <summary>Certificate this node shows the others (PEM). With it, nodes talk over mutual TLS only.</summary>
    public string? TlsCertificateFile { get; set; }

    /// <summary>Its private key (PEM).</summary>
    public string? TlsKeyFile { get; set; }

    /// <summary>The cluster's own authority (PEM): whoever holds a certificate of it is a node.</summary>
    public string? TlsAuthorityFile { get; set; }

    /// <summary>Idle recipients and sending domains leave memory after this time.</summary>
    public TimeSpan PassivateAfter { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Commands in flight at once on this node; must stay below the journal's queue of 5,000 (PITFALLS 4).</summary>
    [Range(1, 4_000, ErrorMessage = "Cluster:MaxInFlight must be 1 to 4000")]
    public int MaxInFlight { get; set; } = 2_000;

    /// <summary>Whether this node takes in reports.</summary>
    public bool IsIngest => Roles.Contains(Ingest);

    /// <summary>Whether recipients live on this node.</summary>
    public bool IsEngine => Roles.Contains(Engine);

    /// <summary>The address itself when it is one; a name may be another machine's view of this one, so then all.</summary>
    internal string BindAddress => IPAddress.TryParse(HostName, out _) ? HostName : "0.0.0.0";

    /// <summary>One message per wrong setting, naming it.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var seed in SeedNodes.Where(seed => seed.LastIndexOf(':') is var colon && (colon <= 0 || !ushort.TryParse(seed[(colon + 1)..], out var port) || port == 0)))
        {
            yield return new ValidationResult($"Cluster:SeedNodes has '{seed}', but must be host:port, e.g. node1:4053");
        }

        if (SeedNodes.Length > 0 && Port == 0)
        {
            yield return new ValidationResult("Cluster:Port must be set when there are Cluster:SeedNodes: the others must know it, e.g. 4053");
        }

        if (Roles.Length == 0 || Roles.Except([Ingest, Engine]).Any())
        {
            yield return new ValidationResult($"Cluster:Roles is '{string.Join(',', Roles)}', but must be {Ingest}, {Engine} or both");
        }
        else if (!IsEngine && SeedNodes.Length == 0)
        {
            yield return new ValidationResult($"Cluster:Roles without {Engine} needs Cluster:SeedNodes: somebody must hold the recipients");
        }

        var tls = new[] { TlsCertificateFile, TlsKeyFile, TlsAuthorityFile };
        if (tls.Any(file => file is not null) && tls.Any(string.IsNullOrEmpty))
        {
            yield return new ValidationResult("Cluster:TlsCertificateFile, Cluster:TlsKeyFile and Cluster:TlsAuthorityFile must be set together");
        }
    }
}
