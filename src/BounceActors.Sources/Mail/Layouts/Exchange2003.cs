namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Exchange 2000 and 2003, in the languages they come in.</summary>
internal static class Exchange2003
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "exchange2003",
        Signs =
        [
            "did not reach some or all of the intended recipients",
            "hat einige oder alle empfänger nicht erreicht",
            "n'est pas parvenu à certains ou à tous les destinataires",
            "no llegó a algunos o a todos los destinatarios",
            "no ha llegado a alguno o a todos los destinatarios",
            "non è stato recapitato ad alcuni o tutti i destinatari",
            "não alcançou alguns ou todos os destinatários",
            "heeft sommige of alle",
            "nie dotarła do niektórych lub wszystkich",
            "не достигло некоторых или всех",
            "не доставлено некоторым или всем",
            "受信者の一部またはすべてにメッセージが届きませんでした",
            "没有到达部分或全部",
            "未能送达到某些或全部",
            "部分或全部的收件者",
            "받는 사람 중 일부 또는 전원",
        ],
        ListAfter =
        [
            "recipient(s) could not be reached",
            "recipient(s) cannot be reached",
            "empfänger konnte",
            "destinataires suivants",
            "destinatarios siguientes",
            "siguientes destinatarios",
            "destinatari seguenti",
            "seguenti destinatari",
            "destinatários a seguir",
            "volgende geadresseerde",
            "następującymi adresatami",
            "следующим получател",
            "次の受信者",
            "下列收件人",
            "以下收件人",
            "다음 받는 사람",
        ],
    };
}
