//! One statement for both databases.
//!
//! `sqlx::Any` would do without this file, but it knows neither ids nor times, and cannot set what each
//! database needs when it is opened. So it takes a few lines to let each keep them in its own way: `uuid` and
//! `timestamptz` in PostgreSQL, 16 octets and microseconds since 1970 in SQLite.

use std::borrow::Cow;

use jiff::Timestamp;
use sqlx::{
    AssertSqlSafe, Decode, Encode, Row as _, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgRow, PgTypeInfo, Postgres, types::Oid},
    sqlite::{Sqlite, SqliteRow},
};
use uptake::telemetry::sql::run;
use uuid::Uuid;

use super::Connection;

/// What can be bound to a placeholder.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// Also scores and counts.
    Int(i64),
    Real(f64),
    /// PostgreSQL refuses a text with NUL.
    Text(Option<String>),
    Id(Uuid),
    Time(Timestamp),
}

/// A statement with its values, put together piece by piece. Placeholders are `$1`, `$2`, …
#[derive(Debug)]
pub(crate) struct Query {
    sql: Cow<'static, str>,
    values: Vec<Value>,
    prepared: bool,
}

/// Begins a statement. [`Query::bind`] gives the values of the placeholders in it.
pub(crate) fn query(sql: &'static str) -> Query {
    Query { sql: sql.into(), values: Vec::new(), prepared: true }
}

/// As one would write `query.bind(..)` of sqlx once for each database.
macro_rules! bound {
    ($query:expr, $time:expr) => {{
        let mut bound = sqlx::query(AssertSqlSafe($query.sql)).persistent($query.prepared);
        for value in $query.values {
            bound = match value {
                Value::Int(number) => bound.bind(number),
                Value::Real(number) => bound.bind(number),
                Value::Text(text) => bound.bind(text),
                Value::Id(id) => bound.bind(id),
                Value::Time(time) => bound.bind($time(time)),
            };
        }
        bound
    }};
}

impl Query {
    /// The value of the next placeholder in the text so far.
    pub(crate) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Adds to the text.
    pub(crate) fn push(mut self, sql: &'static str) -> Self {
        self.sql.to_mut().push_str(sql);
        self
    }

    /// Adds a placeholder to the text, and its value.
    pub(crate) fn push_bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        let placeholder = format!("${}", self.values.len());
        self.sql.to_mut().push_str(&placeholder);
        self
    }

    /// [`Query::push_list`] of ids.
    pub(crate) fn push_ids(self, ids: &[Uuid]) -> Self {
        self.push_list(ids.iter().copied())
    }

    /// Adds `($1, $2, …)`, with one value at least. Such lists differ in length; only with a single value is the statement
    /// kept prepared.
    pub(crate) fn push_list(mut self, values: impl ExactSizeIterator<Item: Into<Value>>) -> Self {
        self.prepared &= values.len() == 1;
        for (index, value) in values.enumerate() {
            self = self.push(if index == 0 { "(" } else { ", " }).push_bind(value);
        }
        self.push(")")
    }

    /// All rows.
    pub(crate) async fn fetch_all(self, db: &mut Connection<'_>) -> sqlx::Result<Vec<Row>> {
        let span = db.span(&self.sql);
        let rows = async {
            Ok(match db {
                Connection::Sqlite(db) => {
                    let bound = bound!(self, |time: Timestamp| time.as_microsecond());
                    bound.fetch_all(&mut **db).await?.into_iter().map(Row::Sqlite).collect()
                }
                Connection::Postgres(db) => {
                    let bound = bound!(self, PgTime);
                    bound.fetch_all(&mut **db).await?.into_iter().map(Row::Postgres).collect()
                }
            })
        };
        run(span, rows).await
    }

    /// The first row, if there is any.
    pub(crate) async fn fetch_optional(self, db: &mut Connection<'_>) -> sqlx::Result<Option<Row>> {
        Ok(self.fetch_all(db).await?.into_iter().next())
    }

    /// The first row.
    pub(crate) async fn fetch_one(self, db: &mut Connection<'_>) -> sqlx::Result<Row> {
        self.fetch_optional(db).await?.ok_or(sqlx::Error::RowNotFound)
    }

    /// Runs the statement and tells how many rows it has changed.
    pub(crate) async fn execute(self, db: &mut Connection<'_>) -> sqlx::Result<u64> {
        let span = db.span(&self.sql);
        let changed = async {
            Ok(match db {
                Connection::Sqlite(db) => {
                    let bound = bound!(self, |time: Timestamp| time.as_microsecond());
                    bound.execute(&mut **db).await?.rows_affected()
                }
                Connection::Postgres(db) => bound!(self, PgTime).execute(&mut **db).await?.rows_affected(),
            })
        };
        run(span, changed).await
    }
}

/// A row of a result.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    /// Reads an id, a text or a truth value; with an `Option` also null.
    pub(crate) fn get<T>(&self, column: &str) -> sqlx::Result<T>
    where
        T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>,
    {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }

    /// Reads an integer, however wide the column is.
    pub(crate) fn int<T>(&self, column: &str) -> sqlx::Result<T>
    where
        T: TryFrom<i64, Error: std::error::Error + Send + Sync + 'static>,
    {
        let number: i64 = match self {
            Self::Sqlite(row) => row.try_get_unchecked(column),
            Self::Postgres(row) => row.try_get_unchecked(column),
        }?;
        T::try_from(number).map_err(|error| decode_error(column, error))
    }

    /// Reads a point in time.
    pub(crate) fn time(&self, column: &str) -> sqlx::Result<Timestamp> {
        let since_1970 = match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => {
                row.try_get_unchecked::<i64, _>(column)?.saturating_add(PgTime::EPOCH_MICROS)
            }
        };
        Timestamp::from_microsecond(since_1970).map_err(|error| decode_error(column, error))
    }
}

/// What is in a column is not what the service writes there.
pub(crate) fn decode_error(column: &str, error: impl Into<BoxDynError>) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_owned(), source: error.into() }
}

/// A `timestamptz`: on the wire, microseconds since 2000.
struct PgTime(Timestamp);

impl PgTime {
    /// The first moment of 2000, UTC, in microseconds since 1970.
    const EPOCH_MICROS: i64 = 946_684_800_000_000;
    /// Of the type `timestamptz`, the same in every PostgreSQL.
    const OID: Oid = Oid(1184);
}

impl Type<Postgres> for PgTime {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Self::OID)
    }
}

impl Encode<'_, Postgres> for PgTime {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Encode::<Postgres>::encode(self.0.as_microsecond().saturating_sub(Self::EPOCH_MICROS), buffer)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Int(number.into())
    }
}

impl From<u8> for Value {
    fn from(number: u8) -> Self {
        Self::Int(number.into())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        Self::Text(text.map(str::to_owned))
    }
}

impl From<Uuid> for Value {
    fn from(id: Uuid) -> Self {
        Self::Id(id)
    }
}

impl From<Timestamp> for Value {
    fn from(time: Timestamp) -> Self {
        Self::Time(time)
    }
}
