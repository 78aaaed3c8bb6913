using BenchmarkDotNet.Running;
using BounceActors.Benchmarks;
using BounceActors.Benchmarks.Ingest;
using BounceActors.Benchmarks.Scale;

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

// dotnet run -c Release --project tests/BounceActors.Benchmarks -- scale [--share 25] [--nodes 3] [--seconds 20]
if (args is ["scale", .. var scaling])
{
    return await ScaleBenchmark.RunAsync(scaling);
}

// dotnet run -c Release --project tests/BounceActors.Benchmarks -- soak [--minutes 60] [--percent 80 | --rate 1000]
if (args is ["soak", .. var soaking])
{
    return await SoakBenchmark.RunAsync(soaking);
}

// dotnet run -c Release --project tests/BounceActors.Benchmarks -- --filter '*Judging*' --job short -i
BenchmarkSwitcher.FromAssembly(typeof(Replies).Assembly).Run(args);
return 0;
