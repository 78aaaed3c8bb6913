using System.Net;
using System.Text;
using BounceActors.Service.MailIn.Mailboxes;
using BounceActors.Service.Settings;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace BounceActors.Service.Tests.MailIn;

/// <summary>What needs no mail server; the rest is in tests/BounceActors.EndToEnd.Tests/MailIn.</summary>
public sealed class MailboxSpecs
{
    private readonly FakeTimeProvider _time = new(MailDoor.Now);

    [Theory]
    [InlineData(0, 0.0, 0.5)]
    [InlineData(0, 0.5, 1)]
    [InlineData(3, 0.5, 8)]
    [InlineData(3, 1.0, 12)]
    [InlineData(9, 0.5, 300)]
    [InlineData(1_000, 0.5, 300)]
    public void Should_wait_longer_after_every_failure_but_not_for_ever(int failures, double chance, double seconds) =>
        Assert.Equal(seconds, MailboxWorker.Pause(failures, chance).TotalSeconds);

    [Theory]
    [InlineData("Host=h", "User=u", "Sources:Mailboxes:box: one of PasswordFile (or Password), AccessTokenFile, TokenEndpoint is needed")]
    [InlineData("User=u", "Password=p", "Sources:Mailboxes:box:Host must not be empty")]
    [InlineData("Host=h", "Tls=none", "Sources:Mailboxes:box: Tls may be none on this machine only")]
    [InlineData("Protocol=pop3", "MoveTo=Done", "Sources:Mailboxes:box: MoveTo needs IMAP")]
    [InlineData("Protocol=imap", "DeleteTaken=true", "Sources:Mailboxes:box: DeleteTaken is for POP3")]
    [InlineData("Folders=INBOX,Done", "MoveTo=Done", "Sources:Mailboxes:box: MoveTo must not be one of Folders")]
    [InlineData("TokenEndpoint=http://login.example.com/token", "ClientId=c", "Sources:Mailboxes:box: TokenEndpoint must be an https address")]
    [InlineData("Protocol=exchange", "Host=h", "Sources:Mailboxes:box:Protocol is 'exchange', but must be one of imap, pop3")]
    [InlineData("Pasword=p", "Host=h", "Sources:Mailboxes:box:Pasword is no setting; did you mean Password?")]
    public void Should_name_the_wrong_setting(string first, string second, string problem)
    {
        var settings = ((string[])[first, second]).Select(s => s.Split('=', 2)).ToDictionary(s => $"Sources:Mailboxes:box:{s[0]}", s => (string?)s[1]);
        var wrong = Assert.Throws<SettingsException>(() => AllSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(settings).Build()));

        Assert.Contains(wrong.Problems, p => p.StartsWith(problem, StringComparison.Ordinal));
    }

    [Fact]
    public void Should_watch_each_folder_by_itself_and_know_the_ports()
    {
        var imap = new MailboxOptions { Folders = ["INBOX", "Junk"], Tls = MailboxTls.StartTls };
        var pop3 = new MailboxOptions { Protocol = MailboxProtocol.Pop3 };

        Assert.Equal(["INBOX", "Junk"], WatchedFolder.Of("box", imap).Select(f => f.Folder));
        Assert.Equal(("pop3:box", 995, 143), (WatchedFolder.Of("box", pop3).Single().Source, pop3.EffectivePort, imap.EffectivePort));
    }

    [Fact]
    public async Task Should_ask_for_a_token_and_use_it_until_just_before_its_end()
    {
        using var endpoint = new Endpoint((HttpStatusCode.OK, """{"access_token":"one","expires_in":3600}"""), (HttpStatusCode.OK, """{"access_token":"two","expires_in":3600}"""));
        var login = Login(endpoint);

        Assert.Equal("one", await login.TokenAsync(default));
        _time.Advance(TimeSpan.FromMinutes(58));
        Assert.Equal("one", await login.TokenAsync(default));
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal("two", await login.TokenAsync(default));

        Assert.Equal("grant_type=client_credentials&client_id=client&client_secret=s%26cret&scope=mail", endpoint.Bodies[0]);
    }

    [Fact]
    public async Task Should_go_on_with_the_newest_refresh_token()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "first\n");
        using var endpoint = new Endpoint((HttpStatusCode.OK, """{"access_token":"one","refresh_token":"second"}"""), (HttpStatusCode.OK, """{"access_token":"two"}"""));
        var login = Login(endpoint, o => o.RefreshTokenFile = file);

        await login.TokenAsync(default);
        _time.Advance(TimeSpan.FromHours(1));
        await login.TokenAsync(default);

        Assert.Contains("grant_type=refresh_token", endpoint.Bodies[0], StringComparison.Ordinal);
        Assert.Contains("refresh_token=first", endpoint.Bodies[0], StringComparison.Ordinal);
        Assert.Contains("refresh_token=second", endpoint.Bodies[1], StringComparison.Ordinal);
        File.Delete(file);
    }

    [Fact]
    public async Task Should_say_why_there_is_no_token_without_saying_any_secret()
    {
        using var endpoint = new Endpoint((HttpStatusCode.BadRequest, """{"error":"invalid_client","error_description":"s&cret is wrong"}"""));

        var refused = await Assert.ThrowsAsync<MailKit.Security.AuthenticationException>(() => Login(endpoint).TokenAsync(default));

        Assert.Equal("the token endpoint answered 400: invalid_client", refused.Message);
    }

    [Fact]
    public async Task Should_try_again_after_every_failure_and_show_the_last()
    {
        var folder = WatchedFolder.Of("box", new MailboxOptions()).Single();
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var board = new MailboxBoard(services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>(), [folder]);
        Assert.Equal(MailboxStatus.Elsewhere, board.All.Single().State);
        var session = new FailingSession();
        using var stop = new CancellationTokenSource();

        var running = new MailboxWorker(folder, session, board, _time, NullLogger.Instance).RunAsync(stop.Token);
        for (var attempt = 1; attempt <= 4; attempt++)
        {
            Assert.Equal(attempt, session.Attempts);
            Assert.Equal((MailboxStatus.Waiting, $"failure {attempt}"), (board.All.Single().State, board.All.Single().LastError));
            await Running.RunningService.UntilAsync(() =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                return Task.FromResult(session.Attempts > attempt && board.All.Single().LastError == $"failure {attempt + 1}");
            });
        }

        await stop.CancelAsync();
        await running;
        Assert.Equal(MailboxStatus.Elsewhere, board.All.Single().State);
    }

    private MailboxLogin Login(Endpoint endpoint, Action<MailboxOptions>? adjust = null)
    {
        var options = new MailboxOptions { TokenEndpoint = "https://login.example.com/token", ClientId = "client", Scope = "mail", ClientSecretFile = Path.GetTempFileName() };
        File.WriteAllText(options.ClientSecretFile, "s&cret\n");
        adjust?.Invoke(options);
        return new MailboxLogin(options, new HttpClient(endpoint), _time);
    }

    private sealed class FailingSession : IMailboxSession
    {
        public int Attempts { get; private set; }

        public Task RunAsync(CancellationToken cancel) => throw new IOException($"failure {++Attempts}");
    }

    private sealed class Endpoint(params (HttpStatusCode Status, string Body)[] answers) : HttpMessageHandler
    {
        public List<string> Bodies { get; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Bodies.Add(await request.Content!.ReadAsStringAsync(cancellationToken));
            var (status, body) = answers[Bodies.Count - 1];
            return new HttpResponseMessage(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        }
    }
}
