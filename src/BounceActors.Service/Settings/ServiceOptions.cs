using System.ComponentModel.DataAnnotations;
using Serilog.Events;

namespace BounceActors.Service.Settings;

/// <summary>Section <c>Service</c>: doors and their limits.</summary>
public sealed class ServiceOptions
{
    /// <summary>Address both ports listen on. Other than loopback only with keys.</summary>
    [Required]
    public string BindAddress { get; set; } = "127.0.0.1";

    [Range(0, 65_535)]
    public int HttpPort { get; set; } = 8080;

    [Range(0, 65_535)]
    public int GrpcPort { get; set; } = 8081;

    /// <summary>Just under 10 MB, so that a body of 10 MB is refused whichever way it is counted.</summary>
    [Range(1_024, 100_000_000)]
    public int MaxBodyBytes { get; set; } = 9_500_000;

    [Range(1, 100_000)]
    public int MaxItems { get; set; } = 10_000;

    [Range(1, 1_000_000)]
    public int MaxCheckAddresses { get; set; } = 100_000;

    [Range(1, 100_000)]
    public int MaxConsistentCheckAddresses { get; set; } = 1_000;

    [Range(1, 10_000)]
    public int MaxConcurrentRequests { get; set; } = 128;

    [Range(0, 100_000)]
    public int MaxQueuedRequests { get; set; } = 512;

    /// <summary>Reports of one request or stream that are decided at the same time.</summary>
    [Range(1, 1_000)]
    public int ItemParallelism { get; set; } = 64;

    [Range(0, 86_400)]
    public int ClockSkewSeconds { get; set; } = 600;

    /// <summary>Must be longer than the actors' coordinated shutdown, which follows the door's.</summary>
    [Range(5, 600)]
    public int ShutdownSeconds { get; set; } = 60;

    /// <summary>Between SIGTERM and the closing of the door; what stands before several nodes needs it to send requests elsewhere.</summary>
    [Range(0, 300)]
    public int DrainSeconds { get; set; }

    [Range(1, 3_600)]
    public int ReadyLagSeconds { get; set; } = 30;

    public LogEventLevel LogLevel { get; set; } = LogEventLevel.Information;

    /// <summary>Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed: the sender's address is what the last of them saw.</summary>
    public string[] TrustedProxies { get; set; } = [];
}

/// <summary>Section <c>Classification</c>: which rules judge.</summary>
public sealed class ClassificationOptions
{
    public string? RulesDirectory { get; set; }

    [Range(1, 3_600)]
    public int ReloadSeconds { get; set; } = 5;
}

/// <summary>Section <c>Auth</c>: who may come in. Without keys everybody on this machine may.</summary>
public sealed class AuthOptions
{
    public IReadOnlyList<ApiKeyOptions> Keys { get; set; } = [];
}

/// <summary>One key, as <c>hash-key</c> prints it.</summary>
public sealed class ApiKeyOptions
{
    /// <summary>Whose key it is; stands in logs.</summary>
    public string Name { get; set; } = "";

    /// <summary>SHA-256 of the key, 64 hexadecimal digits.</summary>
    public string Hash { get; set; } = "";

    /// <summary>Any of ingest, read, admin, separated by commas; admin includes the others.</summary>
    public string Scopes { get; set; } = "";

    /// <summary>The tenant it is for, or <c>*</c> for all.</summary>
    public string Tenant { get; set; } = "default";
}
