//! The measures. Each starts what it needs, and knows nothing of the others.

mod echo;
mod hello;
mod inbox;
mod jobs;
mod latency;
mod log_line;
mod long_polls;
mod memory;
mod ratings;
mod scrape;
mod telemetry;

use crate::{Args, report::Row};

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Measure {
    /// GET /hello against a raw JetStream loop; processor time a request of each process.
    Hello,
    /// POST of 16 KiB that come back, against a raw loop of that size.
    Echo,
    /// p99 at half of the maximal rate of GET /hello, against the raw loop at the same rate.
    Latency,
    /// What the proxy's log line costs a request.
    LogLine,
    /// Reading and adding ratings on SQLite, through the queue and on TCP.
    RatingsSqlite,
    /// The same on PostgreSQL.
    RatingsPostgres,
    /// What keeping its answer costs a write on SQLite.
    InboxSqlite,
    /// The same on PostgreSQL.
    InboxPostgres,
    /// POST with an idempotency key, against a raw loop of the same steps; processor time a request of each process.
    Jobs,
    /// Memory of 10,000 clients that wait for jobs.
    LongPolls,
    /// Memory of 5,000 idle connections, and of 1,000 requests at once.
    Memory,
    /// What metrics and traces cost GET /hello, with 1 % and with all requests sampled.
    Telemetry,
    /// One scrape of a proxy with 200 routes and 3 statuses of each.
    Scrape,
}

impl Measure {
    pub(crate) async fn run(self, args: &Args) -> anyhow::Result<Vec<Row>> {
        match self {
            Self::Hello => hello::measure(args).await,
            Self::Echo => echo::measure(args).await,
            Self::Latency => latency::measure(args).await,
            Self::LogLine => log_line::measure(args).await,
            Self::RatingsSqlite => ratings::on_sqlite(args).await,
            Self::RatingsPostgres => ratings::on_postgres(args).await,
            Self::InboxSqlite => inbox::on_sqlite(args).await,
            Self::InboxPostgres => inbox::on_postgres(args).await,
            Self::Jobs => jobs::measure(args).await,
            Self::LongPolls => long_polls::measure(args).await,
            Self::Memory => memory::measure(args).await,
            Self::Telemetry => telemetry::measure(args).await,
            Self::Scrape => scrape::measure(args).await,
        }
    }
}
