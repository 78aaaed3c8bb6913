using BounceActors.Domain.Recipients;
using BounceActors.Domain.Reports;
using CsCheck;

namespace BounceActors.Domain.Tests.Recipients;

public class RecipientKeysSpecs
{
    private static readonly byte[] Secret = [.. Enumerable.Range(0, 32).Select(n => (byte)n)];
    private static readonly RecipientKeys Keys = new(Secret);

    // Computed with another implementation of HMAC-SHA-256 and base32. They stand in journals: they must never change.
    [Theory]
    [InlineData("default", "user@example.com", "gcu3mxwpgs3sryqgqlghwttgce")]
    [InlineData("acme", "user@example.com", "3abt4dvwd5hrdu7pbmkdiqx6su")]
    [InlineData("default", "JOSÉ@MÜNCHEN.example", "dzayq6uu64ytoudin6ot2tytsy")]
    public void Should_make_the_key_it_always_made(string tenant, string address, string key) =>
        Assert.Equal(key, Keys.Of(tenant, EmailAddress.Parse(address)).Value);

    [Fact]
    public void Should_make_one_key_of_all_spellings_of_an_address() =>
        Assert.Equal(Keys.Of("default", EmailAddress.Parse("<User@EXAMPLE.com>")), Keys.Of("default", EmailAddress.Parse("user@example.com")));

    [Fact]
    public void Should_make_keys_of_26_characters_that_may_stand_in_a_path() =>
        Gen.String[Gen.Char['a', 'z'], 1, 40].Sample(local =>
        {
            var key = Keys.Of("default", EmailAddress.Parse($"{local}@example.com"));
            Assert.Equal(RecipientKey.Length, key.Value.Length);
            Assert.Matches("^[a-z2-7]{26}$", key.ToString());
        });

    [Fact]
    public void Should_not_mistake_where_the_tenant_ends() =>
        Assert.NotEqual(Keys.Of("a", EmailAddress.Parse("bc@example.com")), Keys.Of("ab", EmailAddress.Parse("c@example.com")));

    [Fact]
    public void Should_make_other_keys_with_another_secret()
    {
        var other = new RecipientKeys([.. Secret.Reverse()]);

        Assert.NotEqual(Keys.Of("default", EmailAddress.Parse("user@example.com")), other.Of("default", EmailAddress.Parse("user@example.com")));
        Assert.NotEqual(Keys.Fingerprint, other.Fingerprint);
        Assert.Equal("9d4c3f6f00354d72", Keys.Fingerprint);
    }

    [Fact]
    public void Should_not_follow_later_changes_of_the_array_it_was_given()
    {
        byte[] given = [.. Secret];
        var keys = new RecipientKeys(given);
        given[0] = 255;

        Assert.Equal(Keys.Fingerprint, keys.Fingerprint);
    }

    [Fact]
    public void Should_refuse_a_secret_that_is_too_short()
    {
        Assert.Equal(32, RecipientKeys.MinSecretLength);
        var refused = Assert.Throws<ArgumentException>(() => new RecipientKeys(new byte[31]));

        Assert.StartsWith("the key secret has 31 bytes; at least 32 are needed", refused.Message);
    }

    [Fact]
    public void Should_mark_many_addresses_at_once_as_each_of_them_alone()
    {
        // Plain ones of all lengths and some that only the whole reader understands, or nobody.
        var plain = Gen.Select(Gen.String[Gen.Char["abcXYZ019.+_-="], 1, 120], Gen.String[Gen.Char["abcXYZ09.-"], 1, 70], (local, domain) => $"{local}@{domain}");
        var other = Gen.OneOf(new[] { "<User@Example.com>", " user@example.com ", "JOSÉ@MÜNCHEN.example", "\"a b\"@example.com", "a@b@c.example", "user@example.com.", "nobody", "@", "", "a@xn--mnchen-3ya.example", "a@-b.example" }.Select(Gen.Const).ToArray());
        Gen.OneOf(plain, plain, plain, other).Array[0, 40].Sample(addresses =>
        {
            var text = new List<byte>();
            var parts = new List<TextPart>();
            foreach (var address in addresses)
            {
                var bytes = System.Text.Encoding.UTF8.GetBytes(address);
                parts.Add(new TextPart(text.Count, bytes.Length));
                text.AddRange(bytes);
            }

            var marks = new ulong[addresses.Length];
            Keys.MarksOf("default", text.ToArray(), parts.ToArray(), marks);

            Assert.Equal(addresses.Select(a => EmailAddress.TryParse(a, out var parsed, out _) ? Keys.Of("default", parsed).Mark : 0), marks);
        });
    }

    [Fact]
    public void Should_make_the_same_mark_of_an_address_and_of_its_key() =>
        Assert.Equal(
            Keys.Of("default", EmailAddress.Parse("user@example.com")).Mark, Keys.MarkOf("default", EmailAddress.Parse("User@example.com")));
}
