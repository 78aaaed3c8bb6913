using FluentMigrator;

namespace BounceActors.Engine.Storage.Migrations;

/// <summary>
/// The read tables. Column types carry PostgreSQL's names, which SQLite takes too and stores as: times as whole microseconds since 1970 (the
/// precision of timestamptz, and integers sort as time does), uuid and json as text, boolean as 0 and 1.
/// </summary>
[Migration(1, "read tables")]
public sealed class M0001ReadTables : Migration
{
    public override void Up()
    {
        Create.Table("deployment")
            .WithColumn("name").AsCustom("text").PrimaryKey()
            .WithColumn("value").AsCustom("text").NotNullable();

        Create.Table("directory")
            .WithColumn("recipient_key").AsCustom("text").PrimaryKey()
            .WithColumn("tenant").AsCustom("text").NotNullable()
            .WithColumn("address").AsCustom("text").NotNullable()
            .WithColumn("first_seen").AsCustom("timestamptz").NotNullable();

        Create.Table("projections")
            .WithColumn("name").AsCustom("text").PrimaryKey()
            .WithColumn("last_offset").AsCustom("bigint").NotNullable()
            .WithColumn("updated_at").AsCustom("timestamptz").NotNullable();

        Create.Table("recipients")
            .WithColumn("recipient_key").AsCustom("text").PrimaryKey()
            .WithColumn("tenant").AsCustom("text").NotNullable()
            .WithColumn("sequence_nr").AsCustom("bigint").NotNullable()
            .WithColumn("level").AsCustom("text").NotNullable()
            .WithColumn("until").AsCustom("timestamptz").Nullable()
            .WithColumn("removed").AsCustom("boolean").NotNullable()
            .WithColumn("bounce_count").AsCustom("bigint").NotNullable()
            .WithColumn("consecutive").AsCustom("bigint").NotNullable()
            .WithColumn("score").AsCustom("double precision").NotNullable()
            .WithColumn("last_bounce_at").AsCustom("timestamptz").Nullable()
            .WithColumn("last_delivery_at").AsCustom("timestamptz").Nullable()
            .WithColumn("recorded_at").AsCustom("timestamptz").NotNullable();

        Create.Table("history")
            .WithColumn("recipient_key").AsCustom("text").PrimaryKey("pk_history")
            .WithColumn("sequence_nr").AsCustom("bigint").PrimaryKey("pk_history")
            .WithColumn("tenant").AsCustom("text").NotNullable()
            .WithColumn("event_id").AsCustom("uuid").NotNullable()
            .WithColumn("kind").AsCustom("text").NotNullable()
            .WithColumn("occurred_at").AsCustom("timestamptz").NotNullable()
            .WithColumn("recorded_at").AsCustom("timestamptz").NotNullable()
            .WithColumn("outcome").AsCustom("text").Nullable()
            .WithColumn("category").AsCustom("text").Nullable()
            .WithColumn("rule").AsCustom("text").Nullable()
            .WithColumn("source").AsCustom("text").Nullable()
            .WithColumn("message_id").AsCustom("text").Nullable()
            .WithColumn("manifest").AsCustom("text").NotNullable()
            .WithColumn("payload").AsCustom("bytea").NotNullable();

        Create.Table("suppressions")
            .WithColumn("recipient_key").AsCustom("text").PrimaryKey("pk_suppressions")
            .WithColumn("ordinal").AsCustom("bigint").PrimaryKey("pk_suppressions")
            .WithColumn("tenant").AsCustom("text").NotNullable()
            .WithColumn("level").AsCustom("text").NotNullable()
            .WithColumn("stream").AsCustom("text").Nullable()
            .WithColumn("until").AsCustom("timestamptz").Nullable()
            .WithColumn("reason").AsCustom("text").NotNullable()
            .WithColumn("since").AsCustom("timestamptz").NotNullable()
            .WithColumn("actor").AsCustom("text").Nullable()
            .WithColumn("causes").AsCustom("text").NotNullable();
        Create.Index("ix_suppressions_tenant").OnTable("suppressions")
            .OnColumn("tenant").Ascending().OnColumn("recipient_key").Ascending().OnColumn("ordinal").Ascending();

        Create.Table("retries")
            .WithColumn("id").AsCustom("text").PrimaryKey()
            .WithColumn("recipient_key").AsCustom("text").NotNullable()
            .WithColumn("tenant").AsCustom("text").NotNullable()
            .WithColumn("message_id").AsCustom("text").NotNullable()
            .WithColumn("attempt").AsCustom("bigint").NotNullable()
            .WithColumn("stream").AsCustom("text").Nullable()
            .WithColumn("due_at").AsCustom("timestamptz").NotNullable()
            .WithColumn("report_id").AsCustom("uuid").NotNullable()
            .WithColumn("bounced_at").AsCustom("timestamptz").NotNullable()
            .WithColumn("category").AsCustom("text").NotNullable()
            .WithColumn("state").AsCustom("text").NotNullable()
            .WithColumn("reason").AsCustom("text").Nullable()
            .WithColumn("emitted_at").AsCustom("timestamptz").Nullable()
            .WithColumn("lease_owner").AsCustom("text").Nullable()
            .WithColumn("leased_until").AsCustom("timestamptz").Nullable()
            .WithColumn("closed_at").AsCustom("timestamptz").Nullable();
        Create.Index("ix_retries_state").OnTable("retries")
            .OnColumn("state").Ascending().OnColumn("due_at").Ascending().OnColumn("id").Ascending();
        Create.Index("ix_retries_tenant").OnTable("retries")
            .OnColumn("tenant").Ascending().OnColumn("state").Ascending().OnColumn("due_at").Ascending().OnColumn("id").Ascending();

        // Not the message id too: sources may send ones too long for an index, and a recipient has few retries.
        Create.Index("ix_retries_recipient").OnTable("retries").OnColumn("recipient_key").Ascending();

        Create.Table("reviews")
            .WithColumn("report_id").AsCustom("uuid").PrimaryKey()
            .WithColumn("recipient_key").AsCustom("text").NotNullable()
            .WithColumn("tenant").AsCustom("text").NotNullable()
            .WithColumn("state").AsCustom("text").NotNullable()
            .WithColumn("priority").AsCustom("bigint").NotNullable()
            .WithColumn("occurred_at").AsCustom("timestamptz").NotNullable()
            .WithColumn("recorded_at").AsCustom("timestamptz").NotNullable()
            .WithColumn("message_id").AsCustom("text").Nullable()
            .WithColumn("category").AsCustom("text").NotNullable()
            .WithColumn("rule").AsCustom("text").NotNullable()
            .WithColumn("confidence").AsCustom("double precision").NotNullable()
            .WithColumn("provider").AsCustom("text").Nullable()
            .WithColumn("source").AsCustom("text").NotNullable()
            .WithColumn("smtp_code").AsCustom("bigint").Nullable()
            .WithColumn("enhanced_code").AsCustom("text").Nullable()
            .WithColumn("diagnostic").AsCustom("text").NotNullable()
            .WithColumn("corrected_category").AsCustom("text").Nullable()
            .WithColumn("resolved_by").AsCustom("text").Nullable()
            .WithColumn("resolved_reason").AsCustom("text").Nullable()
            .WithColumn("resolved_at").AsCustom("timestamptz").Nullable();
        Create.Index("ix_reviews_queue").OnTable("reviews")
            .OnColumn("tenant").Ascending().OnColumn("state").Ascending().OnColumn("priority").Descending()
            .OnColumn("recorded_at").Ascending().OnColumn("report_id").Ascending();

        Create.Table("sender_stats")
            .WithColumn("tenant").AsCustom("text").PrimaryKey("pk_sender_stats")
            .WithColumn("domain").AsCustom("text").PrimaryKey("pk_sender_stats")
            .WithColumn("hour").AsCustom("timestamptz").PrimaryKey("pk_sender_stats")
            .WithColumn("provider").AsCustom("text").PrimaryKey("pk_sender_stats")
            .WithColumn("category").AsCustom("text").PrimaryKey("pk_sender_stats")
            .WithColumn("count").AsCustom("bigint").NotNullable();

        Create.Table("outbox")
            .WithColumn("position").AsInt64().PrimaryKey().Identity()
            .WithColumn("unique_id").AsCustom("text").NotNullable().Unique("ux_outbox_unique_id")
            .WithColumn("type").AsCustom("text").NotNullable()
            .WithColumn("tenant").AsCustom("text").NotNullable()
            .WithColumn("recipient_key").AsCustom("text").Nullable()
            .WithColumn("payload").AsCustom("text").NotNullable()
            .WithColumn("created_at").AsCustom("timestamptz").NotNullable();
    }

    public override void Down()
    {
        foreach (var table in new[] { "outbox", "sender_stats", "reviews", "retries", "suppressions", "history", "recipients", "projections", "directory", "deployment" })
        {
            Delete.Table(table);
        }
    }
}
