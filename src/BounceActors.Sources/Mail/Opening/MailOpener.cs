using System.Buffers;
using System.Text;
using BounceActors.Sources.Mail.Kinds;
using MimeKit;
using MimeKit.Utils;

namespace BounceActors.Sources.Mail.Opening;

/// <summary>Bytes to an <see cref="OpenedMail"/>: tolerant of every line end, of broken structure, and bounded in all it does.</summary>
internal sealed class MailOpener(MailReaderOptions options)
{
    private const int HeaderBlockLimit = 64 * 1024;
    private const int MaxStatusGroups = 4096;

    private readonly ParserOptions _parser = new()
    {
        MaxMimeDepth = options.MaxDepth,
        CharsetEncoding = Encoding.UTF8,
        AllowAddressesWithoutDomain = true,
        RespectContentLength = false,
    };

    /// <summary>Opens a mail.</summary>
    /// <param name="bytes">The mail.</param>
    /// <param name="parsed">What must be disposed of when the mail was read: left to the finalizer, every message would survive a collection.</param>
    public OpenedMail Open(ReadOnlyMemory<byte> bytes, out IDisposable parsed)
    {
        var content = LineEnds.Normalise(bytes[..Math.Min(bytes.Length, options.MaxBytes)]);
        var message = ParseAnyhow(content);
        if (message.Body is Multipart { Count: 0 } && Boundary.Repair(content) is { } repaired)
        {
            message.Dispose();
            message = Parse(repaired);
        }

        parsed = message;
        return Open(message);
    }

    /// <summary>Opens a message that was attached to another.</summary>
    public OpenedMail Open(MimeMessage message)
    {
        var parts = new Parts(options);
        parts.Take(message.Body, 0);
        var type = message.Body?.ContentType;
        return WithStatusText(new OpenedMail
        {
            Header = HeaderOf(message.Headers),
            MediaType = type?.MimeType.ToLowerInvariant() ?? "text/plain",
            ReportType = type?.Parameters["report-type"]?.Trim().ToLowerInvariant() ?? "",
            Words = new Lazy<Words>(() => WordsOf(Unquoted(message.Subject, parts.Text()))),
            Status = parts.Status,
            Feedback = parts.Feedback,
            HasDisposition = parts.HasDisposition,
            AttachedOriginal = parts.Original,
            Attached = parts.Attached,
        });
    }

    /// <summary>Opens a mail whose header and text stand within the text of another.</summary>
    public OpenedMail Open(Fields header, string text) => WithStatusText(new OpenedMail
    {
        Header = header,
        MediaType = "text/plain",
        ReportType = "",
        Words = new Lazy<Words>(() => WordsOf(text)),
        Status = [],
        Feedback = null,
        HasDisposition = false,
        AttachedOriginal = null,
        Attached = [],
    });

    /// <summary>A status part that lost its MIME type is still one when its fields are all there, and when a mail system wrote them.</summary>
    private static OpenedMail WithStatusText(OpenedMail mail) =>
        mail.Status.Count == 0 && mail.Feedback is null && mail.IsMailSystem && StatusText.In(mail.Words.Value.Text) is { } status
            ? mail with { Status = Fields.Groups(status, MaxStatusGroups) }
            : mail;

    /// <summary>What a reply quotes are the words of somebody else.</summary>
    private static string Unquoted(string? subject, string text)
    {
        if (!Origin.IsReply(subject ?? "") || !text.Contains('>'))
        {
            return text;
        }

        var own = new StringBuilder(text.Length);
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (!line.TrimStart().StartsWith(">", StringComparison.Ordinal))
            {
                own.Append(line).Append('\n');
            }
        }

