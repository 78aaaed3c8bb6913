using k8s;
using k8s.Models;
using YamlDotNet.RepresentationModel;

namespace BounceActors.EndToEnd.Tests.Docker;

/// <summary>docker/k8s against the API's own types: a field the API does not know, or a value of another kind, fails to read.</summary>
public class KubernetesSpecs
{
    private static readonly string Files = Path.Combine(ReadmeSpecs.Repository(), "docker", "k8s");

    [Fact]
    public void Should_be_what_the_API_takes()
    {
        var kinds = All().Select(o => o.GetType().Name).Order(StringComparer.Ordinal);
        Assert.Equal(["V1NetworkPolicy", "V1PodDisruptionBudget", "V1Secret", "V1Service", "V1Service", "V1StatefulSet"], kinds);
    }

    [Fact]
    public void Should_refuse_a_field_the_API_does_not_know() =>
        Assert.ThrowsAny<Exception>(() => KubernetesYaml.LoadAllFromString("apiVersion: v1\nkind: Service\nmetadata:\n  name: a\nspec:\n  portz: []\n", strict: true));

    [Fact]
    public void Should_apply_every_file_but_the_example_of_a_secret()
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(File.ReadAllText(Path.Combine(Files, "kustomization.yaml"))));
        var listed = ((YamlSequenceNode)stream.Documents[0].RootNode["resources"]).Select(n => n.ToString()).Order(StringComparer.Ordinal);
        var there = Directory.GetFiles(Files, "*.yaml").Select(f => Path.GetFileName(f)!).Except(["kustomization.yaml", "secret.example.yaml"]).Order(StringComparer.Ordinal);
        Assert.Equal(there, listed);
    }

    [Fact]
    public void Should_fit_together()
    {
        var set = All().OfType<V1StatefulSet>().Single();
        var pod = set.Spec.Template.Spec;
        var node = pod.Containers.Single();
        string Setting(string name) => node.Env.Single(e => e.Name == name).Value;

        var nodes = All().OfType<V1Service>().Single(s => s.Spec.ClusterIP == "None");
        Assert.Equal(nodes.Name(), set.Spec.ServiceName);
        Assert.True(nodes.Spec.PublishNotReadyAddresses);
        Assert.Equal(
            Enumerable.Range(0, set.Spec.Replicas!.Value).Select(i => $"{set.Name()}-{i}.{nodes.Name()}:{Setting("Cluster__Port")}"),
            Setting("Cluster__SeedNodes").Split(','));
        Assert.Equal($"$(POD_NAME).{nodes.Name()}", Setting("Cluster__HostName"));

        // What selects pods selects these, and by ports they have.
        var labels = set.Spec.Template.Metadata.Labels;
        Assert.All(All().OfType<V1Service>().Select(s => s.Spec.Selector).Append(All().OfType<V1PodDisruptionBudget>().Single().Spec.Selector.MatchLabels).Append(set.Spec.Selector.MatchLabels), s => Assert.Equal(labels, s));
        Assert.All(All().OfType<V1Service>().SelectMany(s => s.Spec.Ports), p => Assert.Contains(node.Ports, c => c.Name == p.TargetPort));

        // The pod is not killed before it has drained and shut down.
        Assert.True(pod.TerminationGracePeriodSeconds > int.Parse(Setting("Service__DrainSeconds"), null) + int.Parse(Setting("Service__ShutdownSeconds"), null));

        Assert.True(pod.SecurityContext.RunAsNonRoot);
        Assert.True(node.SecurityContext.ReadOnlyRootFilesystem);
        Assert.False(node.SecurityContext.AllowPrivilegeEscalation);
        Assert.Equal(["ALL"], node.SecurityContext.Capabilities.Drop);
        Assert.Equal(All().OfType<V1Secret>().Single().Name(), pod.Volumes.Single(v => v.Secret is not null).Secret.SecretName);
    }

    private static List<object> All() => [.. Directory.GetFiles(Files, "*.yaml").Where(f => !f.EndsWith("kustomization.yaml", StringComparison.Ordinal)).SelectMany(f => KubernetesYaml.LoadAllFromString(File.ReadAllText(f), strict: true))];
}
