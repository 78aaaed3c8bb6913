namespace BounceActors.Sources.Logs;

/// <summary>A log that a mail server writes.</summary>
public enum LogFormat
{
    /// <summary>
    /// Postfix through syslog (RFC 3164 or RFC 3339 times, RFC 5424), its own <c>maillog_file</c>, or <c>journalctl -o json</c>
    /// (postfix-logging in the manual; the fields of a delivery are those of <c>src/global/log_adhoc.c</c>).
    /// </summary>
    Postfix,

    /// <summary>Exim's main log (Exim specification, chapter "Log files"), also through syslog.</summary>
    Exim,

    /// <summary>PowerMTA's accounting file: CSV (RFC 4180) whose header line names the columns (PowerMTA User's Guide, "Accounting").</summary>
    PowerMta,

    /// <summary>KumoMTA's log records, one JSON object a line (docs.kumomta.com, "Log Record"), unpacked: <c>zstdcat</c> or <c>tailer</c>.</summary>
    KumoMta,
}
