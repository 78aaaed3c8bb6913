using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace BounceActors.Service.CampaignReports;

/// <summary>An answer that does not allow to go on; <see cref="Reason"/> is short, and shows nothing of the account.</summary>
internal sealed class PullException(string reason, Exception? cause = null) : Exception(reason, cause)
{
    /// <summary>For metrics and the admin page, e.g. <c>mailchimp_401</c>.</summary>
    public string Reason => Message;
}

/// <summary>What is asked for in a batch: one page of one report.</summary>
/// <param name="Path">Below the version, e.g. <c>/reports/42694e9e57/email-activity</c>.</param>
/// <param name="Parameters">Of the request.</param>
internal sealed record ReportPage(string Path, IReadOnlyDictionary<string, string> Parameters);

/// <summary>
/// What is used of Mailchimp's Marketing API: <c>/reports</c> and <c>/batches</c> (mailchimp.com/developer/marketing/guides/run-async-requests-batch-endpoint).
/// Nothing is followed, and the key goes to the API only: results lie elsewhere, behind a signed address that is checked before it is asked.
/// </summary>
internal sealed class MailchimpApi(HttpClient http, PullOptions options)
{
    /// <summary>Most rows of a page.</summary>
    public const int PageSize = 1_000;

    private const int LargestAnswer = 4 * 1024 * 1024;

    private readonly AuthenticationHeaderValue _key = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"bounceactors:{options.ApiKey}")));

    /// <summary>Campaigns sent since a time.</summary>
    public async Task<IReadOnlyList<string>> CampaignsAsync(DateTimeOffset since, CancellationToken cancel)
    {
        var ids = new List<string>();
        for (var total = 1; ids.Count < total;)
        {
            var page = await GetAsync($"/3.0/reports?fields=reports.id,total_items&count={PageSize}&offset={ids.Count}&since_send_time={Time(since)}", cancel);
            var before = ids.Count;
            ids.AddRange(page.GetProperty("reports").EnumerateArray().Select(r => r.GetProperty("id").GetString()!));
            total = ids.Count == before ? 0 : page.GetProperty("total_items").GetInt32();
        }

        return ids;
    }

    /// <summary>The pages that a report has now.</summary>
    public async Task<IReadOnlyList<ReportPage>> PagesAsync(string campaign, string report, DateTimeOffset? since, CancellationToken cancel)
    {
        var path = $"/reports/{Uri.EscapeDataString(campaign)}/{report}";
        var parameters = since is { } time ? new Dictionary<string, string> { ["since"] = Time(time) } : [];
        var answer = await GetAsync($"/3.0{path}?fields=total_items&count=1{(since is null ? "" : $"&since={parameters["since"]}")}", cancel);
        var pages = (answer.GetProperty("total_items").GetInt32() + PageSize - 1) / PageSize;
        return
        [
            .. Enumerable.Range(0, pages).Select(p => new ReportPage(path, new Dictionary<string, string>(parameters)
            {
                ["count"] = PageSize.ToString(CultureInfo.InvariantCulture),
                ["offset"] = (p * PageSize).ToString(CultureInfo.InvariantCulture),
            })),
        ];
    }

    /// <summary>Asks for pages together; gives the batch's id.</summary>
    public async Task<string> BeginAsync(IEnumerable<ReportPage> pages, CancellationToken cancel)
    {
        var operations = pages.Select((p, i) => new { method = "GET", path = p.Path, operation_id = i.ToString(CultureInfo.InvariantCulture), @params = p.Parameters });
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(options.Server, "/3.0/batches")) { Content = JsonContent.Create(new { operations }) };
        return (await AskAsync(request, cancel)).GetProperty("id").GetString()!;
    }

    /// <summary>Where the results of a batch are; null while it is worked on.</summary>
    public async Task<Uri?> ResultsAsync(string batch, CancellationToken cancel)
    {
        var answer = await GetAsync($"/3.0/batches/{Uri.EscapeDataString(batch)}", cancel);
        if (answer.GetProperty("status").GetString() != "finished")
        {
            return null;
        }

        return Uri.TryCreate(answer.GetProperty("response_body_url").GetString(), UriKind.Absolute, out var url) && IsTrusted(url) ? url : throw new PullException("mailchimp_results_elsewhere");
    }

    /// <summary>The archive of results, unless it is larger than <paramref name="most"/> bytes: then null.</summary>
    public async Task<byte[]?> DownloadAsync(Uri url, int most, CancellationToken cancel)
    {
        try
        {
            using var answer = await http.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, cancel);
            Check(answer);
            await using var body = await answer.Content.ReadAsStreamAsync(cancel);
            return await ReadAsync(body, most, cancel);
        }
        catch (Exception cause) when (cause is HttpRequestException or IOException || (cause is TaskCanceledException && !cancel.IsCancellationRequested))
        {
            throw new PullException("mailchimp_unreachable", cause);
        }
    }

    /// <summary>Mailchimp keeps results with Amazon S3. The API itself may have them too.</summary>
    internal bool IsTrusted(Uri url) =>
        (url.Scheme == Uri.UriSchemeHttps && url.IsDefaultPort && url.UserInfo.Length == 0 && (url.Host.EndsWith(".amazonaws.com", StringComparison.Ordinal) || url.Host.EndsWith(".mailchimp.com", StringComparison.Ordinal)))
        || (url.Scheme == options.Server.Scheme && url.Authority == options.Server.Authority);

    private async Task<JsonElement> GetAsync(string path, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(options.Server, path));
        return await AskAsync(request, cancel);
    }

    private async Task<JsonElement> AskAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        request.Headers.Authorization = _key;
        try
        {
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
            Check(answer);
            await using var body = await answer.Content.ReadAsStreamAsync(cancel);
            using var json = JsonDocument.Parse(await ReadAsync(body, LargestAnswer, cancel) ?? throw new PullException("mailchimp_answer_too_large"));
            return json.RootElement.Clone();
        }
        catch (Exception cause) when (cause is HttpRequestException or IOException || (cause is TaskCanceledException && !cancel.IsCancellationRequested))
        {
            throw new PullException("mailchimp_unreachable", cause);
        }
        catch (JsonException cause)
        {
            throw new PullException("mailchimp_answer_not_understood", cause);
        }
    }

    private static void Check(HttpResponseMessage answer)
    {
        if (!answer.IsSuccessStatusCode)
        {
            throw new PullException(string.Create(CultureInfo.InvariantCulture, $"mailchimp_{(int)answer.StatusCode}"));
        }
    }

    private static async Task<byte[]?> ReadAsync(Stream body, int most, CancellationToken cancel)
    {
        using var content = new MemoryStream();
        var buffer = new byte[81_920];
        int read;
        while ((read = await body.ReadAsync(buffer, cancel)) > 0)
        {
            content.Write(buffer, 0, read);
            if (content.Length > most)
            {
                return null;
            }
        }

        return content.ToArray();
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
