using System.Text.RegularExpressions;
using Akka.Actor;
using BounceActors.Engine.Storage;
using BounceActors.Service.Auth;
using BounceActors.Service.Hosting;
using BounceActors.Service.Settings;

namespace BounceActors.Service.MailIn.Mailboxes;

/// <summary>What <c>/admin/mailboxes</c> answers.</summary>
internal sealed record MailboxesJson(IReadOnlyList<MailboxStatus> Mailboxes);

/// <summary>The mailboxes that are watched. The cluster keeps one watcher per folder alive; two at once during a hand-over take nothing twice.</summary>
internal static partial class MailboxHosting
{
    public static WebApplicationBuilder AddMailboxes(this WebApplicationBuilder builder, AllSettings settings)
    {
        IReadOnlyList<WatchedFolder> folders = [.. settings.Mailboxes.OrderBy(m => m.Key, StringComparer.Ordinal).SelectMany(m => WatchedFolder.Of(m.Key, m.Value))];
        builder.Services.AddSingleton(folders);
        builder.Services.AddSingleton<MailboxBoard>();
        if (folders.Count > 0 && settings.Cluster.IsEngine)
        {
            builder.Services.AddHostedService<Watchers>();
        }

        return builder;
    }

    public static IEndpointRouteBuilder MapMailboxes(this IEndpointRouteBuilder api)
    {
        api.MapGet("/admin/mailboxes", (MailboxBoard board) => TypedResults.Ok(new MailboxesJson(board.All)))
            .RequireScope(Scopes.Admin)
            .WithTags("Admin")
            .WithName("GetMailboxes")
            .WithSummary("Mailboxes that are watched, as this node sees them: state, last mail, last error, backlog");
        return api;
    }

    /// <summary>A name that can stand in a source's name and in a path.</summary>
    [GeneratedRegex("^[A-Za-z0-9_-]{1,64}$", RegexOptions.CultureInvariant)]
    public static partial Regex Name();

    private sealed class Watchers(
        ActorSystem system, IReadOnlyList<WatchedFolder> folders, StoreMail mail, ReadStore store, MailboxBoard board, TimeProvider time, ILogger<MailboxWorker> log) : IHostedService, IDisposable
    {
        private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(30), MaxResponseContentBufferSize = 1024 * 1024 };

        public Task StartAsync(CancellationToken cancellationToken)
        {
            system.KeepAlive("mailboxes", folders.Count, i => Worker(folders[i]).RunAsync);
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void Dispose() => _http.Dispose();

        private MailboxWorker Worker(WatchedFolder folder)
        {
            var login = new MailboxLogin(folder.Options, _http, time);
            var intake = new MailboxIntake(folder, mail, board, time);
            IMailboxSession session = folder.Options.Protocol == MailboxProtocol.Imap
                ? new ImapFolder(folder, login, intake, time)
                : new Pop3Mailbox(folder, login, intake, store, time);
            return new MailboxWorker(folder, session, board, time, log);
        }
    }
}
