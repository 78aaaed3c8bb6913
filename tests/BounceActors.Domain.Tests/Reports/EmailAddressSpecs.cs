using BounceActors.Domain.Reports;
using CsCheck;

namespace BounceActors.Domain.Tests.Reports;

public class EmailAddressSpecs
{
    [Theory]
    [InlineData("User@Example.COM", "user@example.com")]
    [InlineData("  user@example.com\r\n", "user@example.com")]
    [InlineData("<user@example.com>", "user@example.com")]
    [InlineData("< user@example.com >", "user@example.com")]
    [InlineData("user@example.com.", "user@example.com")]
    [InlineData("first.last+news@example.com", "first.last+news@example.com")]
    [InlineData("user@localhost", "user@localhost")]
    [InlineData("o'neill@example.com", "o'neill@example.com")]
    [InlineData(".two..dots.@docomo.example", ".two..dots.@docomo.example")]
    [InlineData("user@under_score.example", "user@under_score.example")]
    public void Should_compare_addresses_in_lower_case_without_brackets_and_final_dot(string text, string normalised) =>
        Assert.Equal(normalised, EmailAddress.Parse(text).Normalised);

    [Fact]
    public void Should_show_an_address_as_it_was_given()
    {
        var address = EmailAddress.Parse("<Jane.Doe@Example.COM>");

        Assert.Equal("Jane.Doe@Example.COM", address.Display);
        Assert.Equal("Jane.Doe", address.LocalPart);
        Assert.Equal("example.com", address.Domain);
        Assert.Equal("Jane.Doe@Example.COM", address.ToString());
    }

    [Theory]
    [InlineData("user@münchen.example", "user@xn--mnchen-3ya.example")]
    [InlineData("user@MÜNCHEN.example", "user@xn--mnchen-3ya.example")]
    [InlineData("user@XN--MNCHEN-3YA.example", "user@xn--mnchen-3ya.example")]
    [InlineData("user@mu\u0308nchen.example", "user@xn--mnchen-3ya.example")]
    [InlineData("用户@例え.jp", "用户@xn--r8jz45g.jp")]
    [InlineData("JOSÉ@example.com", "josé@example.com")]
    [InlineData("jose\u0301@example.com", "jos\u00e9@example.com")]
    public void Should_bring_international_addresses_into_one_form(string text, string normalised) =>
        Assert.Equal(normalised, EmailAddress.Parse(text).Normalised);

    [Theory]
    [InlineData("\"john doe\"@example.com", "\"john doe\"")]
    [InlineData("\"a@b\"@example.com", "\"a@b\"")]
    [InlineData("\"a,b;c<d>\"@example.com", "\"a,b;c<d>\"")]
    public void Should_take_quoted_local_parts(string text, string local) => Assert.Equal(local, EmailAddress.Parse(text).LocalPart);

    [Theory]
    [InlineData("user@[192.0.2.1]", "[192.0.2.1]")]
    [InlineData("user@[IPv6:2001:DB8::1]", "[ipv6:2001:db8::1]")]
    public void Should_take_address_literals(string text, string domain) => Assert.Equal(domain, EmailAddress.Parse(text).Domain);

