using BounceActors.Service.Auth;
using BounceActors.Service.Hosting;
using BounceActors.Service.Settings;
using Microsoft.Extensions.Configuration;

namespace BounceActors.Service.Tests;

public sealed class SettingsSpecs
{
    private static readonly string Hash = new('a', 64);

    [Fact]
    public void Should_start_from_nothing_on_loopback()
    {
        var settings = Read();

        Assert.Equal(("127.0.0.1", 8080, 8081, false), (settings.Service.BindAddress, settings.Service.HttpPort, settings.Service.GrpcPort, settings.NeedsKeys));
        Assert.Equal("guide", settings.Engine.RecipientPolicy().Profile);
    }

    [Theory]
    [InlineData("Service:HttpPort=99999", "Service:HttpPort is 99999, but must be 0 to 65535")]
    [InlineData("Service:HttpPort=eighty", "Service:HttpPort is 'eighty', but must be a whole number")]
    [InlineData("Service:HtpPort=80", "Service:HtpPort is no setting; did you mean HttpPort?")]
    [InlineData("Service:Colour=red", "Service:Colour is no setting; known: BindAddress, HttpPort, GrpcPort, MaxBodyBytes, MaxItems, MaxCheckAddresses, MaxConsistentCheckAddresses, MaxConcurrentRequests, MaxQueuedRequests, ItemParallelism, ClockSkewSeconds, ShutdownSeconds, DrainSeconds, ReadyLagSeconds, LogLevel, TrustedProxies")]
    [InlineData("Service:TrustedProxies=10.0.0.0/8,haproxy", "Service:TrustedProxies has 'haproxy', but must be addresses or networks such as 10.0.0.0/8")]
    [InlineData("Servce:HttpPort=80", "Servce is no section; did you mean Service?")]
    [InlineData("Service:GrpcPort=8080", "Service:HttpPort and Service:GrpcPort are both 8080, but must differ")]
    [InlineData("Service:BindAddress=everywhere", "Service:BindAddress is 'everywhere', but must be an IP address such as 127.0.0.1 or 0.0.0.0")]
    [InlineData("Service:BindAddress=", "Service:BindAddress must not be empty")]
    [InlineData("Service:LogLevel=loud", "Service:LogLevel is 'loud', but must be one of verbose, debug, information, warning, error, fatal")]
    [InlineData("Storage:Provider=oracle", "Storage:Provider is 'oracle', but must be one of sqlite, postgres")]
    [InlineData("Storage:Provider=1", "Storage:Provider is '1', but must be one of sqlite, postgres")]
    [InlineData("Storage:Provider=postgres", "Storage:ConnectionString is required when Storage:Provider is postgres")]
    [InlineData("Storage:KeySecret=c2hvcnQ=", "Storage:KeySecret must be base64 of at least 32 bytes")]
    [InlineData("Policy:HardThreshold=0", "Policy:HardThreshold is 0, but must be 1 to 1000")]
    [InlineData("Policy:ReputationThreshold=low", "Policy:ReputationThreshold is 'low', but must be a number")]
    [InlineData("Policy:ResetConsecutiveOnSoft=maybe", "Policy:ResetConsecutiveOnSoft is 'maybe', but must be true or false")]
    [InlineData("Policy:SoftWindow=a week", "Policy:SoftWindow is 'a week', but must be a time such as 00:02:00 or 7.00:00:00")]
    [InlineData("Policy:Profile=mine", "Policy:Profile is 'mine', but must be one of guide")]
    [InlineData("Retry:Policy=linear", "Retry:Policy is 'linear', but must be one of exponential, ladder")]
    [InlineData("Retry:MaxAttempts=-1", "Retry:MaxAttempts is -1, but must be 0 to 100")]
    [InlineData("Classification:RulesDirectory=/no/such/place", "Classification:RulesDirectory is '/no/such/place', but there is no such directory")]
    [InlineData("Sources:Smtp:Port=smtp", "Sources:Smtp:Port is 'smtp', but must be a whole number")]
    [InlineData("Sources:Smtp:Prot=25", "Sources:Smtp:Prot is no setting; did you mean Port?")]
    [InlineData("Sources:Smpt:Port=2525", "Sources:Smpt is no section; did you mean Smtp?")]
    [InlineData("Sources:Smtp:Port=2525", "Sources:Smtp has a port, but nothing it would take mail for")]
    [InlineData("Sources:Smtp:Backscatter=bounce", "Sources:Smtp:Backscatter is 'bounce', but must be one of refuse, mark, drop")]
    [InlineData("Sources:Smtp:Port=8080", "Sources:Smtp:Port, Sources:Smtp:LmtpPort, Service:HttpPort and Service:GrpcPort must differ")]
    [InlineData("Sources:Verp:0:Pattern=b+{who}@example.com", "Sources:Verp:0: unknown token")]
    [InlineData("Sources:Verp:0:Pattern=b+{time}.{signature}@example.com", "Sources:Verp:0: a pattern with {signature} needs a key")]
    [InlineData("Auth:Key=x", "Auth:Key is no setting; known: Keys")]
    [InlineData("Auth:Keys:0:Hash=ba_thekeyitself", "Auth:Keys:0:Hash must be the 64 hexadecimal digits that hash-key prints, not the key itself")]
    [InlineData("Auth:Keys:0:Scopes=ingest,write", "Auth:Keys:0:Scopes has 'write', but takes only ingest, read, admin")]
    [InlineData("Auth:Keys:0:Tenant=My Shop", "Auth:Keys:0:Tenant is 'My Shop', but must be 1 to 64 lower-case letters, digits, - or _, or * for all tenants")]
    [InlineData("Auth:Keys:0:Scope=read", "Auth:Keys:0:Scope is no setting; did you mean Scopes?")]
    public void Should_name_the_wrong_setting_and_say_what_would_be_right(string setting, string problem)
    {
        var wrong = Assert.Throws<SettingsException>(() => Read(setting));

        Assert.Contains(wrong.Problems, p => p.StartsWith(problem, StringComparison.Ordinal));
    }

