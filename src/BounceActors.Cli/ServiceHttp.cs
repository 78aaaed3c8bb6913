using System.CommandLine;
using System.Net.Http.Json;
using System.Text.Json;

namespace BounceActors.Cli;

/// <summary>How a command reaches a running service.</summary>
internal static class ServiceHttp
{
    private const string KeyVariable = "BOUNCE_KEY";

    public static Option<string> Url() => new("--url") { Description = "Address of the service", DefaultValueFactory = _ => "http://127.0.0.1:8080", HelpName = "URL" };

    public static Option<string?> Key(string scope) => new("--key") { Description = $"API key with the scope {scope}; or in the environment as {KeyVariable}", HelpName = "KEY" };

    public static HttpClient Open(string url, string? key)
    {
        if (!Uri.TryCreate(url.EndsWith('/') ? url : url + "/", UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            throw new UsageException($"'{url}' is no address of a service, such as http://127.0.0.1:8080");
        }

        var http = new HttpClient { BaseAddress = address };
        if ((key ?? Environment.GetEnvironmentVariable(KeyVariable)) is { } given)
        {
            http.DefaultRequestHeaders.Add("X-Api-Key", given);
        }

        return http;
    }

    /// <summary>Sends a request and gives the answer. Throws <see cref="UsageException"/> with what the service says against it.</summary>
    public static async Task<JsonElement> AskAsync(HttpClient http, HttpRequestMessage request, CancellationToken cancel)
    {
        try
        {
            using var answer = await http.SendAsync(request, cancel);
            return answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync<JsonElement>(cancel) : throw await RefusedAsync(http, answer, cancel);
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or NotSupportedException)
        {
            throw NoService(http, e);
        }
    }

    public static UsageException NoService(HttpClient http, Exception e) => new($"no service answers at {http.BaseAddress}: {e.Message}");

    public static async Task<UsageException> RefusedAsync(HttpClient http, HttpResponseMessage answer, CancellationToken cancel)
    {
        var json = await answer.Content.ReadFromJsonAsync<JsonElement>(cancel);
        return new UsageException($"{http.BaseAddress} answers {(int)answer.StatusCode}: {(json.TryGetProperty("detail", out var detail) ? detail.GetString() : "")}");
    }
}
