-- Who signs in to the console, and with what. Links and sessions are kept as SHA-256 of their token alone.

CREATE TABLE operator (
    id TEXT {key} PRIMARY KEY,
    organization_id TEXT {key} NOT NULL,
    -- lower-cased: two spellings of one address are one operator
    email TEXT {key} NOT NULL UNIQUE,
    -- a PHC string; NULL until the first one-time link has been used
    password_hash TEXT,
    created_at BIGINT NOT NULL
);

CREATE TABLE operator_link (
    hash TEXT {key} PRIMARY KEY,
    operator_id TEXT {key} NOT NULL REFERENCES operator (id),
    expires_at BIGINT NOT NULL
);

CREATE INDEX operator_link_operator ON operator_link (operator_id);

CREATE TABLE operator_session (
    hash TEXT {key} PRIMARY KEY,
    operator_id TEXT {key} NOT NULL REFERENCES operator (id),
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    -- where it was opened from, for the list that the operator sees
    address TEXT NOT NULL,
    agent TEXT NOT NULL
);

CREATE INDEX operator_session_operator ON operator_session (operator_id);

-- Failed sign-ins of one account or of one address (never of a pair), so that guessing slows down.
CREATE TABLE operator_failure (
    subject TEXT {key} PRIMARY KEY,
    failures BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    free_at BIGINT NOT NULL
);

CREATE INDEX operator_failure_last ON operator_failure (last_at);