    [Fact]
    public void Should_name_every_wrong_setting_at_once()
    {
        var wrong = Assert.Throws<SettingsException>(() => Read("Service:HttpPort=x", "Retry:Policy=y", "Policy:SoftThreshold=0"));

        Assert.Equal(3, wrong.Problems.Count);
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("192.0.2.1")]
    [InlineData("::")]
    public void Should_refuse_other_addresses_than_loopback_without_keys(string address)
    {
        var wrong = Assert.Throws<SettingsException>(() => Read($"Service:BindAddress={address}"));

        Assert.Contains("without keys the service listens on loopback only", Assert.Single(wrong.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Should_listen_anywhere_with_keys()
    {
        var settings = Read("Service:BindAddress=0.0.0.0", "Auth:Keys:0:Name=shop", $"Auth:Keys:0:Hash={Hash}", "Auth:Keys:0:Scopes:0=ingest", "Auth:Keys:0:Scopes:1=read");

        Assert.True(settings.NeedsKeys);
        Assert.Equal("ingest,read", settings.Auth.Keys[0].Scopes);
    }

    [Fact]
    public void Should_take_every_kind_of_value()
    {
        var settings = Read(
            "storage:provider=Postgres", "Storage:ConnectionString=Host=localhost;Database=b", "Policy:SoftWindow=30.00:00:00", "Policy:ReputationThreshold=12.5",
            "Cluster:SeedNodes=a:1,b:2", "Cluster:Port=1", "Policy:ResetConsecutiveOnSoft=true", "Retry:Policy=ladder");

        Assert.Equal(["a:1", "b:2"], settings.Cluster.SeedNodes);
        Assert.Equal((TimeSpan.FromDays(30), 12.5, true), (settings.Policy.SoftWindow, settings.Policy.ReputationThreshold, settings.Policy.ResetConsecutiveOnSoft));
        Assert.Equal("ladder", settings.Engine.RecipientPolicy().Retry.Name);
    }

    [Fact]
    public void Should_explain_and_document_every_setting()
    {
        var docs = File.ReadAllText(Docs.Path("configuration.md"));

        Assert.All(SettingsHelp.All(), setting =>
        {
            Assert.False(setting.Meaning.StartsWith(':') || setting.Meaning.Length == 0 || setting.Meaning.StartsWith(" (", StringComparison.Ordinal), setting.Key);
            Assert.Contains($"| `{setting.Key}` | {setting.Default} | {setting.Meaning.Replace("|", "\\|", StringComparison.Ordinal)} |", docs, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Should_make_keys_that_it_then_knows()
    {
        using var output = new StringWriter();

        Assert.Equal(0, CommandLine.Answer(["hash-key", "shop"], output, TextWriter.Null));

        var key = System.Text.RegularExpressions.Regex.Match(output.ToString(), "ba_[A-Za-z0-9_-]{43}").Value;
        var json = output.ToString().Split('\n').Last(line => line.StartsWith('{'));
        using var stream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(json));
        var settings = AllSettings.Read(new ConfigurationBuilder().AddJsonStream(stream).Build());
        var keys = new ApiKeys(settings.Auth.Keys);
        Assert.Equal("shop", keys.Find(key)!.Name);
        Assert.Null(keys.Find(key + "x"));
    }

    [Theory]
    [InlineData("--help", 0)]
    [InlineData("help", 0)]
    [InlineData("hash-keys", 64)]
    public void Should_answer_on_the_command_line(string argument, int exitCode)
    {
        using var output = new StringWriter();

        Assert.Equal(exitCode, CommandLine.Answer([argument], output, output));
        Assert.Contains(exitCode == 0 ? "Service:HttpPort [8080]" : "rebuild-projections or --help", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Should_serve_when_there_are_only_settings() =>
        Assert.Null(CommandLine.Answer(["--Service:HttpPort=0", "--Storage:DataDirectory", "x"], TextWriter.Null, TextWriter.Null));

    private static AllSettings Read(params string[] settings) =>
        AllSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(
            settings.Select(s => s.Split('=', 2)).ToDictionary(p => p[0], p => (string?)p[1])).Build());
}
