using System.Text.RegularExpressions;
using BenchmarkDotNet.Attributes;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;

namespace BounceActors.Benchmarks;

/// <summary>
/// Judging with all rules, against the same rules tried one after another as compiled expressions over the same masked texts (the reference of
/// ARCHITECTURE.md "Budgets"). One operation judges every reply once; the time given is per reply.
/// </summary>
[MemoryDiagnoser]
public class JudgingBenchmarks
{
    private readonly BounceClassifier _judge = new(RuleSet.Default);
    private readonly BounceClassifier _uncached = new(RuleSet.Default, cached: false);
    private readonly BounceReport[] _reports = [.. Replies.Reports];
    private readonly BounceReport[] _repeated = Replies.Repeated(32);
    private string[] _masked = [];
    private Sequential _sequential = null!;

    [GlobalSetup]
    public void Prepare()
    {
        _masked = [.. _reports.Select(r => _judge.MaskedText(r.Diagnostic))];
        _sequential = new Sequential(RuleSet.Default.Rules);
        foreach (var report in _repeated)
        {
            _judge.Classify(report);
        }
    }

    [Benchmark(Baseline = true, Description = "rules one after another, compiled", OperationsPerInvoke = 309)]
    public int OneAfterAnother()
    {
        var found = 0;
        foreach (var text in _masked)
        {
            found += _sequential.First(text) is null ? 0 : 1;
        }

        return found;
    }

    [Benchmark(Description = "judge, without the cache", OperationsPerInvoke = 309)]
    public int Uncached()
    {
        var sum = 0;
        foreach (var report in _reports)
        {
            sum += (int)_uncached.Classify(report).Category;
        }

        return sum;
    }

    [Benchmark(Description = "judge, repeated texts with other numbers and addresses", OperationsPerInvoke = 309 * 32)]
    public int Repeated()
    {
        var sum = 0;
        foreach (var report in _repeated)
        {
            sum += (int)_judge.Classify(report).Category;
        }

        return sum;
    }
}

/// <summary>The cost of judging a text no cache knows, by the number of rules: 100 and 300 of the real ones, 1,000 with variants of them.</summary>
[MemoryDiagnoser]
public class RuleCountBenchmarks
{
    private readonly BounceReport[] _reports = [.. Replies.Reports];
    private BounceClassifier _judge = null!;
    private string[] _masked = [];
    private Sequential _sequential = null!;

    [Params(100, 300, 1000)]
    public int Rules { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        var yaml = string.Join('\n', RuleSet.Default.Rules.Take(Rules).Select(Write));
        var more = Rules - RuleSet.Default.Rules.Count;
        if (more > 0)
        {
            yaml += "\n" + string.Join('\n', Enumerable.Range(0, more).Select(i => Write(Varied(RuleSet.Default.Rules[i % RuleSet.Default.Rules.Count], i))));
        }

        var rules = RuleSet.Parse([("rules.yaml", "rules:\n" + yaml)]);
        _judge = new BounceClassifier(rules, cached: false);
        _masked = [.. _reports.Select(r => _judge.MaskedText(r.Diagnostic))];
        _sequential = new Sequential(rules.Rules);
    }

    [Benchmark(Baseline = true, Description = "rules one after another, compiled", OperationsPerInvoke = 309)]
    public int OneAfterAnother()
    {
        var found = 0;
        foreach (var text in _masked)
        {
            found += _sequential.First(text) is null ? 0 : 1;
        }

        return found;
    }

    [Benchmark(Description = "judge, without the cache", OperationsPerInvoke = 309)]
    public int Judge()
    {
        var sum = 0;
        foreach (var report in _reports)
        {
            sum += (int)_judge.Classify(report).Category;
        }

        return sum;
    }

    private static Rule Varied(Rule rule, int number) => rule with
    {
        Id = $"{rule.Id}_{number}",
        Pattern = rule.Pattern is null ? null : $"(?:{rule.Pattern.Replace("(?i)", "", StringComparison.Ordinal)}) (?:variant{(char)('a' + (number % 26))})",
        Any = [.. rule.Any.Select(a => $"{a} variant {(char)('a' + (number % 26))}")],
    };

    private static string Write(Rule rule) =>
        System.Text.Json.JsonSerializer.Serialize(
            new Dictionary<string, object?>
            {
                ["id"] = rule.Id,
                ["pattern"] = rule.Pattern,
                ["any"] = rule.Any.Count > 0 ? rule.Any : null,
                ["with"] = rule.With,
                ["without"] = rule.Without,
                ["smtp"] = rule.Smtp,
                ["enhanced"] = rule.Enhanced,
                ["category"] = Domain.WireNames.ToWire(rule.Category),
                ["priority"] = rule.Priority,
                ["confidence"] = rule.Confidence,
            }.Where(p => p.Value is not null).ToDictionary(),
            Json) is var json ? $"  - {json}" : "";

    private static readonly System.Text.Json.JsonSerializerOptions Json = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}

/// <summary>The reference: each rule one compiled expression, in the order of priority, until one matches.</summary>
internal sealed class Sequential(IReadOnlyList<Rule> rules)
{
    private readonly (Rule Rule, Regex Expression, Regex? With, Regex? Without)[] _rules =
    [
        .. rules.Select(r => (r, new Regex(r.Pattern ?? Any(r.Any), Options), r.With.Count > 0 ? new Regex(Any(r.With), Options) : null, r.Without.Count > 0 ? new Regex(Any(r.Without), Options) : null)),
    ];

    private const RegexOptions Options = RegexOptions.Compiled | RegexOptions.CultureInvariant;

    public Rule? First(string text)
    {
        foreach (var (rule, expression, with, without) in _rules)
        {
            if (expression.IsMatch(text) && with?.IsMatch(text) != false && without?.IsMatch(text) != true)
            {
                return rule;
            }
        }

        return null;
    }

    private static string Any(IEnumerable<string> phrases) => string.Join('|', phrases.Select(Regex.Escape));
}
