namespace BounceActors.Cli.Input;

/// <summary>One mail as found.</summary>
/// <param name="File">Path of the file it is in, as the caller would write it; <c>-</c> for stdin.</param>
/// <param name="Index">Its number in that file, from 0: more than 0 only in a mailbox of several mails.</param>
/// <param name="Bytes">The mail.</param>
internal readonly record struct MailItem(string File, int Index, ReadOnlyMemory<byte> Bytes);
