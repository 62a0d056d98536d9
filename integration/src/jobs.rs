//! Jobs, as a client sees them, and the dead letters that they leave.

use async_nats::jetstream;
use serde_json::Value;
use test_support::{HttpClient, RawResponse, eventually};

use crate::{Platform, SOON};

/// States that a job does not leave.
const FINAL: [&str; 4] = ["done", "failed", "cancelled", "dead"];

/// A stored dead letter.
#[derive(Clone, Debug)]
pub struct StoredLetter {
    /// What is known of the message.
    pub facts: Value,
    /// The message.
    pub original: Value,
}

impl Platform {
    /// A request at the first proxy, on a connection of its own.
    ///
    /// # Panics
    ///
    /// When there is no answer.
    pub async fn ask(&self, method: &str, target: &str, fields: &[(&str, &str)], body: &str) -> RawResponse {
        let answer =
            async { HttpClient::connect(self.address()).await?.request(method, target, fields, body).await };
        answer.await.unwrap_or_else(|error| panic!("{method} {target}: {error}"))
    }

    /// Has a POST executed as a job, and returns the job's id.
    ///
    /// # Panics
    ///
    /// When it is not accepted.
    pub async fn submit(&self, target: &str) -> String {
        let answer = self.ask("POST", target, &[("prefer", "respond-async")], "").await;
        assert_eq!(answer.status, 202, "{target}: {}", answer.text());
        answer.json()["id"].as_str().unwrap_or_else(|| panic!("no id in {}", answer.text())).to_owned()
    }

    /// What the proxy tells of a job.
    ///
    /// # Panics
    ///
    /// When it tells nothing.
    pub async fn job(&self, id: &str) -> Value {
        let answer = self.get(&format!("/-/jobs/{id}")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// Waits until something holds of a job, and returns what is then told of it.
    ///
    /// # Panics
    ///
    /// When it does not hold in time.
    pub async fn job_until(&self, id: &str, what: &str, mut holds: impl FnMut(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        let held = eventually(3 * SOON, async || {
            last = self.job(id).await;
            holds(&last)
        });
        let held = held.await;
        assert!(held, "the job is not {what}: {last}");
        last
    }

    /// Waits until a job is in a state.
    ///
    /// # Panics
    ///
    /// When it is not in time, or has ended otherwise.
    pub async fn job_is(&self, id: &str, state: &str) -> Value {
        let told = self
            .job_until(id, state, |job| {
                let now = job["state"].as_str().unwrap_or_default();
                now == state || FINAL.contains(&now)
            })
            .await;
        assert_eq!(told["state"], state, "{told}");
        told
    }

    /// The answer of a job.
    pub async fn job_answer(&self, id: &str) -> RawResponse {
        self.get(&format!("/-/jobs/{id}/response")).await
    }

    /// All dead letters, oldest first.
    ///
    /// # Panics
    ///
    /// When they cannot be read.
    pub async fn dead_letters(&self) -> Vec<StoredLetter> {
        self.read_dead_letters().await.unwrap_or_else(|error| panic!("dead letters: {error}"))
    }

    async fn read_dead_letters(&self) -> Result<Vec<StoredLetter>, async_nats::Error> {
        let context = jetstream::new(async_nats::connect(self.server.url()).await?);
        let mut stream = context.get_stream("uptake-dead").await?;
        let state = stream.info().await?.state.clone();
        let mut letters = Vec::new();
        for sequence in state.first_sequence.max(1)..=state.last_sequence {
            let message = stream.get_raw_message(sequence).await?;
            let facts = message.headers.get("Uptake-Dead-Letter").map(ToString::to_string);
            letters.push(StoredLetter {
                facts: serde_json::from_str(&facts.unwrap_or_default())?,
                original: serde_json::from_slice(&message.payload)?,
            });
        }
        Ok(letters)
    }
}
