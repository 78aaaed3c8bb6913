namespace BounceActors.Cli;

/// <summary>What `bounce` tells the shell. Documented in docs/cli.md: a change here is a change of the interface.</summary>
internal static class ExitCode
{
    /// <summary>Everything was read; for `rules check`: nothing to object to.</summary>
    public const int Ok = 0;

    /// <summary>Some input could not be read (the rest was); for `rules check`: there are problems.</summary>
    public const int SomeFailed = 1;

    /// <summary>The command line or the rules are wrong; nothing was read.</summary>
    public const int Usage = 2;

    /// <summary>Interrupted (128 + SIGINT, as shells count).</summary>
    public const int Interrupted = 130;
}
