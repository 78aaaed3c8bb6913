using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using BounceActors.Tests.Shared;

namespace BounceActors.EndToEnd.Tests;

public class OutageSpecs
{
    [SkippableFact]
    public async Task Should_refuse_while_PostgreSQL_is_away_and_recover_without_a_restart()
    {
        using var postgres = PostgresServer.Own();
        var now = TimeProvider.System.GetUtcNow();
        var load = new Load(seed: 7, reports: 1_500, recipients: 300, now);
        await using var service = new ServiceProcess("--Storage:Provider=postgres", $"--Storage:ConnectionString={postgres.CreateDatabase()}", "--Service:LogLevel=Warning");
        await service.StartAsync();

        var outage = Task.CompletedTask;
        await load.PostAsync(service.Http, clients: 8, answered =>
        {
            if (answered == load.Batches.Count / 3)
            {
                outage = Task.Run(async () =>
                {
                    postgres.Stop();
                    await Eventually.TrueAsync(async () => !await service.IsReadyAsync(), TimeSpan.FromSeconds(30), () => "still ready without a database");
                    using var refused = await service.Http.PostAsJsonAsync("/v1/events", new { recipient = "someone@example.net", smtpCode = 550 });
                    Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
                    Assert.NotNull(refused.Headers.RetryAfter);
                    Assert.Equal("application/problem+json", refused.Content.Headers.ContentType?.MediaType);
                    postgres.Start();
                });
            }
        });
        await outage;

        await Eventually.TrueAsync(service.IsReadyAsync, TimeSpan.FromSeconds(90), () => $"not ready again:\n{service.Log}");
        foreach (var recipient in load.Recipients)
        {
            // The journal's own breaker may stay open a few seconds longer than the database was away; a client asks again.
            JsonElement found = default;
            await Eventually.TrueAsync(
                async () =>
                {
                    using var answer = await service.Http.GetAsync($"/v1/recipients/{recipient}");
                    if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
                    {
                        return false;
                    }

                    found = await answer.Content.ReadFromJsonAsync<JsonElement>();
                    return true;
                },
                TimeSpan.FromSeconds(60),
                () => $"{recipient} does not answer:\n{service.Log}");
            Assert.Equal(
                (recipient, load.Expected(recipient, now).BounceCount), (recipient, found.GetProperty("standing").GetProperty("bounceCount").GetInt32()));
        }
    }
}
