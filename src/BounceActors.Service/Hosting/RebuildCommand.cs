using BounceActors.Engine.Storage;
using BounceActors.Engine.Wire;
using BounceActors.Service.Settings;

namespace BounceActors.Service.Hosting;

/// <summary>Makes the projections write their tables anew, from the journal, at the next start (docs/operations.md).</summary>
internal static class RebuildCommand
{
    public const string Name = "rebuild-projections";

    /// <summary>Does it for the deployment that the settings name. May be repeated; throws <see cref="StorageUnavailableException"/>.</summary>
    public static async Task<int> RunAsync(string[] settings, TextWriter output)
    {
        var storage = AllSettings.Read(WebApplication.CreateBuilder(settings).Configuration).Engine.Storage;
        await using var store = new ReadStore(storage, TimeProvider.System, e => new SerializedEvent(WireSerializer.ManifestOf(e), WireSerializer.Write(e)));
        await store.MigrateAsync(CancellationToken.None);
        await store.ForgetProjectedAsync(CancellationToken.None);
        await output.WriteLineAsync("Done. At the next start the read tables are written anew; /admin/projections shows how far they are.");
        return ExitCodes.Ok;
    }
}
