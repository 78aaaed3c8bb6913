using System.Text.Json;
using System.Text.Unicode;
using BounceActors.Domain.Recipients;

namespace BounceActors.Service.Query;

/// <summary>
/// Reads the body of a check in one pass, without making an object of any address. It takes only what is right; what it does not take is read again by
/// <see cref="Ingest.StrictJson"/>, which says what is wrong.
/// </summary>
internal sealed class CheckBody
{
    private readonly List<TextPart> _addresses = new(1_024);
    private readonly List<TextPart> _tokens = new(1_024);

    /// <summary>UTF-8 in which <see cref="Addresses"/> stand: the body, and after it what had to be unescaped.</summary>
    public ReadOnlyMemory<byte> Text { get; private set; }

    /// <summary>The addresses in <see cref="Text"/>.</summary>
    public ReadOnlySpan<TextPart> Addresses => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_addresses);

    /// <summary>The addresses as JSON, as they stand in <see cref="Text"/>.</summary>
    public ReadOnlySpan<TextPart> Tokens => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_tokens);

    /// <summary>How many addresses there are; no more than the limit are kept.</summary>
    public int Count { get; private set; }

    public string? Stream { get; private set; }

    public string? SenderDomain { get; private set; }

    /// <summary>Reads a body; null when something in it is not as expected.</summary>
    public static CheckBody? Read(ReadOnlyMemory<byte> body, int most)
    {
        var read = new CheckBody { Text = body };
        try
        {
            return Utf8.IsValid(body.Span) && read.ReadObject(body, most) ? read : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private bool ReadObject(ReadOnlyMemory<byte> body, int most)
    {
        var reader = new Utf8JsonReader(body.Span, new JsonReaderOptions { MaxDepth = Ingest.StrictJson.MaxDepth });
        var unescaped = new MemoryStream();
        var (hasAddresses, hasStream, hasSender) = (false, false, false);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("addresses"u8) && !hasAddresses)
            {
                hasAddresses = true;
                if (!reader.Read() || !ReadAddresses(ref reader, body, most, unescaped))
                {
                    return false;
                }
            }
            else if (reader.ValueTextEquals("stream"u8) && !hasStream)
            {
                hasStream = true;
                reader.Read();
                Stream = reader.GetString();
            }
            else if (reader.ValueTextEquals("senderDomain"u8) && !hasSender)
            {
                hasSender = true;
                reader.Read();
                SenderDomain = reader.GetString();
            }
            else
            {
                return false;
            }
        }

        if (unescaped.Length > 0)
        {
            Text = (byte[])[.. body.Span, .. unescaped.ToArray()];
        }

        return hasAddresses && reader.TokenType == JsonTokenType.EndObject && !reader.Read();
    }

    private bool ReadAddresses(ref Utf8JsonReader reader, ReadOnlyMemory<byte> body, int most, MemoryStream unescaped)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return false;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.String)
        {
            if (++Count > most)
            {
                continue;
            }

            var start = (int)reader.TokenStartIndex;
            _tokens.Add(new TextPart(start, (int)reader.BytesConsumed - start));
            if (!reader.ValueIsEscaped)
            {
                _addresses.Add(new TextPart(start + 1, reader.ValueSpan.Length));
                continue;
            }

            Span<byte> plain = new byte[reader.ValueSpan.Length];
            plain = plain[..reader.CopyString(plain)];
            _addresses.Add(new TextPart(body.Length + (int)unescaped.Length, plain.Length));
            unescaped.Write(plain);
        }

        return reader.TokenType == JsonTokenType.EndArray;
    }
}
