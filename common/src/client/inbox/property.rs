//! What must hold whatever arrives at an inbox. Its property test and a fuzz target (`fuzz/`) share it.

use super::{Duration, Instant, Message, ReplyInbox, StatusCode, StreamCancel};
use crate::wire::{self, Root};

const STORED: &[u8] = br#"{"stream":"s","seq":1}"#;

/// A message that a hostile peer publishes to `subject`, and then to the reply subject of one of two waiters.
pub(crate) fn inbox_survives(root: &Root, subject: &str, hostile: &Message) {
    let (inbox, mut cancels) = ReplyInbox::new(&root.reply_prefix("proxy", "0"));
    let deadline = Instant::now() + Duration::from_secs(3600);
    let (mut asked, mut stranger) = (inbox.register(deadline, false), inbox.register(deadline, false));
    let reply_to = asked.reply_to().to_owned();
    asked.expect_receipt(true);

    let to = |subject: &str| Message { subject: subject.into(), ..hostile.clone() };
    inbox.deliver(to(subject));
    assert!(asked.outcome.try_recv().is_err(), "{subject:?} is a guess");
    inbox.deliver(to(&reply_to));
    let answered = asked.outcome.try_recv().is_ok();
    assert!(answered || asked.is_stored(), "the first message counts, or it is a receipt");
    assert!(stranger.outcome.try_recv().is_err(), "the message was not for this one");
    assert_eq!(inbox.len(), 2);

    drop(asked);
    drop(stranger);
    let stored = Message { payload: STORED.into(), headers: None, status: None, ..to(&reply_to) };
    inbox.deliver(stored);
    assert_eq!(inbox.len(), 0, "nobody waits");
    let cancel = cancels.try_recv().ok();
    assert_eq!(cancel.is_some(), !answered, "who leaves unanswered is cancelled");
    assert!(cancels.try_recv().is_err(), "once");
    if let Some(StreamCancel { stream, cancel }) = cancel {
        let control = format!("{root}.control.");
        let subject = wire::encode_cancel(root, &stream, &cancel).subject;
        let token = subject.strip_prefix(&control).unwrap_or_default();
        assert!(!token.is_empty() && !token.contains(['.', '*', '>', ' ', '\r', '\n']), "{subject:?}");
        assert!(cancel.reply_to == reply_to && cancel.budget <= Duration::from_secs(3600), "{cancel:?}");
    }
}

/// A message as `async-nats` hands it over, but for its subject.
pub(crate) fn message(
    no_responders: bool,
    headers: Option<async_nats::HeaderMap>,
    payload: &[u8],
) -> Message {
    Message {
        subject: "".into(),
        reply: None,
        payload: payload.to_vec().into(),
        headers,
        status: no_responders.then_some(StatusCode::NO_RESPONDERS),
        description: None,
        length: 0,
    }
}
