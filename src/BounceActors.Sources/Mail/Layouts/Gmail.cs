namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Gmail and Google Workspace, in the languages their notices come in.</summary>
internal static class Gmail
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "gmail",
        Signs =
        [
            "delivery to the following recipient failed permanently",
            "delivery to the following recipients failed permanently",
            "technical details of permanent failure",
            "technical details of temporary failure",
            "delivery to the following recipient has been delayed",
            "delivery to the following recipients has been delayed",
            "your message wasn't delivered to",
            "there was a problem delivering your message to",
            "the error that the other server returned was",
            "the response from the remote server was",
            "ihre nachricht wurde nicht an",
            "votre message n'est pas parvenu à",
            "el mensaje no se ha entregado a",
            "sua mensagem não foi entregue",
            "il tuo messaggio non è stato recapitato a",
            "je bericht is niet bezorgd",
            "wiadomość nie została dostarczona do",
            "сообщение не доставлено",
            "メールは配信されませんでした",
            "未能递送到",
            "邮件未送达",
            "메일이 전송되지",
        ],
        RecipientAfter =
        [
            "your message wasn't delivered to",
            "problem delivering your message to",
            "nachricht wurde nicht an",
            "n'est pas parvenu à",
            "no se ha entregado a",
            "non è stato recapitato a",
            "entregue para",
            "niet bezorgd bij",
            "dostarczona do",
        ],
        ReplyAfter =
        [
            "the error that the other server returned was",
            "the response from the remote server was",
            "the response was",
            "die antwort des remote-servers lautet",
            "die antwort lautete",
            "die antwort war",
            "réponse du serveur distant",
            "la réponse est",
            "la respuesta del servidor remoto",
            "la respuesta fue",
            "a resposta do servidor remoto",
            "a resposta foi",
            "la risposta del server remoto",
            "la risposta è stata",
            "het antwoord van de externe server",
            "het antwoord was",
            "odpowiedź serwera zdalnego",
            "odpowiedź",
            "ответ удаленного сервера",
            "ответ",
            "リモート サーバーからの応答",
            "応答",
            "远程服务器的响应",
            "响应",
            "원격 서버의 응답",
            "technical details of permanent failure",
            "technical details of temporary failure",
        ],
    };
}
