using BounceActors.Tests.Shared;
using Npgsql;

namespace BounceActors.EndToEnd.Tests;

/// <summary>A service that cannot run as it is configured says so in one line and ends; it neither waits nor crashes.</summary>
public class RefusalSpecs
{
    private const int WrongSettings = 78;

    [SkippableFact]
    public async Task Should_name_a_database_that_does_not_exist()
    {
        var connection = new NpgsqlConnectionStringBuilder(PostgresServer.Shared.CreateDatabase()) { Database = "nobody_made_it" };

        await RefusesAsync(
            "Storage:ConnectionString: there is no database 'nobody_made_it'", "--Storage:Provider=postgres", $"--Storage:ConnectionString={connection.ConnectionString}");
    }

    [SkippableFact]
    public async Task Should_name_a_user_whom_the_server_does_not_know()
    {
        var connection = new NpgsqlConnectionStringBuilder(PostgresServer.Shared.CreateDatabase()) { Username = "stranger", Password = "secret-of-a-stranger" };

        await RefusesAsync("'stranger'", "--Storage:Provider=postgres", $"--Storage:ConnectionString={connection.ConnectionString}");
    }

    [Fact]
    public Task Should_name_a_data_directory_that_cannot_be_made() =>
        RefusesAsync("Storage:DataDirectory: /proc/bounceactors", "--Storage:DataDirectory=/proc/bounceactors");

    [Fact]
    public async Task Should_end_at_once_when_told_to_while_it_waits_for_its_database()
    {
        await using var service = new ServiceProcess(
            "--Storage:Provider=postgres", $"--Storage:ConnectionString=Host=127.0.0.1;Port={ServiceProcess.FreePort()};Username=nobody", "--Service:LogLevel=Warning");
        service.Begin();
        await Eventually.TrueAsync(() => Task.FromResult(service.Log.Contains("not there yet", StringComparison.Ordinal)), TimeSpan.FromSeconds(60), () => service.Log);

        var code = await service.StopAsync();

        Assert.True(code == 0, $"exit code {code}:\n{service.Log}");
        Assert.DoesNotContain("Unhandled exception", service.Log, StringComparison.Ordinal);
    }

    private static async Task RefusesAsync(string because, params string[] settings)
    {
        await using var service = new ServiceProcess([.. settings, "--Service:LogLevel=Error"]);

        var code = await service.RunAsync();

        Assert.True(code == WrongSettings, $"exit code {code}:\n{service.Log}");
        Assert.Contains(because, service.Log, StringComparison.Ordinal);
        Assert.False(service.Log.Contains("   at ", StringComparison.Ordinal), $"more than a line:\n{service.Log}");
        Assert.DoesNotContain("secret-of-a-stranger", service.Log, StringComparison.Ordinal);
    }
}
