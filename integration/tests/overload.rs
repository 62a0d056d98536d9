//! More requests than can be served in their time.

use std::collections::BTreeMap;

use integration::{
    Platform, heavy,
    load::{Ask, Load},
};

/// What four permits could serve in the time of a request is less than half of it.
const REQUESTS: usize = 80;

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_served_in_time_is_refused_and_the_rest_is_served() {
    let _turn = heavy().await;
    let platform = Platform::builder().worker_args(&["--permits", "4"]).start().await;
    let load = Load::start(&[platform.address()], REQUESTS, REQUESTS, |_| {
        Ask::get("/hello/work?ms=800").with("Prefer", "wait=8")
    });
    let outcomes = load.finish().await;
    let mut counts = BTreeMap::new();
    for outcome in &outcomes {
        *counts.entry((outcome.status(), outcome.slug())).or_insert(0) += 1;
        if outcome.status() == 503 {
            let answer = outcome.answer.as_ref().unwrap();
            assert!(answer.header("retry-after").is_some(), "{}", outcome.tell());
        }
    }
    let count = |status, slug: &str| counts.get(&(status, slug.to_owned())).copied().unwrap_or(0);
    let (served, refused) = (count(200, ""), count(503, "overloaded"));
    assert_eq!(served + refused, REQUESTS, "nothing is run in vain: {counts:?}");
    assert!(served >= 4 && refused >= 4, "{counts:?}");
    // What was refused was not run: the work of those that were served is all that was begun.
    let counters = platform.counters().await;
    assert_eq!((counters.started, counters.dropped), (served as u64, 0), "{counts:?}");
}
