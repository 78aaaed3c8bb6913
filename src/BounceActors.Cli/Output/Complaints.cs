namespace BounceActors.Cli.Output;

/// <summary>Messages on stderr, all in one form: <c>bounce: what and why</c>.</summary>
internal static class Complaints
{
    public static void Say(this StandardStreams streams, string message)
    {
        foreach (var line in message.Split('\n'))
        {
            streams.Error.WriteLine($"bounce: {Printable.Line(line)}");
        }
    }
}
