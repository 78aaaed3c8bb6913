using System.Data.Common;
using System.Linq.Expressions;
using System.Text;
using System.Text.Json;
using BounceActors.Domain;
using BounceActors.Domain.Classification;
using BounceActors.Domain.Recipients;
using BounceActors.Domain.Reports;
using LinqToDB;
using LinqToDB.Data;
using LinqToDB.Mapping;

namespace BounceActors.Engine.Storage;

/// <summary>A connection to the read tables, with their shape.</summary>
internal sealed class ReadConnection(DataOptions<ReadConnection> options, bool isSqlite) : DataConnection(options.Options)
{
    public bool IsSqlite => isSqlite;

    public ITable<DeploymentRow> Deployment => this.GetTable<DeploymentRow>();

    public ITable<DirectoryRow> Directory => this.GetTable<DirectoryRow>();

    public ITable<ProjectionRow> Projections => this.GetTable<ProjectionRow>();

    public ITable<RecipientRow> Recipients => this.GetTable<RecipientRow>();

    public ITable<HistoryRow> History => this.GetTable<HistoryRow>();

    public ITable<SuppressionRow> Suppressions => this.GetTable<SuppressionRow>();

    public ITable<RetryRow> Retries => this.GetTable<RetryRow>();

    public ITable<ReviewRow> Reviews => this.GetTable<ReviewRow>();

    public ITable<SenderStatRow> SenderStats => this.GetTable<SenderStatRow>();

    public ITable<DeliveryTableRow> Deliveries => this.GetTable<DeliveryTableRow>();

    public ITable<DeliveryCountRow> DeliveryCounts => this.GetTable<DeliveryCountRow>();

    public ITable<DeliveryStatRow> DeliveryStats => this.GetTable<DeliveryStatRow>();

    public ITable<OutboxRow> Outbox => this.GetTable<OutboxRow>();

    /// <summary>A command on this connection, inside its transaction.</summary>
    public async Task<DbCommand> CommandAsync(CancellationToken ct)
    {
        var connection = await OpenDbConnectionAsync(ct);
        var command = connection.CreateCommand();
        command.Transaction = Transaction;
        return command;
    }

    /// <summary>Any number of recipients as a table of one column, in one parameter.</summary>
    public IQueryable<RecipientKey> Keys(IEnumerable<RecipientKey> keys) => Texts<RecipientKey>(keys.Select(k => k.Value));

    /// <summary>Any number of retries as a table of one column, in one parameter.</summary>
    public IQueryable<RetryId> Ids(IEnumerable<RetryId> ids) => Texts<RetryId>(ids.Select(i => i.Value));

    /// <summary>How the rows map to the tables of one database.</summary>
    public static MappingSchema Schema(bool isSqlite)
    {
        var schema = new MappingSchema(isSqlite ? "read-sqlite" : "read-postgres");
        Text(schema, text => new RecipientKey(text), key => key.Value);
        Text(schema, text => new RetryId(text), id => id.Value);
        var mapping = new FluentMappingBuilder(schema);
        Table<DeploymentRow>(mapping, "deployment");
        Table<DirectoryRow>(mapping, "directory");
        Table<ProjectionRow>(mapping, "projections");
        Table<RecipientRow>(mapping, "recipients");
        Table<HistoryRow>(mapping, "history");
        Table<SuppressionRow>(mapping, "suppressions").Property(s => s.Causes).HasConversion(c => CausesText(c), t => CausesOf(t));
        Table<RetryRow>(mapping, "retries");
        Table<ReviewRow>(mapping, "reviews");
        Table<SenderStatRow>(mapping, "sender_stats");
        Table<OutboxRow>(mapping, "outbox");
        Table<DeliveryTableRow>(mapping, "deliveries");
        Table<DeliveryCountRow>(mapping, "delivery_counts");
        Table<DeliveryStatRow>(mapping, "delivery_stats");
        mapping.Build();
        return schema;

        EntityMappingBuilder<T> Table<T>(FluentMappingBuilder builder, string name)
            where T : class
        {
            var entity = builder.Entity<T>().HasTableName(name);
            foreach (var property in typeof(T).GetProperties().Where(p => p.CanWrite))
            {
                builder.HasAttribute(property, new ColumnAttribute(SnakeCase(property.Name)));
                Convert(entity, property.Name, property.PropertyType, isSqlite);
            }

            return entity;
        }
    }

    private IQueryable<T> Texts<T>(IEnumerable<string> values)
    {
        var texts = values.Distinct(StringComparer.Ordinal).ToArray();
        return isSqlite
            ? this.FromSqlScalar<T>($"(SELECT value FROM json_each({new DataParameter("texts", JsonSerializer.Serialize(texts), DataType.Text)}))")
            : this.FromSqlScalar<T>($"(SELECT value FROM unnest({new DataParameter("texts", texts) { DbType = "text[]" }}) AS value)");
    }

    /// <summary>A type of the domain that is a text in the database.</summary>
    private static void Text<T>(MappingSchema schema, Func<string, T> read, Func<T, string> write)
    {
        schema.AddScalarType(typeof(T), DataType.Text);
        schema.SetConverter(read);
        schema.SetConverter(write);
        schema.SetConverter<T, DataParameter>(value => new DataParameter(null, write(value), DataType.Text));
    }

