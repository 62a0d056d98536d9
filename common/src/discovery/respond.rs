//! Answers those who ask.

use std::time::Duration;

use async_nats::{Client, Message, Subject, SubscribeError, Subscriber};
use futures_util::{StreamExt as _, stream::select_all};
use tokio::time::Instant;

use super::{
    About, Figures,
    message::{Verb, answer},
};
use crate::wire::Root;

/// Answers in one window: whoever asks more often gets none.
const MAX_ANSWERS: u32 = 200;
/// That window.
const WINDOW: Duration = Duration::from_secs(1);
/// Longest subject to which an answer goes.
const MAX_REPLY_OCTETS: usize = 512;

/// Subscribes to all by which this instance is asked; what comes out answers for as long as it is awaited.
///
/// # Errors
/// When a subscription cannot be made.
pub(crate) async fn respond<F>(
    client: Client,
    root: Root,
    about: About,
    figures: F,
) -> Result<impl Future<Output = ()> + Send, SubscribeError>
where
    F: Fn() -> Vec<Figures> + Send,
{
    let About { name, id, .. } = &about;
    let mut subscribers: Vec<Subscriber> = Vec::new();
    // One for all verbs: each subscription of each process is known to every server of the cluster.
    for subject in ["$SRV.*".to_owned(), format!("$SRV.*.{name}"), format!("$SRV.*.{name}.{id}")] {
        subscribers.push(client.subscribe(subject).await?);
    }
    Ok(async move {
        let mut asked = select_all(subscribers);
        let mut budget = Budget::default();
        while let Some(message) = asked.next().await {
            let Some(verb) = Verb::of(&message.subject) else { continue };
            let Some(reply) = reply(&root, message) else { continue };
            if budget.take(Instant::now()) {
                let _ = client.publish(reply, answer(verb, &about, &figures).into()).await;
            }
        }
    })
}

/// Where the answer goes, if it may. A stranger wrote that: an answer must not become a request of the platform, an entry
/// of a bucket, or an order to the server.
fn reply(root: &Root, message: Message) -> Option<Subject> {
    let reply = message.reply?;
    let is_ours =
        reply.strip_prefix(&root.to_string()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let plain = |token: &str| !token.is_empty() && token != "*" && token != ">";
    let graphic = reply.bytes().all(|byte| byte.is_ascii_graphic());
    let is_good = graphic && reply.len() <= MAX_REPLY_OCTETS && reply.split('.').all(plain);
    (is_good && !is_ours && !reply.starts_with('$')).then_some(reply)
}

/// How many answers are left in this window.
#[derive(Debug, Default)]
struct Budget {
    window: Option<Instant>,
    spent: u32,
}

impl Budget {
    fn take(&mut self, now: Instant) -> bool {
        if self.window.is_none_or(|window| now.duration_since(window) >= WINDOW) {
            *self = Self { window: Some(now), spent: 0 };
        }
        self.spent += 1;
        self.spent <= MAX_ANSWERS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(reply: Option<&str>) -> Message {
        Message {
            subject: "$SRV.PING".into(),
            reply: reply.map(Subject::from),
            payload: bytes::Bytes::new(),
            headers: None,
            status: None,
            description: None,
            length: 0,
        }
    }

    #[test]
    fn an_answer_goes_to_inboxes_and_never_to_the_platform_or_the_server()
    -> Result<(), crate::wire::RootError> {
        let root: Root = "acme.prod".parse()?;
        for good in ["_INBOX.a.b", "tool", "acme.product.x", "acme"] {
            assert_eq!(reply(&root, asked(Some(good))).as_deref(), Some(good));
        }
        let long = "x".repeat(MAX_REPLY_OCTETS + 1);
        for bad in [
            "acme.prod",
            "acme.prod.call.get.users",
            "acme.prod.reply.proxy.1.2",
            "$JS.API.STREAM.DELETE.x",
            "$SYS.REQ.SERVER.PING",
            "$KV.acme_prod-jobs.x",
            "$SRV.STATS",
            "a.*",
            "a.>",
            "a..b",
            "",
            "a b",
            &long,
        ] {
            assert_eq!(reply(&root, asked(Some(bad))), None, "{bad}");
        }
        assert_eq!(reply(&root, asked(None)), None);
        Ok(())
    }

    #[test]
    fn whoever_asks_too_often_gets_no_answer_until_the_next_window() {
        let (mut budget, start) = (Budget::default(), Instant::now());
        let answered = (0..MAX_ANSWERS * 2).filter(|_| budget.take(start)).count();
        assert_eq!(answered, MAX_ANSWERS as usize);
        assert!(budget.take(start + WINDOW));
    }
}
