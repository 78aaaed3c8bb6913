using BounceActors.Domain.Classification;

namespace BounceActors.Cli.Tests.RealServers;

/// <summary>When the remote server refuses.</summary>
internal enum Stage
{
    MailFrom,
    RcptTo,
    Data,
}

/// <summary>One way in which the remote server refuses, and what a bounce about it means.</summary>
/// <param name="Name">Local part of the address it happens to: of the sender at <see cref="Stage.MailFrom"/>, else of the recipient.</param>
/// <param name="Stage">When.</param>
/// <param name="Reply">What it says.</param>
/// <param name="Category">What that means.</param>
/// <param name="Type">And of which type it is.</param>
internal sealed record Refusal(string Name, Stage Stage, string Reply, BounceCategory Category, BounceType Type)
{
    /// <summary>Who sends the mail; no two refusals share a sender, so that a bounce is known by it.</summary>
    public string Sender => Stage == Stage.MailFrom ? $"{Name}@sender.example" : $"for-{Name}@sender.example";

    /// <summary>To whom.</summary>
    public string Recipient => Stage == Stage.MailFrom ? $"fine-{Name}@remote.example" : $"{Name}@remote.example";

    /// <summary>The SMTP code of the reply.</summary>
    public int SmtpCode => int.Parse(Reply[..3], System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The enhanced code of the reply; empty when it has none.</summary>
    public string EnhancedCode => Domain.Reports.EnhancedStatusCode.TryParse(Reply[4..].Split(' ')[0], out var code) ? code.ToString() : "";

    /// <summary>Whether the server goes on trying, so that the bounce comes when the queue's lifetime ends.</summary>
    public bool IsTemporary => Reply[0] == '4';
}

/// <summary>What the remote server says to whom.</summary>
internal static class Script
{
    public static readonly IReadOnlyList<Refusal> Refusals =
    [
        new("unknown", Stage.RcptTo, "550 5.1.1 <unknown@remote.example>: Recipient address rejected: User unknown in virtual mailbox table", BounceCategory.UserNotFound, BounceType.HardBounce),
        new("no-such-user", Stage.RcptTo, "550-5.1.1 The email account that you tried to reach does not exist. Please try\n550-5.1.1 double-checking the recipient's email address for typos or\n550 5.1.1 unnecessary spaces.", BounceCategory.UserNotFound, BounceType.HardBounce),
        new("without-code", Stage.RcptTo, "550 No such user here", BounceCategory.UserNotFound, BounceType.HardBounce),
        new("disabled", Stage.RcptTo, "550 5.2.1 This mailbox has been disabled", BounceCategory.MailboxDisabled, BounceType.HardBounce),
        new("full", Stage.RcptTo, "552 5.2.2 <full@remote.example>: Mailbox is full / over quota", BounceCategory.MailboxFull, BounceType.SoftBounce),
        new("relay", Stage.RcptTo, "554 5.7.1 <relay@remote.example>: Relay access denied", BounceCategory.RelayDenied, BounceType.BlockBounce),
        new("listed", Stage.RcptTo, "554 5.7.1 Service unavailable; Client host [192.0.2.25] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.25", BounceCategory.ReputationBlock, BounceType.BlockBounce),
        new("refused-sender", Stage.MailFrom, "553 5.1.8 <refused-sender@sender.example>: Sender address rejected: Domain not found", BounceCategory.SenderRejected, BounceType.BlockBounce),
        new("spf", Stage.MailFrom, "550 5.7.23 The message was rejected because of Sender Policy Framework violation", BounceCategory.AuthenticationFailure, BounceType.BlockBounce),
        new("spam", Stage.Data, "554 5.7.1 Message rejected: identified as spam by the content filter", BounceCategory.SpamFilter, BounceType.BlockBounce),
        new("virus", Stage.Data, "554 5.7.1 Message contains a virus (Eicar-Test-Signature)", BounceCategory.VirusDetected, BounceType.BlockBounce),
        new("attachment", Stage.Data, "552 5.7.0 This message was blocked because its content presents a potential security issue: attachment type not allowed", BounceCategory.ContentFilter, BounceType.BlockBounce),
        new("big", Stage.Data, "552 5.3.4 Message size exceeds fixed limit", BounceCategory.MessageTooLarge, BounceType.SoftBounce),
        new("temporarily-full", Stage.RcptTo, "452 4.2.2 <temporarily-full@remote.example>: Mailbox full", BounceCategory.MailboxFull, BounceType.SoftBounce),
        new("greylisted", Stage.RcptTo, "450 4.7.1 <greylisted@remote.example>: Recipient address rejected: Greylisted, please try again in 300 seconds", BounceCategory.Greylisted, BounceType.SoftBounce),
        new("broken", Stage.RcptTo, "451 4.3.0 <broken@remote.example>: Temporary lookup failure", BounceCategory.ServerError, BounceType.SoftBounce),
    ];

    public static string? ReplyToSender(string sender, string line, int sizeLimit) =>
        SizeOf(line) > sizeLimit ? Named("big")!.Reply : At(Stage.MailFrom, sender)?.Reply;

    public static string? ReplyToRecipient(string recipient) => At(Stage.RcptTo, recipient)?.Reply;

    public static string? ReplyToData(IEnumerable<string> recipients, int size, int sizeLimit) =>
        size > sizeLimit ? Named("big")!.Reply : recipients.Select(r => At(Stage.Data, r)?.Reply).FirstOrDefault(r => r is not null);

    public static Refusal? Named(string name) => Refusals.FirstOrDefault(r => r.Name == name);

    private static Refusal? At(Stage stage, string address) =>
        Named(address.Split('@', '+')[0]) is { } refusal && refusal.Stage == stage ? refusal : null;

    // Each MTA has its own words for "larger than your SIZE", and may not even try.
    private static int SizeOf(string line) =>
        line.IndexOf("SIZE=", StringComparison.OrdinalIgnoreCase) is var at and >= 0 && int.TryParse(line[(at + 5)..].Split(' ')[0], out var size) ? size : 0;
}
