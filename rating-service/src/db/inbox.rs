//! The inbox on either database: what the answers of writes were. [`Db::write`] uses it.

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use http::Response;
use tokio::time::sleep;
use uptake::inbox::{Claim, postgres, sqlite};

use super::{Connection, Db};
use crate::error::Error;

/// Rows that are deleted in one transaction: on SQLite all other writers wait for it.
const PURGE_BATCH: u32 = 500;
/// Pause between two such transactions, while there are more rows to delete.
const PURGE_PAUSE: Duration = Duration::from_millis(200);
/// Pause between two looks for rows to delete.
const PURGE_PERIOD: Duration = Duration::from_secs(60);

impl Connection<'_> {
    pub(super) async fn claim(&mut self, key: &str, keep: Duration) -> sqlx::Result<Claim> {
        match self {
            Self::Sqlite(db) => sqlite::claim(db, key, keep).await,
            Self::Postgres(db) => postgres::claim(db, key, keep).await,
        }
    }

    pub(super) async fn store(&mut self, key: &str, response: &Response<Bytes>) -> sqlx::Result<()> {
        match self {
            Self::Sqlite(db) => sqlite::store(db, key, response).await,
            Self::Postgres(db) => postgres::store(db, key, response).await,
        }
    }
}

impl Db {
    /// Deletes what the inbox need not keep any longer, now and then, as long as it is awaited.
    pub async fn purge_inbox(&self) -> Infallible {
        loop {
            let pause = match self.purge_batch().await {
                Ok(count) if count >= u64::from(PURGE_BATCH) => PURGE_PAUSE,
                Ok(_) => PURGE_PERIOD,
                Err(error) => {
                    let error = uptake::telemetry::causes(&error);
                    tracing::warn!(error, "the inbox cannot be purged; it is tried again");
                    PURGE_PERIOD
                }
            };
            sleep(pause).await;
        }
    }

    async fn purge_batch(&self) -> Result<u64, Error> {
        let mut write = self.begin().await?;
        let count = match write.connection() {
            Connection::Sqlite(db) => sqlite::purge(db, PURGE_BATCH).await?,
            Connection::Postgres(db) => postgres::purge(db, PURGE_BATCH).await?,
        };
        write.commit().await?;
        Ok(count)
    }
}
