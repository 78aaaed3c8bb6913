using System.Collections.Immutable;

namespace BounceActors.Sources.Webhooks;

/// <summary>Certificates that were fetched, by the address they were fetched from.</summary>
public interface ISigningCertificates
{
    /// <summary>The certificate (PEM or DER), or null when it has not been fetched.</summary>
    ReadOnlyMemory<byte>? Find(Uri url);
}

/// <summary>Keeps the few certificates Amazon signs by. Safe for any number of threads.</summary>
public sealed class SigningCertificateCache : ISigningCertificates
{
    /// <summary>Most certificates kept; with one more, all are forgotten and fetched again when needed.</summary>
    public const int Capacity = 64;

    private ImmutableDictionary<string, ReadOnlyMemory<byte>> _certificates = ImmutableDictionary<string, ReadOnlyMemory<byte>>.Empty;

    /// <inheritdoc/>
    public ReadOnlyMemory<byte>? Find(Uri url) => _certificates.TryGetValue(url.AbsoluteUri, out var certificate) ? certificate : default(ReadOnlyMemory<byte>?);

    /// <summary>Keeps a certificate.</summary>
    /// <param name="url">Where it was fetched.</param>
    /// <param name="certificate">PEM or DER.</param>
    public void Add(Uri url, ReadOnlyMemory<byte> certificate) =>
        ImmutableInterlocked.Update(ref _certificates, all => (all.Count < Capacity ? all : all.Clear()).SetItem(url.AbsoluteUri, certificate));
}
