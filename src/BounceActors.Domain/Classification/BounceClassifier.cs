using System.Buffers;
using System.Globalization;
using BounceActors.Domain.Reports;

namespace BounceActors.Domain.Classification;

/// <summary>
/// The judge: what a report means. Pure and safe for any number of threads; the cache inside never changes a verdict, because rules see nothing
/// but what its key holds. Order of evidence: a provider's rule, a text rule, the guide's patterns, the enhanced code, the reply code, the
/// source's own class, and last the guide's fallback by the first digit. To change rules, build another classifier and swap the reference.
/// </summary>
public sealed class BounceClassifier
{
    /// <summary>Confidence under which a verdict becomes <see cref="BounceCategory.Unknown"/> and goes to review (SEMANTICS 6.1).</summary>
    public const double LeastConfidence = 0.6;

    /// <summary>What a contradicting code leaves of a rule's confidence.</summary>
    public const double CodeContradicts = 0.85;

    /// <summary>What a reply that calls itself temporary leaves of the confidence of a permanent category.</summary>
    public const double PermanenceContradicts = 0.8;

    /// <summary>What weaker evidence (the source's class, a reply code against its enhanced code) leaves.</summary>
    public const double WeakContradicts = 0.9;

    /// <summary>What a reply code leaves of the confidence that a text is no failure at all (an out-of-office text under a 5xx).</summary>
    public const double ReplyContradictsNoFailure = 0.6;

    /// <summary>How far <see cref="BounceReport.SourceCategory"/> alone is believed: enough to hold a recipient, too little to contradict a text (SEMANTICS 6.1, 6.5).</summary>
    public const double SourceCategoryConfidence = 0.64;

    private const int CacheCapacity = 8192;
    private const int LongestCachedKey = 2048;
    private const int StackText = 480;
    private const int ShortestReply = 12;
    private const int LeastExactPriority = 10;

    private static readonly SearchValues<string> LaterWords = SearchValues.Create(["temporar", "again later", "try again", "try later"], StringComparison.Ordinal);

    private static readonly SearchValues<string> StageWords = SearchValues.Create(["mail from", "after end of data", "sender was rejected", "my name was rejected"], StringComparison.Ordinal);

    private readonly RuleMatcher _matcher;
    private readonly CodeTable _enhanced;
    private readonly CodeTable _smtp;
    private readonly Dictionary<string, List<CodeMeaning>> _classes;
    private readonly VerdictCache<Judgement>? _cache;

    /// <param name="rules">The rules to judge by.</param>
    public BounceClassifier(RuleSet rules)
        : this(rules, cached: true)
    {
    }

    internal BounceClassifier(RuleSet rules, bool cached)
    {
        Rules = rules;
        _matcher = rules.Matcher;
        _enhanced = new CodeTable(rules.EnhancedCodes);
        _smtp = new CodeTable(rules.SmtpCodes);
        _classes = rules.Classes.GroupBy(c => c.Code).ToDictionary(g => g.Key, g => g.ToList(), StringComparer.OrdinalIgnoreCase);
        _cache = cached ? new VerdictCache<Judgement>(CacheCapacity) : null;
    }

    /// <summary>The rules in use.</summary>
    public RuleSet Rules { get; }

