using System.Collections;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using BounceActors.Domain.Recipients;
using BounceActors.Domain.Reputation;
using BounceActors.Engine.Recipients;
using BounceActors.Engine.Reputation;
using BounceActors.Engine.Wire;

namespace BounceActors.Engine.Tests.Wire;

public class WireSerializerSpecs
{
    /// <summary>Bytes of every type ever shipped: <c>manifest base64</c>. Lines are added, never changed (docs/wire-format.md).</summary>
    private static readonly IReadOnlyDictionary<string, byte[]> Golden = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Wire", "golden.txt"))
        .Where(line => line.Length > 0 && line[0] != '#')
        .Select(line => line.Split(' '))
        .ToDictionary(parts => parts[0], parts => Convert.FromBase64String(parts[1]));

    public static TheoryData<string> Manifests => [.. Samples.All.Select(WireSerializer.ManifestOf)];

    [Theory]
    [MemberData(nameof(Manifests))]
    public void Should_read_the_bytes_that_were_ever_shipped(string manifest)
    {
        var sample = SampleOf(manifest);
        Assert.True(Golden.TryGetValue(manifest, out var bytes), $"add to golden.txt: {manifest} {Convert.ToBase64String(WireSerializer.Write(sample))}");

        Assert.Equal(Dump(sample), Dump(WireSerializer.Read(bytes, manifest)));
    }

    [Theory]
    [MemberData(nameof(Manifests))]
    public void Should_still_write_the_same_bytes(string manifest) =>
        Assert.Equal(Convert.ToBase64String(Golden[manifest]), Convert.ToBase64String(WireSerializer.Write(SampleOf(manifest))));

    [Fact]
    public void Should_have_a_sample_and_a_row_for_every_command_event_and_reply()
    {
        Type[] families = [typeof(RecipientCommands.Command), typeof(RecipientEvents.Event), typeof(RecipientReplies.Reply), typeof(SenderReplies.Reply)];
        var expected = families
            .SelectMany(family => family.Assembly.GetTypes().Where(type => !type.IsAbstract && type.IsSubclassOf(family)))
            .Concat(typeof(SenderCommands).GetNestedTypes())
            .Concat(typeof(SenderEvents).GetNestedTypes())
            .Append(typeof(RecipientState))
            .Append(typeof(SenderDomainState))
            .Select(type => type.FullName)
            .Order();

        Assert.Equal(expected, WireSerializer.Types.Select(type => type.FullName).Order());
        Assert.Equal(expected, Samples.All.Select(sample => sample.GetType().FullName).Order());
    }

    [Fact]
    public void Should_set_every_field_of_every_sample()
    {
        // Otherwise a field that the mapping forgets would go unnoticed.
        var empty = Samples.All.SelectMany(sample => EmptyMembers(sample, sample.GetType().Name)).ToList();
        Assert.Empty(empty);
    }

    [Fact]
    public void Should_refuse_a_manifest_that_was_never_shipped() =>
        Assert.Contains("recipient.report-recorded.v9", Assert.Throws<ArgumentException>(() => WireSerializer.Read([], "recipient.report-recorded.v9")).Message, StringComparison.Ordinal);

    [Fact]
    public void Should_refuse_a_type_that_has_no_manifest() => Assert.Throws<ArgumentException>(() => WireSerializer.Write("text"));

    private static object SampleOf(string manifest) => Samples.All.Single(sample => WireSerializer.ManifestOf(sample) == manifest);

    /// <summary>Every public property, recursively, in a fixed order: records with collections have no equality of their own.</summary>
    private static string Dump(object? value)
    {
        var text = new StringBuilder();
        Write(text, value, 0);
        return text.ToString();
    }

    private static void Write(StringBuilder text, object? value, int depth)
    {
        switch (value)
        {
            case null:
                text.AppendLine("null");
                break;
            case string or Enum or Guid or ulong or int or long or bool or double:
                text.AppendLine(Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
            case DateTimeOffset time:
                text.AppendLine(time.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture));
                break;
            case TimeSpan span:
                text.AppendLine(span.ToString("c", CultureInfo.InvariantCulture));
                break;
            case ITuple tuple:
                for (var i = 0; i < tuple.Length; i++)
                {
                    Write(text, tuple[i], depth + 1);
                }

                break;
            case IEnumerable many:
                text.AppendLine();
                foreach (var item in many)
                {
                    text.Append(' ', depth + 1).Append("- ");
                    Write(text, item, depth + 2);
                }

                break;
            default:
                text.AppendLine();
                foreach (var property in value.GetType().GetProperties().Where(p => p.GetIndexParameters().Length == 0 && !p.GetMethod!.IsStatic).OrderBy(p => p.Name, StringComparer.Ordinal))
                {
                    text.Append(' ', depth + 1).Append(property.Name).Append(": ");
                    Write(text, property.GetValue(value), depth + 2);
                }

                break;
        }
    }

    private static IEnumerable<string> EmptyMembers(object value, string path)
    {
        foreach (var property in value.GetType().GetProperties().Where(p => p.GetIndexParameters().Length == 0 && !p.GetMethod!.IsStatic))
        {
            var member = property.GetValue(value);
            var name = $"{path}.{property.Name}";
            if (member is null or "" || (member is IEnumerable many and not string && !many.Cast<object>().Any()))
            {
                if (!IsOptional(value, property.Name))
                {
                    yield return name;
                }
            }
            else if (member.GetType().Namespace?.StartsWith("BounceActors", StringComparison.Ordinal) == true && !member.GetType().IsEnum)
            {
                foreach (var inner in EmptyMembers(member, name))
                {
                    yield return inner;
                }
            }
        }
    }

    // A delivery names no message, a suppression that covers all streams no stream; their opposites are in the samples too.
    private static bool IsOptional(object owner, string name) => (owner, name) is (HistoryEntry { Kind: EntryKind.Delivery }, nameof(HistoryEntry.MessageId));
}
