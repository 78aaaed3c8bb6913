namespace BounceActors.Service.MailIn.Smtp;

/// <summary>A token that ends with the connection, or when the client takes too long; set anew for every step.</summary>
internal sealed class Deadline : IDisposable
{
    private readonly CancellationTokenSource _cancel;
    private readonly ITimer _timer;

    public Deadline(TimeProvider time, CancellationToken closed)
    {
        _cancel = CancellationTokenSource.CreateLinkedTokenSource(closed);
        _timer = time.CreateTimer(_ => Pass(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public CancellationToken Token => _cancel.Token;

    /// <summary>Whether the client took too long.</summary>
    public bool IsPast { get; private set; }

    public void Set(TimeSpan patience) => _timer.Change(patience, Timeout.InfiniteTimeSpan);

    public void Dispose()
    {
        _timer.Dispose();
        _cancel.Dispose();
    }

    private void Pass()
    {
        IsPast = true;
        try
        {
            _cancel.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The connection has just ended.
        }
    }
}
