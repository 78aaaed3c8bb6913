namespace BounceActors.Sources.Mail.Opening;

/// <summary>The text of a mail, parted at the original message within it.</summary>
/// <param name="Notice">The words of whoever wrote the mail.</param>
/// <param name="Original">The header of the original message within the text; empty when there is none.</param>
/// <param name="AfterNotice">What follows that header.</param>
/// <param name="Text">All of it.</param>
internal sealed record Words(Notice Notice, Fields Original, string AfterNotice, string Text);
