using System.ComponentModel.DataAnnotations;
using BounceActors.Engine.Storage;
using Npgsql;

namespace BounceActors.Engine.Tests.Storage;

public sealed class StorageOptionsSpecs
{
    [Fact]
    public void Should_take_the_defaults() => Assert.Empty(Problems(new StorageOptions()));

    [Theory]
    [InlineData(null)]
    [InlineData(" ")]
    public void Should_ask_for_a_connection_string_for_postgres(string? text) =>
        Assert.Contains("Storage:ConnectionString is required when Storage:Provider is postgres, e.g. Host=", Problems(Postgres(text)).First(), StringComparison.Ordinal);

    [Theory]
    [InlineData("Hots=localhost;Password=secret")]
    [InlineData("Password=secret")]
    [InlineData("Host=localhost;Port=secret")]
    [InlineData("=;=")]
    public void Should_name_a_connection_string_that_cannot_be_read_without_repeating_it(string text)
    {
        var problem = Assert.Single(Problems(Postgres(text)));
        Assert.StartsWith("Storage:ConnectionString", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not base64!")]
    [InlineData("c2hvcnQ=")]
    [InlineData("")]
    public void Should_name_a_key_secret_that_cannot_be_used(string secret) =>
        Assert.StartsWith("Storage:KeySecret must be base64 of at least 32 bytes", Assert.Single(Problems(new StorageOptions { KeySecret = secret })), StringComparison.Ordinal);

    [Fact]
    public void Should_name_a_missing_directory() =>
        Assert.StartsWith("Storage:DataDirectory is required", Assert.Single(Problems(new StorageOptions { DataDirectory = "" })), StringComparison.Ordinal);

    [Fact]
    public void Should_refuse_to_make_a_store_of_wrong_settings() =>
        Assert.Throws<ValidationException>(() => new ReadStore(Postgres(null), TimeProvider.System, Database.Serialize));

    [Fact]
    public void Should_add_to_a_connection_string_only_what_it_does_not_say()
    {
        var bare = new NpgsqlConnectionStringBuilder(Postgres("Host=db;Database=b").PostgresConnectionString(autoPrepare: true));
        Assert.Equal((true, 64, "bounceactors"), (bare.NoResetOnClose, bare.MaxAutoPrepare, bare.ApplicationName));

        var said = new NpgsqlConnectionStringBuilder(
            Postgres("Host=db;No Reset On Close=false;Max Auto Prepare=0;Application Name=mine").PostgresConnectionString(autoPrepare: true));
        Assert.Equal((false, 0, "mine"), (said.NoResetOnClose, said.MaxAutoPrepare, said.ApplicationName));
        Assert.Equal(0, new NpgsqlConnectionStringBuilder(Postgres("Host=db").PostgresConnectionString(autoPrepare: false)).MaxAutoPrepare);
    }

    private static StorageOptions Postgres(string? connectionString) => new() { Provider = StorageProvider.Postgres, ConnectionString = connectionString };

    private static IReadOnlyList<string> Problems(StorageOptions options)
    {
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true);
        return results.ConvertAll(r => r.ErrorMessage!);
    }
}
