using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace BounceActors.Service.Tests.MailIn;

/// <summary>RFC 3207.</summary>
public sealed class StartTlsSpecs : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("bounceactors-tls-");

    private string CertificateFile => Path.Combine(_directory.FullName, "certificate.pem");

    private string KeyFile => Path.Combine(_directory.FullName, "key.pem");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Should_take_mail_over_TLS_and_forget_what_was_said_in_the_clear()
    {
        Write("one.example");
        await using var door = await MailDoor.OpenAsync(o => (o.CertificateFile, o.CertificateKeyFile, o.RequireTls) = (CertificateFile, KeyFile, true));
        using var client = await door.SmtpAsync();
        await client.ReadAsync();
        Assert.Contains("250-STARTTLS", await client.AskAsync("EHLO mx.example.net"), StringComparison.Ordinal);
        Assert.StartsWith("530 5.7.0", await client.AskAsync("MAIL FROM:<>"), StringComparison.Ordinal);

        await client.StartTlsAsync();

        Assert.StartsWith("503", await client.AskAsync("MAIL FROM:<>"), StringComparison.Ordinal);
        Assert.DoesNotContain("STARTTLS", await client.AskAsync("EHLO mx.example.net"), StringComparison.Ordinal);
        Assert.StartsWith("503", await client.AskAsync("STARTTLS"), StringComparison.Ordinal);
        await client.SendAsync("MAIL FROM:<>\r\nRCPT TO:<x@bounces.example.com>\r\nDATA\r\nSubject: secret\r\n.\r\nQUIT\r\n");
        Assert.Equal("250 250 354 250 221", await client.CodesAsync(5));
        Assert.Equal("Subject: secret\r\n", door.Store.Text);
        Assert.Equal("yes", door.Store.Mails[0].Headers["tls"]);
    }

    [Fact]
    public async Task Should_obey_nothing_that_came_in_the_clear_after_STARTTLS()
    {
        Write("one.example");
        await using var door = await MailDoor.OpenAsync(o => (o.CertificateFile, o.CertificateKeyFile) = (CertificateFile, KeyFile));
        using var client = await door.SmtpAsync();

        await client.SendAsync("EHLO x\r\nSTARTTLS\r\nMAIL FROM:<evil@example.org>\r\n");

        Assert.Equal("220 250 503 end", await client.CodesAsync(4));
    }

    [Theory]
    [InlineData("STARTTLS", "503")]
    [InlineData("EHLO x\r\nSTARTTLS now", "250 501")]
    public async Task Should_refuse_it_out_of_turn(string commands, string codes)
    {
        Write("one.example");
        await using var door = await MailDoor.OpenAsync(o => (o.CertificateFile, o.CertificateKeyFile) = (CertificateFile, KeyFile));
        using var client = await door.SmtpAsync();
        await client.SendAsync(commands + "\r\n");

        Assert.Equal("220 " + codes, await client.CodesAsync(codes.Split(' ').Length + 1));
    }

    [Fact]
    public async Task Should_hang_up_when_no_handshake_follows()
    {
        Write("one.example");
        await using var door = await MailDoor.OpenAsync(o => (o.CertificateFile, o.CertificateKeyFile) = (CertificateFile, KeyFile));
        using var client = await door.SmtpAsync();
        await client.ReadAsync();
        await client.AskAsync("EHLO x");
        await client.AskAsync("STARTTLS");

        await client.SendAsync("MAIL FROM:<>\r\nRCPT TO:<x@bounces.example.com>\r\n");

        Assert.DoesNotContain("250", await client.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_take_a_renewed_certificate_and_keep_the_old_one_while_the_new_is_broken()
    {
        Write("one.example");
        await using var door = await MailDoor.OpenAsync(o => (o.CertificateFile, o.CertificateKeyFile) = (CertificateFile, KeyFile));
        Assert.Equal("CN=one.example", await SubjectAsync(door));

        File.WriteAllText(CertificateFile, "half a file");
        File.SetLastWriteTimeUtc(CertificateFile, MailDoor.Now.UtcDateTime.AddDays(1));
        Assert.Equal("CN=one.example", await SubjectAsync(door));

        Write("two.example");
        File.SetLastWriteTimeUtc(CertificateFile, MailDoor.Now.UtcDateTime.AddDays(2));
        Assert.Equal("CN=two.example", await SubjectAsync(door));
    }

    private static async Task<string> SubjectAsync(MailDoor door)
    {
        using var client = await door.SmtpAsync();
        await client.ReadAsync();
        await client.AskAsync("EHLO x");
        await client.StartTlsAsync();
        return client.ServerCertificate!.Subject;
    }

    private void Write(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(MailDoor.Now.AddYears(-1), MailDoor.Now.AddYears(20));
        File.WriteAllText(CertificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(KeyFile, key.ExportPkcs8PrivateKeyPem());
    }
}
