namespace BounceActors.Service.Tests;

/// <summary>The documents of the repository.</summary>
internal static class Docs
{
    public static string Path(string name)
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(System.IO.Path.Combine(directory.FullName, "BounceActors.sln")))
        {
            directory = directory.Parent ?? throw new DirectoryNotFoundException("no BounceActors.sln above the tests");
        }

        return System.IO.Path.Combine(directory.FullName, "docs", name);
    }
}
