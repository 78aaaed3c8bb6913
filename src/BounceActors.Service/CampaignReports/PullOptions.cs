namespace BounceActors.Service.CampaignReports;

/// <summary>The reports an account's events are fetched from (<c>Sources:Webhooks:mailchimp:{account}:Reports:…</c>).</summary>
/// <param name="Server">The API, e.g. <c>https://us19.api.mailchimp.com</c>.</param>
/// <param name="ApiKey">Key of the API.</param>
/// <param name="Every">Time between two pulls.</param>
/// <param name="Window">Campaigns sent longer ago are not asked about.</param>
internal sealed record PullOptions(Uri Server, string ApiKey, TimeSpan Every, TimeSpan Window)
{
    public static readonly TimeSpan UsualEvery = TimeSpan.FromHours(1);
    public static readonly TimeSpan UsualWindow = TimeSpan.FromDays(7);

    /// <summary>The API of a key's data centre, which is what follows its last hyphen; null when nothing plausible does.</summary>
    public static Uri? ServerOf(string apiKey) => apiKey[(apiKey.LastIndexOf('-') + 1)..] is { Length: > 2 and < 10 } centre && centre.Length < apiKey.Length && centre.All(char.IsAsciiLetterOrDigit)
        ? new Uri($"https://{centre}.api.mailchimp.com")
        : null;
}
