using System.Text.Json.Nodes;
using BounceActors.Service.Settings;
using BounceActors.Service.Tests.Running;
using Microsoft.Extensions.Configuration;

namespace BounceActors.Service.Tests.LogsIn;

/// <summary>The running service with a log to follow.</summary>
public sealed class LogsInSpecs(LogsInSpecs.ServiceWithALog service) : IClassFixture<LogsInSpecs.ServiceWithALog>
{
    public sealed class ServiceWithALog : RunningService
    {
        public string LogPath { get; } = Path.Combine(Directory.CreateTempSubdirectory("bounceactors-log-").FullName, "mainlog");

        protected override string[] Settings => [$"--Sources:Logs:exim1:Path={LogPath}", "--Sources:Logs:exim1:Format=exim", "--Sources:Logs:exim1:TimeZone=UTC", "--Sources:Logs:exim1:Stream=marketing", "--Sources:Logs:exim1:PollMilliseconds=50"];
    }

    [Fact]
    public async Task Should_decide_what_a_followed_log_says_and_show_how_far_it_is()
    {
        var now = TimeProvider.System.GetUtcNow();
        FollowedLog.Write(service.LogPath, $"""
            {now:yyyy-MM-dd HH:mm:ss} 1vNabc-0001Xy-2z <= shop@sender.example H=app.sender.example [192.0.2.10] P=esmtp S=2210 id=order.4711@sender.example
            {now:yyyy-MM-dd HH:mm:ss} 1vNabc-0001Xy-2z ** gone@followed.example R=dnslookup T=remote_smtp H=mx.followed.example [198.51.100.7]: SMTP error from remote mail server after RCPT TO:<gone@followed.example>: 550 5.1.1 User unknown
            {now:yyyy-MM-dd HH:mm:ss} 1vNabc-0001Xy-2z ** @followed.example: Unrouteable address
            {now:yyyy-MM-dd HH:mm:ss} 1vNabc-0001Xy-2z Completed

            """);

        JsonNode? found = null;
        await RunningService.UntilAsync(async () =>
        {
            found = await service.GetJsonAsync("/v1/recipients/gone@followed.example");
            return found["standing"]!["bounceCount"]!.GetValue<int>() == 1;
        });
        Assert.True(found!["standing"]!["removed"]!.GetValue<bool>());
        var log = Assert.Single((await service.GetJsonAsync("/admin/logs"))["logs"]!.AsArray())!;
        Assert.Equal(
            ("exim1", "exim", "following", 0L, 1L, 1L),
            (log["name"]!.GetValue<string>(), log["format"]!.GetValue<string>(), log["state"]!.GetValue<string>(), log["lagBytes"]!.GetValue<long>(), log["reports"]!.GetValue<long>(), log["malformed"]!.GetValue<long>()));
        Assert.Equal("the address is none", log["lastProblem"]!.GetValue<string>());
        var metrics = await service.Http.GetStringAsync("/metrics");
        Assert.Contains("bounceactors_logs_lag_bytes", metrics, StringComparison.Ordinal);
        Assert.Contains("bounceactors_logs_lines_total", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain("gone@followed.example", service.Logs, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Sources:Logs:a:Format", "exim", "Sources:Logs:a:Path must not be empty")]
    [InlineData("Sources:Logs:a:Path", "/var/log/mail.log", "Sources:Logs:a:Format must not be empty")]
    [InlineData("Sources:Logs:a:Format", "sendmail", "must be one of postfix, exim, powermta, kumomta")]
    [InlineData("Sources:Logs:a:TimeZone", "Mars/Olympus", "must be a zone")]
    [InlineData("Sources:Logs:a:Path", "/var/log/*/mail.log", "in its last part only")]
    [InlineData("Sources:Logs:a:Pathh", "x", "did you mean Path")]
    [InlineData("Sources:Logs:a b:Path", "x", "is no name for a log")]
    public void Should_refuse_to_start_with(string setting, string value, string problem)
    {
        var wrong = Assert.Throws<SettingsException>(() => AllSettings.Read(new ConfigurationBuilder().AddInMemoryCollection([new(setting, value)]).Build()));

        Assert.Contains(wrong.Problems, p => p.Contains(problem, StringComparison.Ordinal));
    }
}
