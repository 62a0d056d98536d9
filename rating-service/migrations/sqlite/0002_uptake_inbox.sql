-- The answers of requests that were executed, each written in the transaction of its request's effect: a repeat of the
-- request is answered by it, and not executed again.

CREATE TABLE uptake_inbox (
    -- The same for all executions of one request.
    key        TEXT NOT NULL PRIMARY KEY,
    -- The answer; null only within the transaction that makes it. Fields are "name:value" lines, each with its line feed.
    status     INTEGER,
    fields     BLOB,
    body       BLOB,
    -- When it may be deleted, in seconds since 1970.
    expires_at REAL NOT NULL
) STRICT;

CREATE INDEX uptake_inbox_by_expiry ON uptake_inbox (expires_at);
