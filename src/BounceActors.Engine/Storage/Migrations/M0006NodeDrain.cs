using FluentMigrator;

namespace BounceActors.Engine.Storage.Migrations;

/// <summary>Who told a node to end, and why.</summary>
[Migration(6, "nodes can be told to end")]
public sealed class M0006NodeDrain : Migration
{
    public override void Up() => Create.Column("drain").OnTable("nodes").AsCustom("text").Nullable();

    public override void Down() => Delete.Column("drain").FromTable("nodes");
}
