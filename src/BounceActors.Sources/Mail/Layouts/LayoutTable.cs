using BounceActors.Sources.Mail.Opening;

namespace BounceActors.Sources.Mail.Layouts;

/// <summary>All layouts without a usable status part, the more particular ones first.</summary>
internal static class LayoutTable
{
    private static readonly INoticeLayout[] All =
    [
        new GoogleGroups(),
        Gmail.Layout,
        HMailServer.Layout,
        Exchange55.Layout,
        Exchange2003.Layout,
        Exchange2007.Layout,
        James.Layout,
        Yahoo.Layout,
        Qmail.Layout,
        Courier.Layout,
        OpenSmtpd.Layout,
        DragonFly.Layout,
        new PostfixSession(),
        Biglobe.Layout,
        new Sendmail(),
        SendGrid.Layout,
        PowerMta.Layout,
        Ses.Layout,
        MessagingServer.Layout,
        MailMarshal.Layout,
        IronPort.Layout,
        Barracuda.Layout,
        MailFoundry.Layout,
        MFilter.Layout,
        SurfControl.Layout,
        TrendMicro.Layout,
        MDaemon.Layout,
        Kerio.Layout,
        GroupWise.Layout,
        Domino.Layout,
        Notes.Layout,
        Smail.Layout,
        JapaneseMobile.Layout,
        Vtext.Layout,
        Facebook.Layout,
        Ecelerity.Layout,
        MessageLabs.Layout,
        Exim.Layout,
        Postfix.Layout,
        SmtpService.Layout,
        Mimecast.Layout,
        UnknownErrors.Layout,
        UnknownTrouble.Layout,
        UnknownRejected.Layout,
        IMail.Layout,
    ];

    private static readonly SignIndex Index = new([.. All.Select(l => l.Signs)]);

    /// <summary>What the first layout that fits finds.</summary>
    public static (ILayout Layout, IReadOnlyList<Fate> Fates)? Read(OpenedMail mail)
    {
        foreach (var place in Index.In(mail.Notice.Flat))
        {
            if (All[place].Read(mail) is { Count: > 0 } fates)
            {
                return (All[place], fates);
            }
        }

        return null;
    }
}
