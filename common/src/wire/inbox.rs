//! Inboxes: subjects of one connection, for what it asks of JetStream and of other processes.

/// The last token of what a worker sends to its own inbox, to see what has reached the server before it.
pub const MARKER: &str = "marker";
/// The token before the last of an inbox for answers to discovery.
const DISCOVERY: &str = "srv";

/// The subject below which all inboxes of a user of NATS lie.
#[must_use]
pub fn inbox_prefix(user: &str) -> String {
    format!("_INBOX.{user}")
}

/// The inbox for answers to discovery that goes with a fresh inbox: workers and proxies may be allowed to write to such
/// ones, and to no other inbox of anybody.
///
/// ```
/// use uptake::wire::discovery_inbox;
///
/// assert_eq!(discovery_inbox("_INBOX.operator.x7"), "_INBOX.operator.srv.x7");
/// assert_eq!(discovery_inbox("_INBOX.operator.*"), "_INBOX.operator.srv.*");
/// ```
#[must_use]
pub fn discovery_inbox(inbox: &str) -> String {
    match inbox.rsplit_once('.') {
        Some((prefix, id)) => format!("{prefix}.{DISCOVERY}.{id}"),
        None => format!("{DISCOVERY}.{inbox}"),
    }
}
