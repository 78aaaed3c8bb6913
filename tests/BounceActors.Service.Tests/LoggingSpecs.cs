using BounceActors.Service.Telemetry;
using Serilog.Events;
using Serilog.Formatting.Compact;
using Serilog.Parsing;

namespace BounceActors.Service.Tests;

public sealed class LoggingSpecs
{
    [Theory]
    [InlineData("user@example.com failed", "<address> failed")]
    [InlineData("RCPT TO:<user.name+tag@mail.example.com>", "RCPT TO:<<address>>")]
    [InlineData("GET /v1/recipients/user%40example.com/trail", "GET /v1/recipients/<address>/trail")]
    [InlineData("GET /v1/recipients/user@example.com", "GET /v1/recipients/<address>")]
    [InlineData("jörg@bücher.example", "<address>")]
    [InlineData("akka.tcp://bounceactors@127.0.0.1:8081/user", "akka.tcp://bounceactors@127.0.0.1:8081/user")]
    public void Should_mask_addresses_in_whatever_is_logged(string text, string logged)
    {
        using var output = new StringWriter();
        new AddressFreeFormatter(new RenderedCompactJsonFormatter()).Format(
            new LogEvent(DateTimeOffset.UnixEpoch, LogEventLevel.Information, new InvalidOperationException(text), new MessageTemplateParser().Parse("{Text:l}"), [new LogEventProperty("Text", new ScalarValue(text))]),
            output);

        var line = System.Text.Json.Nodes.JsonNode.Parse(output.ToString())!;
        Assert.Equal(logged, (string)line["@m"]!);
        Assert.Equal(logged, (string)line["Text"]!);
        Assert.Contains(logged, (string)line["@x"]!, StringComparison.Ordinal);
    }
}
