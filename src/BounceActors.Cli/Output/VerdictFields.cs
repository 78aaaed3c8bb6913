using System.Text.Encodings.Web;
using System.Text.Json;
using BounceActors.Domain;
using BounceActors.Domain.Classification;

namespace BounceActors.Cli.Output;

/// <summary>The JSON form of a verdict, the same for every command.</summary>
internal static class VerdictFields
{
    // Relaxed: the output goes to programs and terminals, never into HTML, and `"user+tag@…"` should be readable.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A writer of one object a line into <paramref name="output"/>; call <see cref="Utf8JsonWriter.Reset()"/> after each.</summary>
    public static Utf8JsonWriter JsonLines(this OutputWriter output) => new(output.Buffer, Options);

    /// <summary>Writes type, category, fault, permanence, action, confidence and rule; all empty when there is no verdict.</summary>
    public static void WriteVerdict(this Utf8JsonWriter json, Classification? verdict)
    {
        json.WriteString("type", verdict?.Type?.ToWire() ?? "");
        json.WriteString("category", verdict?.Category.ToWire() ?? "");
        json.WriteString("fault", verdict?.Fault.ToWire() ?? "");
        json.WriteString("permanence", verdict?.Permanence.ToWire() ?? "");
        json.WriteString("action", verdict?.Action.ToWire() ?? "");
        if (verdict is null)
        {
            json.WriteString("confidence", "");
        }
        else
        {
            json.WriteNumber("confidence", Math.Round(verdict.Confidence, 3));
        }

        json.WriteString("rule", verdict?.Rule ?? "");
    }
}
