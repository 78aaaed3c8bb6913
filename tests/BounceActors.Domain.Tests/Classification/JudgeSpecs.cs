using BounceActors.Domain.Classification;
using BounceActors.Domain.Reports;

namespace BounceActors.Domain.Tests.Classification;

/// <summary>How evidence is weighed.</summary>
public class JudgeSpecs
{
    private static readonly BounceClassifier Judge = new(RuleSet.Default);

    [Theory]
    [InlineData(ReportOutcome.Delay, "delivery_delay", "soft_bounce")]
    [InlineData(ReportOutcome.AutoReply, "vacation_reply", "auto_reply")]
    [InlineData(ReportOutcome.Challenge, "challenge_request", "challenge_response")]
    [InlineData(ReportOutcome.Complaint, "complaint", "spam_complaint")]
    [InlineData(ReportOutcome.Unsubscribe, "unsubscribe_request", "unsubscribe")]
    [InlineData(ReportOutcome.Delivered, "delivery_success", null)]
    [InlineData(ReportOutcome.Engagement, "delivery_success", null)]
    public void Should_let_what_the_report_says_happened_win_over_its_text(ReportOutcome outcome, string category, string? type)
    {
        var verdict = Judge.Classify(A.Report("550 5.1.1 User unknown", 550, "5.1.1") with { Outcome = outcome });

        Assert.Equal((outcome, category, type), (verdict.Outcome, verdict.Category.ToWire(), verdict.Type?.ToWire()));
    }

    [Theory]
    [InlineData("not-spam", "feedback_other", "not_a_report")]
    [InlineData("auth-failure", "feedback_other", "not_a_report")]
    [InlineData("other", "feedback_other", "not_a_report")]
    [InlineData("abuse", "complaint", "complaint")]
    [InlineData("fraud", "complaint", "complaint")]
    [InlineData("opt-out", "unsubscribe_request", "unsubscribe")]
    public void Should_tell_complaints_from_other_feedback(string feedback, string category, string outcome)
    {
        var verdict = Judge.Classify(new BounceReport { Mail = new MailFacts { Layout = "arf", FeedbackType = feedback } });

        Assert.Equal((category, outcome), (verdict.Category.ToWire(), verdict.Outcome.ToWire()));
    }

    [Fact]
    public void Should_take_a_delayed_action_for_a_delay_when_no_outcome_is_given() =>
        Assert.Equal(BounceCategory.DeliveryDelay, Judge.Classify(A.Report("451 4.4.1 timed out") with { Action = DsnAction.Delayed }).Category);

    [Fact]
    public void Should_not_take_a_bare_550_for_a_dead_mailbox()
    {
        var verdict = Judge.Classify(A.Report("", 550));

        Assert.Equal((BounceCategory.Unknown, RemediationAction.FlagForReview), (verdict.Category, verdict.Action));
    }

    [Theory]
    [InlineData("550 5.1.1 blocked using zen.spamhaus.org: user unknown", BounceCategory.ReputationBlock)]
    [InlineData("550 5.7.1 Message identified as spam; if you think the user is known, not unknown, call us", BounceCategory.SpamFilter)]
    public void Should_not_let_the_guides_loose_patterns_beat_exact_rules(string text, BounceCategory category) =>
        Assert.Equal(category, Judge.Classify(A.Report(text)).Category);

    [Fact]
    public void Should_pass_over_a_loose_match_when_the_enhanced_code_says_otherwise()
    {
        var explanation = Judge.Explain(A.Report("550 5.3.4 the user has sent what our system holds for a thing of a size unknown", 550, "5.3.4"));

        Assert.Contains(explanation.Matches, m => m.RuleId == "user_unknown_generic");
        Assert.Equal(BounceCategory.MessageTooLarge, explanation.Verdict.Category);
    }

    [Fact]
    public void Should_believe_text_against_a_contradicting_code_less_surely()
    {
        var agreed = Judge.Classify(A.Report("User unknown", 550, "5.1.1"));
        var contradicted = Judge.Classify(A.Report("User unknown", 550, "5.7.1"));

        Assert.Equal(BounceCategory.UserNotFound, contradicted.Category);
        Assert.Equal(agreed.Confidence * BounceClassifier.CodeContradicts, contradicted.Confidence, 4);
    }

    [Fact]
    public void Should_lower_the_confidence_of_a_dead_address_that_the_reply_calls_temporary()
    {
        var verdict = Judge.Classify(A.Report("User unknown", 450, "4.1.1"));

        Assert.Equal(0.95 * BounceClassifier.PermanenceContradicts, verdict.Confidence, 4);
        Assert.Equal(Permanence.Transient, verdict.Permanence);
    }

