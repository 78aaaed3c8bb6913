using FluentMigrator;

namespace BounceActors.Engine.Storage.Migrations;

/// <summary>Deliveries, remembered and counted without waking their recipients.</summary>
[Migration(5, "deliveries")]
public sealed class M0005Deliveries : Migration
{
    public override void Up()
    {
        // The recipient first: what was delivered to one is looked up when it first bounces.
        Create.Table("deliveries")
            .WithColumn("recipient").AsCustom("bigint").PrimaryKey("pk_deliveries")
            .WithColumn("meaning").AsCustom("bigint").PrimaryKey("pk_deliveries")
            .WithColumn("occurred_at").AsCustom("timestamptz").NotNullable()
            .WithColumn("message_id").AsCustom("text").Nullable()
            .WithColumn("source").AsCustom("text").NotNullable()
            .WithColumn("recorded_at").AsCustom("timestamptz").NotNullable();
        Create.Index("ix_deliveries_recorded").OnTable("deliveries").OnColumn("recorded_at").Ascending();

        Create.Table("delivery_counts")
            .WithColumn("nr").AsCustom("bigint").PrimaryKey()
            .WithColumn("tenant").AsCustom("text").NotNullable()
            .WithColumn("domain").AsCustom("text").NotNullable()
            .WithColumn("hour").AsCustom("timestamptz").NotNullable()
            .WithColumn("provider").AsCustom("text").NotNullable()
            .WithColumn("category").AsCustom("text").NotNullable()
            .WithColumn("count").AsCustom("bigint").NotNullable();

        // Not in sender_stats: that is made anew from the journal, and these are not in it.
        Create.Table("delivery_stats")
            .WithColumn("tenant").AsCustom("text").PrimaryKey("pk_delivery_stats")
            .WithColumn("domain").AsCustom("text").PrimaryKey("pk_delivery_stats")
            .WithColumn("hour").AsCustom("timestamptz").PrimaryKey("pk_delivery_stats")
            .WithColumn("provider").AsCustom("text").PrimaryKey("pk_delivery_stats")
            .WithColumn("category").AsCustom("text").PrimaryKey("pk_delivery_stats")
            .WithColumn("count").AsCustom("bigint").NotNullable();
        Execute.Sql($"INSERT INTO change_numbers (slice, last) VALUES ({ReadStore.DeliverySlice}, 0)");
    }

    public override void Down()
    {
        Execute.Sql($"DELETE FROM change_numbers WHERE slice = {ReadStore.DeliverySlice}");
        Delete.Table("delivery_stats");
        Delete.Table("delivery_counts");
        Delete.Table("deliveries");
    }
}
