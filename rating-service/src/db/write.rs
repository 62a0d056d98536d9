//! Write transactions.

use std::sync::Arc;

use axum::{body::Body, response::Response};
use bytes::Bytes;
use sqlx::{Postgres, Sqlite, Transaction};
use tokio::{sync::OwnedMutexGuard, time::timeout};
use uptake::{
    Context,
    inbox::Claim,
    telemetry::sql::{self, Database},
};

use super::{Connection, Db, Pool, failure::may_be_committed, postgres, sqlite};
use crate::error::Error;

impl Db {
    /// Runs a request's effect in a transaction and commits it together with its answer. A request that was executed
    /// before is answered as it was then, to the octet, and has no further effect. If `effect` fails, nothing was done.
    ///
    /// # Errors
    /// What `effect` fails with, and what the database does. [`Error::OutcomeUnknown`] also when the request may have been
    /// executed before and the database cannot tell.
    pub(crate) async fn write<F>(&self, effect: F) -> Result<Response, Error>
    where
        F: AsyncFnOnce(&mut Connection<'_>) -> Result<http::Response<Bytes>, Error>,
    {
        Ok(self.write_part("", effect).await?.map(Body::from))
    }

    /// [`Db::write`] for one of several parts of a request, each with a transaction of its own. What is stored and found
    /// again is what the part has made, under the request's key with the part behind it.
    ///
    /// # Errors
    /// As [`Db::write`]; other parts may have been committed.
    pub(crate) async fn write_part<F>(&self, part: &str, effect: F) -> Result<http::Response<Bytes>, Error>
    where
        F: AsyncFnOnce(&mut Connection<'_>) -> Result<http::Response<Bytes>, Error>,
    {
        // Outside of the platform, on TCP, nobody repeats a request but its client, who has no key.
        let mut context = Context::current().filter(|_| self.inbox);
        if let Some(context) = &mut context {
            context.inbox_key.push_str(part);
        }
        let mut write = match &context {
            // "Nothing was done" would be a lie if an earlier execution has committed.
            Some(context) if context.is_repeat => self.begin().await.map_err(Error::unknown)?,
            _ => self.begin().await?,
        };
        let mut db = write.connection();
        if let Some(context) = &context {
            // It fails when the wait for another execution takes too long, too: that one may still commit.
            let claim = db.claim(&context.inbox_key, context.inbox_keep).await;
            if let Claim::Answered(response) = claim.map_err(Error::OutcomeUnknown)? {
                tracing::info!(request_id = context.request_id, "executed before: answered as then");
                return Ok(response);
            }
        }
        let response = effect(&mut db).await?;
        if let Some(context) = &context {
            db.store(&context.inbox_key, &response).await?;
        }
        write.commit().await?;
        uptake::fault_point("committed");
        Ok(response)
    }

    /// Begins a write transaction.
    ///
    /// # Errors
    /// When the turn does not come within the timeout.
    pub(crate) async fn begin(&self) -> Result<Write, Error> {
        let span = match &self.pool {
            Pool::Sqlite(..) => sql::span(Database::Sqlite, sqlite::BEGIN, &[]),
            Pool::Postgres(_) => sql::span(Database::Postgres, postgres::BEGIN, &[]),
        };
        // The wait for the turn and for a connection counts.
        let begun = async {
            Ok(match &self.pool {
                Pool::Sqlite(pool, turn) => {
                    let turn = timeout(self.timeout, Arc::clone(turn).lock_owned());
                    let turn = turn.await.map_err(|_| sqlx::Error::PoolTimedOut)?;
                    Write::Sqlite(pool.begin_with(sqlite::BEGIN).await?, turn)
                }
                Pool::Postgres(pool) => Write::Postgres(postgres::begin(pool).await?),
            })
        };
        Ok(sql::run(span, begun).await?)
    }
}

/// A write transaction. It is rolled back unless it is committed.
pub(crate) enum Write {
    /// The turn is given back after the transaction: fields are dropped in this order.
    Sqlite(Transaction<'static, Sqlite>, OwnedMutexGuard<()>),
    Postgres(Transaction<'static, Postgres>),
}

impl Write {
    pub(crate) fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::Sqlite(transaction, _) => Connection::Sqlite(transaction),
            Self::Postgres(transaction) => Connection::Postgres(transaction),
        }
    }

    /// Makes all of it durable and visible.
    ///
    /// # Errors
    /// When the database cannot, or cannot tell any more whether it has.
    pub(crate) async fn commit(mut self) -> Result<(), Error> {
        let span = self.connection().span("COMMIT");
        let committed = sql::run(span, async {
            match self {
                Self::Sqlite(transaction, _turn) => transaction.commit().await,
                Self::Postgres(transaction) => transaction.commit().await,
            }
        });
        committed.await.map_err(|error| {
            if may_be_committed(&error) { Error::OutcomeUnknown(error) } else { error.into() }
        })
    }
}