    [Fact]
    public void Should_send_what_falls_under_the_least_confidence_to_review()
    {
        var verdict = Judge.Classify(A.Report("550 I am on vacation", 550));

        Assert.Equal((BounceCategory.Unknown, RemediationAction.FlagForReview), (verdict.Category, verdict.Action));
        Assert.True(verdict.Confidence < BounceClassifier.LeastConfidence);
    }

    [Theory]
    [InlineData("5.1.1", "user_not_found")]
    [InlineData("4.2.2", "mailbox_full")]
    [InlineData("5.7.26", "authentication_failure")]
    [InlineData("5.3.4", "message_too_large")]
    public void Should_use_the_enhanced_code_when_no_rule_knows_the_text(string code, string category)
    {
        var verdict = Judge.Classify(A.Report("zzz", null, code));

        Assert.Equal((category, true), (verdict.Category.ToWire(), verdict.Rule.StartsWith("enhanced.", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("google", "5.7.28", "reputation_block")]
    [InlineData(null, "5.7.28", "rate_limiting")]
    [InlineData("office365", "5.1.10", "user_not_found")]
    [InlineData(null, "5.1.10", "domain_not_found")]
    public void Should_know_where_a_provider_uses_a_code_otherwise(string? provider, string code, string category) =>
        Assert.Equal(category, Judge.Classify(A.Report("zzz", 550, code) with { Provider = provider }).Category.ToWire());

    [Theory]
    [InlineData("Permanent/NoEmail", "ses", "user_not_found")]
    [InlineData("Permanent/General", "ses", "unknown")]
    [InlineData("22", "sparkpost", "mailbox_full")]
    [InlineData("22", "other", "unknown")]
    [InlineData("bad-mailbox", "powermta", "user_not_found")]
    [InlineData("soft", "api", "server_error")]
    [InlineData("hard", "api", "unknown")]
    public void Should_use_the_sources_class_last(string name, string source, string category) =>
        Assert.Equal(category, Judge.Classify(new BounceReport { SourceClass = name, Source = source }).Category.ToWire());

    [Fact]
    public void Should_say_that_a_code_is_derived_when_only_the_text_has_it()
    {
        var verdict = Judge.Classify(A.Report("host mx.example.net[192.0.2.1] said: 552 5.2.2 zzz"));

        Assert.Equal(BounceCategory.MailboxFull, verdict.Category);
        Assert.Contains(verdict.Evidence, e => e.Contains("5.2.2 is derived", StringComparison.Ordinal));
    }

    [Fact]
    public void Should_read_the_reply_that_a_notice_quotes_before_the_notices_own_words()
    {
        var verdict = Judge.Classify(A.Report("This is the spam firewall; your mail was blocked or had a virus or the mailbox is full. Technical report: 550 5.1.1 <bob@example.org>... User unknown", 550, "5.1.1"));

        Assert.Equal(BounceCategory.UserNotFound, verdict.Category);
    }

    [Fact]
    public void Should_read_the_reply_with_the_reports_own_code_out_of_a_session()
    {
        var session = "450 busy - please try later 551 not our user 503 need RCPT command";

        Assert.Equal(BounceCategory.UserNotFound, Judge.Classify(A.Report(session, 551)).Category);
        Assert.Equal(BounceCategory.ServerError, Judge.Classify(A.Report(session, 450)).Category);
    }

    [Theory]
    [InlineData("450 4.7.1 Greylisted, try again in 300 seconds", 300)]
    [InlineData("451 please come back in 5 minutes", 300)]
    [InlineData("421 Too many connections, retry after 2 hours", 7200)]
    [InlineData("451 4.7.1 Greylisting in action, please come back in 00:04:30", 270)]
    [InlineData("421 throttled; retry-after: 90", 90)]
    [InlineData("451 try again in 30 days", 7 * 86400)]
    public void Should_read_the_wait_a_reply_asks_for(string text, int seconds)
    {
        Assert.Equal(TimeSpan.FromSeconds(seconds), Judge.Classify(A.Report(text)).RetryAfter);
        Assert.Equal(TimeSpan.FromSeconds(seconds), Judge.Classify(A.Report(text)).RetryAfter);
    }

    [Theory]
    [InlineData("550 5.1.1 User unknown")]
    [InlineData("451 try again later")]
    [InlineData("552 message of 300 seconds of video is too large")]
    public void Should_read_no_wait_where_none_is_asked_for(string text) => Assert.Null(Judge.Classify(A.Report(text)).RetryAfter);

    [Theory]
    [InlineData("554 5.7.1 Client host [192.0.2.1] blocked using zen.spamhaus.org", "spamhaus-zen")]
    [InlineData("554 5.7.1 blocked using bl.spamcop.net", "spamcop")]
    [InlineData("550 refused, see https://www.barracudacentral.org/rbl/removal-request", "barracuda")]
    [InlineData("550 URL listed on multi.surbl.org", "surbl")]
    [InlineData("550 5.1.1 User unknown", null)]
    public void Should_name_the_blocklist_that_a_reply_names(string text, string? list) => Assert.Equal(list, Judge.Classify(A.Report(text)).Blocklist);

    [Fact]
    public void Should_blame_the_recipients_side_for_a_recipients_rule()
    {
        var verdict = Judge.Classify(A.Report("550 5.7.1 You do not have permission to send to this recipient"));

        Assert.Equal((BounceCategory.PolicyRejection, Fault.Recipient), (verdict.Category, verdict.Fault));
    }

    [Theory]
    [InlineData("gmail-smtp-in.l.google.com", "example.org", "google")]
    [InlineData("example-com.mail.protection.outlook.com.", "example.com", "office365")]
    [InlineData("hotmail-com.olc.protection.outlook.com", "hotmail.com", "microsoft")]
    [InlineData("mx.example.org", "ymail.com", "yahoo")]
    [InlineData(null, "example.org", null)]
    public void Should_name_the_provider_by_its_host_first_and_by_the_domain_only_then(string? host, string domain, string? provider)
    {
        var report = A.Report("550 zzz") with { RemoteMta = host, Recipient = EmailAddress.Parse($"bob@{domain}") };

        Assert.Equal(provider, Judge.Classify(report).Provider);
        Assert.Equal(provider, Providers.FromHost(host) ?? Providers.FromDomain(domain));
    }

    [Theory]
    [InlineData("mx.example.org", "user_not_found", 0.85)]
    [InlineData("example.org", "user_not_found", 0.85)]
    [InlineData("notexample.org", "domain_not_found", 0.65)]
    [InlineData("mx.elsewhere.example", "domain_not_found", 0.65)]
    [InlineData(null, "domain_not_found", 0.65)]
    public void Should_know_that_only_a_server_of_the_domain_itself_knows_its_mailboxes(string? host, string category, double confidence)
    {
        var report = A.Report("Unrouteable address", enhanced: "5.0.0") with { ReportingMta = host, Recipient = EmailAddress.Parse("nobody@example.org") };

        for (var asked = 0; asked < 2; asked++)
        {
            var verdict = Judge.Classify(report);
            Assert.Equal((category, confidence), (verdict.Category.ToWire(), verdict.Confidence));
        }
    }

    [Theory]
    [InlineData("452 4.2.2 <full@example.org>: Mailbox full: retry timeout exceeded", "mailbox_full")]
    [InlineData("451 4.3.0 <bob@example.org>: Temporary lookup failure: retry timeout exceeded", "server_error")]
    [InlineData("mailbox is full: retry timeout exceeded", "mailbox_full")]
    [InlineData("connection timed out: retry timeout exceeded", "connection_timeout")]
    [InlineData("450 4.7.1 <bob@example.org>: Greylisted, please try again in 300 seconds: retry timeout exceeded", "greylisted")]
    [InlineData("550 5.4.300 Message expired -> 421 4.4.1 Connection timed out", "connection_timeout")]
    [InlineData("451 4.9.9 come another day: retry timeout exceeded", "message_expired")]
    [InlineData("Envelope expired", "message_expired")]
    public void Should_call_a_message_expired_only_when_no_better_cause_is_named(string diagnostic, string category) =>
        Assert.Equal(category, Judge.Classify(A.Report(diagnostic)).Category.ToWire());

    [Theory]
    [InlineData("551 5.1.6 User not local; please try <bob@new.example>", null, "user_not_found")]
    [InlineData("550-5.7.1 [192.0.2.25] The IP you're using to send mail is not authorized to send email directly to our servers. Please use the SMTP relay at your service provider instead. - gsmtp", "google", "reputation_block")]
    [InlineData("Le quota de la boîte aux lettres du destinataire est dépassé", null, "mailbox_full")]
    [InlineData("550 5.7.1 <a@b.example>: Sender address rejected: not logged in", null, "sender_rejected")]
    public void Should_judge_what_the_independent_check_found(string diagnostic, string? provider, string category) =>
        Assert.Equal(category, Judge.Classify(A.Report(diagnostic) with { Provider = provider }).Category.ToWire());

    [Fact]
    public void Should_explain_every_match_in_order_and_give_the_same_verdict()
    {
        var report = A.Report("554 5.7.1 Client host [192.0.2.1] blocked using zen.spamhaus.org; poor reputation", 554, "5.7.1");
        var explanation = Judge.Explain(report);

        Assert.Equal(Judge.Classify(report).Rule, explanation.Verdict.Rule);
        Assert.Equal(explanation.Matches.OrderByDescending(m => m.Priority).Select(m => m.RuleId), explanation.Matches.Select(m => m.RuleId));
        Assert.Contains(explanation.Matches, m => m.RuleId == "enhanced.5.7.1");
        Assert.Contains(explanation.Why, w => w.Contains("highest priority", StringComparison.Ordinal));
    }
}
