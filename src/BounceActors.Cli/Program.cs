using BounceActors.Cli;

using var streams = StandardStreams.Open();
return await BounceCommand.RunAsync(args, streams);
