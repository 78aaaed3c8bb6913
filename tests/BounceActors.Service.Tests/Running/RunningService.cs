using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace BounceActors.Service.Tests.Running;

/// <summary>The whole service on free ports of loopback, with its data in a directory of its own.</summary>
public class RunningService : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    protected string Data => _data;

    private readonly string _data = Directory.CreateTempSubdirectory("bounceactors-").FullName;
    private readonly LogBuffer _logs = new();

    public WebApplication App { get; private set; } = null!;

    public HttpClient Http { get; private set; } = null!;

    public Uri GrpcAddress { get; private set; } = null!;

    /// <summary>Everything logged so far.</summary>
    public string Logs => _logs.ToString();

    /// <summary>Settings besides ports and data.</summary>
    protected virtual string[] Settings => [];

    /// <summary>What is to be otherwise.</summary>
    protected virtual void Adjust(WebApplicationBuilder builder)
    {
    }

    public async Task InitializeAsync()
    {
        App = Program.Create(
            ["--Service:HttpPort=0", "--Service:GrpcPort=0", $"--Storage:DataDirectory={_data}", "--Service:LogLevel=verbose", "--Retry:PollMilliseconds=100", .. Settings],
            Adjust,
            _logs);
        await App.StartAsync();
        var addresses = App.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToList();
        Http = new HttpClient { BaseAddress = new Uri(addresses[0]), Timeout = Patience };
        GrpcAddress = new Uri(addresses[1]);
        await UntilAsync(async () => (await Http.GetAsync("/healthz/ready")).IsSuccessStatusCode);
    }

    public async Task DisposeAsync()
    {
        Http.Dispose();
        await App.StopAsync();
        await App.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    /// <summary>Asks until it holds, or fails after a while.</summary>
    public static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await holds())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), patience.Token);
        }
    }

    public Task<HttpResponseMessage> PostAsync(string path, string body, string? contentType = "application/json")
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        if (contentType is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        return Http.PostAsync(path, content);
    }

    public async Task<JsonNode> GetJsonAsync(string path) => JsonNode.Parse(await Http.GetStringAsync(path))!;

    /// <summary>Posts and gives the status and the JSON of the answer.</summary>
    public async Task<(int Status, JsonNode Body)> PostJsonAsync(string path, string body, string? contentType = "application/json")
    {
        using var response = await PostAsync(path, body, contentType);
        return ((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }
}

/// <summary>Logs that are read while they are written.</summary>
internal sealed class LogBuffer : StringWriter
{
    public override void Write(string? value)
    {
        lock (this)
        {
            base.Write(value);
        }
    }

    public override string ToString()
    {
        lock (this)
        {
            return base.ToString();
        }
    }
}

[CollectionDefinition(Name)]
public sealed class OneService : ICollectionFixture<RunningService>
{
    public const string Name = "one running service";
}
