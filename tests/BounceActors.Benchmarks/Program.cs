using BenchmarkDotNet.Running;
using BounceActors.Benchmarks;

// dotnet run -c Release --project tests/BounceActors.Benchmarks -- --filter '*Judging*' --job short -i
BenchmarkSwitcher.FromAssembly(typeof(Replies).Assembly).Run(args);
