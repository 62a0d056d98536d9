-- Ids are UUIDv7 in 16 octets: their order is the order of creation. Times are microseconds since 1970, UTC.
-- Scores are half points, 0 to 10, so that sums and therefore averages are exact. Sort names are made of the names
-- by the service, so that the order is the same in every database: by the octets of their lower case in NFC.

CREATE TABLE users (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name       TEXT    NOT NULL,
    sort_name  TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One index for each order of a list; all orders end with the id.
CREATE INDEX users_by_name ON users (sort_name, id);
CREATE INDEX users_by_creation ON users (created_at, id);

CREATE TABLE services (
    id           BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name         TEXT    NOT NULL,
    sort_name    TEXT    NOT NULL,
    description  TEXT,
    created_at   INTEGER NOT NULL,
    rating_count INTEGER NOT NULL DEFAULT 0 CHECK (rating_count >= 0),
    score_sum    INTEGER NOT NULL DEFAULT 0 CHECK (score_sum BETWEEN 0 AND 10 * rating_count),
    -- What services are sorted by: the average, or -1 without ratings.
    sort_average REAL NOT NULL GENERATED ALWAYS AS
        (CASE rating_count WHEN 0 THEN -1.0 ELSE score_sum / (2.0 * rating_count) END) STORED
) STRICT, WITHOUT ROWID;

CREATE INDEX services_by_name ON services (sort_name, id);
CREATE INDEX services_by_creation ON services (created_at, id);
CREATE INDEX services_by_average ON services (sort_average, id);

CREATE TABLE ratings (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id    BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    service_id BLOB    NOT NULL REFERENCES services (id) ON DELETE CASCADE,
    score      INTEGER NOT NULL CHECK (score BETWEEN 0 AND 10),
    comment    TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (user_id, service_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX ratings_by_creation ON ratings (created_at, id);
CREATE INDEX ratings_by_change ON ratings (updated_at, id);
CREATE INDEX ratings_by_score ON ratings (score, id);
-- The newest of a service, and how its scores are distributed.
CREATE INDEX ratings_of_service_by_creation ON ratings (service_id, created_at, id);
CREATE INDEX ratings_of_service_by_score ON ratings (service_id, score, id);

-- The counts are kept here and nowhere else: a deleted user's ratings go by a cascade, which no statement of
-- the service names, and a cascade fires triggers.

CREATE TRIGGER rating_added AFTER INSERT ON ratings BEGIN
    UPDATE services SET rating_count = rating_count + 1, score_sum = score_sum + NEW.score
     WHERE id = NEW.service_id;
END;

CREATE TRIGGER rating_changed AFTER UPDATE OF score, service_id ON ratings BEGIN
    UPDATE services SET rating_count = rating_count - 1, score_sum = score_sum - OLD.score
     WHERE id = OLD.service_id;
    UPDATE services SET rating_count = rating_count + 1, score_sum = score_sum + NEW.score
     WHERE id = NEW.service_id;
END;

CREATE TRIGGER rating_removed AFTER DELETE ON ratings BEGIN
    UPDATE services SET rating_count = rating_count - 1, score_sum = score_sum - OLD.score
     WHERE id = OLD.service_id;
END;
