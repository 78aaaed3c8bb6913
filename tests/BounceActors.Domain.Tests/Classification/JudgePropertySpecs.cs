using System.Text.RegularExpressions;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;
using CsCheck;

namespace BounceActors.Domain.Tests.Classification;

/// <summary>What holds for every text.</summary>
public class JudgePropertySpecs
{
    private static readonly BounceClassifier Cached = new(RuleSet.Default);
    private static readonly BounceClassifier Uncached = new(RuleSet.Default, cached: false);
    private static readonly (Rule Rule, string Text)[] Examples = [.. RuleSet.Default.Rules.SelectMany(r => r.Examples.Select(e => (r, e)))];

    [Fact]
    public void Should_give_the_same_verdict_with_and_without_the_cache_whatever_the_digits_are() =>
        Gen.Select(Gen.Int[0, Examples.Length - 1], Gen.Int[0, 9].Array[1, 12], Gen.Int[0, 3]).Sample(
            (index, digits, codes) =>
            {
                var (rule, example) = Examples[index];
                var next = 0;
                var text = string.Concat(example.Select(c => char.IsAsciiDigit(c) ? (char)('0' + digits[next++ % digits.Length]) : c));
                var report = RuleChecker.ExampleReport(rule, text) with
                {
                    SmtpCode = codes == 1 ? 550 : codes == 2 ? 451 : null,
                    EnhancedCode = codes == 2 ? new EnhancedStatusCode(4, 7, 1) : codes == 3 ? new EnhancedStatusCode(5, 1, 1) : null,
                };
                return Same(Cached.Classify(report), Uncached.Classify(report)) && Same(Cached.Classify(report), Uncached.Explain(report).Verdict);
            },
            iter: 5_000);

    [Fact]
    public void Should_never_throw_and_never_claim_more_than_the_evidence_on_random_text() =>
        Gen.Select(Gen.String, Gen.Int[0, 1]).Sample(
            (text, kind) =>
            {
                var verdict = Cached.Classify(A.Report(text));
                return verdict.Confidence is >= 0 and <= 1 && (verdict.Rule != "none" || verdict is { Category: BounceCategory.Unknown, Confidence: 0.3 });
            },
            iter: 20_000);

    [Fact]
    public void Should_call_text_without_code_and_without_a_rule_unknown() =>
        Gen.Char['a', 'z'].Array[1, 40].Select(c => new string(c)).Sample(
            text =>
            {
                var verdict = Cached.Classify(A.Report("q" + string.Join('q', text.Chunk(3).Select(c => new string(c)))));
                return verdict.Rule != "none" || verdict.Category == BounceCategory.Unknown;
            },
            iter: 5_000);

    [Fact]
    public void Should_never_be_surer_than_the_rule_that_decided() =>
        Assert.All(Examples, example =>
        {
            var verdict = Cached.Classify(RuleChecker.ExampleReport(example.Rule, example.Text));
            var rule = RuleSet.Default.Rules.SingleOrDefault(r => r.Id == verdict.Rule);
            Assert.True(rule is null || verdict.Confidence <= rule.Confidence);
        });

    [Fact]
    public void Should_find_by_its_literals_every_rule_that_its_expression_matches()
    {
        var rules = RuleSet.Default.Rules.Where(r => r is { Pattern: not null, Smtp.Count: 0, Enhanced.Count: 0, OnlyProviders.Count: 0, With.Count: 0, Without.Count: 0 }).ToList();
        var matcher = new RuleMatcher(rules);
        var expressions = rules.Select(r => (r.Id, Expression: RuleMatcher.Compile(r.Pattern!))).ToList();

        Gen.Select(Gen.Int[0, Examples.Length - 1], Gen.Int[0, Examples.Length - 1], Gen.Int[0, 40]).Sample(
            (a, b, cut) =>
            {
                var masked = Uncached.MaskedText(Examples[a].Text[Math.Min(cut, Examples[a].Text.Length)..] + " " + Examples[b].Text);
                var all = new Collected([], []);
                matcher.Match(masked, default, ref all);
                return expressions.Where(e => e.Expression.IsMatch(masked)).Select(e => e.Id).SequenceEqual(all.Ids);
            },
            iter: 2_000);
    }

    [Theory]
    [InlineData('a')]
    [InlineData(' ')]
    [InlineData('.')]
    [InlineData('@')]
    [InlineData('1')]
    [InlineData('<')]
    [InlineData(':')]
    public void Should_judge_a_megabyte_of_one_character_as_nothing_known(char c)
    {
        var verdict = Cached.Classify(A.Report(new string(c, 1_000_000)));

        Assert.Equal((BounceCategory.Unknown, "none"), (verdict.Category, verdict.Rule));
    }

