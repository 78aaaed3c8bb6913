namespace BounceActors.Service.Settings;

/// <summary>Settings from files, one each, as container engines hand out secrets.</summary>
internal static class SecretFiles
{
    private const string Variable = "BOUNCEACTORS_SECRETS";
    private const string Usual = "/run/secrets";

    /// <summary>Takes every file named like a setting with <c>__</c>; the environment and the command line win over them.</summary>
    public static WebApplicationBuilder AddSecretFiles(this WebApplicationBuilder builder, string[] args)
    {
        var directory = Environment.GetEnvironmentVariable(Variable);
        if (directory is not null && !Directory.Exists(directory))
        {
            throw new SettingsException([$"{Variable} is '{directory}', but there is no such directory"]);
        }

        if (directory is not null || Directory.Exists(Usual))
        {
            builder.Configuration
                .AddKeyPerFile(directory ?? Usual, optional: false)
                .AddEnvironmentVariables()
                .AddCommandLine(args);
        }

        return builder;
    }
}
