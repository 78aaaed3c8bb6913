using System.Text;

namespace BounceActors.Domain.Classification;

/// <content>The one place of the domain that reads files: beside <see cref="Parse"/>, of which it is a convenience for the service and the command line.</content>
public sealed partial class RuleSet
{
    /// <summary>
    /// Reads the rules of a directory over those that come with the product: a file replaces the embedded file of the same relative name
    /// (<c>providers/google.yaml</c>), any other is added.
    /// </summary>
    /// <param name="dir">The directory; <c>*.yaml</c> and <c>*.yml</c> in it and below are read.</param>
    /// <exception cref="RuleSetException">Lists every problem with file and line; also when the directory or a file cannot be read.</exception>
    public static RuleSet LoadDirectory(string dir)
    {
        try
        {
            var files = EmbeddedFiles().ToDictionary(f => f.Name, f => f.Yaml, StringComparer.Ordinal);
            foreach (var path in Directory.EnumerateFiles(dir, "*", SearchOption.AllDirectories)
                .Where(p => Path.GetExtension(p) is ".yaml" or ".yml"))
            {
                var name = Path.GetRelativePath(dir, path).Replace('\\', '/');
                files[name] = new FileInfo(path).Length > MaxFileLength
                    ? throw new RuleSetException([new(name, 0, $"the file is longer than {MaxFileLength} bytes")])
                    : File.ReadAllText(path, Encoding.UTF8);
            }

            return Parse(files.Select(f => (f.Key, f.Value)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RuleSetException([new(dir, 0, $"cannot be read: {e.Message}")]);
        }
    }
}
