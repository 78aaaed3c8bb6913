using Microsoft.AspNetCore.Mvc;

namespace BounceActors.Service.Problems;

/// <summary>A kind of error: its stable type, its HTTP status and what it says in general. Listed in docs/http-api.md.</summary>
internal sealed record ProblemType(string Name, int Status, string Title)
{
    /// <summary>The <c>type</c> member (RFC 9457 section 3.1.1); a name, not a place.</summary>
    public string Uri => $"urn:bounceactors:problem:{Name}";
}

internal static class ProblemTypes
{
    public static readonly ProblemType MalformedJson = new("malformed-json", 400, "The body is not valid JSON");
    public static readonly ProblemType UnknownField = new("unknown-field", 400, "There is no such field");
    public static readonly ProblemType MissingField = new("missing-field", 400, "A required field is missing");
    public static readonly ProblemType WrongType = new("wrong-type", 400, "The field has the wrong JSON type");
    public static readonly ProblemType InvalidAddress = new("invalid-address", 400, "Not a mail address");
    public static readonly ProblemType InvalidValue = new("invalid-value", 400, "The value is not allowed");
    public static readonly ProblemType UnknownValue = new("unknown-value", 400, "The value is none of those allowed");
    public static readonly ProblemType FutureDate = new("future-date", 400, "The time lies in the future");
    public static readonly ProblemType NothingReported = new("nothing-reported", 400, "The report does not say what happened");
    public static readonly ProblemType NoRecipient = new("no-recipient", 400, "The report names no recipient");
    public static readonly ProblemType NoItemAccepted = new("no-item-accepted", 400, "None of the items could be recorded");
    public static readonly ProblemType UnreadableList = new("unreadable-list", 400, "The list cannot be read");
    public static readonly ProblemType BadRequest = new("bad-request", 400, "The request cannot be understood");
    public static readonly ProblemType Unauthorized = new("unauthorized", 401, "A valid key is needed");
    public static readonly ProblemType Forbidden = new("forbidden", 403, "The key does not allow this");
    public static readonly ProblemType NotFound = new("not-found", 404, "There is nothing here");
    public static readonly ProblemType MethodNotAllowed = new("method-not-allowed", 405, "The method is not allowed here");
    public static readonly ProblemType AlreadyResolved = new("already-resolved", 409, "The review is already resolved");
    public static readonly ProblemType ImportDiffers = new("import-differs", 409, "Another import has this id");
    public static readonly ProblemType LastNode = new("last-node", 409, "No other node could take over");
    public static readonly ProblemType BodyTooLarge = new("body-too-large", 413, "The body is too large");
    public static readonly ProblemType TooManyItems = new("too-many-items", 413, "Too many items in one request");
    public static readonly ProblemType UnsupportedMediaType = new("unsupported-media-type", 415, "The content type is not taken here");
    public static readonly ProblemType Overloaded = new("overloaded", 429, "Too many requests at the same time");
    public static readonly ProblemType Internal = new("internal", 500, "Something went wrong here");
    public static readonly ProblemType Unavailable = new("unavailable", 503, "Not available for the moment; the same request may be repeated");

    public static readonly IReadOnlyList<ProblemType> All =
    [
        MalformedJson, UnknownField, MissingField, WrongType, InvalidAddress, InvalidValue, UnknownValue, FutureDate, NothingReported, NoRecipient,
        NoItemAccepted, UnreadableList, BadRequest, Unauthorized, Forbidden, NotFound, MethodNotAllowed, AlreadyResolved, ImportDiffers, LastNode, BodyTooLarge, TooManyItems,
        UnsupportedMediaType, Overloaded, Internal, Unavailable,
    ];

    /// <summary>The type of an error of the framework, known by its status alone.</summary>
    public static ProblemType OfStatus(int status) => status switch
    {
        StatusCodes.Status413PayloadTooLarge => BodyTooLarge,
        StatusCodes.Status400BadRequest => BadRequest,
        >= 400 and < 500 => All.FirstOrDefault(t => t.Status == status) ?? BadRequest with { Status = status },
        StatusCodes.Status503ServiceUnavailable => Unavailable,
        _ => Internal,
    };
}

/// <summary>The request cannot be answered as asked.</summary>
internal sealed class ProblemException(ProblemType type, string detail, string? field = null, TimeSpan? retryAfter = null) : Exception(detail)
{
    public ProblemType Type { get; } = type;

    /// <summary>What was wrong and what would be right.</summary>
    public string Detail { get; } = detail;

    /// <summary>The field at fault, as in the request.</summary>
    public string? Field { get; } = field;

    public TimeSpan? RetryAfter { get; } = retryAfter;

    public ProblemDetails ToDetails() => Type.ToDetails(Detail, Field);
}
