using FluentMigrator;

namespace BounceActors.Engine.Storage.Migrations;

/// <summary>
/// Numbers every change of a recipient's rows, so that nodes can ask for what they have not seen. A slice's numbers are given out under a lock held until
/// the commit: a number that can be seen has none before it that cannot.
/// </summary>
[Migration(3, "changes of recipients in order")]
public sealed class M0003SuppressionIndex : Migration
{
    private const string SliceOf =
        "(CASE WHEN substr(recipient_key, 1, 1) BETWEEN 'a' AND 'z' THEN {0} - 1 ELSE 26 + CAST(substr(recipient_key, 1, 1) AS integer) - 2 END) % 8";

    public override void Up()
    {
        Create.Table("change_numbers")
            .WithColumn("slice").AsCustom("bigint").PrimaryKey()
            .WithColumn("last").AsCustom("bigint").NotNullable();
        Alter.Table("recipients")
            .AddColumn("slice").AsCustom("bigint").NotNullable().WithDefaultValue(0)
            .AddColumn("change_nr").AsCustom("bigint").NotNullable().WithDefaultValue(0);

        // What is there already comes first, in any order.
        IfDatabase("postgres").Execute.Sql($"UPDATE recipients SET slice = {string.Format(System.Globalization.CultureInfo.InvariantCulture, SliceOf, "strpos('abcdefghijklmnopqrstuvwxyz', substr(recipient_key, 1, 1))")}");
        IfDatabase("sqlite").Execute.Sql($"UPDATE recipients SET slice = {string.Format(System.Globalization.CultureInfo.InvariantCulture, SliceOf, "instr('abcdefghijklmnopqrstuvwxyz', substr(recipient_key, 1, 1))")}");
        Execute.Sql(
            """
            UPDATE recipients SET change_nr = numbered.nr
            FROM (SELECT recipient_key AS numbered_key, row_number() OVER (PARTITION BY slice ORDER BY recipient_key) AS nr FROM recipients) AS numbered
            WHERE numbered.numbered_key = recipient_key
            """);
        for (var slice = 0; slice < Projections.ProjectionSlices.Count; slice++)
        {
            Execute.Sql($"INSERT INTO change_numbers (slice, last) SELECT {slice}, coalesce(max(change_nr), 0) FROM recipients WHERE slice = {slice}");
        }

        Create.Index("ix_recipients_changes").OnTable("recipients").OnColumn("slice").Ascending().OnColumn("change_nr").Ascending();
    }

    public override void Down()
    {
        Delete.Index("ix_recipients_changes").OnTable("recipients");
        Delete.Column("slice").Column("change_nr").FromTable("recipients");
        Delete.Table("change_numbers");
    }
}
