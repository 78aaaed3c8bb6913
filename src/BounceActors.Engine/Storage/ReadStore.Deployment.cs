using System.Security.Cryptography;
using BounceActors.Domain.Recipients;
using BounceActors.Engine.Hosting;
using LinqToDB;
using LinqToDB.Async;

namespace BounceActors.Engine.Storage;

/// <content>The deployment's secret.</content>
public sealed partial class ReadStore
{
    private const string SecretName = "key_secret";
    private const string FingerprintName = "key_fingerprint";
    private const string PositionName = "position/";

    private static readonly Batch<DeploymentRow> DeploymentRows = new Batch<DeploymentRow>().Text("name", r => r.Name).Text("value", r => r.Value);

    /// <summary>
    /// The secret that recipient keys are made with: the configured one, else the one made at the first start. Throws
    /// <see cref="KeySecretMismatchException"/> when it is not the one that the data was made with.
    /// </summary>
    public Task<byte[]> KeySecretAsync(CancellationToken ct) => WriteAsync(async db =>
    {
        var secret = _options.SecretBytes();
        if (secret is null)
        {
            var fresh = Convert.ToBase64String(RandomNumberGenerator.GetBytes(RecipientKeys.MinSecretLength));
            var first = await DeploymentValueAsync(db, FingerprintName, null, ct) is { } known
                && await DeploymentValueAsync(db, SecretName, null, ct) is null
                    ? throw new KeySecretMismatchException(
                        $"this deployment was started with a Storage:KeySecret (fingerprint {known}) and needs it again; without it no recipient would be found")
                    : await DeploymentValueAsync(db, SecretName, fresh, ct);
            secret = Convert.FromBase64String(first!);
        }

        var mine = new RecipientKeys(secret).Fingerprint;
        var recorded = await DeploymentValueAsync(db, FingerprintName, mine, ct);
        return recorded == mine
            ? secret
            : throw new KeySecretMismatchException(
                $"Storage:KeySecret has the fingerprint {mine}, but this deployment's data was made with {recorded}: set the secret it was started with, or use another database");
    }, ct);

    /// <summary>How far a reader of something outside has come, as it wrote it; null when it has written nothing yet.</summary>
    /// <param name="reader">The reader's name, e.g. <c>log/mx1/postfix</c>.</param>
    /// <param name="ct">Cancels.</param>
    public Task<string?> PositionAsync(string reader, CancellationToken ct) =>
        ReadAsync(db => db.Deployment.Where(d => d.Name == PositionName + reader).Select(d => d.Value).FirstOrDefaultAsync(ct), ct);

    /// <summary>Keeps how far a reader has come.</summary>
    /// <param name="reader">The reader's name.</param>
    /// <param name="position">What it wants to read again. Holds no address.</param>
    /// <param name="ct">Cancels.</param>
    public Task SavePositionAsync(string reader, string position, CancellationToken ct) => WriteAsync(
        db => DeploymentRows.ExecuteAsync(
            db,
            DeploymentRows.InsertInto("deployment", "ON CONFLICT (name) DO UPDATE SET value = excluded.value"),
            [new DeploymentRow { Name = PositionName + reader, Value = position }],
            ct),
        ct);

    /// <summary>
    /// Records a fact all nodes must share, or compares it with what is recorded. Throws <see cref="DeploymentException"/> when this node's differs.
    /// </summary>
    /// <param name="name">Of the fact, e.g. <c>shard_count</c>.</param>
    /// <param name="mine">As this node has it.</param>
    /// <param name="ct">Gives up.</param>
    public Task RequireSameAsync(string name, string mine, CancellationToken ct) => WriteAsync(
        async db => await DeploymentValueAsync(db, name, mine, ct) is { } recorded && recorded != mine
            ? throw new DeploymentException($"this node has {name} {mine}, but the data of this deployment was made with {name} {recorded}: run the version it was made with, or use another database")
            : true,
        ct);

    /// <summary>The value under a name; <paramref name="otherwise"/> becomes it when there is none yet.</summary>
    private static async Task<string?> DeploymentValueAsync(ReadConnection db, string name, string? otherwise, CancellationToken ct)
    {
        if (otherwise is not null)
        {
            await DeploymentRows.ExecuteAsync(
                db, DeploymentRows.InsertInto("deployment", "ON CONFLICT (name) DO NOTHING"), [new DeploymentRow { Name = name, Value = otherwise }], ct);
        }

        return await db.Deployment.Where(d => d.Name == name).Select(d => d.Value).FirstOrDefaultAsync(ct);
    }
}
