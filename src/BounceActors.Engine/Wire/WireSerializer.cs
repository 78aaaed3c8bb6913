using System.Collections.Frozen;
using Akka.Actor;
using Akka.Serialization;
using BounceActors.Domain.Recipients;
using BounceActors.Domain.Reputation;
using BounceActors.Engine.Recipients;
using BounceActors.Engine.Reputation;
using Google.Protobuf;

namespace BounceActors.Engine.Wire;

/// <summary>
/// The one serializer of everything that is journaled or leaves the node: protobuf behind stable manifests (docs/wire-format.md).
/// A type without a row here cannot be sent, and an unknown manifest throws.
/// </summary>
public sealed class WireSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <summary>Never change it: it stands in every journal row.</summary>
    public const int Id = 717;

    /// <summary>Grows when a node of the version before could not read what this one writes; fields that are only added leave it.</summary>
    public const int Version = 1;

    private static readonly Row[] Rows =
    [
        Row.Of<RecipientEvents.ReportRecorded, Proto.ReportRecorded>("recipient.report-recorded.v1", RecipientMapping.ToProto, RecipientMapping.ToDomain, Proto.ReportRecorded.Parser),
        Row.Of<RecipientEvents.SuppressionAdded, Proto.SuppressionAdded>("recipient.suppression-added.v1", RecipientMapping.ToProto, RecipientMapping.ToDomain, Proto.SuppressionAdded.Parser),
        Row.Of<RecipientEvents.SuppressionLifted, Proto.SuppressionLifted>("recipient.suppression-lifted.v1", RecipientMapping.ToProto, RecipientMapping.ToDomain, Proto.SuppressionLifted.Parser),
        Row.Of<RecipientEvents.ReportReviewed, Proto.ReportReviewed>("recipient.report-reviewed.v1", RecipientMapping.ToProto, RecipientMapping.ToDomain, Proto.ReportReviewed.Parser),
        Row.Of<RecipientState, Proto.RecipientSnapshot>("recipient.snapshot.v1", RecipientMapping.ToProto, RecipientMapping.ToDomain, Proto.RecipientSnapshot.Parser),
        Row.Of<RecipientCommands.RecordReport, Proto.RecordReport>("recipient.record-report.v1", RecipientMapping.ToProto, RecipientMapping.ToDomain, Proto.RecordReport.Parser),
        Row.Of<RecipientCommands.AddSuppression, Proto.AddSuppression>("recipient.add-suppression.v1", RecipientMapping.ToProto, RecipientMapping.ToDomain, Proto.AddSuppression.Parser),
        Row.Of<RecipientCommands.LiftSuppression, Proto.LiftSuppression>("recipient.lift-suppression.v1", RecipientMapping.ToProto, RecipientMapping.ToDomain, Proto.LiftSuppression.Parser),
        Row.Of<RecipientCommands.ReviewReport, Proto.ReviewReport>("recipient.review-report.v1", RecipientMapping.ToProto, RecipientMapping.ToDomain, Proto.ReviewReport.Parser),
        Row.Of<RecipientCommands.ConfirmRetry, Proto.ConfirmRetry>("recipient.confirm-retry.v1", RecipientMapping.ToProto, RecipientMapping.ToDomain, Proto.ConfirmRetry.Parser),
        Row.Of<RecipientCommands.GetRecipient, Proto.GetRecipient>("recipient.get.v1", RecipientMapping.ToProto, RecipientMapping.ToDomain, Proto.GetRecipient.Parser),
        Row.Of<RecipientReplies.ReportDecided, Proto.ReportDecided>("recipient.report-decided.v1", RecipientMapping.ToProto, RecipientMapping.ToDomain, Proto.ReportDecided.Parser),
        Row.Of<RecipientReplies.Changed, Proto.Changed>("recipient.changed.v1", RecipientMapping.ToProto, RecipientMapping.ToDomain, Proto.Changed.Parser),
        Row.Of<RecipientReplies.RetryConfirmed, Proto.RetryConfirmed>("recipient.retry-confirmed.v1", RecipientMapping.ToProto, RecipientMapping.ToDomain, Proto.RetryConfirmed.Parser),
        Row.Of<RecipientReplies.RecipientFound, Proto.RecipientFound>("recipient.found.v1", RecipientMapping.ToProto, RecipientMapping.ToDomain, Proto.RecipientFound.Parser),
        Row.Of<RecipientReplies.Failed, Proto.Failed>("recipient.failed.v1", r => new Proto.Failed { Reason = r.Reason }, p => new RecipientReplies.Failed(p.Reason), Proto.Failed.Parser),
        Row.Of<SenderCommands.ApplyDeltas, Proto.ApplyDeltas>("sender.apply-deltas.v1", SenderMapping.ToProto, SenderMapping.ToDomain, Proto.ApplyDeltas.Parser),
        Row.Of<SenderCommands.GetSender, Proto.GetSender>("sender.get.v1", SenderMapping.ToProto, SenderMapping.ToDomain, Proto.GetSender.Parser),
        Row.Of<SenderEvents.DeltasApplied, Proto.DeltasApplied>("sender.deltas-applied.v1", SenderMapping.ToProto, SenderMapping.ToDomain, Proto.DeltasApplied.Parser),
        Row.Of<SenderDomainState, Proto.SenderSnapshot>("sender.snapshot.v1", SenderMapping.ToProto, SenderMapping.ToDomain, Proto.SenderSnapshot.Parser),
        Row.Of<SenderReplies.DeltasAcknowledged, Proto.DeltasAcknowledged>("sender.deltas-acknowledged.v1", r => new Proto.DeltasAcknowledged { Slice = r.Slice }, p => new SenderReplies.DeltasAcknowledged(p.Slice), Proto.DeltasAcknowledged.Parser),
        Row.Of<SenderReplies.SenderFound, Proto.SenderFound>("sender.found.v1", r => new Proto.SenderFound { State = SenderMapping.ToProto(r.State) }, p => new SenderReplies.SenderFound(SenderMapping.ToDomain(p.State)), Proto.SenderFound.Parser),
        Row.Of<SenderReplies.Failed, Proto.Failed>("sender.failed.v1", r => new Proto.Failed { Reason = r.Reason }, p => new SenderReplies.Failed(p.Reason), Proto.Failed.Parser),
    ];

    private static readonly FrozenDictionary<Type, Row> ByType = Rows.ToFrozenDictionary(r => r.Type);
    private static readonly FrozenDictionary<string, Row> ByManifest = Rows.ToFrozenDictionary(r => r.Manifest);

    /// <summary>The types this serializer is bound to.</summary>
    public static IReadOnlyList<Type> Types { get; } = [.. Rows.Select(r => r.Type)];

    /// <inheritdoc/>
    public override int Identifier => Id;

    /// <summary>The bytes of a wire type.</summary>
    public static byte[] Write(object message) => RowOf(message).Write(message);

    /// <summary>The manifest of a wire type.</summary>
    public static string ManifestOf(object message) => RowOf(message).Manifest;

    /// <summary>The wire type of a manifest and its bytes. Throws <see cref="ArgumentException"/> for a manifest that was never shipped.</summary>
    public static object Read(byte[] bytes, string manifest) => ByManifest.TryGetValue(manifest, out var row)
        ? row.Read(bytes)
        : throw new ArgumentException($"unknown manifest '{manifest}'; was this written by a newer version?", nameof(manifest));

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) => Write(obj);

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest) => Read(bytes, manifest);

    /// <inheritdoc/>
    public override string Manifest(object o) => ManifestOf(o);

    private static Row RowOf(object message) => ByType.TryGetValue(message.GetType(), out var row)
        ? row
        : throw new ArgumentException($"{message.GetType()} is no wire type", nameof(message));

    private sealed record Row(Type Type, string Manifest, Func<object, byte[]> Write, Func<byte[], object> Read)
    {
        public static Row Of<TDomain, TProto>(string manifest, Func<TDomain, TProto> write, Func<TProto, TDomain> read, MessageParser<TProto> parser)
            where TDomain : class
            where TProto : IMessage<TProto> =>
            new(typeof(TDomain), manifest, o => write((TDomain)o).ToByteArray(), bytes => read(parser.ParseFrom(bytes)));
    }
}
