using FluentMigrator;

namespace BounceActors.Engine.Storage.Migrations.Inbox;

/// <summary>The inbox. In PostgreSQL beside the read tables, in SQLite in a file of its own: payloads come in while projections write. Types as in <see cref="M0001ReadTables"/>.</summary>
[Migration(2, "inbox")]
public sealed class M0002Inbox : Migration
{
    public override void Up()
    {
        Create.Table("inbox")
            .WithColumn("id").AsCustom("uuid").PrimaryKey()
            .WithColumn("tenant").AsCustom("text").NotNullable()
            .WithColumn("source").AsCustom("text").NotNullable()
            .WithColumn("account").AsCustom("text").NotNullable()
            .WithColumn("received_at").AsCustom("timestamptz").NotNullable()
            .WithColumn("dedupe_key").AsCustom("text").Nullable()
            .WithColumn("content_type").AsCustom("text").Nullable()
            .WithColumn("headers").AsCustom("text").NotNullable()
            .WithColumn("encoding").AsCustom("text").NotNullable()
            .WithColumn("size").AsCustom("bigint").NotNullable()
            .WithColumn("body").AsCustom("bytea").NotNullable()
            .WithColumn("state").AsCustom("text").NotNullable()
            .WithColumn("due_at").AsCustom("timestamptz").NotNullable()
            .WithColumn("generation").AsCustom("bigint").NotNullable()
            .WithColumn("attempts").AsCustom("bigint").NotNullable()
            .WithColumn("reports").AsCustom("bigint").NotNullable()
            .WithColumn("problem_count").AsCustom("bigint").NotNullable()
            .WithColumn("problems").AsCustom("text").NotNullable()
            .WithColumn("note").AsCustom("text").Nullable()
            .WithColumn("settled").AsCustom("bytea").NotNullable()
            .WithColumn("finished_at").AsCustom("timestamptz").Nullable()
            .WithColumn("replay_id").AsCustom("uuid").Nullable();
        Execute.Sql("CREATE UNIQUE INDEX ux_inbox_dedupe ON inbox (tenant, source, account, dedupe_key)");
        Execute.Sql("CREATE INDEX ix_inbox_source ON inbox (tenant, source, account, received_at)");
        Execute.Sql("CREATE INDEX ix_inbox_pending ON inbox (tenant, source, due_at) WHERE state = 'pending'");
        Execute.Sql("CREATE INDEX ix_inbox_dead ON inbox (id) WHERE state IN ('dead', 'partial')");
        Execute.Sql("CREATE INDEX ix_inbox_replay ON inbox (replay_id) WHERE replay_id IS NOT NULL");
    }

    public override void Down() => Delete.Table("inbox");
}
