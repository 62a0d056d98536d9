//! What the platform looks like, now and in the last minutes.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::Response;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use uptake::{
    job::{Operator, OperatorError},
    overview::Overview,
    problem::Problem,
};

use super::{
    history::{EVERY, History},
    latest::Latest,
};
use crate::{
    admin::{operations::found, problem::Refusal},
    answer::Body,
};

/// How long a look at the platform serves all who ask for one.
const KEPT_FOR: Duration = Duration::from_secs(2);
/// How long a look may take.
const MAX_TIME: Duration = Duration::from_secs(10);

/// A look at the platform.
#[derive(Debug)]
struct Look {
    at: Instant,
    overview: Overview,
}

/// Looks at the platform, and remembers.
#[derive(Debug)]
pub(super) struct Watch {
    latest: Latest<Result<Arc<Look>, Problem>>,
    history: Mutex<History>,
}

impl Default for Watch {
    fn default() -> Self {
        Self { latest: Latest::new(KEPT_FOR), history: Mutex::default() }
    }
}

impl Watch {
    /// Answers with the latest look.
    pub(super) async fn overview(&self, operator: &Operator) -> Response<Body> {
        match self.look(operator).await {
            Ok(look) => found(&look.overview),
            Err(problem) => problem.into_response().map(Body::Whole),
        }
    }

    /// Answers with the last minutes.
    pub(super) fn history(&self) -> Response<Body> {
        found(&self.history.lock().unwrap_or_else(PoisonError::into_inner).told())
    }

    /// Adds to the history for as long as the process lives. A moment at which nobody answers is left out.
    pub(super) async fn keep_history(&self, operator: &Operator) -> Infallible {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Ok(look) = self.look(operator).await {
                let mut history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
                history.add(&look.overview, look.at);
            }
        }
    }

    async fn look(&self, operator: &Operator) -> Result<Arc<Look>, Problem> {
        self.latest
            .get(async || {
                let overview = timeout(MAX_TIME, operator.overview()).await.unwrap_or_else(|_| Err(silent()));
                let overview = overview.map_err(|error| Refusal::from(error).problem())?;
                Ok(Arc::new(Look { at: Instant::now(), overview }))
            })
            .await
    }
}

fn silent() -> OperatorError {
    let reason = format!("no answer within {} s", MAX_TIME.as_secs());
    OperatorError::JetStream { action: "tell of the platform", reason }
}
