-- API keys of all kinds: what proves a credential, never the credential.

CREATE TABLE api_key (
    id TEXT {key} PRIMARY KEY,
    environment_id TEXT {key} NOT NULL,
    -- rsa, project or private
    kind TEXT {key} NOT NULL,
    name TEXT NOT NULL,
    -- names, separated by spaces
    scopes TEXT NOT NULL,
    -- of an RSA key: RSAPublicKey in DER, and its RFC 7638 thumbprint
    public_key {bytes},
    thumbprint TEXT {key},
    -- of an opaque key: SHA-256 in hex, and its last characters for people
    hash TEXT {key} UNIQUE,
    hint TEXT,
    created_at BIGINT NOT NULL,
    -- the operator; NULL when it came with the installation
    created_by TEXT {key},
    expires_at BIGINT,
    rotate_days BIGINT,
    revoked_at BIGINT,
    last_used_at BIGINT
);

CREATE INDEX api_key_environment ON api_key (environment_id, created_at, id);

-- Keys that sign an environment's tokens. The private half is sealed.
CREATE TABLE signing_key (
    kid TEXT {key} PRIMARY KEY,
    environment_id TEXT {key} NOT NULL,
    public_key {bytes} NOT NULL,
    sealed {bytes} NOT NULL,
    created_at BIGINT NOT NULL,
    retired_at BIGINT
);

CREATE INDEX signing_key_environment ON signing_key (environment_id, created_at);

-- One row that rises with every revocation, so that each process notices those of the others.
CREATE TABLE credential_revision (
    id BIGINT PRIMARY KEY,
    revision BIGINT NOT NULL
);

INSERT INTO credential_revision (id, revision) VALUES (1, 0);
