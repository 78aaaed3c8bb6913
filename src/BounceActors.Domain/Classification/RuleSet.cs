using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace BounceActors.Domain.Classification;

/// <summary>
/// All rules, codes, classes and providers a <see cref="BounceClassifier"/> judges by. Immutable. To change rules in a running service, parse a
/// new set and build a new classifier from it: a set that cannot be used throws before anything is replaced.
/// </summary>
public sealed partial class RuleSet
{
    /// <summary>Most characters one rule file may have.</summary>
    public const int MaxFileLength = 1_000_000;

    private static readonly Lazy<RuleSet> Embedded = new(() => Read(EmbeddedFiles(), tryPatterns: false));

    private readonly Lazy<RuleMatcher> _matcher;

    private RuleSet(string version, IReadOnlyList<RuleFileReader> files)
    {
        Version = version;
        Rules = [.. files.SelectMany(f => f.Rules).OrderByDescending(r => r.Priority).ThenByDescending(r => r.Confidence).ThenBy(r => r.Id, StringComparer.Ordinal)];
        EnhancedCodes = [.. files.SelectMany(f => f.EnhancedCodes)];
        SmtpCodes = [.. files.SelectMany(f => f.SmtpCodes)];
        Classes = [.. files.SelectMany(f => f.Classes)];
        ProviderTable = new ProviderTable(files.SelectMany(f => f.Providers));
        _matcher = new Lazy<RuleMatcher>(() => new RuleMatcher(Rules));
    }

    /// <summary>The rules that come with the product.</summary>
    public static RuleSet Default => Embedded.Value;

    /// <summary>Hash of the files' names and texts: the same version is the same verdicts. 16 hexadecimal digits.</summary>
    public string Version { get; }

    /// <summary>The rules, in the order in which they decide.</summary>
    public IReadOnlyList<Rule> Rules { get; }

    /// <summary>What enhanced codes mean; entries limited to a provider stand beside the general ones.</summary>
    public IReadOnlyList<CodeMeaning> EnhancedCodes { get; }

    /// <summary>What reply codes mean on their own, where they mean anything.</summary>
    public IReadOnlyList<CodeMeaning> SmtpCodes { get; }

    /// <summary>What the classes of sources mean.</summary>
    public IReadOnlyList<CodeMeaning> Classes { get; }

    internal ProviderTable ProviderTable { get; }

    /// <summary>The rules, ready to run: made once, however many classifiers judge by them.</summary>
    internal RuleMatcher Matcher => _matcher.Value;

    /// <summary>Reads rule files. All or nothing: with any problem in any file nothing is returned.</summary>
    /// <param name="files">Name (for messages and <see cref="Rule.Source"/>) and text of each file.</param>
    /// <exception cref="RuleSetException">Lists every problem with file and line.</exception>
    public static RuleSet Parse(IEnumerable<(string Name, string Yaml)> files) => Read(files, tryPatterns: true);

    /// <param name="files">Name and text of each file.</param>
    /// <param name="tryPatterns">Whether each expression is tried: for files that the tests of the product have not seen, because it takes longer than all the rest.</param>
    private static RuleSet Read(IEnumerable<(string Name, string Yaml)> files, bool tryPatterns)
    {
        var problems = new List<RuleProblem>();
        var readers = new List<RuleFileReader>();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, yaml) in files.OrderBy(f => f.Name, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{name}\0{yaml}\0"));
            var reader = new RuleFileReader(name, problems);
            if (yaml.Length > MaxFileLength)
            {
                problems.Add(new(name, 0, $"the file is longer than {MaxFileLength} characters"));
                continue;
            }

            reader.Read(yaml);
            readers.Add(reader);
        }

        CheckIds(readers, problems);
        foreach (var rule in readers.SelectMany(r => r.Rules).Where(r => tryPatterns && r.Pattern is not null))
        {
            try
            {
                _ = PatternLiterals.Of(rule.Pattern!);
                _ = RuleMatcher.Compile(rule.Pattern!);
            }
            catch (Exception e) when (e is FormatException or ArgumentException or NotSupportedException)
            {
                problems.Add(new(rule.Source, rule.Line, $"rule '{rule.Id}': the pattern cannot be used: {e.Message}"));
            }
        }

        return problems.Count == 0
            ? new RuleSet(Convert.ToHexStringLower(hash.GetHashAndReset())[..16], readers)
            : throw new RuleSetException([.. problems.OrderBy(p => p.Source, StringComparer.Ordinal).ThenBy(p => p.Line)]);
    }

    /// <summary>Names and texts of the files that come with the product.</summary>
    public static IReadOnlyList<(string Name, string Yaml)> EmbeddedFiles()
    {
        var assembly = Assembly.GetExecutingAssembly();
        return
        [
            .. assembly.GetManifestResourceNames()
                .Where(n => n.StartsWith("rules/", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
                .Select(n => (n["rules/".Length..].Replace('\\', '/'), Text(assembly, n))),
        ];
    }

    private static void CheckIds(List<RuleFileReader> readers, List<RuleProblem> problems)
    {
        var seen = new Dictionary<string, Rule>(StringComparer.Ordinal);
        foreach (var rule in readers.SelectMany(r => r.Rules))
        {
            if (!seen.TryAdd(rule.Id, rule))
            {
                problems.Add(new(rule.Source, rule.Line, $"rule '{rule.Id}' stands already in {seen[rule.Id].Source}:{seen[rule.Id].Line}; to change it, replace that file by one of the same name"));
            }
        }
    }

    private static string Text(Assembly assembly, string resource)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
