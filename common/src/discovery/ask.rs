//! Asks all instances of a platform at once.

use std::{collections::BTreeMap, time::Duration};

use async_nats::{Client, Message, StatusCode};
use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio::time::{Instant, timeout_at};

use super::{
    ROOT,
    message::{Stats, Verb},
};
use crate::wire::{Root, discovery_inbox};

/// How long answers are waited for.
const TIMEOUT: Duration = Duration::from_secs(1);
/// How long another one is waited for.
const QUIET: Duration = Duration::from_millis(250);
/// Answers that are read, of this platform's instances and of others in the same account.
const MAX_ANSWERS: usize = 4096;
/// A longer answer is none of ours.
const MAX_ANSWER_OCTETS: usize = 64 * 1024;

/// What was answered.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    /// The instances of this platform, by name and id.
    pub(crate) instances: Vec<Stats>,
    /// What is amiss, in words.
    pub(crate) errors: Vec<String>,
}

/// Asks for the statistics of all instances below `root`.
pub(crate) async fn ask(client: &Client, root: &Root) -> Answers {
    let inbox = discovery_inbox(&client.new_inbox());
    let failed = |error: &dyn std::fmt::Display| Answers {
        errors: vec![format!("workers and proxies cannot be asked: {error}")],
        ..Answers::default()
    };
    let mut answers = match client.subscribe(inbox.clone()).await {
        Ok(answers) => answers,
        Err(error) => return failed(&error),
    };
    if let Err(error) = client.publish_with_reply(Verb::STATS_OF_ALL, inbox, Bytes::new()).await {
        return failed(&error);
    }
    let (mut found, mut errors, root) = (BTreeMap::new(), Vec::new(), root.to_string());
    let end = Instant::now() + TIMEOUT;
    let (mut until, mut count) = (end, 0);
    while let Ok(Some(message)) = timeout_at(until, answers.next()).await {
        if message.status == Some(StatusCode::NO_RESPONDERS) {
            break;
        }
        if count == MAX_ANSWERS {
            errors.push(format!("more than {MAX_ANSWERS} instances have answered; the others are left out"));
            break;
        }
        count += 1;
        until = end.min(Instant::now() + QUIET);
        if let Some(stats) = read(&message, &root) {
            found.entry((stats.name.clone(), stats.id.clone())).or_insert(stats);
        }
    }
    Answers { instances: found.into_values().collect(), errors }
}

/// The answer of an instance of this platform. Those of others in the same account are theirs.
fn read(message: &Message, root: &str) -> Option<Stats> {
    if message.payload.len() > MAX_ANSWER_OCTETS {
        return None;
    }
    let stats: Stats = serde_json::from_slice(&message.payload).ok()?;
    (stats.metadata.get(ROOT).map(String::as_str) == Some(root)).then_some(stats)
}
