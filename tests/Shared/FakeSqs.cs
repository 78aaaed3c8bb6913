using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BounceActors.Tests.Shared;

/// <summary>A queue that speaks the AWS JSON protocol (1.0) of SQS over HTTP, as far as its readers need it. It can lose deletions and refuse to answer.</summary>
internal sealed class FakeSqs : IDisposable
{
    private readonly HttpListener _http;
    private readonly Lock _lock = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<Held> _messages = [];
    private int _handles;

    public FakeSqs()
    {
        for (var port = 21_000 + (Environment.ProcessId % 10_000); ; port++)
        {
            // A listener that could not start is closed for good.
            _http = new HttpListener();
            try
            {
                Url = new Uri($"http://127.0.0.1:{port}/123456789012/bounces");
                _http.Prefixes.Add($"http://127.0.0.1:{port}/");
                _http.Start();
                break;
            }
            catch (HttpListenerException)
            {
                // Taken; the next one.
            }
        }

        _ = Task.Run(ServeAsync);
    }

    public Uri Url { get; }

    /// <summary>Error to answer everything with; null answers.</summary>
    public string? Error { get; set; }

    /// <summary>Whether deletions are answered with an error and not made.</summary>
    public bool LosesDeletions { get; set; }

    /// <summary>Requests so far, by what they asked for.</summary>
    public Dictionary<string, int> Asked { get; } = [];

    public int Left
    {
        get
        {
            lock (_lock)
            {
                return _messages.Count;
            }
        }
    }

    public void Send(string body)
    {
        lock (_lock)
        {
            _messages.Add(new Held(Guid.NewGuid().ToString(), body));
        }
    }

    /// <summary>Ends the time in which messages that were received are kept from others.</summary>
    public void Return()
    {
        lock (_lock)
        {
            _messages.ForEach(m => m.HiddenUntil = TimeSpan.Zero);
        }
    }

    public void Dispose() => _http.Close();

    private async Task ServeAsync()
    {
        while (_http.IsListening)
        {
            var http = await _http.GetContextAsync();
            _ = Task.Run(() => AnswerAsync(http));
        }
    }

    private async Task AnswerAsync(HttpListenerContext http)
    {
        using var reader = new StreamReader(http.Request.InputStream);
        var request = JsonNode.Parse(await reader.ReadToEndAsync())!;
        var action = (http.Request.Headers["X-Amz-Target"] ?? "").Split('.')[^1];
        lock (_lock)
        {
            Asked[action] = Asked.GetValueOrDefault(action) + 1;
        }

        var error = Error ?? (action == "DeleteMessageBatch" && LosesDeletions ? "InternalError" : (string?)request["QueueUrl"] != Url.AbsoluteUri ? "QueueDoesNotExist" : null);
        JsonNode answer = error is not null ? new JsonObject { ["__type"] = $"com.amazonaws.sqs#{error}", ["message"] = "no" }
            : action == "ReceiveMessage" ? await ReceiveAsync((int)request["MaxNumberOfMessages"]!, TimeSpan.FromSeconds((int)request["WaitTimeSeconds"]!), TimeSpan.FromSeconds((int)request["VisibilityTimeout"]!))
            : Delete(request["Entries"]!.AsArray());
        try
        {
            http.Response.StatusCode = error is null ? 200 : 400;
            http.Response.ContentType = "application/x-amz-json-1.0";
            http.Response.OutputStream.Write(Encoding.UTF8.GetBytes(answer.ToJsonString()));
            http.Response.Close();
        }
        catch (Exception gone) when (gone is HttpListenerException or ObjectDisposedException)
        {
            Return();
        }
    }

    private async Task<JsonNode> ReceiveAsync(int most, TimeSpan wait, TimeSpan hidden)
    {
        var started = _clock.Elapsed;
        while (true)
        {
            lock (_lock)
            {
                var free = _messages.Where(m => m.HiddenUntil <= _clock.Elapsed).Take(most).ToList();
                if (free.Count > 0 || _clock.Elapsed - started >= wait || Error is not null)
                {
                    foreach (var message in free)
                    {
                        message.Handles.Add($"handle-{++_handles}");
                        message.HiddenUntil = _clock.Elapsed + hidden;
                    }

                    return JsonSerializer.SerializeToNode(new { Messages = free.Select(m => new { MessageId = m.Id, ReceiptHandle = m.Handles[^1], m.Body, MD5OfBody = Md5(m.Body) }) })!;
                }
            }

            await Task.Delay(20);
        }
    }

    private JsonObject Delete(JsonArray entries)
    {
        lock (_lock)
        {
            var handles = entries.Select(e => (string)e!["ReceiptHandle"]!).ToHashSet();
            _messages.RemoveAll(m => m.Handles.Any(handles.Contains));
        }

        return new JsonObject { ["Successful"] = new JsonArray([.. entries.Select(e => new JsonObject { ["Id"] = (string)e!["Id"]! })]), ["Failed"] = new JsonArray() };
    }

    // SQS names the MD5 of every body, and its readers check it.
#pragma warning disable CA5351
    private static string Md5(string body) => Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(body)));
#pragma warning restore CA5351

    private sealed class Held(string id, string body)
    {
        public string Id => id;

        public string Body => body;

        /// <summary>Of every time it was received.</summary>
        public List<string> Handles { get; } = [];

        public TimeSpan HiddenUntil { get; set; }
    }
}
