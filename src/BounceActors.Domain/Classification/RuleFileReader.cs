using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace BounceActors.Domain.Classification;

/// <summary>Reads one rule file. Every problem is noted with its line and reading goes on, so that one run names them all.</summary>
internal sealed class RuleFileReader(string source, List<RuleProblem> problems)
{
    public List<Rule> Rules { get; } = [];

    public List<CodeMeaning> EnhancedCodes { get; } = [];

    public List<CodeMeaning> SmtpCodes { get; } = [];

    public List<CodeMeaning> Classes { get; } = [];

    public List<ProviderEntry> Providers { get; } = [];

    public void Read(string yaml)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(yaml));
        }
        catch (YamlException e)
        {
            problems.Add(new(source, (int)e.Start.Line, $"not YAML: {e.InnerException?.Message ?? e.Message}"));
            return;
        }

        if (stream.Documents.Count == 0)
        {
            return;
        }

        var top = new Fields(this, stream.Documents[0].RootNode, "a rule file");
        foreach (var item in top.Items("rules"))
        {
            ReadRule(item);
        }

        foreach (var item in top.Items("blocklists"))
        {
            ReadBlocklist(item);
        }

        ReadCodes(top, "enhanced_codes", "code", "providers", EnhancedCodes, IsEnhanced);
        ReadCodes(top, "smtp_codes", "code", "providers", SmtpCodes, IsSmtp);
        ReadCodes(top, "classes", "class", "sources", Classes, static _ => true);
        foreach (var item in top.Items("providers"))
        {
            var fields = new Fields(this, item, "a provider");
            var entry = new ProviderEntry(fields.Text("id") ?? "", fields.Texts("hosts"), fields.Texts("domains"));
            fields.Done();
            if (entry.Id.Length == 0)
            {
                Problem(item, "a provider needs an 'id'");
            }

            Providers.Add(entry);
        }

        top.Done();
    }

    private void ReadRule(YamlNode node)
    {
        var fields = new Fields(this, node, "a rule");
        var id = fields.Required("id");
        var provider = fields.Text("provider");
        var rule = new Rule
        {
            Id = id,
            Source = source,
            Line = (int)node.Start.Line,
            Pattern = fields.Text("pattern"),
            Any = Phrases(fields, "any"),
            With = Phrases(fields, "with"),
            Without = Phrases(fields, "without"),
            Category = fields.Enum<BounceCategory>("category", required: true) ?? default,
            Action = fields.Enum<RemediationAction>("action"),
            Fault = fields.Enum<Fault>("fault"),
            Priority = (int)(fields.Number("priority", 1, 899) ?? (provider is null ? 300 : 600)),
            Confidence = fields.Number("confidence", 0.01, 1) ?? 0.9,
            Provider = provider,
            OnlyProviders = fields.Texts("only_providers"),
            OnlyOwnDomain = fields.Flag("only_own_domain"),
            Smtp = fields.Texts("smtp"),
            Enhanced = fields.Texts("enhanced"),
            MaxSpan = (int?)fields.Number("max_span", 1, 1000),
            RetryAfter = fields.Number("retry_after", 1, 7 * 86400) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            Examples = fields.Texts("examples"),
        };
        fields.Done();
        if ((rule.Pattern is null) == (rule.Any.Count == 0))
        {
            Problem(node, $"rule '{id}' needs either 'pattern' or 'any'");
        }

        foreach (var code in rule.Smtp.Where(c => !IsSmtp(c)))
        {
            Problem(node, $"rule '{id}': '{code}' is no reply code; 550 or 5xx is expected");
        }

        foreach (var code in rule.Enhanced.Where(c => !IsEnhanced(c)))
        {
            Problem(node, $"rule '{id}': '{code}' is no enhanced code; 5.7.1, 5.7.x or 5.x.x is expected");
        }

        Rules.Add(rule);
    }

    /// <summary>A blocklist is a rule of category reputation_block whose phrases are the list's hosts and names.</summary>
    private void ReadBlocklist(YamlNode node)
    {
        var fields = new Fields(this, node, "a blocklist");
        var name = fields.Required("name");
        Rules.Add(new Rule
        {
            Id = $"blocklist.{name}",
            Source = source,
            Line = (int)node.Start.Line,
            Any = Phrases(fields, "any"),
            With = Phrases(fields, "with"),
            Without = Phrases(fields, "without"),
            Category = BounceCategory.ReputationBlock,
            Priority = (int)(fields.Number("priority", 101, 899) ?? 470),
            Confidence = fields.Number("confidence", 0.01, 1) ?? 0.94,
            Blocklist = name,
            Examples = fields.Texts("examples"),
        });
        fields.Done();
    }

    private void ReadCodes(Fields top, string section, string key, string onlyKey, List<CodeMeaning> into, Func<string, bool> valid)
    {
        foreach (var item in top.Items(section))
        {
            var fields = new Fields(this, item, $"an entry of '{section}'");
            var code = fields.Required(key).ToLowerInvariant();
            into.Add(new CodeMeaning(
                code,
                fields.Enum<BounceCategory>("category", required: true) ?? default,
                fields.Number("confidence", 0.01, 1) ?? 0.7,
                fields.Text("says") ?? code,
                fields.Texts(onlyKey),
                source,
                (int)item.Start.Line));
            fields.Done();
            if (!valid(code))
            {
                Problem(item, $"'{code}' is no code");
            }
        }
    }

    private static List<string> Phrases(Fields fields, string key) =>
        [.. fields.Texts(key).Select(DiagnosticText.Normalise)];

    private static bool IsSmtp(string code) =>
        code.Length == 3 && code[0] is '2' or '4' or '5' && (code[1..] == "xx" || code[1..].All(char.IsAsciiDigit));

    private static bool IsEnhanced(string code) =>
        code.Split('.') is [var a, var b, var c]
        && a is "2" or "4" or "5" or "x" && (b == "x" || b.All(char.IsAsciiDigit)) && (c == "x" || c.All(char.IsAsciiDigit));

    private void Problem(YamlNode at, string message) => problems.Add(new(source, (int)at.Start.Line, message));

    /// <summary>The fields of one mapping; those never asked for are unknown fields.</summary>
    private sealed class Fields
    {
        private readonly RuleFileReader _reader;
        private readonly YamlNode _node;
        private readonly string _what;
        private readonly Dictionary<string, (YamlNode Key, YamlNode Value)> _fields = new(StringComparer.Ordinal);
        private readonly HashSet<string> _known = new(StringComparer.Ordinal);

        public Fields(RuleFileReader reader, YamlNode node, string what)
        {
            (_reader, _node, _what) = (reader, node, what);
            if (node is not YamlMappingNode mapping)
            {
                reader.Problem(node, $"{what} must be a mapping of fields");
                return;
            }

            foreach (var (key, value) in mapping.Children)
            {
                _fields[key.ToString()] = (key, value);
            }
        }

        public string Required(string key)
        {
            var text = Text(key);
            if (string.IsNullOrEmpty(text))
            {
                _reader.Problem(_node, $"{_what} needs '{key}'");
            }

            return text ?? "";
        }

        public string? Text(string key)
        {
            if (!Take(key, out var value))
            {
                return null;
            }

            if (value is YamlScalarNode scalar)
            {
                return scalar.Value;
            }

            _reader.Problem(value, $"'{key}' must be one text");
            return null;
        }

        public IReadOnlyList<string> Texts(string key)
        {
            if (!Take(key, out var value))
            {
                return [];
            }

            if (value is YamlScalarNode single)
            {
                return [single.Value ?? ""];
            }

            if (value is not YamlSequenceNode sequence || sequence.Children.Any(c => c is not YamlScalarNode))
            {
                _reader.Problem(value, $"'{key}' must be a list of texts");
                return [];
            }

            foreach (var empty in sequence.Children.Where(c => string.IsNullOrWhiteSpace(((YamlScalarNode)c).Value)))
            {
                _reader.Problem(empty, $"'{key}' has an empty text");
            }

            return [.. sequence.Children.Select(c => ((YamlScalarNode)c).Value ?? "")];
        }

        public bool Flag(string key)
        {
            var text = Text(key);
            if (text is not (null or "true" or "false"))
            {
                _reader.Problem(_fields[key].Value, $"'{key}' is '{text}'; true or false is expected");
            }

            return text == "true";
        }

        public double? Number(string key, double least, double most)
        {
            if (Text(key) is not { } text)
            {
                return null;
            }

            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
            {
                return number;
            }

            _reader.Problem(_fields[key].Value, $"'{key}' is '{text}'; a number from {least.ToString(CultureInfo.InvariantCulture)} to {most.ToString(CultureInfo.InvariantCulture)} is expected");
            return null;
        }

        public T? Enum<T>(string key, bool required = false)
            where T : struct, Enum
        {
            var text = required ? Required(key) : Text(key);
            if (string.IsNullOrEmpty(text))
            {
                return null;
            }

            if (WireNames.TryParse<T>(text, out var value))
            {
                return value;
            }

            _reader.Problem(_fields[key].Value, $"'{key}' is '{text}', which is none of: {string.Join(", ", WireNames.All<T>())}");
            return null;
        }

        public IReadOnlyList<YamlNode> Items(string key)
        {
            if (!Take(key, out var value))
            {
                return [];
            }

            if (value is YamlSequenceNode sequence)
            {
                return [.. sequence.Children];
            }

            _reader.Problem(value, $"'{key}' must be a list");
            return [];
        }

        public void Done()
        {
            foreach (var (name, (key, _)) in _fields.Where(f => !_known.Contains(f.Key)))
            {
                _reader.Problem(key, $"'{name}' is no field of {_what}; known here: {string.Join(", ", _known)}");
            }
        }

        private bool Take(string key, out YamlNode value)
        {
            _known.Add(key);
            var found = _fields.TryGetValue(key, out var field);
            value = field.Value;
            return found;
        }
    }
}