    /// <summary>Judges a report. Never throws, whatever the text; looks at no more than its first 3,072 and last 1,024 characters.</summary>
    public Classification Classify(BounceReport report)
    {
        var host = report.Provider ?? Rules.ProviderTable.FromHost(report.RemoteMta);
        var provider = host ?? Rules.ProviderTable.FromDomain(report.Recipient?.Domain);
        var text = report.Diagnostic ?? "";
        char[]? rented = null;
        var buffer = text.Length <= StackText
            ? stackalloc char[(2 * StackText) + 272]
            : (rented = ArrayPool<char>.Shared.Rent(DiagnosticText.BufferLength + 256)).AsSpan();
        try
        {
            var length = _matcher.Text.Mask(text, buffer);
            var keyLength = _cache is null ? -1 : WriteKey(report, provider, ReferenceEquals(host, provider), buffer, length);
            if (keyLength < 0)
            {
                return WithHint(Judge(report, host, provider, buffer[..length], null), text);
            }

            var key = buffer[..keyLength];
            var judgement = _cache!.Find(key);
            if (judgement is null)
            {
                judgement = Judge(report, host, provider, buffer[..length], null);
                _cache.Add(key, judgement);
            }

            return WithHint(judgement, text);
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<char>.Shared.Return(rented);
            }
        }
    }

    /// <summary>Judges a report and says how: every rule that matched, and why the winner won. Same verdict as <see cref="Classify"/>, without its cache.</summary>
    public Explanation Explain(BounceReport report)
    {
        var host = report.Provider ?? Rules.ProviderTable.FromHost(report.RemoteMta);
        var provider = host ?? Rules.ProviderTable.FromDomain(report.Recipient?.Domain);
        var text = report.Diagnostic ?? "";
        var buffer = new char[DiagnosticText.BufferLength];
        var masked = buffer.AsSpan(0, _matcher.Text.Mask(text, buffer));
        var trail = new Trail();
        var judgement = Judge(report, host, provider, masked, trail);
        var verdict = WithHint(judgement, text);
        trail.Why.Insert(0, masked.IsEmpty ? "There is no text to read." : $"The text as the rules see it: \"{masked.ToString()}\".");
        trail.Why.AddRange(verdict.Evidence);
        return new Explanation(verdict, trail.Matches, trail.Why);
    }

    /// <summary>The masked text a rule sees; for the rule checker and for whoever writes rules.</summary>
    public string MaskedText(string diagnostic)
    {
        var buffer = new char[DiagnosticText.BufferLength];
        return new string(buffer, 0, _matcher.Text.Mask(diagnostic, buffer));
    }

    private static Classification WithHint(Judgement judgement, string text) =>
        judgement.MayAskToWait && RetryHint.Read(text) is { } wait
            ? judgement.Verdict with { RetryAfter = wait, Evidence = [.. judgement.Verdict.Evidence, string.Create(CultureInfo.InvariantCulture, $"The reply asks to wait {wait.TotalSeconds:0} seconds.")] }
            : judgement.Verdict;

    /// <summary>Writes everything a verdict depends on behind the masked text. Returns the key's length, or -1 when it is too long to keep.</summary>
    private static int WriteKey(BounceReport report, string? provider, bool fromHost, Span<char> buffer, int length)
    {
        var feedback = report.Mail?.FeedbackType;
        if (length + (provider?.Length ?? 0) + (feedback?.Length ?? 0) + (report.SourceClass is { } c ? c.Length + report.Source.Length : 0) > Math.Min(LongestCachedKey, buffer.Length - 16))
        {
            return -1;
        }

        buffer[length++] = '\0';
        buffer[length++] = (char)(report.SmtpCode ?? 0);
        if (report.EnhancedCode is { } code)
        {
            buffer[length++] = (char)code.Class;
            buffer[length++] = (char)code.Subject;
            buffer[length++] = (char)code.Detail;
        }

        buffer[length++] = (char)(0x100 + (report.Outcome is { } outcome ? 1 + (int)outcome : 0));
        buffer[length++] = (char)(0x100 + (report.Action is { } action ? 1 + (int)action : 0));
        buffer[length++] = (char)(0x100 + (report.SourceCategory is { } claimed ? 1 + (int)claimed : 0));
        buffer[length++] = fromHost ? 'h' : 'd';
        buffer[length++] = IsOwnDomain(report) ? 'o' : 'f';
        length += Append(provider, buffer, length);
        length += Append(feedback, buffer, length);
        if (report.SourceClass is not null)
        {
            length += Append(report.SourceClass, buffer, length);
            length += Append(report.Source, buffer, length);
        }

        return length;
    }

    private static int Append(string? text, Span<char> buffer, int at)
    {
        text.AsSpan().CopyTo(buffer[at..]);
        buffer[at + (text?.Length ?? 0)] = '\0';
        return (text?.Length ?? 0) + 1;
    }

    private Judgement Judge(BounceReport report, string? host, string? provider, ReadOnlySpan<char> masked, Trail? trail)
    {
        var given = Settled(report);
        var evidence = new List<string>(4);
        var codes = CodesOf(report, provider, masked, evidence);
        var byCode = codes.Enhanced is { } enhanced ? _enhanced.Find(enhanced, provider) : null;
        var bySmtp = codes.Smtp is { } smtp ? _smtp.Find(smtp, provider) : null;
        var byClass = ClassOf(report);

        var reply = masked[ReplyCodes.Reply(masked, report.SmtpCode)];
        var first = new FirstRule(reply, codes, byCode, trail);
        if (reply.Length < masked.Length && reply.Length >= ShortestReply && !NamesStage(masked))
        {
            trail?.Why.Add($"The text quotes a reply, which is read first: \"{reply.ToString()}\".");
            _matcher.Match(reply, codes, ref first);
        }

        // What a text tells beside the end of the time in the queue is the better cause (TAXONOMY: "no better cause named")
        if (first.Winner is null or { Rule.Category: BounceCategory.MessageExpired })
        {
            trail?.Matches.Clear();
            reply = masked;
            first = new FirstRule(masked, codes, byCode, trail);
            _matcher.Match(masked, codes, ref first);
        }

        trail?.Codes(byCode, bySmtp, byClass);

        var finding = first.Winner is { } rule ? OfRule(rule, reply, codes, byCode, byClass, evidence)
            : OfCodes(codes, byCode, bySmtp, byClass, evidence);
        if (given is { } settled)
        {
            if (first.Winner is not null)
            {
                evidence.Insert(0, $"What the report says happened decides; its text alone would read as {finding.Category.ToWire()}.");
            }
            else
            {
                evidence.Clear();
            }

            evidence.Insert(0, settled.Says);
            finding = new Finding(settled.Category, settled.Rule, 1);
        }

        var verdict = Verdict(report, finding, given, codes, masked, evidence) with
        {
            Provider = host ?? first.Winner?.Rule.Provider ?? provider,
            Blocklist = first.Blocklist,
            RetryAfter = first.Winner?.Rule.RetryAfter,
        };
        return new Judgement(verdict, RetryHint.MayBeIn(masked));
    }

    private Classification Verdict(BounceReport report, Finding finding, Settlement? given, in Codes codes, ReadOnlySpan<char> masked, List<string> evidence)
    {
        var category = finding.Category;
        if (finding.Confidence < LeastConfidence && category != BounceCategory.Unknown)
        {
            evidence.Add(string.Create(CultureInfo.InvariantCulture, $"With {finding.Confidence:0.00} the confidence in {category.ToWire()} is under {LeastConfidence:0.0}: unknown, for review."));
            category = BounceCategory.Unknown;
            finding = finding with { Action = null, Fault = null };
        }

        var row = Taxonomy.Of(category);
        var outcome = given?.Outcome ?? row.Outcome;
        var noFailure = outcome is ReportOutcome.NotAReport or ReportOutcome.Engagement or ReportOutcome.Delivered;
        return new Classification
        {
            Outcome = outcome,
            Type = noFailure ? null : row.Type,
            Category = category,
            Action = noFailure ? RemediationAction.NoAction : finding.Action ?? row.DefaultAction,
            Fault = noFailure ? Fault.None : finding.Fault ?? row.Fault,
            Permanence = PermanenceOf(report, row, codes, masked),
            Confidence = Math.Round(finding.Confidence, 4),
            Rule = finding.Rule,
            Evidence = evidence,
        };
    }

    /// <summary>What the report itself says happened, where that decides the category; null for failures, which the text and codes decide.</summary>
    private static Settlement? Settled(BounceReport report)
    {
        switch (report.Mail?.FeedbackType?.ToLowerInvariant())
        {
            case "not-spam" or "auth-failure" or "dmarc" or "other":
                return new(BounceCategory.FeedbackOther, ReportOutcome.NotAReport, "feedback.other", $"The feedback report is of type {report.Mail.FeedbackType}: no complaint (RFC 5965 section 7.3).");
            case "opt-out" or "opt-out-list":
                return new(BounceCategory.UnsubscribeRequest, ReportOutcome.Unsubscribe, "feedback.opt-out", "The feedback report asks to be taken off the list.");
            case "abuse" or "fraud" or "virus" or "miscategorized":
                return new(BounceCategory.Complaint, ReportOutcome.Complaint, "feedback.abuse", $"The feedback report is of type {report.Mail.FeedbackType} (RFC 5965 section 7.3).");
        }

        if (report is { SourceCategory: BounceCategory.SuppressedBySource, Outcome: null or ReportOutcome.Bounce })
        {
            return new(BounceCategory.SuppressedBySource, ReportOutcome.Bounce, "source.suppressed", "The source did not send because of its own suppression list: an echo, not a new failure.");
        }

        return (report.Outcome, report.Action) switch
        {
            (ReportOutcome.Delay, _) or (null, DsnAction.Delayed) =>
                new(BounceCategory.DeliveryDelay, ReportOutcome.Delay, "outcome.delay", "The report says the message is delayed: the server still tries."),
            (ReportOutcome.Delivered, _) or (null, DsnAction.Delivered or DsnAction.Relayed or DsnAction.Expanded) =>
                new(BounceCategory.DeliverySuccess, ReportOutcome.Delivered, "outcome.delivered", "The report says the message was delivered or passed on."),
            (ReportOutcome.AutoReply, _) => new(BounceCategory.VacationReply, ReportOutcome.AutoReply, "outcome.auto_reply", "The mail is an automatic reply (RFC 3834)."),
            (ReportOutcome.Challenge, _) => new(BounceCategory.ChallengeRequest, ReportOutcome.Challenge, "outcome.challenge", "A challenge-response system asks the sender to confirm."),
            (ReportOutcome.Complaint, _) => new(BounceCategory.Complaint, ReportOutcome.Complaint, "outcome.complaint", "The recipient called the message spam."),
            (ReportOutcome.Unsubscribe, _) => new(BounceCategory.UnsubscribeRequest, ReportOutcome.Unsubscribe, "outcome.unsubscribe", "The recipient asked not to be mailed again."),
            (ReportOutcome.Engagement, _) => new(BounceCategory.DeliverySuccess, ReportOutcome.Engagement, "outcome.engagement", "The recipient opened, clicked or answered: the message arrived."),
            (ReportOutcome.NotAReport, _) when report.SourceCategory == BounceCategory.FeedbackOther =>
                new(BounceCategory.FeedbackOther, ReportOutcome.NotAReport, "feedback.other", "The source calls it feedback that is no complaint."),
            (ReportOutcome.NotAReport, _) => new(BounceCategory.Unknown, ReportOutcome.NotAReport, "outcome.not_a_report", "It reports on no message."),
            _ => null,
        };
    }

    /// <summary>The report's codes, or those its text names. Reading a code out of the text is said, and fills a gap only.</summary>
    private static Codes CodesOf(BounceReport report, string? provider, ReadOnlySpan<char> masked, List<string> evidence)
    {
        var smtp = report.SmtpCode;
        var enhanced = report.EnhancedCode;
        if (smtp is null && ReplyCodes.Smtp(masked) is { } foundSmtp)
        {
            smtp = foundSmtp;
            evidence.Add($"The reply code {foundSmtp} is derived: it stands in the text, the report does not give it.");
        }

        if (enhanced is null or { Subject: 0 } && ReplyCodes.Enhanced(masked) is { } foundEnhanced && (enhanced is null || foundEnhanced.Subject != 0))
        {
            enhanced = foundEnhanced;
            evidence.Add($"The enhanced code {foundEnhanced} is derived: it stands in the text, the report does not give it.");
        }

        return new Codes(smtp, enhanced, provider, IsOwnDomain(report));
    }

    /// <summary>Whether the host that reports lies in the recipient's domain: mx.example.org for bob@example.org.</summary>
    private static bool IsOwnDomain(BounceReport report) =>
        report is { ReportingMta: { Length: > 0 } host, Recipient.Domain: { Length: > 0 } domain }
        && host.EndsWith(domain, StringComparison.OrdinalIgnoreCase)
        && (host.Length == domain.Length || host[host.Length - domain.Length - 1] == '.');

    private CodeMeaning? ClassOf(BounceReport report)
    {
        var meaning = report.SourceClass is { Length: > 0 and <= 200 } name && _classes.TryGetValue(name.Trim(), out var entries)
            ? entries.Find(e => e.Only.Contains(report.Source)) ?? entries.Find(e => e.Only.Count == 0)
            : null;

        // A class that means nothing in particular to the rules may mean something to the adapter, which knows the whole event
        return meaning is null or { Category: BounceCategory.Unknown } && report.SourceCategory is { } claimed and not BounceCategory.Unknown
            ? new CodeMeaning(claimed.ToWire(), claimed, SourceCategoryConfidence, "as the source's adapter reads it", [], "adapter", 0)
            : meaning;
    }

    private static Finding OfRule(PreparedRule prepared, ReadOnlySpan<char> masked, in Codes codes, CodeMeaning? byCode, CodeMeaning? byClass, List<string> evidence)
    {
        var rule = prepared.Rule;
        var confidence = rule.Confidence;
        var at = 0;
        evidence.Insert(at++, prepared.Sentence(masked));
        var row = Taxonomy.Of(rule.Category);
        if (row.Outcome != ReportOutcome.Bounce)
        {
            if (codes.Smtp is >= 400)
            {
                confidence *= ReplyContradictsNoFailure;
                evidence.Insert(at++, $"A reply code {codes.Smtp} contradicts it: servers do not send {rule.Category.ToWire()} as a refusal.");
            }
        }
        else if (byCode is { Category: not BounceCategory.Unknown })
        {
            if (byCode.Category == rule.Category)
            {
                evidence.Insert(at++, $"The enhanced code {codes.Enhanced} ({byCode.Says}) agrees.");
            }
            else if (!prepared.ExpectsCodes && Contradict(rule.Category, byCode))
            {
                confidence *= CodeContradicts;
                evidence.Insert(at++, $"The enhanced code {codes.Enhanced} ({byCode.Says}) says {byCode.Category.ToWire()} instead; the text is believed, less surely.");
            }
        }

        if (row.Type == BounceType.HardBounce && !prepared.ExpectsCodes && (codes.Enhanced?.Class ?? codes.Smtp / 100) == 4)
        {
            confidence *= PermanenceContradicts;
            evidence.Insert(at++, "The reply calls itself temporary, which a permanent failure of the address is not.");
        }

        if (byClass is not null && Contradict(rule.Category, byClass))
        {
            confidence *= WeakContradicts;
            evidence.Insert(at, $"The source's own class '{byClass.Code}' says {byClass.Category.ToWire()} instead.");
        }

        return new Finding(rule.Category, rule.Id, confidence, rule.Action, rule.Fault);
    }

    private static Finding OfCodes(in Codes codes, CodeMeaning? byCode, CodeMeaning? bySmtp, CodeMeaning? byClass, List<string> evidence)
    {
        if (byCode is { Category: not BounceCategory.Unknown })
        {
            var confidence = byCode.Confidence;
            evidence.Insert(0, string.Create(CultureInfo.InvariantCulture, $"No rule knows the text; the enhanced code {codes.Enhanced} means {byCode.Category.ToWire()} ({byCode.Says}), confidence {confidence:0.00}."));
            if (codes.Smtp is { } reply && codes.Enhanced?.Class is { } declared && reply / 100 != declared)
            {
                confidence *= WeakContradicts;
                evidence.Insert(1, $"The reply code {reply} contradicts its class.");
            }

            if (byClass is not null && Contradict(byCode.Category, byClass))
            {
                confidence *= WeakContradicts;
                evidence.Insert(1, $"The source's own class '{byClass.Code}' says {byClass.Category.ToWire()} instead.");
            }

            return new Finding(byCode.Category, $"enhanced.{byCode.Code}", confidence);
        }

        if (bySmtp is { Category: not BounceCategory.Unknown })
        {
            evidence.Insert(0, $"No rule knows the text; the reply code {codes.Smtp} means {bySmtp.Category.ToWire()} ({bySmtp.Says}).");
            return new Finding(bySmtp.Category, $"smtp.{bySmtp.Code}", bySmtp.Confidence);
        }

        if (byClass is { Category: not BounceCategory.Unknown })
        {
            evidence.Insert(0, $"Neither text nor codes say more; the source's own class is '{byClass.Code}' ({byClass.Says}).");
            return new Finding(byClass.Category, $"class.{byClass.Code}", byClass.Confidence);
        }

        // The guide's fallback, with its numbers (guide.md, classify_bounce).
        switch (codes.Smtp / 100 ?? codes.Enhanced?.Class)
        {
            case 5:
                evidence.Insert(0, "No rule knows the text and the reply is a bare permanent refusal, which is no proof against the mailbox.");
                return new Finding(BounceCategory.Unknown, "smtp.5xx", 0.5);
            case 4:
                evidence.Insert(0, "No rule knows the text and the reply is a bare temporary refusal.");
                return new Finding(BounceCategory.ServerError, "smtp.4xx", 0.6);
        }

        if (byClass is not null)
        {
            evidence.Insert(0, $"The source calls it '{byClass.Code}' and nothing says more.");
            return new Finding(BounceCategory.Unknown, $"class.{byClass.Code}", byClass.Confidence);
        }

        evidence.Insert(0, "No rule knows the text and there is no code.");
        return new Finding(BounceCategory.Unknown, "none", 0.3);
    }

    private static Permanence PermanenceOf(BounceReport report, TaxonomyEntry row, in Codes codes, ReadOnlySpan<char> masked)
    {
        var byReply = codes.Smtp / 100;
        var byStatus = codes.Enhanced?.Class;
        if (row.Outcome != ReportOutcome.Bounce)
        {
            return row.Outcome == ReportOutcome.Delay ? Permanence.Transient : Permanence.Unknown;
        }

        if (byReply is 4 && byStatus is 5 or null && report.Action != DsnAction.Failed)
        {
            return byStatus is null ? Permanence.Transient : Permanence.Unknown;
        }

        switch (byStatus ?? byReply)
        {
            case 4:
                return Permanence.Transient;
            case 5:
                return row.Group is "transient" or "throttle" or "mailbox" && SaysLater(masked) ? Permanence.Transient : Permanence.Permanent;
        }

        return row.Type switch
        {
            BounceType.HardBounce => Permanence.Permanent,
            BounceType.SoftBounce when row.Category != BounceCategory.Unknown => Permanence.Transient,
            _ when report.Action == DsnAction.Delayed || SaysLater(masked) => Permanence.Transient,
            _ => Permanence.Unknown,
        };
    }

    private static bool SaysLater(ReadOnlySpan<char> masked) => masked.ContainsAny(LaterWords);

    /// <summary>The words before the reply say at which command it came, which decides whom it means; then the reply alone would not do.</summary>
    private static bool NamesStage(ReadOnlySpan<char> masked) => masked.ContainsAny(StageWords);

    /// <summary>Two statements contradict when they lay the failure at different doors: the address, the sending side, or the way between.</summary>
    private static bool Contradict(BounceCategory said, CodeMeaning other)
    {
        var (a, b) = (Door(said), Door(other.Category));
        return a != 0 && b != 0 && a != b && other.Confidence >= 0.65
            && !(said == BounceCategory.MailboxFull && b == 3)
            && !(Taxonomy.Of(said).Group == "throttle" && b == 2)
            && !(Taxonomy.Of(other.Category).Group == "throttle" && a == 2);
    }

    private static int Door(BounceCategory category) => Taxonomy.Of(category).Group switch
    {
        "recipient" or "domain" or "mailbox" => 1,
        "policy" or "reputation" or "content" => 2,
        "transient" or "throttle" => 3,
        _ => 0,
    };

    /// <summary>Takes the first rule that may decide, and the first blocklist named.</summary>
    private ref struct FirstRule(ReadOnlySpan<char> masked, Codes codes, CodeMeaning? byCode, Trail? trail) : IRuleVisitor
    {
        private readonly ReadOnlySpan<char> _masked = masked;
        private readonly CodeMeaning? _byCode = byCode;
        private readonly Codes _codes = codes;

        public PreparedRule? Winner { get; private set; }

        public string? Blocklist { get; private set; }

        public readonly bool Wants(Rule rule) =>
            trail is not null || Winner is null || (Blocklist is null && rule.Blocklist is not null) || SpeaksFor(rule);

        public bool Visit(PreparedRule rule)
        {
            Blocklist ??= rule.Rule.Blocklist;
            trail?.Matches.Add(new RuleMatch(rule.Rule.Id, rule.Rule.Source, rule.Rule.Line, rule.Rule.Category, rule.Rule.Priority, rule.Rule.Confidence, rule.MatchedText(_masked)));
            if (Winner is null)
            {
                if (_byCode is { Category: not BounceCategory.Unknown } && Contradict(rule.Rule.Category, _byCode) && !rule.IsTight(_masked))
                {
                    trail?.Why.Add($"The rule '{rule.Rule.Id}' matches only words that stand far apart, and the enhanced code {_codes.Enhanced} says {_byCode.Category.ToWire()}: passed over.");
                }
                else if (rule.Rule.Priority < LeastExactPriority && _byCode is { Category: not BounceCategory.Unknown } && _byCode.Category != rule.Rule.Category && _byCode.Confidence > rule.Rule.Confidence)
                {
                    trail?.Why.Add($"The rule '{rule.Rule.Id}' is vague, and the enhanced code {_codes.Enhanced} says more: passed over.");
                }
                else
                {
                    Winner = rule;
                    trail?.Why.Add($"The rule '{rule.Rule.Id}' has the highest priority ({rule.Rule.Priority}) of those that match, so it decides.");
                }
            }
            else if (SpeaksFor(rule.Rule) && rule.IsTight(_masked))
            {
                trail?.Why.Add($"The guide's own pattern '{rule.Rule.Id}' says the same, so it is named, with the guide's confidence.");
                Winner = rule;
            }

            return true;
        }

        /// <summary>
        /// Where a general text rule and one of the guide's patterns agree, the guide's is named: its confidences and actions are the specification.
        /// </summary>
        private readonly bool SpeaksFor(Rule rule) =>
            rule.MaxSpan is not null && Winner is { Rule: { Priority: < 500, MaxSpan: null, Action: null, Fault: null, Blocklist: null, RetryAfter: null } winner } && winner.Category == rule.Category;
    }

    private sealed class Trail
    {
        public List<RuleMatch> Matches { get; } = [];

        public List<string> Why { get; } = [];

        public void Codes(params ReadOnlySpan<CodeMeaning?> meanings)
        {
            string[] kinds = ["enhanced", "smtp", "class"];
            for (var i = 0; i < meanings.Length; i++)
            {
                if (meanings[i] is { Category: not BounceCategory.Unknown } m)
                {
                    Matches.Add(new RuleMatch($"{kinds[i]}.{m.Code}", m.Source, m.Line, m.Category, 0, m.Confidence, m.Code));
                }
            }
        }
    }

    private sealed record Judgement(Classification Verdict, bool MayAskToWait);

    private sealed record Settlement(BounceCategory Category, ReportOutcome Outcome, string Rule, string Says);

    private sealed record Finding(BounceCategory Category, string Rule, double Confidence, RemediationAction? Action = null, Fault? Fault = null);
}
