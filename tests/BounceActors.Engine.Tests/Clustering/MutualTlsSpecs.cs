using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using BounceActors.Engine.Clustering;
using BounceActors.Engine.Hosting;

namespace BounceActors.Engine.Tests.Clustering;

public sealed class MutualTlsSpecs : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("bounceactors-tls-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Should_let_in_who_has_a_certificate_of_the_clusters_authority_and_nobody_else()
    {
        using var authority = Authority("ours");
        using var foreign = Authority("theirs");
        var tls = MutualTls.Options(Files(authority, authority));

        Assert.True(tls.RequireMutualAuthentication);
        Assert.False(tls.SuppressValidation);
        using var peer = Node(authority);
        using var stranger = Node(foreign);
        Assert.True(tls.CustomValidator!(peer, null!, "peer", SslPolicyErrors.RemoteCertificateChainErrors, null!));
        Assert.False(tls.CustomValidator(stranger, null!, "stranger", SslPolicyErrors.None, null!));
        Assert.False(tls.CustomValidator(null!, null!, "nobody", SslPolicyErrors.RemoteCertificateNotAvailable, null!));
    }

    [Fact]
    public void Should_refuse_to_start_with_a_certificate_that_no_other_node_would_take()
    {
        using var authority = Authority("ours");
        using var foreign = Authority("theirs");

        var refused = Assert.Throws<DeploymentException>(() => MutualTls.Options(Files(foreign, authority)));
        Assert.Contains("no other node would let this one in", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Should_name_the_file_that_cannot_be_used()
    {
        using var authority = Authority("ours");
        var node = Files(authority, authority);
        File.WriteAllText(node.TlsKeyFile!, "no key");

        Assert.Contains("Cluster:TlsCertificateFile", Assert.Throws<DeploymentException>(() => MutualTls.Options(node)).Message, StringComparison.Ordinal);
    }

    private static X509Certificate2 Authority(string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(30));
    }

    private static X509Certificate2 Node(X509Certificate2 authority)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=node", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.Create(authority, TimeProvider.System.GetUtcNow().AddHours(-1), TimeProvider.System.GetUtcNow().AddDays(1), RandomNumberGenerator.GetBytes(8));
        return certificate.CopyWithPrivateKey(key);
    }

    private NodeOptions Files(X509Certificate2 issuer, X509Certificate2 authority)
    {
        using var node = Node(issuer);
        return new NodeOptions
        {
            TlsCertificateFile = Write("tls.crt", node.ExportCertificatePem()),
            TlsKeyFile = Write("tls.key", node.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem()),
            TlsAuthorityFile = Write("ca.crt", authority.ExportCertificatePem()),
        };
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_directory, name);
        File.WriteAllText(path, text);
        return path;
    }
}
