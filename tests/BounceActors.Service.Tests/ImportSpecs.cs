using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using BounceActors.Service.Tests.Running;

namespace BounceActors.Service.Tests;

/// <summary>Lists in and out, through the running service.</summary>
[Collection(OneService.Name)]
public sealed class ImportSpecs(RunningService service)
{
    [Fact]
    public async Task Should_suppress_everybody_on_a_list_and_say_which_rows_are_wrong()
    {
        const string List = """
            Email Address,Level,Until,Reason,Colour
            first@list.example,complaint,,pressed the button,red
            no address,manual,,,
            "second@list.example",,2099-01-01,"said ""no"", twice",
            third@list.example,sofft,,,
            fourth@list.example,,yesterday,,
            fifth@list.example,,2001-01-01,,
            FIRST@list.example,complaint,,pressed the button,
            """;

        var (status, answer) = await PutAsync("rows", List, "?actor=ops&reason=moved");

        Assert.Equal(200, status);
        Assert.Equal(("done", 7L, 2L, 1L, 4L), Of(answer));
        Assert.Equal(["Colour"], answer["ignoredColumns"]!.AsArray().Select(c => (string)c!));
        Assert.Equal(
            [(3, "address"), (5, "level"), (6, "until"), (7, "until")],
            (await ErrorsAsync("rows")).Select(e => ((int)e["line"]!, (string)e["field"]!)));
        Assert.Contains("has no @", (string)(await ErrorsAsync("rows"))[0]["problem"]!, StringComparison.Ordinal);
        await IsAsync("first@list.example", "complaint", "pressed the button");
        await IsAsync("second@list.example", "manual", "said \"no\", twice");
        await IsAsync("third@list.example", "none", null);
    }

    [Theory]
    [InlineData("sendgrid", "status,reason,email,created\n5.1.1,550 5.1.1 no such user,sg@esp.example,1700000000\n", "sg@esp.example", "manual")]
    [InlineData("mailgun", "address,code,error,created_at\nmg@esp.example,550,No such mailbox,2024-01-01\n", "mg@esp.example", "manual")]
    [InlineData("postmark", "EmailAddress,SuppressionReason,Origin,CreatedAt\npm@esp.example,SpamComplaint,Recipient,2024-01-01\n", "pm@esp.example", "complaint")]
    [InlineData("ses", "ses@esp.example,BOUNCE\nses2@esp.example,COMPLAINT\n", "ses2@esp.example", "complaint")]
    [InlineData("semicolon", "E-Mail;Typ;Grund\nde@esp.example;x;Kunde bat darum\n", "de@esp.example", "manual")]
    public async Task Should_understand_the_exports_of_others(string name, string list, string address, string level)
    {
        var (status, answer) = await PutAsync(name, list);

        Assert.Equal((200, 0L), (status, (long)answer["failed"]!));
        await IsAsync(address, level, null);
    }

