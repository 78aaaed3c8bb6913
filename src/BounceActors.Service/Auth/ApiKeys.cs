using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using BounceActors.Service.Settings;

namespace BounceActors.Service.Auth;

/// <summary>
/// The keys that are let in. Only hashes are kept; a fast hash is enough because keys are random, 256 bits, and not passwords.
/// </summary>
internal sealed class ApiKeys
{
    private const string Prefix = "ba_";
    private const int LongestKey = 256;
    private readonly (byte[] Hash, ApiKey Key)[] _keys;

    public ApiKeys(IEnumerable<ApiKeyOptions> keys) =>
        _keys = [.. keys.Select(k => (Convert.FromHexString(k.Hash), new ApiKey(k.Name, k.Tenant, ScopesOf(k))))];

    /// <summary>Whether keys are asked for at all.</summary>
    public bool Any => _keys.Length > 0;

    /// <summary>A new key and the hash to configure.</summary>
    public static (string Key, string Hash) Create()
    {
        var key = Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        return (key, HashOf(key));
    }

    public static string HashOf(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    /// <summary>The key that <paramref name="presented"/> is; null when it is none. Takes the same time for all that are none.</summary>
    public ApiKey? Find(string presented)
    {
        if (presented.Length > LongestKey)
        {
            return null;
        }

        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(presented));
        ApiKey? found = null;
        foreach (var (known, key) in _keys)
        {
            found = CryptographicOperations.FixedTimeEquals(hash, known) ? key : found;
        }

        return found;
    }

    /// <summary>What is wrong with a configured key, as <c>Setting is …, but must be …</c>.</summary>
    public static IEnumerable<string> Problems(ApiKeyOptions key)
    {
        if (key.Name.Length is 0 or > 64)
        {
            yield return $"Name is '{key.Name}', but must be 1 to 64 characters that say whose key it is";
        }

        if (key.Hash.Length != 64 || !key.Hash.All(char.IsAsciiHexDigit))
        {
            // What stands there may be a key somebody pasted by mistake: it is not shown.
            yield return "Hash must be the 64 hexadecimal digits that hash-key prints, not the key itself";
        }

        var scopes = ScopesOf(key);
        foreach (var unknown in scopes.Except(Scopes.All))
        {
            yield return $"Scopes has '{unknown}', but takes only {string.Join(", ", Scopes.All)}";
        }

        if (scopes.Count == 0)
        {
            yield return $"Scopes is empty, but must have some of {string.Join(", ", Scopes.All)}";
        }

        if (key.Tenant != Tenants.Any && !Tenants.IsName(key.Tenant))
        {
            yield return $"Tenant is '{key.Tenant}', but must be 1 to 64 lower-case letters, digits, - or _, or * for all tenants";
        }
    }

    private static HashSet<string> ScopesOf(ApiKeyOptions key) =>
        [.. key.Scopes.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
}

/// <summary>A key that was let in.</summary>
internal sealed record ApiKey(string Name, string Tenant, IReadOnlySet<string> Scopes);
