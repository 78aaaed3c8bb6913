using BounceActors.Domain.Reports;

namespace BounceActors.Domain.Classification;

/// <summary>
/// Checks rules beyond their syntax (<c>bounce rules check</c>): every example must be matched by its own rule and by none of higher priority with
/// another category; rules that never decide and expressions that run over every text are remarked on.
/// </summary>
public static class RuleChecker
{
    /// <summary>Checks files as <see cref="RuleSet.Parse"/> takes them: what keeps them from being read, else what <see cref="Check(RuleSet)"/> finds.</summary>
    public static IReadOnlyList<RuleProblem> Check(IEnumerable<(string Name, string Yaml)> files)
    {
        try
        {
            return Check(RuleSet.Parse(files));
        }
        catch (RuleSetException e)
        {
            return e.Problems;
        }
    }

    /// <summary>Checks a set of rules with their own examples.</summary>
    /// <returns>Problems by file and line; empty when all is well.</returns>
    public static IReadOnlyList<RuleProblem> Check(RuleSet rules)
    {
        var judge = new BounceClassifier(rules, cached: false);
        var problems = new List<RuleProblem>();
        var deciders = new HashSet<string>(StringComparer.Ordinal);
        foreach (var rule in rules.Rules)
        {
            problems.AddRange(OfRule(rule, judge, deciders));
        }

        foreach (var rule in rules.Rules.Where(r => r.Examples.Count > 0 && !deciders.Contains(r.Id)))
        {
            problems.Add(new(rule.Source, rule.Line, $"rule '{rule.Id}' is shadowed: rules of higher priority decide all of its examples", IsError: false));
        }

        problems.AddRange(rules.EnhancedCodes.Concat(rules.SmtpCodes).Concat(rules.Classes)
            .GroupBy(c => (c.Code, c.Source, Only: string.Join(',', c.Only)))
            .SelectMany(g => g.Skip(1))
            .Select(c => new RuleProblem(c.Source, c.Line, $"'{c.Code}' stands twice for the same providers; only the first is used")));
        return [.. problems.OrderBy(p => p.Source, StringComparer.Ordinal).ThenBy(p => p.Line)];
    }

    private static readonly EmailAddress OwnRecipient = EmailAddress.Parse("somebody@example.org");

    /// <summary>The report an example of a rule stands for: its text, from a provider or for a domain the rule is limited to.</summary>
    public static BounceReport ExampleReport(Rule rule, string example) => new()
    {
        Diagnostic = example,
        Provider = rule.OnlyProviders.Count > 0 ? rule.OnlyProviders[0] : null,
        Recipient = rule.OnlyOwnDomain ? OwnRecipient : null,
        ReportingMta = rule.OnlyOwnDomain ? OwnRecipient.Domain : null,
    };

    private static IEnumerable<RuleProblem> OfRule(Rule rule, BounceClassifier judge, HashSet<string> deciders)
    {
        if (rule.Pattern is { } pattern && PatternLiterals.Of(pattern).Count == 0)
        {
            yield return new(rule.Source, rule.Line, $"rule '{rule.Id}': the pattern has an alternative without a literal of three letters, so it runs over every text", IsError: false);
        }

        if (rule.Provider is null && rule.Priority >= 500)
        {
            yield return new(rule.Source, rule.Line, $"rule '{rule.Id}': priorities from 500 are for rules that name a provider", IsError: false);
        }

        if (rule.Examples.Count == 0)
        {
            yield return new(rule.Source, rule.Line, $"rule '{rule.Id}' has no example, so nothing shows that it is used");
        }

        foreach (var example in rule.Examples)
        {
            var explanation = judge.Explain(ExampleReport(rule, example));
            if (explanation.Matches.All(m => m.RuleId != rule.Id))
            {
                yield return new(rule.Source, rule.Line, $"rule '{rule.Id}' does not match its example: {example} (as rules see it: {judge.MaskedText(example)})");
                continue;
            }

            var first = explanation.Matches[0];
            if (first.Category != rule.Category)
            {
                yield return new(rule.Source, rule.Line, $"the example of '{rule.Id}' is decided by '{first.RuleId}' of higher priority ({first.Priority}) as {first.Category.ToWire()}, by \"{first.MatchedText}\": {example}");
            }

            // A rule of a blocklist that another rule outranks still names its list
            if (first.RuleId == rule.Id || explanation.Verdict.Rule == rule.Id || (rule.Blocklist is { } list && explanation.Verdict.Blocklist == list))
            {
                deciders.Add(rule.Id);
            }
        }
    }
}
