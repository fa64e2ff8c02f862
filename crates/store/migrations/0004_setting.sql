-- What a growth team sets per environment: one document with a version, so that a stale save is noticed.

CREATE TABLE setting (
    environment_id TEXT {key} PRIMARY KEY,
    version BIGINT NOT NULL,
    document TEXT NOT NULL,
    -- apart from the document: the sender writes it while somebody may be editing the rest
    webhook_disabled_at BIGINT,
    -- apart as well: it has a form of its own. What the logo is, without its bytes; NULL: there is none
    logo TEXT,
    changed_at BIGINT NOT NULL,
    changed_by TEXT {key}
);

-- Secrets that sign webhooks, sealed. Without an end it is the current one; a rotated one stays valid for a while.
CREATE TABLE webhook_secret (
    environment_id TEXT {key} NOT NULL,
    id TEXT {key} NOT NULL,
    sealed {bytes} NOT NULL,
    created_at BIGINT NOT NULL,
    ends_at BIGINT,
    PRIMARY KEY (environment_id, id)
);

-- The bytes of logos, by their hash. Those that were replaced stay for a while: mails show them.
CREATE TABLE logo (
    environment_id TEXT {key} NOT NULL,
    hash TEXT {key} NOT NULL,
    content {bytes} NOT NULL,
    uploaded_at BIGINT NOT NULL,
    PRIMARY KEY (environment_id, hash)
);
