using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace BounceActors.Service.MailIn.Smtp;

/// <summary>The certificate of STARTTLS, read again when its file changes: they are renewed every few weeks.</summary>
internal sealed class TlsCertificate
{
    private readonly string _certificateFile;
    private readonly string _keyFile;
    private readonly ILogger _log;
    private readonly Lock _lock = new();
    private SslStreamCertificateContext _context;
    private (DateTime, DateTime) _version;

    /// <summary>Throws <see cref="ArgumentException"/> when the files are no certificate with its key.</summary>
    public TlsCertificate(string certificateFile, string? keyFile, ILogger log)
    {
        _certificateFile = certificateFile;
        _keyFile = keyFile ?? certificateFile;
        _log = log;
        _version = Version();
        _context = Load(_certificateFile, _keyFile);
    }

    /// <summary>Puts TLS over a connection, as its server.</summary>
    public async Task<IDuplexPipe> StartAsync(IDuplexPipe plain, CancellationToken cancel)
    {
        var stream = new SslStream(new PipeStream(plain), leaveInnerStreamOpen: true);
        await stream.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions { ServerCertificateContext = Current(), EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13 },
            cancel);
        return new Secured(stream);
    }

    /// <summary>Reads certificate, chain and key. Throws <see cref="ArgumentException"/>.</summary>
    public static SslStreamCertificateContext Load(string certificateFile, string keyFile)
    {
        try
        {
            using var pem = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(certificateFile);
            // Some platforms cannot serve a key that came from PEM directly.
            return SslStreamCertificateContext.Create(X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null), chain, offline: true);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new ArgumentException($"'{certificateFile}' and '{keyFile}' are no PEM certificate with its key: {e.Message}", nameof(certificateFile), e);
        }
    }

    private SslStreamCertificateContext Current()
    {
        lock (_lock)
        {
            var version = Version();
            if (version != _version)
            {
                _version = version;
                try
                {
                    _context = Load(_certificateFile, _keyFile);
                    _log.LogInformation("The certificate of STARTTLS was read again");
                }
                catch (ArgumentException e)
                {
                    _log.LogWarning(e, "The changed certificate of STARTTLS is not taken; the old one stays");
                }
            }

            return _context;
        }
    }

    private (DateTime, DateTime) Version() => (File.GetLastWriteTimeUtc(_certificateFile), File.GetLastWriteTimeUtc(_keyFile));

    private sealed class Secured(SslStream stream) : IDuplexPipe, IAsyncDisposable
    {
        public PipeReader Input { get; } = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));

        public PipeWriter Output { get; } = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));

        public ValueTask DisposeAsync() => stream.DisposeAsync();
    }

    /// <summary>A connection as the stream that TLS wants.</summary>
    private sealed class PipeStream(IDuplexPipe pipe) : Stream
    {
        private readonly Stream _input = pipe.Input.AsStream(leaveOpen: true);
        private readonly Stream _output = pipe.Output.AsStream(leaveOpen: true);

        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _input.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => _output.WriteAsync(buffer, cancellationToken);

        public override Task FlushAsync(CancellationToken cancellationToken) => _output.FlushAsync(cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
