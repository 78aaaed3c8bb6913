namespace BounceActors.Domain.Classification;

/// <summary>One rule: which texts it means and what it says about them. How to write one is in docs/classification.md.</summary>
public sealed record Rule
{
    /// <summary>Unique name, <c>snake_case</c>; it is what a verdict names as its reason.</summary>
    public required string Id { get; init; }

    /// <summary>File the rule stands in, e.g. <c>providers/google.yaml</c>.</summary>
    public required string Source { get; init; }

    /// <summary>Line of the rule in <see cref="Source"/>, from 1.</summary>
    public required int Line { get; init; }

    /// <summary>Regular expression over the masked text, or null when <see cref="Any"/> decides.</summary>
    public string? Pattern { get; init; }

    /// <summary>Phrases of which one must stand in the text, at the beginning of a word; empty when <see cref="Pattern"/> decides.</summary>
    public IReadOnlyList<string> Any { get; init; } = [];

    /// <summary>Phrases of which one must stand in the text besides; empty when none is asked for.</summary>
    public IReadOnlyList<string> With { get; init; } = [];

    /// <summary>Phrases of which none may stand in the text.</summary>
    public IReadOnlyList<string> Without { get; init; } = [];

    /// <summary>What the text means.</summary>
    public required BounceCategory Category { get; init; }

    /// <summary>What to do; null for the category's own action.</summary>
    public RemediationAction? Action { get; init; }

    /// <summary>Whose fault; null for the category's own.</summary>
    public Fault? Fault { get; init; }

    /// <summary>Higher decides first: 1 to 100 the guide's patterns, 101 to 499 general texts, 500 to 899 texts of one provider.</summary>
    public required int Priority { get; init; }

    /// <summary>How far the rule is to be believed, above 0 to 1.</summary>
    public required double Confidence { get; init; }

    /// <summary>Provider or product that writes so; named in the verdict when nothing else names one.</summary>
    public string? Provider { get; init; }

    /// <summary>Providers the rule is limited to; empty when it holds for all.</summary>
    public IReadOnlyList<string> OnlyProviders { get; init; } = [];

    /// <summary>Whether the rule holds only where the server that reports is of the recipient's own domain, and so knows which mailboxes there are.</summary>
    public bool OnlyOwnDomain { get; init; }

    /// <summary>Reply codes the rule is limited to, e.g. <c>550</c> or <c>5xx</c>; empty when it holds for all.</summary>
    public IReadOnlyList<string> Smtp { get; init; } = [];

    /// <summary>Enhanced codes the rule is limited to, e.g. <c>5.7.1</c> or <c>5.7.x</c>; empty when it holds for all.</summary>
    public IReadOnlyList<string> Enhanced { get; init; } = [];

    /// <summary>
    /// Widest stretch of text, in characters, over which a match of <see cref="Pattern"/> is believed against a code that says otherwise; null when always.
    /// For patterns such as <c>user.*unknown</c>, whose words may belong to different sentences.
    /// </summary>
    public int? MaxSpan { get; init; }

    /// <summary>Wait that the text is known to mean, when it does not name one.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Blocklist the text names.</summary>
    public string? Blocklist { get; init; }

    /// <summary>Texts the rule must decide; each is a test.</summary>
    public IReadOnlyList<string> Examples { get; init; } = [];
}

/// <summary>A rule that matched a report.</summary>
/// <param name="RuleId">The rule, or the name of a code's entry, e.g. <c>enhanced.5.1.1</c>.</param>
/// <param name="Source">The file it stands in.</param>
/// <param name="Line">Its line there.</param>
/// <param name="Category">What it says.</param>
/// <param name="Priority">Its priority; 0 for codes and classes, which decide after every text.</param>
/// <param name="Confidence">Its own confidence.</param>
/// <param name="MatchedText">The part of the masked text, or the code, that it matched.</param>
public sealed record RuleMatch(string RuleId, string Source, int Line, BounceCategory Category, int Priority, double Confidence, string MatchedText);

/// <summary>A verdict and how it came about.</summary>
/// <param name="Verdict">The verdict; the same that <see cref="BounceClassifier.Classify"/> gives.</param>
/// <param name="Matches">Every rule that matched, in the order in which they decide.</param>
/// <param name="Why">How the winner won, in sentences.</param>
public sealed record Explanation(Classification Verdict, IReadOnlyList<RuleMatch> Matches, IReadOnlyList<string> Why);

/// <summary>What a code, or a source's own class, means.</summary>
/// <param name="Code">The code (<c>5.1.1</c>, <c>550</c>) or class (<c>permanent/noemail</c>) as the file has it, in lower case.</param>
/// <param name="Category">What it means; <see cref="BounceCategory.Unknown"/> where it means nothing in particular.</param>
/// <param name="Confidence">How far to believe it, 0 to 1.</param>
/// <param name="Says">Its meaning in words, for the evidence.</param>
/// <param name="Only">Providers (for codes) or sources (for classes) it is limited to; empty when it holds for all.</param>
/// <param name="Source">The file it stands in.</param>
/// <param name="Line">Its line there.</param>
public sealed record CodeMeaning(string Code, BounceCategory Category, double Confidence, string Says, IReadOnlyList<string> Only, string Source, int Line);

/// <summary>Something wrong with a rule file.</summary>
/// <param name="Source">The file.</param>
/// <param name="Line">The line, from 1; 0 when it concerns the whole file.</param>
/// <param name="Message">What is wrong and what would be right.</param>
/// <param name="IsError">False for a remark that does not keep the rules from being used.</param>
public sealed record RuleProblem(string Source, int Line, string Message, bool IsError = true)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Source}:{Line}: {(IsError ? "error" : "warning")}: {Message}";
}

/// <summary>Rule files that cannot be used; lists every problem found in them.</summary>
public sealed class RuleSetException(IReadOnlyList<RuleProblem> problems)
    : Exception($"{problems.Count} problem(s) in the rules:\n{string.Join('\n', problems)}")
{
    /// <summary>Every problem, by file and line.</summary>
    public IReadOnlyList<RuleProblem> Problems { get; } = problems;
}
