using System.Collections.Frozen;
using BounceActors.Domain.Classification;

namespace BounceActors.Sources.Webhooks.AmazonSes;

/// <summary>What SES's bounce types and sub-types mean (SES notification-contents, "Bounce types"); Resend uses the same words.</summary>
internal static class SesClasses
{
    private static readonly FrozenDictionary<string, BounceCategory> SubTypes = new Dictionary<string, BounceCategory>
    {
        ["NoEmail"] = BounceCategory.UserNotFound,
        ["Suppressed"] = BounceCategory.SuppressedBySource,
        ["OnAccountSuppressionList"] = BounceCategory.SuppressedBySource,
        ["OnTenantSuppressionList"] = BounceCategory.SuppressedBySource,
        ["UnsubscribedRecipient"] = BounceCategory.SuppressedBySource,
        ["MailboxFull"] = BounceCategory.MailboxFull,
        ["MessageTooLarge"] = BounceCategory.MessageTooLarge,
        ["ContentRejected"] = BounceCategory.ContentFilter,
        ["AttachmentRejected"] = BounceCategory.ContentFilter,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    public static BounceCategory? Category(string? type, string? subType)
    {
        if (subType is not null && SubTypes.TryGetValue(subType, out var category))
        {
            return category;
        }

        return type?.ToLowerInvariant() switch
        {
            "permanent" => BounceCategory.UserNotFound,
            "transient" => BounceCategory.ServerError,
            _ => null,
        };
    }
}
