using BounceActors.Domain.Reports;
using CsCheck;

namespace BounceActors.Domain.Tests.Reports;

public class EnhancedStatusCodeSpecs
{
    [Theory]
    [InlineData("550 5.1.1 User unknown", "5.1.1")]
    [InlineData("smtp;452 4.2.2 Mailbox full", "4.2.2")]
    [InlineData("550-5.7.26 Unauthenticated", "5.7.26")]
    [InlineData("#5.1.0 Address rejected", "5.1.0")]
    [InlineData("(5.2.3)", "5.2.3")]
    [InlineData("5.1.1", "5.1.1")]
    [InlineData("see 5.7.1.", "5.7.1")]
    [InlineData("2.0.0 OK", "2.0.0")]
    [InlineData("4.7.1 then 5.1.1", "4.7.1")]
    [InlineData("5.7.511 banned", "5.7.511")]
    public void Should_find_the_first_code_in_a_text(string text, string code) => Assert.Equal(code, EnhancedStatusCode.Find(text)?.ToString());

    [Theory]
    [InlineData("")]
    [InlineData("550 User unknown")]
    [InlineData("from 192.0.2.1 refused")]
    [InlineData("from 5.1.1.9 refused")]
    [InlineData("from 10.5.1.1 refused")]
    [InlineData("version 15.1.1")]
    [InlineData("5.1.1234")]
    [InlineData("3.1.1")]
    [InlineData("6.0.0")]
    [InlineData("5.1")]
    public void Should_not_take_addresses_versions_and_other_numbers_for_a_code(string text) => Assert.Null(EnhancedStatusCode.Find(text));

    [Theory]
    [InlineData("4.2.2", true)]
    [InlineData(" 5.7.511 ", true)]
    [InlineData("5.1.1 x", false)]
    [InlineData("1.1.1", false)]
    [InlineData("5.1.1\n5.1.2", false)]
    [InlineData("5.1.1000", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void Should_read_only_a_code_that_is_the_whole_text(string? text, bool read) => Assert.Equal(read, EnhancedStatusCode.TryParse(text, out _));

    [Fact]
    public void Should_read_and_find_every_code_it_writes() =>
        Gen.Select(Gen.OneOf(2, 4, 5), Gen.Int[0, 999], Gen.Int[0, 999]).Sample(parts =>
        {
            var code = new EnhancedStatusCode(parts.Item1, parts.Item2, parts.Item3);
            Assert.True(EnhancedStatusCode.TryParse(code.ToString(), out var read));
            Assert.Equal(code, read);
            Assert.Equal(code, EnhancedStatusCode.Find($"550 {code} no"));
        });
}