    [Theory]
    [InlineData(null, "it is empty; an address like user@example.com is expected")]
    [InlineData("", "it is empty; an address like user@example.com is expected")]
    [InlineData("<>", "it is empty; an address like user@example.com is expected")]
    [InlineData("user.example.com", "it has no @; an address like user@example.com is expected")]
    [InlineData("@example.com", "there is nothing before the @")]
    [InlineData("user@", "there is no domain after the @")]
    [InlineData("us er@example.com", "the part before the @ has a character that is not allowed there")]
    [InlineData("a@b@example.com", "the part before the @ has a character that is not allowed there")]
    [InlineData("a,b@example.com", "the part before the @ has a character that is not allowed there")]
    [InlineData("a;b@example.com", "the part before the @ has a character that is not allowed there")]
    [InlineData("Jane <user@example.com", "the part before the @ has a character that is not allowed there")]
    [InlineData("us\0er@example.com", "the part before the @ has a character that is not allowed there")]
    [InlineData("\"us\ner\"@example.com", "the part before the @ has a character that is not allowed there")]
    [InlineData("user@.example.com", "the domain has an empty label")]
    [InlineData("user@-example.com", "the domain has an empty label")]
    [InlineData("user@example..com", "the domain has an empty label")]
    [InlineData("user@exam ple.com", "the domain has a character that is not allowed there")]
    [InlineData("user@example.com>", "the domain has a character that is not allowed there")]
    [InlineData("user@exa/mple.com", "the domain has a character that is not allowed there")]
    [InlineData("user@[192.0.2.1", "the address literal after the @ is not closed by ]")]
    [InlineData("user@[]", "the address literal after the @ is not closed by ]")]
    [InlineData("user@[a b]", "the address literal after the @ is not closed by ]")]
    public void Should_say_what_is_wrong_with_an_address(string? text, string problem)
    {
        Assert.False(EmailAddress.TryParse(text, out var address, out var said));
        Assert.Null(address);
        Assert.Equal(problem, said);
    }

    [Theory]
    [InlineData("us\ud800er@example.com")]
    [InlineData("user@exa\udc00mple.com")]
    public void Should_refuse_what_is_not_unicode(string text)
    {
        Assert.False(EmailAddress.TryParse(text, out _, out var problem));
        Assert.Equal("it has a character that is not Unicode", problem);
    }

    [Fact]
    public void Should_refuse_a_label_longer_than_63_characters()
    {
        Assert.True(EmailAddress.TryParse($"user@{new string('a', 63)}.example", out _, out _));
        Assert.False(EmailAddress.TryParse($"user@{new string('a', 64)}.example", out _, out var problem));
        Assert.Equal("the domain is not a valid (internationalised) domain name", problem);
    }

    [Fact]
    public void Should_refuse_an_address_longer_than_320_characters()
    {
        var domain = string.Join('.', Enumerable.Repeat(new string('d', 49), 4));

        Assert.True(EmailAddress.TryParse($"{new string('a', 320 - 1 - domain.Length)}@{domain}", out _, out _));
        Assert.False(EmailAddress.TryParse($"{new string('a', 320 - domain.Length)}@{domain}", out _, out var problem));
        Assert.Equal("it is longer than 320 characters", problem);
    }

    [Fact]
    public void Should_throw_with_the_reason_when_asked_to_parse() =>
        Assert.Equal(
            "not a mail address: there is no domain after the @",
            Assert.Throws<FormatException>(() => EmailAddress.Parse("user@")).Message);

    [Fact]
    public void Should_be_equal_when_the_normalised_forms_are()
    {
        Assert.Equal(EmailAddress.Parse("User@MÜNCHEN.example"), EmailAddress.Parse("user@xn--mnchen-3ya.example"));
        Assert.Equal(EmailAddress.Parse("User@Example.com").GetHashCode(), EmailAddress.Parse("user@example.com").GetHashCode());
        Assert.NotEqual(EmailAddress.Parse("first.last@example.com"), EmailAddress.Parse("firstlast@example.com"));
        Assert.NotEqual(EmailAddress.Parse("user+a@example.com"), EmailAddress.Parse("user@example.com"));
    }

    [Theory]
    [InlineData("News <broken", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    [InlineData("news@Company.Example", "company.example")]
    public void Should_find_the_domain_of_a_sender(string? text, string? domain) => Assert.Equal(domain, EmailAddress.DomainOf(text));

    [Fact]
    public void Should_never_throw_and_either_give_an_address_or_a_reason() =>
        Gen.OneOf(Gen.String, Gen.String[Gen.Char["ab@.<>[]\" \u00fc\ud83d\ude00-_\0"], 0, 20]).Sample(text =>
        {
            var parsed = EmailAddress.TryParse(text, out var address, out var problem);
            Assert.Equal(parsed, address is not null);
            Assert.Equal(parsed, problem is null);
            if (address is not null)
            {
                Assert.Equal(address, EmailAddress.Parse(address.Normalised));
            }
        });
}
