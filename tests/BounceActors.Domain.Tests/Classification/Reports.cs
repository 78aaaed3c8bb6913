using BounceActors.Domain.Reports;

namespace BounceActors.Domain.Tests.Classification;

/// <summary>Short ways to write reports.</summary>
internal static class A
{
    public static BounceReport Report(string diagnostic, int? smtp = null, string? enhanced = null) => new()
    {
        Diagnostic = diagnostic,
        SmtpCode = smtp,
        EnhancedCode = EnhancedStatusCode.TryParse(enhanced, out var code) ? code : null,
    };
}
