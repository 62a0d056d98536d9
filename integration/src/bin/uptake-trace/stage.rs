//! The platform and the request that are shown.

use anyhow::{Context as _, ensure};
use integration::{Platform, Traced};
use test_support::{RawResponse, collector::Trace};

/// What the request is.
pub(crate) const TITLE: &str = "POST /api/ratings with an Idempotency-Key";

/// Requests before the one that is shown, so that connections are open and statements are prepared.
const WARM_UP: usize = 50;
/// Sends along that a request shall not be traced.
const UNSAMPLED: (&str, &str) = ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");

/// The trace of one keyed POST, which is a job and writes to a database.
pub(crate) async fn trace() -> anyhow::Result<Trace> {
    let builder = Platform::builder().workers(0).proxy_args(&["--strip-prefix", "/api"]);
    let mut stage = Traced::start(builder).await;
    stage.add_rating_service(&[], &[]).await;
    let service =
        made(&stage.ask("service", "POST", "/api/services", &[UNSAMPLED], r#"{"name": "Canteen"}"#).await)?;
    let mut rating = String::new();
    for number in 0..WARM_UP {
        let user = format!(r#"{{"name": "User {number}"}}"#);
        let user = made(&stage.ask("user", "POST", "/api/users", &[UNSAMPLED], &user).await)?;
        rating =
            format!(r#"{{"userId": "{user}", "serviceId": "{service}", "score": 4.5, "comment": "Soup!"}}"#);
        if number + 1 < WARM_UP {
            let key = format!("warm-up-{number}");
            made(
                &stage
                    .ask("rating", "POST", "/api/ratings", &[UNSAMPLED, ("idempotency-key", &key)], &rating)
                    .await,
            )?;
        }
    }
    let fields = [("idempotency-key", "soup")];
    made(&stage.ask("shown", "POST", "/api/ratings", &fields, &rating).await)?;
    Ok(stage.end().await.trace_of("shown"))
}

/// The id of what was made.
fn made(answer: &RawResponse) -> anyhow::Result<String> {
    ensure!(answer.status == 201, "status {}: {}", answer.status, answer.text());
    Ok(answer.json()["id"].as_str().context("no id in the answer")?.to_owned())
}
