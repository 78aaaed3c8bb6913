using BounceActors.Domain.Classification;

namespace BounceActors.Domain.Tests.Classification;

/// <summary>The form of a text that rules see.</summary>
public class DiagnosticTextSpecs
{
    private static readonly BounceClassifier Judge = new(RuleSet.Default);

    [Theory]
    [InlineData("550 5.1.1 <Bob@Example.com>: unknown", "550 5.1.1 <@>: unknown")]
    [InlineData("to bob@example.com failed", "to <@> failed")]
    [InlineData("host mx1.example.com[192.0.2.1] said", "host <host>[<ip>] said")]
    [InlineData("from 2001:db8::25 port 25", "from <ip> port #")]
    [InlineData("o{E.::mas and fe80:: too", "o{e.::mas and fe#:: too")]
    [InlineData("id 4X2kZ91Jp0z6 took 12 s", "id # took # s")]
    [InlineData("blocked using zen.spamhaus.org", "blocked using zen.spamhaus.org")]
    [InlineData("User unknown.Please check", "user unknown.please check")]
    [InlineData("Boîte  pleine,\r\n\tgroß", "boite pleine, groß")]
    [InlineData("[TSS04] (S3140) 5.7.26 421", "[tss04] (s3140) 5.7.26 421")]
    public void Should_mask_what_differs_from_mail_to_mail_and_keep_what_means_something(string raw, string masked) =>
        Assert.Equal(masked, Judge.MaskedText(raw));

    [Theory]
    [InlineData("550-5.1.1 The account that\r\n550-5.1.1 you tried\r\n550 5.1.1 is gone", "550-5.1.1 the account that you tried is gone")]
    [InlineData("550-5.1.1 The account that 550-5.1.1 you tried 550 5.1.1 is gone", "550-5.1.1 the account that you tried is gone")]
    public void Should_join_the_lines_of_a_multi_line_reply(string raw, string masked) => Assert.Equal(masked, Judge.MaskedText(raw));
}
