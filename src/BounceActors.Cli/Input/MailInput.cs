using BounceActors.Cli.Output;
using BounceActors.Sources.Mail;

namespace BounceActors.Cli.Input;

/// <summary>Reads mails one after another, holding one at a time. What cannot be read is said on stderr and counted; the rest goes on.</summary>
/// <param name="streams">Where stdin and stderr are.</param>
/// <param name="maxBytes">How much of one mail is read; a longer one is cut there (what a bounce says stands before the original it returns).</param>
internal sealed class MailInput(StandardStreams streams, int maxBytes)
{
    private const int HeadLength = 512;

    /// <summary>How many paths could not be read to their end.</summary>
    public int Failures { get; private set; }

    public void Fail(string path, string reason)
    {
        Failures++;
        streams.Say($"cannot read {path}: {reason}");
    }

    /// <summary>The mails of all <paramref name="paths"/>, in order.</summary>
    public IEnumerable<MailItem> Read(IEnumerable<string> paths) => MailPaths.Expand(paths, Fail).SelectMany(ReadFile);

    /// <summary>How many bytes <see cref="Read"/> will go through, for the progress bar; null when stdin or a pipe is among them.</summary>
    public static long? TotalBytes(IEnumerable<string> paths)
    {
        long total = 0;
        foreach (var path in MailPaths.Expand(paths, static (_, _) => { }))
        {
            var file = new FileInfo(path);
            if (path == MailPaths.StandardInput || !file.Exists)
            {
                return null;
            }

            total += file.Length;
        }

        return total;
    }

    private IEnumerable<MailItem> ReadFile(string path)
    {
        using var mails = Mails(path).GetEnumerator();
        while (true)
        {
            // No `yield` in a `try` with a `catch`: hence the loop by hand.
            MailItem mail;
            try
            {
                if (!mails.MoveNext())
                {
                    yield break;
                }

                mail = mails.Current;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
            {
                Fail(path, e is FileNotFoundException or DirectoryNotFoundException ? "no such file or directory" : e.Message);
                yield break;
            }

            yield return mail;
        }
    }

    private IEnumerable<MailItem> Mails(string path)
    {
        using var stream = path == MailPaths.StandardInput
            ? streams.Input
            : new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 64 * 1024);
        var head = new byte[HeadLength];
        var headLength = stream.ReadAtLeast(head, HeadLength, throwOnEndOfStream: false);
        using var whole = new HeadThenRest(head.AsMemory(0, headLength), stream);
        if (IsOneMail(path) || !MailFiles.LooksLikeMbox(head.AsSpan(0, headLength)))
        {
            yield return new MailItem(path, 0, ReadAll(whole));
            yield break;
        }

        var index = 0;
        foreach (var mail in MailFiles.SplitMbox(whole, maxBytes))
        {
            yield return new MailItem(path, index++, mail);
        }
    }

    // Even when it begins like a mailbox (some programs keep the `From ` line) and quotes what looks like the next mail of one.
    private static bool IsOneMail(string path) =>
        path.EndsWith(".eml", StringComparison.OrdinalIgnoreCase) || Path.GetFileName(Path.GetDirectoryName(path)) is "cur" or "new";

    private ReadOnlyMemory<byte> ReadAll(Stream stream)
    {
        using var bytes = new MemoryStream();
        var block = new byte[64 * 1024];
        int count;
        while (bytes.Length < maxBytes && (count = stream.Read(block, 0, (int)Math.Min(block.Length, maxBytes - bytes.Length))) > 0)
        {
            bytes.Write(block, 0, count);
        }

        return bytes.GetBuffer().AsMemory(0, (int)bytes.Length);
    }
}
