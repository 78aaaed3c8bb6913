using System.Text;
using System.Text.Json;
using BounceActors.Domain.Reports;
using BounceActors.Service.Ingest;
using BounceActors.Service.Problems;
using CsCheck;
using Microsoft.AspNetCore.Http;

namespace BounceActors.Service.Tests;

/// <summary>The mapping from JSON to reports, without a service around it.</summary>
public sealed class ReportInputSpecs
{
    private static readonly DateTimeOffset Now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Should_take_every_field()
    {
        var report = Read(
            """
            { "recipient": " User@Example.COM ", "sender": "news@company.com", "messageId": "<m-1@company.com>", "occurredAt": "2026-01-31T12:30:00.5+01:00",
              "outcome": "bounce", "smtpCode": "550", "enhancedCode": "5.1.1", "diagnostic": "550 5.1.1 User unknown", "source": "my-mta", "sourceEventId": "e-1",
              "retryCount": 2, "stream": "marketing", "campaign": "winter sale", "sendingIp": "192.0.2.1", "remoteMta": "mx.example.com", "provider": "google",
              "metadata": { "tag": "a", "size": 1.50, "test": true, "none": null } }
            """).Report!;

        Assert.Equal("User@Example.COM", report.Recipient!.Display);
        Assert.Equal(("news@company.com", "m-1@company.com", ReportOutcome.Bounce, 550), (report.Sender, report.MessageId, report.Outcome, report.SmtpCode));
        Assert.Equal(new DateTimeOffset(2026, 1, 31, 11, 30, 0, 500, TimeSpan.Zero), report.OccurredAt);
        Assert.Equal(new EnhancedStatusCode(5, 1, 1), report.EnhancedCode);
        Assert.Equal(("my-mta", "e-1", 2, "marketing", "winter sale"), (report.Source, report.SourceEventId, report.RetryCount, report.Stream, report.Campaign));
        Assert.Equal(("192.0.2.1", "mx.example.com", "google"), (report.SendingIp, report.RemoteMta, report.Provider));
        Assert.Equal("none=,size=1.50,tag=a,test=true", string.Join(',', report.Metadata.OrderBy(m => m.Key).Select(m => $"{m.Key}={m.Value}")));
    }

    [Fact]
    public void Should_treat_null_and_empty_as_not_given()
    {
        var report = Read("""{ "recipient": "u@example.com", "diagnostic": "x", "smtpCode": null, "occurredAt": null, "outcome": "", "metadata": null, "source": "" }""").Report!;

        Assert.Equal((null, null, null, "api"), (report.SmtpCode, report.OccurredAt, report.Outcome, report.Source));
    }

    [Theory]
    [InlineData("2026-01-31T12:09:59Z", null)]
    [InlineData("2026-01-31T12:10:01Z", "future-date")]
    [InlineData("2026-01-31 12:00:00-05:00", "future-date")]
    [InlineData("2026-01-31T12:00:00", "invalid-value")]
    [InlineData("31.01.2026", "invalid-value")]
    [InlineData("2026-02-30T12:00:00Z", "invalid-value")]
    [InlineData("1970-01-01T00:00:00Z", "invalid-value")]
    public void Should_take_times_up_to_a_small_clock_skew(string time, string? problem) =>
        Assert.Equal(problem, Read($$"""{ "recipient": "u@example.com", "diagnostic": "x", "occurredAt": "{{time}}" }""").Problem?.Type.Name);

    [Theory]
    [InlineData("sender", "not a domain", "invalid-address")]
    [InlineData("sender", "company.com", null)]
    [InlineData("sender", "<>", null)]
    [InlineData("sendingIp", "300.1.1.1", "invalid-value")]
    [InlineData("sendingIp", "2001:db8::1", null)]
    [InlineData("remoteMta", "mx.example.com (192.0.2.1)", "invalid-value")]
    [InlineData("remoteMta", "user@example.com", "invalid-value")]
    [InlineData("stream", "user@example.com", "invalid-value")]
    [InlineData("source", "two words", "invalid-value")]
    [InlineData("provider", "gmail", null)]
    [InlineData("messageId", "a\\nb", "invalid-value")]
    [InlineData("enhancedCode", "5.1", "invalid-value")]
    public void Should_check_each_field(string field, string value, string? problem)
    {
        var item = Read($$"""{ "recipient": "u@example.com", "diagnostic": "x", "{{field}}": "{{value}}" }""");

        Assert.Equal((problem, problem is null ? null : field), (item.Problem?.Type.Name, item.Problem?.Field));
    }

