using System.Text;

namespace BounceActors.Sources.Logs.Formats;

/// <summary>One record of comma-separated values (RFC 4180) on one line.</summary>
internal static class Csv
{
    /// <summary>Most columns read.</summary>
    public const int MaxColumns = 256;

    /// <summary>The values; null when a quote is not closed or there are too many.</summary>
    public static List<string>? Read(string line)
    {
        var values = new List<string>();
        var value = new StringBuilder();
        var at = 0;
        while (true)
        {
            value.Clear();
            if (at < line.Length && line[at] == '"')
            {
                for (at++; ; at++)
                {
                    if (at >= line.Length)
                    {
                        return null;
                    }

                    if (line[at] != '"')
                    {
                        value.Append(line[at]);
                    }
                    else if (at + 1 < line.Length && line[at + 1] == '"')
                    {
                        value.Append(line[at++]);
                    }
                    else
                    {
                        at++;
                        break;
                    }
                }
            }

            var comma = line.IndexOf(',', at);
            var end = comma < 0 ? line.Length : comma;
            value.Append(line, at, end - at);
            values.Add(value.ToString());
            if (values.Count > MaxColumns)
            {
                return null;
            }

            if (comma < 0)
            {
                return values;
            }

            at = comma + 1;
        }
    }
}
