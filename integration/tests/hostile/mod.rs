//! What hostile clients send, and what becomes of it: one table, which is also a document for people.

mod bodies;
mod document;
mod fields;
mod floods;
pub(crate) mod frames;
mod framing;
mod http1;
mod http2;
mod jobs;
mod limits;
mod methods;
mod multiplexing;
mod page;
mod row;
mod run;
mod targets;

use integration::heavy;

use row::Row;
use run::broken;

/// The table: its parts in the order of the document, each with the settings of its proxy.
fn table() -> Vec<(&'static str, &'static [&'static str], Vec<Row>)> {
    vec![
        ("Methods and expectations", &run::SETTINGS, methods::rows()),
        ("Framing", &run::SETTINGS, framing::rows()),
        ("Header fields", &run::SETTINGS, fields::rows()),
        ("Targets", &run::SETTINGS, targets::rows()),
        ("Bodies", &run::SETTINGS, bodies::rows()),
        ("A page that the proxy serves", &["--ui-dir=tests/page"], page::rows()),
        ("Jobs: keys and preferences", &run::SETTINGS, jobs::rows()),
        ("Many connections, and slow ones", &run::SETTINGS, floods::rows()),
        ("Limits that are reached", &run::LOW_LIMITS, limits::rows()),
        ("HTTP/2: requests", &run::SETTINGS, http2::rows()),
        ("HTTP/2: frames and streams", &run::SETTINGS, multiplexing::rows()),
    ]
}

/// Runs the parts whose titles are given, one after the other, each on a platform of its own.
async fn parts_hold(titles: &[&str]) {
    let parts: Vec<_> = table().into_iter().filter(|(title, _, _)| titles.contains(title)).collect();
    assert_eq!(parts.len(), titles.len());
    let mut all = Vec::new();
    for (title, settings, rows) in parts {
        all.extend(broken(title, settings, rows).await);
    }
    assert!(all.is_empty(), "\n{}", all.join("\n"));
}

#[tokio::test]
async fn what_the_head_of_a_request_may_hold() {
    parts_hold(&["Methods and expectations", "Header fields", "Targets"]).await;
}

#[tokio::test]
async fn what_may_be_asked_of_a_page() {
    parts_hold(&["A page that the proxy serves"]).await;
}

#[tokio::test]
async fn what_the_body_of_a_request_may_hold() {
    parts_hold(&["Framing", "Bodies", "Limits that are reached"]).await;
}

#[tokio::test]
async fn what_a_client_may_say_of_jobs() {
    parts_hold(&["Jobs: keys and preferences"]).await;
}

#[tokio::test]
async fn what_frames_of_http2_may_hold() {
    parts_hold(&["HTTP/2: requests"]).await;
}

#[tokio::test]
async fn how_many_streams_a_client_may_open_and_reset() {
    let _turn = heavy().await;
    parts_hold(&["HTTP/2: frames and streams"]).await;
}

#[tokio::test]
async fn how_long_a_client_may_keep_silent() {
    let _turn = heavy().await;
    parts_hold(&["Many connections, and slow ones"]).await;
}

#[test]
fn the_document_is_the_table() {
    document::assert_current(&table());
}