    [Fact]
    public void Should_bound_every_text_and_list()
    {
        var metadata = string.Join(',', Enumerable.Range(0, 33).Select(i => $"\"m{i}\": 1"));

        Assert.Equal("diagnostic", Read($$"""{ "recipient": "u@example.com", "diagnostic": "{{new string('x', 16_385)}}" }""").Problem!.Field);
        Assert.Equal("metadata", Read($$"""{ "recipient": "u@example.com", "diagnostic": "x", "metadata": { {{metadata}} } }""").Problem!.Field);
        Assert.Equal("recipient", Read($$"""{ "recipient": "{{new string('x', 400)}}@example.com", "diagnostic": "x" }""").Problem!.Field);
        Assert.Equal("malformed-json", Problem(new string('[', 20) + new string(']', 20)).Type.Name);
    }

    [Fact]
    public void Should_say_where_the_json_breaks() =>
        Assert.Equal("cannot be read from line 2, byte 17", Problem("{ \"recipient\": \"u@example.com\",\n  \"smtpCode\": 55O }").Detail);

    [Fact]
    public void Should_point_to_the_type_for_several_objects() =>
        Assert.Contains(EventReader.Lines, Problem("{}\n{}").Detail, StringComparison.Ordinal);

    [Fact]
    public void Should_take_nothing_apart_that_makes_it_throw()
    {
        // Valid reports with bytes changed: whatever comes out is an item or a problem that says what is wrong.
        var valid = Encoding.UTF8.GetBytes("""[{ "recipient": "u@example.com", "smtpCode": "550", "diagnostic": "550 é", "metadata": { "a": 1 }, "occurredAt": "2026-01-31T12:00:00Z" }]""");
        Gen.Select(Gen.Int[0, valid.Length - 1], Gen.Byte).Array[1, 6].Sample(
            changes =>
            {
                var bytes = valid.ToArray();
                foreach (var (at, value) in changes)
                {
                    bytes[at] = value;
                }

                foreach (var type in (string?[])["application/json", EventReader.Lines, null])
                {
                    try
                    {
                        var items = EventReader.Read(bytes, type, 100, Check);
                        Assert.All(items, i => Assert.True((i.Report is null) != (i.Problem is null)));
                    }
                    catch (ProblemException)
                    {
                        // Refused as a whole, with the reason.
                    }
                }
            },
            iter: 20_000,
            seed: "0000KOIKNeD5");
    }

    [Fact]
    public void Should_document_every_field_and_every_problem()
    {
        var docs = File.ReadAllText(Docs.Path("http-api.md"));
        var fields = typeof(ReportInput).GetProperties().Where(p => p.CanWrite).Select(p => JsonNamingPolicy.CamelCase.ConvertName(p.Name));

        Assert.All(fields, field => Assert.Contains($"| `{field}` |", docs, StringComparison.Ordinal));
        Assert.All(ProblemTypes.All, type => Assert.Contains($"| `{type.Uri}` | {type.Status} |", docs, StringComparison.Ordinal));
    }

    [Fact]
    public void Should_give_every_problem_a_name_of_its_own() =>
        Assert.Equal(ProblemTypes.All.Count, ProblemTypes.All.Select(t => t.Name).Distinct().Count());

    [Fact]
    public void Should_answer_503_with_retry_after_when_nothing_could_be_stored()
    {
        var http = new DefaultHttpContext();
        var unavailable = new ProblemException(ProblemTypes.Unavailable, "the database cannot be reached", retryAfter: TimeSpan.FromSeconds(5));
        ReportAnswer[] results = [ReportAnswer.Of(0, "u@example.com", unavailable), ReportAnswer.Of(1, "x", new ProblemException(ProblemTypes.InvalidAddress, "no", "recipient"))];

        var result = Assert.IsAssignableFrom<IStatusCodeHttpResult>(new Decided(results, unavailable, null).ToResult(http, new ReportsAnswer(results)));

        Assert.Equal((503, "5"), (result.StatusCode, http.Response.Headers.RetryAfter.ToString()));
    }

    private static ReportItem Check(ReportInput input) => ReportItem.Of(input, Now, TimeSpan.FromMinutes(10));

    private static ReportItem Read(string json) => Assert.Single(EventReader.Read(Encoding.UTF8.GetBytes(json), "application/json", 100, Check));

    private static ProblemException Problem(string json) =>
        Assert.Throws<ProblemException>(() => EventReader.Read(Encoding.UTF8.GetBytes(json), "application/json", 100, Check));
}
