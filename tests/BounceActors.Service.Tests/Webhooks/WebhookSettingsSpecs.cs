using BounceActors.Service.Settings;
using BounceActors.Sources.Webhooks;
using Microsoft.Extensions.Configuration;

namespace BounceActors.Service.Tests.Webhooks;

public sealed class WebhookSettingsSpecs
{
    [Theory]
    [InlineData("sendgird:default:Secrets:0=x", "Sources:Webhooks:sendgird is no source of webhooks; did you mean sendgrid?")]
    [InlineData("sendgrid:Secrets:0=x", "Sources:Webhooks:sendgrid:Secrets stands where the account's name should; write Sources:Webhooks:sendgrid:default:Secrets")]
    [InlineData("sendgrid:default:Secret=x", "Sources:Webhooks:sendgrid:default:Secret is no setting; did you mean Secrets?")]
    [InlineData("sendgrid:default:Stream=news", "Sources:Webhooks:sendgrid:default has nothing to prove its sender by")]
    [InlineData("postmark:default:UrlSecrets:0=s", "Sources:Webhooks:postmark:default has nothing to prove its sender by, so everything would be refused: set Credentials, Tokens or Headers")]
    [InlineData("postmark:default:Credentials:0=justauser", "Sources:Webhooks:postmark:default:Credentials must be user:password")]
    [InlineData("ses:default:Stream=news", "Sources:Webhooks:ses:default:TopicArns is empty")]
    [InlineData("brevo:default:Networks:0=everywhere", "Sources:Webhooks:brevo:default:Networks has 'everywhere'")]
    [InlineData("brevo:default:LateAfter=soon", "Sources:Webhooks:brevo:default:LateAfter is 'soon', but must be a time such as 00:15:00")]
    [InlineData("mailgun:default:Secrets:0=file:/nowhere/key", "Sources:Webhooks:mailgun:default:Secrets names the file /nowhere/key, which cannot be read")]
    [InlineData("generic:default:Tokens:0=t", "Sources:Webhooks:generic:default:Mapping is missing")]
    [InlineData("generic:default:Mapping:Events=data", "Sources:Webhooks:generic:default:Mapping:Events: 'data' is no path")]
    [InlineData("brevo:default:Tenant=The Tenant", "Sources:Webhooks:brevo:default:Tenant is 'The Tenant'")]
    public void Should_name_the_setting_that_is_wrong_and_say_what_would_be_right(string setting, string expected)
    {
        var (_, problems) = Read(setting);

        Assert.Contains(problems, p => p.StartsWith(expected, StringComparison.Ordinal));
    }

    [Fact]
    public void Should_show_no_secret_in_what_is_wrong()
    {
        var (_, problems) = Read("postmark:default:Credentials:0=hidden", "mandrill:default:Url=hidden", "brevo:default:Tokens:0=hidden", "brevo:default:Networks:0=x");

        Assert.NotEmpty(problems);
        Assert.DoesNotContain(problems, p => p.Contains("hidden", StringComparison.Ordinal));
    }

    [Fact]
    public void Should_read_secrets_from_files_and_find_accounts_by_name()
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, "from-a-file\n");

        var (accounts, problems) = Read($"mailgun:Shop:Secrets:0=file:{file}", "mailgun:shop:Secrets:1=second", "mailgun:shop:Tenant=shop", "mailgun:shop:SilentAfter=02:00:00");

        File.Delete(file);
        Assert.Empty(problems);
        var account = accounts.Find("mailgun", "SHOP")!;
        Assert.Equal(["from-a-file", "second"], account.Account.Secrets);
        Assert.Equal(("shop", "shop", TimeSpan.FromHours(2)), (account.Name, account.Tenant, account.SilentAfter));
        Assert.Null(accounts.Find("mailgun", null));
    }

    [Fact]
    public void Should_have_a_page_for_every_source()
    {
        foreach (var source in WebhookSources.All.Keys)
        {
            Assert.True(File.Exists(Docs.Path($"sources/{source}.md")), $"docs/sources/{source}.md is missing");
        }
    }

    private static (WebhookAccounts Accounts, List<string> Problems) Read(params string[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(s => s.Split('=', 2)).Select(s => KeyValuePair.Create($"Sources:Webhooks:{s[0]}", (string?)s[1])))
            .Build();
        var problems = new List<string>();
        return (WebhookSettings.Read(configuration.GetSection("Sources:Webhooks"), problems), problems);
    }
}
