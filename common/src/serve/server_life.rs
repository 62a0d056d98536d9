//! Whether the server may have forgotten what it had handed out.
//!
//! A server that crashes comes back with the consumer's state as it was last written: what was delivered shortly
//! before is delivered again, and counted from one again. Nothing in such a delivery tells it from a first one. So
//! what was stored before a worker lost its server counts as delivered before, if it then finds another one.

use std::time::Duration;

use tokio::time::Instant;

/// How exactly the age of a message is known, and the end of a server noticed.
const SLACK: Duration = Duration::from_millis(100);

/// The server that a worker talks to.
#[derive(Debug, Default)]
pub(super) struct ServerLife {
    id: String,
    lost: Option<Instant>,
}

impl ServerLife {
    /// Notes the id of the server that has just been connected to, random for each start of a server, and when the
    /// connection before was lost.
    pub(super) fn note(&mut self, id: String, lost: Option<Instant>) {
        if !self.id.is_empty() && self.id != id {
            self.lost = lost;
        }
        self.id = id;
    }

    /// Whether a message of this age may have been handed out by a server that has forgotten it.
    pub(super) fn may_have_forgotten(&self, age: Duration) -> bool {
        self.lost.is_some_and(|lost| age + SLACK >= lost.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn only_what_was_stored_before_another_server_came_is_doubtful() {
        let mut life = ServerLife::default();
        life.note("a".to_owned(), None);
        life.note("a".to_owned(), Some(Instant::now()));
        assert!(!life.may_have_forgotten(Duration::from_secs(60)), "a cut connection is no crash");
        life.note("b".to_owned(), Some(Instant::now()));
        tokio::time::advance(Duration::from_secs(3)).await;
        assert!(life.may_have_forgotten(Duration::from_secs(4)));
        assert!(!life.may_have_forgotten(Duration::from_secs(2)));
    }
}
