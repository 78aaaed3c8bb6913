namespace BounceActors.Cli.Tests.OrdinaryMail;

/// <summary>A mail that reports nothing, before it is put into a form (<see cref="MailForm"/>).</summary>
/// <param name="Name">What it is, in a few words.</param>
/// <param name="From">Its From field.</param>
/// <param name="Subject">Its subject.</param>
/// <param name="Text">What it says.</param>
internal sealed record Letter(string Name, string From, string Subject, string Text)
{
    /// <summary>Further header lines, each without its end.</summary>
    public string[] Headers { get; init; } = [];
}
