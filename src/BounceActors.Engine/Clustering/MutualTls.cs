using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Remote.Hosting;
using BounceActors.Engine.Hosting;

namespace BounceActors.Engine.Clustering;

/// <summary>Nodes show each other certificates of one authority, which is the cluster's own: whoever holds one of its certificates is a node.</summary>
internal static class MutualTls
{
    /// <summary>Throws <see cref="DeploymentException"/> when the files cannot be used.</summary>
    public static SslOptions Options(NodeOptions node)
    {
        var authority = Read(nameof(node.TlsAuthorityFile), node.TlsAuthorityFile!, X509CertificateLoader.LoadCertificateFromFile);
        var certificate = Read(
            nameof(node.TlsCertificateFile),
            node.TlsCertificateFile!,
            file => X509CertificateLoader.LoadPkcs12(X509Certificate2.CreateFromPemFile(file, node.TlsKeyFile).Export(X509ContentType.Pkcs12), null));
        if (!IsOf(authority, certificate))
        {
            throw new DeploymentException($"Cluster:TlsCertificateFile ({node.TlsCertificateFile}) is not valid now under Cluster:TlsAuthorityFile ({node.TlsAuthorityFile}): no other node would let this one in");
        }

        return new SslOptions
        {
            X509Certificate = certificate,
            RequireMutualAuthentication = true,
            SuppressValidation = false,
            ValidateCertificateHostname = false,
            CustomValidator = (peer, _, _, _, _) => peer is not null && IsOf(authority, peer),
        };
    }

    private static bool IsOf(X509Certificate2 authority, X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate);
    }

    private static X509Certificate2 Read(string setting, string file, Func<string, X509Certificate2> read)
    {
        try
        {
            return read(file);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new DeploymentException($"Cluster:{setting} ({file}) cannot be used: {cause.Message}", cause);
        }
    }
}