    internal static string CausesText(IReadOnlyList<Guid> causes) => JsonSerializer.Serialize(causes);

    private static IReadOnlyList<Guid> CausesOf(string text) => JsonSerializer.Deserialize<Guid[]>(text) ?? [];

    /// <summary>Says how a property's values stand in the database, where they do not stand for themselves.</summary>
    private static void Convert<T>(EntityMappingBuilder<T> entity, string name, Type type, bool isSqlite)
    {
        if (type == typeof(DateTimeOffset))
        {
            var property = entity.Property(Member<T, DateTimeOffset>(name));
            _ = isSqlite
                ? property.HasConversion(v => v.ToUnixMicroseconds(), v => Times.FromUnixMicroseconds(v))
                : property.HasConversion(v => v.Stored(), v => v.ToUniversalTime());
        }
        else if (type == typeof(DateTimeOffset?))
        {
            var property = entity.Property(Member<T, DateTimeOffset?>(name));
            _ = isSqlite
                ? property.HasConversion(v => Micros(v), v => TimeOf(v), handlesNulls: true)
                : property.HasConversion(v => StoredOf(v), v => v, handlesNulls: true);
        }
        else if (type == typeof(Guid) && isSqlite)
        {
            entity.Property(Member<T, Guid>(name)).HasConversion(v => v.ToString(), t => Guid.Parse(t));
        }
        else if (type == typeof(HistoryKind))
        {
            Enum<T, HistoryKind>(entity, name);
        }
        else if (type == typeof(RetryState))
        {
            Enum<T, RetryState>(entity, name);
        }
        else if (type == typeof(ReviewState))
        {
            Enum<T, ReviewState>(entity, name);
        }
        else if (type == typeof(SuppressionLevel))
        {
            Enum<T, SuppressionLevel>(entity, name);
        }
        else if (type == typeof(BounceCategory))
        {
            Enum<T, BounceCategory>(entity, name);
        }
        else if (type == typeof(BounceCategory?))
        {
            OptionalEnum<T, BounceCategory>(entity, name);
        }
        else if (type == typeof(ReportOutcome?))
        {
            OptionalEnum<T, ReportOutcome>(entity, name);
        }
    }

    private static void Enum<T, TEnum>(EntityMappingBuilder<T> entity, string name)
        where TEnum : struct, Enum =>
        entity.Property(Member<T, TEnum>(name)).HasConversion(v => v.ToWire(), t => WireNames.Parse<TEnum>(t));

    private static void OptionalEnum<T, TEnum>(EntityMappingBuilder<T> entity, string name)
        where TEnum : struct, Enum =>
        entity.Property(Member<T, TEnum?>(name)).HasConversion(v => WireOf(v), t => EnumOf<TEnum>(t), handlesNulls: true);

    private static Expression<Func<T, TValue>> Member<T, TValue>(string name)
    {
        var row = Expression.Parameter(typeof(T), "row");
        return Expression.Lambda<Func<T, TValue>>(Expression.Property(row, name), row);
    }

    private static long? Micros(DateTimeOffset? time) => time?.ToUnixMicroseconds();

    private static DateTimeOffset? TimeOf(long? microseconds) => microseconds is { } m ? Times.FromUnixMicroseconds(m) : null;

    private static DateTimeOffset? StoredOf(DateTimeOffset? time) => time?.Stored();

    private static string? WireOf<TEnum>(TEnum? value)
        where TEnum : struct, Enum => value?.ToWire();

    private static TEnum? EnumOf<TEnum>(string? text)
        where TEnum : struct, Enum => text is null ? null : WireNames.Parse<TEnum>(text);

    private static string SnakeCase(string name)
    {
        var text = new StringBuilder(name.Length + 4);
        foreach (var c in name)
        {
            if (char.IsUpper(c) && text.Length > 0)
            {
                text.Append('_');
            }

            text.Append(char.ToLowerInvariant(c));
        }

        return text.ToString();
    }
}

internal sealed record DeploymentRow
{
    public string Name { get; init; } = "";

    public string Value { get; init; } = "";
}

internal sealed record DirectoryRow
{
    public RecipientKey RecipientKey { get; init; }

    public string Tenant { get; init; } = "";

    public string Address { get; init; } = "";

    public DateTimeOffset FirstSeen { get; init; }
}

internal sealed record ProjectionRow
{
    public string Name { get; init; } = "";

    public long LastOffset { get; init; }

    public DateTimeOffset UpdatedAt { get; init; }
}

internal sealed record RecipientRow
{
    public RecipientKey RecipientKey { get; init; }

    public string Tenant { get; init; } = "";

    public long SequenceNr { get; init; }

    public SuppressionLevel Level { get; init; }

    public DateTimeOffset? Until { get; init; }

    public bool Removed { get; init; }

    public long BounceCount { get; init; }

    public long Consecutive { get; init; }

    public double Score { get; init; }

    public DateTimeOffset? LastBounceAt { get; init; }

    public DateTimeOffset? LastDeliveryAt { get; init; }

    public DateTimeOffset RecordedAt { get; init; }
}
