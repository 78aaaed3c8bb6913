using System.Globalization;

namespace BounceActors.Benchmarks.Scale;

/// <summary>Gives a process a fixed share of one core, by a control group (version 1 or 2); needs root.</summary>
internal sealed class CpuShare : IAsyncDisposable
{
    private const int Period = 100_000;
    private static readonly bool IsSecond = File.Exists("/sys/fs/cgroup/cgroup.controllers");

    private readonly string _group;

    /// <param name="name">Of the group.</param>
    /// <param name="percent">Of one core.</param>
    public CpuShare(string name, int percent)
    {
        var quota = (Period / 100 * percent).ToString(CultureInfo.InvariantCulture);
        if (IsSecond)
        {
            File.WriteAllText("/sys/fs/cgroup/cgroup.subtree_control", "+cpu");
        }

        _group = Path.Combine(IsSecond ? "/sys/fs/cgroup" : "/sys/fs/cgroup/cpu", name);
        Directory.CreateDirectory(_group);
        if (IsSecond)
        {
            File.WriteAllText(Path.Combine(_group, "cpu.max"), $"{quota} {Period}");
        }
        else
        {
            File.WriteAllText(Path.Combine(_group, "cpu.cfs_period_us"), Period.ToString(CultureInfo.InvariantCulture));
            File.WriteAllText(Path.Combine(_group, "cpu.cfs_quota_us"), quota);
        }
    }

    /// <summary>From now on the process has no more than the share.</summary>
    public void Limit(int process) => File.WriteAllText(Path.Combine(_group, "cgroup.procs"), process.ToString(CultureInfo.InvariantCulture));

    /// <summary>Takes the group away; its processes have ended.</summary>
    public async ValueTask DisposeAsync()
    {
        // The kernel empties a group a moment after its last process has ended
        for (var i = 0; i < 50 && Directory.Exists(_group); i++)
        {
            try
            {
                Directory.Delete(_group);
            }
            catch (IOException)
            {
                await Task.Delay(100);
            }
        }
    }
}
