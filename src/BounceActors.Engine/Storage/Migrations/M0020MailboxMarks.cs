using FluentMigrator;

namespace BounceActors.Engine.Storage.Migrations;

/// <summary>Mails that stay in a mailbox although they were taken (POP3 cannot mark them there).</summary>
[Migration(20, "mailbox marks")]
public sealed class M0020MailboxMarks : Migration
{
    public override void Up()
    {
        Create.Table("mailbox_marks")
            .WithColumn("mailbox").AsCustom("text").NotNullable()
            .WithColumn("mark").AsCustom("text").NotNullable();
        Execute.Sql("CREATE UNIQUE INDEX ux_mailbox_marks ON mailbox_marks (mailbox, mark)");
    }

    public override void Down() => Delete.Table("mailbox_marks");
}
