using BenchmarkDotNet.Running;
using BounceActors.Benchmarks;
using BounceActors.Benchmarks.Ingest;

// dotnet run -c Release --project tests/BounceActors.Benchmarks -- ingest [--database sqlite|postgres]
if (args is ["ingest", .. var options])
{
    return await IngestBenchmark.RunAsync(options);
}

// dotnet run -c Release --project tests/BounceActors.Benchmarks -- import [--rows 1000000]
if (args is ["import", .. var importOptions])
{
    return await ImportBenchmark.RunAsync(importOptions);
}

// dotnet run -c Release --project tests/BounceActors.Benchmarks -- check
if (args is ["check"])
{
    await CheckBenchmark.RunAsync();
    return 0;
}

// dotnet run -c Release --project tests/BounceActors.Benchmarks -- --filter '*Judging*' --job short -i
BenchmarkSwitcher.FromAssembly(typeof(Replies).Assembly).Run(args);
return 0;
