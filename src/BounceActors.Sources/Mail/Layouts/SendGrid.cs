namespace BounceActors.Sources.Mail.Layouts;

/// <summary>Twilio SendGrid.</summary>
internal static class SendGrid
{
    public static readonly NoticeLayout Layout = new()
    {
        Name = "sendgrid",
        Signs = ["this is an automatically generated message from sendgrid"],
    };
}
