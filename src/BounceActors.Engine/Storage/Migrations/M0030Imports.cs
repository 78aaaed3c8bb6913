using FluentMigrator;

namespace BounceActors.Engine.Storage.Migrations;

/// <summary>Imports of suppression lists: how far each is, and which rows could not be taken.</summary>
[Migration(30, "imports")]
public sealed class M0030Imports : Migration
{
    public override void Up()
    {
        Create.Table("imports")
            .WithColumn("tenant").AsCustom("text").PrimaryKey("pk_imports")
            .WithColumn("id").AsCustom("text").PrimaryKey("pk_imports")
            .WithColumn("state").AsCustom("text").NotNullable()
            .WithColumn("defaults").AsCustom("text").NotNullable()
            .WithColumn("digest").AsCustom("text").NotNullable()
            .WithColumn("rows").AsCustom("bigint").NotNullable()
            .WithColumn("changed").AsCustom("bigint").NotNullable()
            .WithColumn("unchanged").AsCustom("bigint").NotNullable()
            .WithColumn("failed").AsCustom("bigint").NotNullable()
            .WithColumn("started_at").AsCustom("timestamptz").NotNullable()
            .WithColumn("updated_at").AsCustom("timestamptz").NotNullable();

        Create.Table("import_errors")
            .WithColumn("tenant").AsCustom("text").PrimaryKey("pk_import_errors")
            .WithColumn("id").AsCustom("text").PrimaryKey("pk_import_errors")
            .WithColumn("line").AsCustom("bigint").PrimaryKey("pk_import_errors")
            .WithColumn("field").AsCustom("text").Nullable()
            .WithColumn("problem").AsCustom("text").NotNullable();
    }

    public override void Down()
    {
        Delete.Table("import_errors");
        Delete.Table("imports");
    }
}
