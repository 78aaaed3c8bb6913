using System.Net;
using BounceActors.Engine.Inbox;
using BounceActors.Service.MailIn.Smtp;
using BounceActors.Service.Settings;
using BounceActors.Sources.Mail;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace BounceActors.Service.MailIn;

/// <summary>The mail doors that are open, for whoever wants to know where.</summary>
internal sealed class MailDoors
{
    private readonly List<(SmtpProtocol Protocol, ListenOptions Listen)> _doors = [];

    public void Add(SmtpProtocol protocol, ListenOptions listen) => _doors.Add((protocol, listen));

    /// <summary>Where they are; complete once the server has started.</summary>
    public IEnumerable<(SmtpProtocol Protocol, IPEndPoint Address)> All => _doors.Select(d => (d.Protocol, d.Listen.IPEndPoint!));
}

/// <summary>Mail that comes in by itself or is fetched.</summary>
internal static class MailInHosting
{
    public static WebApplicationBuilder AddMailIn(this WebApplicationBuilder builder, AllSettings settings)
    {
        builder.Services.AddSingleton<IReadOnlyList<VerpPattern>>(settings.VerpPatterns);
        builder.Services.AddSingleton<StoreMail>(services => (mail, cancel) => services.GetRequiredService<Inbox>().AppendAsync(mail, cancel));

        // Nodes that take in nothing have no doors.
        return builder.AddSmtp(settings.Cluster.IsIngest ? settings.Smtp : new SmtpOptions());
    }

    /// <summary>The doors for SMTP and LMTP, those that have a port.</summary>
    public static WebApplicationBuilder AddSmtp(this WebApplicationBuilder builder, SmtpOptions options)
    {
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton<MailDoors>();
        builder.Services.AddSingleton<SmtpMetrics>();
        builder.Services.AddSingleton<SmtpServer>();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            foreach (var (protocol, port) in ((SmtpProtocol, int?)[])[(SmtpProtocol.Smtp, options.Port), (SmtpProtocol.Lmtp, options.LmtpPort)])
            {
                if (port is not { } number)
                {
                    continue;
                }

                var services = kestrel.ApplicationServices;
                kestrel.Listen(IPAddress.Parse(options.BindAddress), number, listen =>
                {
                    listen.Run(connection => services.GetRequiredService<SmtpServer>().ServeAsync(connection, protocol));
                    services.GetRequiredService<MailDoors>().Add(protocol, listen);
                });
            }
        });
        return builder;
    }
}
