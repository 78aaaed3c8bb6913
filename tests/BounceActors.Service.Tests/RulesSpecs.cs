using BounceActors.Domain.Classification;
using BounceActors.Engine.Classification;
using BounceActors.Service.Rules;
using BounceActors.Service.Settings;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace BounceActors.Service.Tests;

public sealed class RulesSpecs : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("rules-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Should_put_a_changed_directory_into_force_and_refuse_a_broken_one()
    {
        var embedded = new BounceClassifier(RuleSet.Default);
        var holder = new ClassifierHolder(embedded);
        var status = new RulesStatus { Directory = _directory };
        using var reloader = new RulesReloader(
            holder, status, new ClassificationOptions { RulesDirectory = _directory }, new FakeTimeProvider(), NullLogger<RulesReloader>.Instance);
        var (name, yaml) = RuleSet.EmbeddedFiles().First(f => f.Name == "guide.yaml");
        var file = Path.Combine(_directory, name);

        reloader.Check();
        Assert.Same(embedded, holder.Current);

        File.WriteAllText(file, yaml + "\n# changed\n");
        reloader.Check();
        var changed = holder.Current;
        Assert.NotSame(embedded, changed);
        Assert.Null(status.RefusedAt);

        File.WriteAllText(file, "rules: [ {");
        reloader.Check();
        Assert.Same(changed, holder.Current);
        Assert.NotNull(status.RefusedAt);
        Assert.Contains(status.RefusedBecause, because => because.Contains("guide.yaml", StringComparison.Ordinal));

        File.WriteAllText(file, yaml);
        reloader.Check();
        Assert.Equal(embedded.Rules.Version, holder.Current.Rules.Version);
        Assert.Null(status.RefusedAt);
    }
}
