//! What the failure of a statement means.

use sqlx::{error::DatabaseError, postgres::PgDatabaseError};

/// Whether the statement failed for a reason that may be gone a moment later, and has done nothing: somebody
/// else is in the way, or the server does not answer.
pub(crate) fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::PoolTimedOut => true,
        // SQLite reports what happens to its file by codes of its own.
        sqlx::Error::Io(_) => true,
        sqlx::Error::Database(error) => match error.try_downcast_ref::<PgDatabaseError>() {
            Some(error) => is_passing_in_postgres(error.code()),
            None => is_busy_in_sqlite(error.as_ref()),
        },
        _ => false,
    }
}

/// Whether nobody can tell if what failed has had its effect: the connection broke while a commit was on its way.
pub(crate) fn may_be_committed(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) => true,
        sqlx::Error::Database(error) => {
            let code = error.try_downcast_ref::<PgDatabaseError>().map(PgDatabaseError::code);
            code.is_some_and(|code| code.starts_with("57P") || code.starts_with("08"))
        }
        _ => false,
    }
}

/// `SQLITE_BUSY` or `SQLITE_LOCKED`, whatever their extension.
fn is_busy_in_sqlite(error: &dyn DatabaseError) -> bool {
    let code = error.code().and_then(|code| code.parse::<u32>().ok());
    code.is_some_and(|code| matches!(code & 0xff, 5 | 6))
}

/// By the SQLSTATE (appendix A of PostgreSQL's manual).
fn is_passing_in_postgres(code: &str) -> bool {
    match code {
        // Somebody who does not lock as the stores do: a unique or a foreign key is violated by what came
        // after they had looked. They find it at the next time.
        "23503" | "23505" => true,
        // The server has become a standby, or is not yet the primary.
        "25006" => true,
        // A transaction stood idle for too long, perhaps because this process stood still.
        "25P03" => true,
        // Out of memory; too many connections.
        "53200" | "53300" => true,
        // Lock time-out, statement time-out, idle session.
        "55P03" | "57014" | "57P05" => true,
        // Shut down, crashed, starting.
        "57P01" | "57P02" | "57P03" => true,
        // Connection exceptions; serialization failures and deadlocks.
        _ => code.starts_with("08") || code.starts_with("40"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_passes_from_what_does_not() {
        for code in ["40P01", "40001", "55P03", "57014", "53300", "57P01", "57P02", "57P03", "08006", "23505"]
        {
            assert!(is_passing_in_postgres(code), "{code}");
        }
        // A wrong password, no such database, a missing table, a violated check, a full disk.
        for code in ["28P01", "3D000", "42P01", "23514", "53100"] {
            assert!(!is_passing_in_postgres(code), "{code}");
        }
        let reset = || sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into());
        assert!(is_passing(&reset()) && may_be_committed(&reset()));
        assert!(is_passing(&sqlx::Error::PoolTimedOut) && !may_be_committed(&sqlx::Error::PoolTimedOut));
        assert!(!is_passing(&sqlx::Error::RowNotFound));
    }
}
