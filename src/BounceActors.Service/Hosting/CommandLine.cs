using BounceActors.Service.Auth;
using BounceActors.Service.Settings;

namespace BounceActors.Service.Hosting;

/// <summary>How the process ends.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;

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
            case var _ when args.Any(a => a is "--help" or "-h" or "-?" or "help"):
                output.Write(SettingsHelp.Usage());
                return ExitCodes.Ok;
            default:
                error.WriteLine($"'{args[0]}' is no command; try hash-key or --help");
                return ExitCodes.WrongUsage;
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