    [Fact]
    public async Task Should_take_json_lines_packed_with_gzip()
    {
        const string List = "{\"email\":\"json@list.example\",\"reason\":\"unsubscribe\",\"tags\":[\"a\"]}\n\n[1]\n{\"email\":7}\n{\"email\":\"last@list.example\"}";
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionMode.Compress, leaveOpen: true))
        {
            await gzip.WriteAsync(Encoding.UTF8.GetBytes(List));
        }

        using var response = await service.Http.PutAsync("/v1/suppressions/imports/json", new ByteArrayContent(packed.ToArray()));
        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;

        Assert.True(response.IsSuccessStatusCode, answer.ToString());
        Assert.Equal(("done", 4L, 2L, 0L, 2L), Of(answer));
        Assert.Equal([3, 4], (await ErrorsAsync("json")).Select(e => (int)e["line"]!));
        await IsAsync("json@list.example", "unsubscribed", "unsubscribe");
        await IsAsync("last@list.example", "manual", "imported");
    }

    [Fact]
    public async Task Should_change_nothing_when_a_list_is_sent_again_and_refuse_another_under_its_name()
    {
        var list = "address\n" + string.Concat(Enumerable.Range(0, 5_000).Select(i => $"again{i}@list.example\n"));

        var (_, first) = await PutAsync("again", list);
        var (_, repeated) = await PutAsync("again", list);
        var (_, renamed) = await PutAsync("again-2", list);
        var (differs, problem) = await PutAsync("again", list.Replace("again7@", "other@", StringComparison.Ordinal));
        var (longer, _) = await PutAsync("again", list + "more@list.example\n");
        var (otherwise, _) = await PutAsync("again", list, "?level=legal");

        Assert.Equal(("done", 5_000L, 5_000L, 0L, 0L), Of(first));
        Assert.Equal(Of(first), Of(repeated));
        Assert.Equal(("done", 5_000L, 0L, 5_000L, 0L), Of(renamed));
        Assert.Equal((409, 409, 409), (differs, longer, otherwise));
        Assert.Equal("urn:bounceactors:problem:import-differs", (string)problem["type"]!);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("name,colour\nx,red\n", "name it address or email")]
    [InlineData("\u001f", "name it address or email")]
    public async Task Should_say_why_a_list_cannot_be_read(string list, string because)
    {
        var (status, problem) = await PutAsync($"unreadable-{list.Length}", list);

        Assert.Equal((400, "urn:bounceactors:problem:unreadable-list"), (status, (string)problem["type"]!));
        Assert.Contains(because, (string)problem["detail"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_tell_a_recipient_that_has_a_history_and_one_that_was_just_asked_for()
    {
        await service.PostJsonAsync("/v1/events", """{ "recipient": "bounced@known.example", "diagnostic": "552 5.2.2 mailbox full" }""");
        await service.GetJsonAsync("/v1/recipients/asked@known.example");

        var (_, answer) = await PutAsync("known", "address,level\nbounced@known.example,legal\nasked@known.example,legal\n");

        Assert.Equal(("done", 2L, 2L, 0L, 0L), Of(answer));
        var bounced = await service.GetJsonAsync("/v1/recipients/bounced@known.example");
        Assert.Equal(("legal", 1), ((string)bounced["standing"]!["level"]!, (int)bounced["standing"]!["bounceCount"]!));
        await IsAsync("asked@known.example", "legal", "legal");
        var (_, report) = await service.PostJsonAsync("/v1/events", """{ "recipient": "asked@known.example", "diagnostic": "552 5.2.2 mailbox full" }""");
        Assert.Equal("legal", (string)report["results"]![0]!["suppression"]!["level"]!);
    }

    [Theory]
    [InlineData("csv")]
    [InlineData("ndjson")]
    public async Task Should_export_what_it_imports(string format)
    {
        var reason = $"why, \"{format}\"";
        var list = "address;level;stream;until;reason;source\n"
            + $"\"o'neill+{format}@export.example\";unsubscribed;news;2099-01-01T10:00:00Z;\"why, \"\"{format}\"\"\";them\n"
            + $"second-{format}@export.example;legal;;;\"why, \"\"{format}\"\"\";\n";
        await PutAsync($"export-{format}", list, "?actor=ops");
        var path = $"/v1/suppressions/export?format={format}&reason={Uri.EscapeDataString(reason)}";
        var exported = "";
        await RunningService.UntilAsync(async () => (exported = await service.Http.GetStringAsync(path)).Contains("second-", StringComparison.Ordinal) && exported.Contains("neill", StringComparison.Ordinal));

        var (status, again) = await PutAsync($"again-{format}", exported);
        var legal = await service.Http.GetStringAsync(path + "&level=legal");
        var later = await service.Http.GetStringAsync(path + "&since=2098-01-01T00:00:00Z");

        // All of it comes back as it was: nothing changes.
        Assert.Equal((200, ("done", 2L, 0L, 2L, 0L)), (status, Of(again)));
        Assert.DoesNotContain("neill", legal, StringComparison.Ordinal);
        Assert.DoesNotContain("@", later, StringComparison.Ordinal);
        using var unknown = await service.Http.GetAsync("/v1/suppressions/export?format=xml");
        Assert.Equal(400, (int)unknown.StatusCode);
    }

    private static (string State, long Rows, long Changed, long Unchanged, long Failed) Of(JsonNode import) =>
        ((string)import["state"]!, (long)import["rows"]!, (long)import["changed"]!, (long)import["unchanged"]!, (long)import["failed"]!);

    private async Task<(int Status, JsonNode Body)> PutAsync(string id, string list, string query = "")
    {
        using var response = await service.Http.PutAsync($"/v1/suppressions/imports/{id}{query}", new StringContent(list, Encoding.UTF8, "text/csv"));
        return ((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }

    private async Task<List<JsonNode>> ErrorsAsync(string id) =>
        [.. (await service.Http.GetStringAsync($"/v1/suppressions/imports/{id}/errors")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonNode.Parse(l)!)];

    private async Task IsAsync(string address, string level, string? reason)
    {
        var (_, asked) = await service.PostJsonAsync("/v1/suppressions/check?consistent=true", $$"""{ "addresses": ["{{address}}"] }""");
        var result = asked["results"]![0]!;
        Assert.Equal((address, level), (address, (string)result["level"]!));
        if (reason is not null)
        {
            Assert.Equal(reason, (string)result["reason"]!);
        }

        await RunningService.UntilAsync(async () => (string)(await service.PostJsonAsync("/v1/suppressions/check", $$"""{ "addresses": ["{{address}}"] }""")).Body["results"]![0]!["level"]! == level);
    }
}