        return own.ToString();
    }

    private static Words WordsOf(string text)
    {
        var (notice, original) = OriginalSplitter.Split(text);
        return new Words(new Notice(notice), original.Length > 0 ? HeaderOf(original) : Fields.Empty, AfterHeader(original), text);
    }

    private static string AfterHeader(string text)
    {
        var end = text.IndexOf("\n\n", StringComparison.Ordinal);
        var other = text.IndexOf("\n\r\n", StringComparison.Ordinal);
        end = end < 0 || (other >= 0 && other < end) ? other : end;
        return end < 0 ? "" : text[end..].TrimStart();
    }

    /// <summary>The parser wants a header first; what a broken transport put in front of it is passed over, and a mail that is all text gets an empty one.</summary>
    private MimeMessage ParseAnyhow(ReadOnlyMemory<byte> content)
    {
        try
        {
            return Parse(content);
        }
        catch (FormatException)
        {
            var start = LineEnds.FirstHeader(content.Span);
            try
            {
                return Parse(start >= 0 ? content[start..] : WithEmptyHeader(content));
            }
            catch (FormatException)
            {
                return Parse(WithEmptyHeader(content));
            }
        }
    }

    private static byte[] WithEmptyHeader(ReadOnlyMemory<byte> content) => [.. "MIME-Version: 1.0\n\n"u8, .. content.Span];

    private MimeMessage Parse(ReadOnlyMemory<byte> content)
    {
        var stream = System.Runtime.InteropServices.MemoryMarshal.TryGetArray(content, out var segment)
            ? new MemoryStream(segment.Array!, segment.Offset, segment.Count, false, true)
            : new MemoryStream(content.ToArray(), false);

        // Persistent: parts stay views of the bytes, so a large original costs no copy
        return new MimeParser(_parser, stream, MimeFormat.Entity, true).ParseMessage();
    }

    private static Fields HeaderOf(HeaderList headers)
    {
        var fields = new Fields();
        foreach (var header in headers)
        {
            fields.Add(header);
        }

        return fields;
    }

    private static Fields HeaderOf(string text)
    {
        var raw = Fields.Groups(text.Length > HeaderBlockLimit ? text[..HeaderBlockLimit] : text, 1);
        var fields = new Fields();
        foreach (var (name, value) in raw.Count > 0 ? raw[0].All : [])
        {
            fields.Add(name, value.Contains("=?", StringComparison.Ordinal) ? Rfc2047.DecodeText(Encoding.UTF8.GetBytes(value)) : value);
        }

        return fields;
    }

    /// <summary>Walks the parts of a message and sorts them by what they tell.</summary>
    private sealed class Parts(MailReaderOptions options)
    {
        private readonly List<(MimePart? Part, string? Raw)> _texts = [];
        private int _seen;

        public List<Fields> Status { get; } = [];

        public Fields? Feedback { get; private set; }

        public bool HasDisposition { get; private set; }

        public Fields? Original { get; private set; }

        public List<MimeMessage> Attached { get; } = [];

        public void Take(MimeEntity? entity, int depth)
        {
            if (entity is null || depth > options.MaxDepth || ++_seen > options.MaxParts)
            {
                return;
            }

            switch (entity)
            {
                case Multipart { Count: 0 } broken:
                    // Its boundary is missing or wrong: what it holds is still text to be read
                    _texts.Add((null, broken.Preamble ?? broken.Epilogue ?? ""));
                    break;
                case MultipartAlternative alternative:
                    TakeAlternative(alternative, depth);
                    break;
                case Multipart multipart:
                    foreach (var part in multipart)
                    {
                        Take(part, depth + 1);
                    }

                    break;
                case MessagePart { Message: { } message }:
                    Attached.Add(message);
                    Original ??= HeaderOf(message.Headers);
                    break;
                case MimePart part:
                    TakePart(part);
                    break;
            }
        }

        /// <summary>The text of all parts for people, up to the limit.</summary>
        public string Text()
        {
            var text = new StringBuilder();
            foreach (var (part, raw) in _texts)
            {
                var piece = raw ?? ReadText(part!);
                piece = part?.ContentType.IsMimeType("text", "html") == true ? HtmlText.From(piece) : piece;
                var room = options.MaxText - text.Length;
                if (room <= 0)
                {
                    break;
                }

                text.Append(piece.AsSpan(0, Math.Min(room, piece.Length))).Append('\n');
            }

            return text.ToString();
        }

        /// <summary>Of several renderings the plain one; parts that render nothing were put in here by mistake and count on their own.</summary>
        private void TakeAlternative(MultipartAlternative alternative, int depth)
        {
            var plain = alternative.OfType<MimePart>().FirstOrDefault(p => p.ContentType.IsMimeType("text", "plain") && p.Content is { Stream.Length: > 4 });
            foreach (var part in alternative)
            {
                if (plain is null || part == plain || !(part.ContentType.IsMimeType("text", "*") || part.ContentType.IsMimeType("multipart", "related")))
                {
                    Take(part, depth + 1);
                }
            }
        }

        private void TakePart(MimePart part)
        {
            var type = part.ContentType.MimeType.ToLowerInvariant();
            switch (type)
            {
                case "message/delivery-status" or "message/global-delivery-status" or "message/xdelivery-status" or "message/x-delivery-status":
                    Status.AddRange(Fields.Groups(ReadText(part), MaxStatusGroups - Math.Min(Status.Count, MaxStatusGroups - 1)));
                    break;
                case "message/feedback-report":
                    Feedback = Fields.Groups(ReadText(part), 4).Aggregate(Feedback ?? new Fields(), (all, group) =>
                    {
                        foreach (var (name, value) in group.All)
                        {
                            all.Add(name, value);
                        }

                        return all;
                    });
                    break;
                case "message/disposition-notification" or "message/global-disposition-notification":
                    HasDisposition = true;
                    break;
                case "text/rfc822-headers" or "message/rfc822-headers" or "message/global-headers" or "message/rfc822" or "message/global" or "message/partial":
                    Original ??= HeaderOf(ReadText(part).TrimStart());
                    break;
                case var _ when type.StartsWith("text/", StringComparison.Ordinal) || type is "application/json":
                    _texts.Add((part, null));
                    break;
            }
        }

        private string ReadText(MimePart part)
        {
            if (part.Content is not { Stream: { } stream } content)
            {
                return "";
            }

            // Most parts are written as they are: a decoder and its buffers would cost more than the text
            if (content.Encoding is ContentEncoding.Default or ContentEncoding.SevenBit or ContentEncoding.EightBit or ContentEncoding.Binary)
            {
                stream.Position = 0;
                return ReadText(stream, (int)Math.Min(options.MaxText, stream.Length), part.ContentType.Charset);
            }

            // Decoded, a text is never longer
            using var decoded = content.Open();
            return ReadText(decoded, (int)Math.Min(options.MaxText, stream.Length), part.ContentType.Charset);
        }

        private static string ReadText(Stream text, int limit, string? charset)
        {
            var buffer = ArrayPool<byte>.Shared.Rent(limit);
            try
            {
                return TextDecoder.Decode(buffer.AsSpan(0, text.ReadAtLeast(buffer.AsSpan(0, limit), limit, throwOnEndOfStream: false)), charset);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }
}
