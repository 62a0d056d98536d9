use async_nats::HeaderMap;
use proptest::prelude::*;

use super::*;

const STORED: &str = r#"{"stream":"s","seq":1}"#;

proptest! {
    #[test]
    fn a_hostile_message_disturbs_nobody_that_it_is_not_for(
        subject in "uptake.reply.proxy.0.[01x-]{0,20}|[a-z.]{0,20}",
        no_responders in any::<bool>(),
        headers in any::<bool>(),
        payload in r#"\{"(stream|error)":("[a-c.*> \\]{0,5}"|\{"err_code":[0-9]{1,25}\}|\{\}|null)\}|[ -~]{0,20}"#,
    ) {
        let message = property::message(no_responders, headers.then(HeaderMap::new), payload.as_bytes());
        property::inbox_survives(&"uptake".parse().unwrap(), &subject, &message);
    }
}

fn message(subject: &str, headers: Option<HeaderMap>, payload: &'static str) -> Message {
    Message {
        subject: subject.into(),
        reply: None,
        payload: Bytes::from_static(payload.as_bytes()),
        headers,
        status: None,
        description: None,
        length: 0,
    }
}

fn answer(subject: &str) -> Message {
    message(subject, Some(HeaderMap::new()), "answer")
}

fn inbox() -> (ReplyInbox, mpsc::Receiver<StreamCancel>) {
    ReplyInbox::new("uptake.reply.proxy.0.")
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(5)
}

#[tokio::test]
async fn an_answer_that_comes_twice_leaves_the_next_waiter_alone() {
    let (inbox, _cancels) = inbox();
    let mut first = inbox.register(soon(), false);
    inbox.deliver(answer(first.reply_to()));
    inbox.deliver(answer(first.reply_to()));
    inbox.deliver(message(first.reply_to(), None, STORED));
    let mut second = inbox.register(soon(), false);
    assert!(matches!(first.outcome().await, Some(Outcome::Answer(_))));
    drop(first);
    inbox.deliver(answer(second.reply_to()));
    assert!(matches!(second.outcome().await, Some(Outcome::Answer(_))));
    drop(second);
    assert_eq!(inbox.len(), 0);
}

#[tokio::test]
async fn who_leaves_is_cancelled_once_its_stream_is_known() {
    let (inbox, mut cancels) = inbox();
    let stored = inbox.register(soon(), false);
    let (reply_to, stored_reply_to) = {
        let mut unknown = inbox.register(soon(), false);
        unknown.expect_receipt(true);
        inbox.deliver(message(stored.reply_to(), None, STORED));
        (unknown.reply_to().to_owned(), stored.reply_to().to_owned())
    };
    assert!(cancels.try_recv().is_err(), "no receipt, no stream to tell");
    drop(stored);
    assert_eq!(cancels.try_recv().unwrap().cancel.reply_to, stored_reply_to);
    inbox.deliver(message(&reply_to, None, STORED));
    let StreamCancel { stream, cancel } = cancels.try_recv().unwrap();
    assert_eq!((stream.as_str(), cancel.reply_to), ("s", reply_to));
    assert_eq!(inbox.len(), 0);
}

#[tokio::test]
async fn what_is_not_for_a_waiter_changes_nothing() {
    let (inbox, _cancels) = inbox();
    let mut waiter = inbox.register(soon(), false);
    let (key, _) = inbox.parse(waiter.reply_to()).unwrap();
    for subject in
        ["uptake.reply.proxy.0.x", "other.reply.proxy.0.0-1", &format!("uptake.reply.proxy.0.{key:x}-7")]
    {
        inbox.deliver(answer(subject));
    }
    inbox.deliver(message(
        waiter.reply_to(),
        None,
        "{\"error\":{\"err_code\":10077,\"description\":\"full\"}}",
    ));
    assert!(matches!(waiter.outcome().await, Some(Outcome::Refused { code: 10077, .. })));
}

#[tokio::test(start_paused = true)]
async fn who_left_without_a_receipt_is_forgotten_at_the_end_of_its_budget() {
    let (inbox, _cancels) = inbox();
    let mut waiter = inbox.register(soon(), false);
    waiter.expect_receipt(true);
    drop(waiter);
    inbox.sweep();
    assert_eq!(inbox.len(), 1);
    tokio::time::advance(Duration::from_secs(6)).await;
    inbox.sweep();
    assert_eq!(inbox.len(), 0);
}

#[tokio::test]
async fn who_left_before_anything_was_published_is_forgotten_at_once() {
    let (inbox, _cancels) = inbox();
    drop(inbox.register(soon(), false));
    assert_eq!(inbox.len(), 0);
}

#[tokio::test]
async fn a_json_object_that_is_no_receipt_is_an_answer() {
    let (inbox, _cancels) = inbox();
    let mut waiter = inbox.register(soon(), false);
    inbox.deliver(message(waiter.reply_to(), None, r#"{"hello":"world"}"#));
    assert!(matches!(waiter.outcome().await, Some(Outcome::Answer(_))));
}

#[tokio::test]
async fn after_a_reconnect_only_what_is_unconfirmed_and_may_be_repeated_is_told_so() {
    let (inbox, _cancels) = inbox();
    let (mut confirmed, mut unsafe_one) = (inbox.register(soon(), true), inbox.register(soon(), false));
    let mut lost = inbox.register(soon(), true);
    inbox.deliver(message(confirmed.reply_to(), None, STORED));
    inbox.doubt();
    assert!(matches!(lost.outcome().await, Some(Outcome::Unconfirmed)));
    lost.again();
    for waiter in [&mut confirmed, &mut unsafe_one, &mut lost] {
        inbox.deliver(answer(waiter.reply_to()));
        assert!(matches!(waiter.outcome().await, Some(Outcome::Answer(_))));
    }
}
