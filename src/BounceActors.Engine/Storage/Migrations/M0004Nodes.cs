using FluentMigrator;

namespace BounceActors.Engine.Storage.Migrations;

/// <summary>The register of nodes. On SQLite it stays empty: there a file says that the one node lives.</summary>
[Migration(4, "register of nodes")]
public sealed class M0004Nodes : Migration
{
    public override void Up() => Create.Table("nodes")
        .WithColumn("id").AsInt32().PrimaryKey().Identity()
        .WithColumn("address").AsCustom("text").NotNullable()
        .WithColumn("seen_up_at").AsCustom("timestamptz").Nullable();

    public override void Down() => Delete.Table("nodes");
}