    /// <summary>NonBacktracking is the runtime's promise of time linear in the text, whatever the text; the texts here are those that make others backtrack.</summary>
    [Fact]
    public void Should_run_no_expression_that_can_backtrack()
    {
        Assert.All(
            RuleSet.Default.Rules.Where(r => r.Pattern is not null),
            r => Assert.True(RuleMatcher.Compile(r.Pattern!).Options.HasFlag(RegexOptions.NonBacktracking)));
        foreach (var word in RuleSet.Default.Rules.Where(r => r.Pattern is not null).SelectMany(r => PatternLiterals.Of(r.Pattern!)).SelectMany(l => l).Distinct())
        {
            var report = A.Report(string.Concat(Enumerable.Repeat(word + " ", 4096 / (word.Length + 1))));
            Assert.Equal(Uncached.Classify(report).Rule, Cached.Classify(report).Rule);
        }
    }

    [Fact]
    public void Should_let_any_number_of_threads_judge_at_once()
    {
        var judge = new BounceClassifier(RuleSet.Default);
        var expected = Examples.Select(e => Uncached.Classify(RuleChecker.ExampleReport(e.Rule, e.Text)).Rule).ToArray();

        Parallel.For(0, 4 * Examples.Length, i =>
        {
            var (rule, text) = Examples[i % Examples.Length];
            Assert.Equal(expected[i % Examples.Length], judge.Classify(RuleChecker.ExampleReport(rule, text)).Rule);
        });
    }

    /// <summary>The search is a table and a tree; this is what it means.</summary>
    [Fact]
    public void Should_find_the_literals_that_a_plain_search_finds()
    {
        string[] literals = ["a", "ab", "abc", "b c", "bca", "cab", "c#", "#", " a", "拒", "拒收", "収a", "ac"];
        var anywhere = new LiteralSearch(literals, atWords: false);
        var atWords = new LiteralSearch(literals, atWords: true);

        Gen.Char["abc# 拒収"].Array[0, 30].Sample(
            characters =>
            {
                var text = new string(characters);
                var places = literals.Select(l => Enumerable.Range(0, text.Length).Where(i => string.CompareOrdinal(text, i, l, 0, l.Length) == 0).ToList()).ToList();
                Assert.Equal(places.Select(p => p.Count > 0), Found(anywhere, text));
                Assert.Equal(places.Select(p => p.Exists(i => i == 0 || !IsLetter(text[i - 1]) || !IsLetter(text[i]))), Found(atWords, text));
            },
            iter: 20_000);

        static bool IsLetter(char c) => c is >= 'a' and <= 'c';

        bool[] Found(LiteralSearch search, string text)
        {
            var bits = new ulong[1];
            search.Find(text, bits);
            return [.. literals.Select((_, i) => (bits[0] >> i & 1) == 1)];
        }
    }

    /// <summary>What keeps the cost of a judgement from growing with the rules: those of other texts are not even looked at.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1_000)]
    public void Should_try_no_rule_of_another_text_however_many_there_are(int others)
    {
        var template = RuleSet.Default.Rules.First(r => r.Any.Count > 0);
        var own = template with { Id = "own", Any = ["green elephant"], With = [], Without = [] };
        var rules = Enumerable.Range(0, others).Select(i => own with { Id = $"other{i}", Any = [$"green elevator {(char)('a' + (i % 26))}{(char)('a' + (i / 26))}"] }).Append(own).ToList();
        var tried = new Collected([], []);

        new RuleMatcher(rules).Match("550 the green elephant is full", default, ref tried);

        Assert.Equal(["own"], tried.Tried);
        Assert.Equal(["own"], tried.Ids);
    }

    private readonly record struct Collected(List<string> Ids, List<string> Tried) : IRuleVisitor
    {
        public bool Wants(Rule rule)
        {
            Tried.Add(rule.Id);
            return true;
        }

        public bool Visit(PreparedRule rule)
        {
            Ids.Add(rule.Rule.Id);
            return true;
        }
    }

    private static bool Same(BounceActors.Domain.Classification.Classification a, BounceActors.Domain.Classification.Classification b) =>
        (a.Category, a.Rule, a.Confidence, a.Action, a.Permanence, a.Provider, a.RetryAfter, a.Blocklist)
        == (b.Category, b.Rule, b.Confidence, b.Action, b.Permanence, b.Provider, b.RetryAfter, b.Blocklist)
        && a.Evidence.SequenceEqual(b.Evidence);
}
