using System.Collections.Frozen;

namespace BounceActors.Domain.Classification;

/// <summary>Which mailbox provider or filter service a host or an address domain belongs to. The table is data: rules/providers.yaml.</summary>
public static class Providers
{
    /// <summary>Provider of the mail host that answered, e.g. <c>google</c> for <c>gmail-smtp-in.l.google.com</c>; null when the table has none.</summary>
    /// <param name="host">A host name, with or without final dot, in any case; <c>dns;</c> before it is passed over.</param>
    public static string? FromHost(string? host) => RuleSet.Default.ProviderTable.FromHost(host);

    /// <summary>Provider of an address's domain, e.g. <c>yahoo</c> for <c>ymail.com</c>; null when the table has none.</summary>
    /// <param name="domain">A domain in any case.</param>
    public static string? FromDomain(string? domain) => RuleSet.Default.ProviderTable.FromDomain(domain);
}

/// <summary>One provider with its hosts' and its address domains' suffixes.</summary>
internal sealed record ProviderEntry(string Id, IReadOnlyList<string> Hosts, IReadOnlyList<string> Domains);

/// <summary>Suffix tables: the longest suffix of whole labels decides.</summary>
internal sealed class ProviderTable(IEnumerable<ProviderEntry> entries)
{
    private readonly FrozenDictionary<string, string> _hosts = Table(entries, e => e.Hosts);
    private readonly FrozenDictionary<string, string> _domains = Table(entries, e => e.Domains);

    public string? FromHost(string? host) => Find(_hosts, host);

    public string? FromDomain(string? domain) => Find(_domains, domain);

    private static FrozenDictionary<string, string> Table(IEnumerable<ProviderEntry> entries, Func<ProviderEntry, IReadOnlyList<string>> suffixes)
    {
        var table = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var entry in entries)
        {
            foreach (var suffix in suffixes(entry))
            {
                table[suffix] = entry.Id;
            }
        }

        return table.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
    }

    private static string? Find(FrozenDictionary<string, string> table, string? name)
    {
        if (string.IsNullOrEmpty(name) || table.Count == 0)
        {
            return null;
        }

        var lookup = table.GetAlternateLookup<ReadOnlySpan<char>>();
        var rest = name.AsSpan().Trim();
        rest = (rest.IndexOf(';') is var type and >= 0 ? rest[(type + 1)..].Trim() : rest).TrimEnd('.');
        while (!rest.IsEmpty)
        {
            if (lookup.TryGetValue(rest, out var provider))
            {
                return provider;
            }

            var dot = rest.IndexOf('.');
            rest = dot < 0 ? default : rest[(dot + 1)..];
        }

        return null;
    }
}
