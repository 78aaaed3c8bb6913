using BounceActors.Service.Auth;
using BounceActors.Service.Settings;

namespace BounceActors.Service.Hosting;

/// <summary>How the process ends.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;

    /// <summary>What a health check answers when the service is not well.</summary>
    public const int Unhealthy = 1;

    /// <summary>EX_TEMPFAIL of sysexits.h: this node was downed or had to make way; started again, it may well succeed.</summary>
    public const int StartAgain = 75;

    /// <summary>EX_USAGE of sysexits.h.</summary>
    public const int WrongUsage = 64;

    /// <summary>EX_CONFIG of sysexits.h.</summary>
    public const int WrongSettings = 78;
}

/// <summary>What the process does instead of serving.</summary>
internal static class CommandLine
{
    /// <summary>The exit code when there is nothing to serve; null when the service is to run.</summary>
    public static int? Answer(string[] args, TextWriter output, TextWriter error)
    {
        switch (args)
        {
            case [] or [['-', ..], ..] when !args.Any(a => a is "--help" or "-h" or "-?"):
                return null;
            case ["hash-key", .. var names] when names.Length <= 1:
                HashKey(names.FirstOrDefault() ?? "my-key", output);
                return ExitCodes.Ok;
            case ["healthcheck", .. var urls] when urls.Length <= 1:
                return CheckHealth(urls.FirstOrDefault() ?? ReadyHere, output, error);
            case var _ when args.Any(a => a is "--help" or "-h" or "-?" or "help"):
                output.Write(SettingsHelp.Usage());
                return ExitCodes.Ok;
            default:
                error.WriteLine($"'{args[0]}' is no command; try hash-key, rebuild-projections or --help");
                return ExitCodes.WrongUsage;
        }
    }

    /// <summary>For images without a shell or curl: asks the service that runs in the same container.</summary>
    private static string ReadyHere => $"http://127.0.0.1:{Environment.GetEnvironmentVariable("Service__HttpPort") ?? "8080"}/healthz/ready";

    private static int CheckHealth(string url, TextWriter output, TextWriter error)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            error.WriteLine($"'{url}' is no address of a health check; give one such as {ReadyHere}");
            return ExitCodes.WrongUsage;
        }

        try
        {
            using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(4) };
            using var answer = http.Send(new HttpRequestMessage(HttpMethod.Get, address));
            using var body = new StreamReader(answer.Content.ReadAsStream());
            output.WriteLine(body.ReadToEnd());
            return answer.IsSuccessStatusCode ? ExitCodes.Ok : ExitCodes.Unhealthy;
        }
        catch (Exception cause) when (cause is HttpRequestException or TaskCanceledException or IOException)
        {
            error.WriteLine($"{url}: {cause.Message}");
            return ExitCodes.Unhealthy;
        }
    }

    private static void HashKey(string name, TextWriter output)
    {
        var (key, hash) = ApiKeys.Create();
        output.WriteLine(
            $$"""
            Key (shown once; give it to who is to use it): {{key}}

            Setting that lets it in (appsettings.json; choose scopes and tenant):
            { "Auth": { "Keys": [ { "Name": "{{name}}", "Hash": "{{hash}}", "Scopes": "ingest,read", "Tenant": "default" } ] } }
            """);
    }
}
