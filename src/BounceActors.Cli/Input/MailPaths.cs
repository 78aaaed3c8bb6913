namespace BounceActors.Cli.Input;

/// <summary>From what the caller named to the files that hold mail: files as they are, directories with all that is below, sorted.</summary>
internal static class MailPaths
{
    /// <summary>The name of stdin.</summary>
    public const string StandardInput = "-";

    /// <summary>All files below the paths, in the order given, each directory sorted by name (ordinal), so that two runs print the same.</summary>
    /// <param name="paths">Files, directories, Maildirs, <see cref="StandardInput"/>.</param>
    /// <param name="unreadable">Is told of every path that could not be listed, and why; the others go on.</param>
    public static IEnumerable<string> Expand(IEnumerable<string> paths, Action<string, string> unreadable) =>
        paths.SelectMany(path => path != StandardInput && Directory.Exists(path) ? Below(path, unreadable) : [path]);

    private static IEnumerable<string> Below(string directory, Action<string, string> unreadable)
    {
        var isMaildir = Directory.Exists(Path.Combine(directory, "cur")) && Directory.Exists(Path.Combine(directory, "new"));
        string[] entries;
        try
        {
            entries = Directory.GetFileSystemEntries(directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            unreadable(directory, e.Message);
            yield break;
        }

        Array.Sort(entries, StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            var isDirectory = Directory.Exists(entry);
            if (isMaildir ? !HoldsMaildirMail(entry, isDirectory) : Path.GetFileName(entry).StartsWith('.'))
            {
                continue;
            }

            if (!isDirectory)
            {
                yield return entry;
            }
            else if (!File.GetAttributes(entry).HasFlag(FileAttributes.ReparsePoint)) // A link may lead back up.
            {
                foreach (var file in Below(entry, unreadable))
                {
                    yield return file;
                }
            }
        }
    }

    // A Maildir keeps mail in cur and new only: tmp holds unfinished mail, the files beside are indexes of the IMAP server.
    // Subfolders (Maildir++) are directories that start with a dot.
    private static bool HoldsMaildirMail(string entry, bool isDirectory) =>
        isDirectory && Path.GetFileName(entry) is var name && (name is "cur" or "new" || (name.StartsWith('.') && name.Length > 1));
}
