using System.Text;
using BounceActors.Sources.Mail;

namespace BounceActors.Service.MailIn;

/// <summary>The return paths of <c>Sources:Verp</c>.</summary>
internal static class Verp
{
    /// <summary>The pattern a setting describes. Throws <see cref="ArgumentException"/> that says what is wrong with it.</summary>
    public static VerpPattern PatternOf(VerpOptions options) =>
        new(options.Pattern, Encoding.UTF8.GetBytes(Secret.Read(options.Key, options.KeyFile) ?? ""), TimeSpan.FromDays(options.MaxAgeDays));
}

/// <summary>A secret that stands in a setting or in a file.</summary>
internal static class Secret
{
    /// <summary>The file's text without the line end editors add. Throws <see cref="ArgumentException"/> when the file cannot be read.</summary>
    public static string? Read(string? text, string? file)
    {
        if (file is null)
        {
            return text;
        }

        try
        {
            return File.ReadAllText(file).TrimEnd('\r', '\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ArgumentException($"the file '{file}' cannot be read ({e.GetType().Name})", nameof(file), e);
        }
    }
}
