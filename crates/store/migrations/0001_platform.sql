-- Who a row belongs to: organization, product, environment. And the proof that the master key is the right one.

CREATE TABLE organization (
    id TEXT {key} PRIMARY KEY,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE product (
    id TEXT {key} PRIMARY KEY,
    organization_id TEXT {key} NOT NULL REFERENCES organization (id),
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE environment (
    id TEXT {key} PRIMARY KEY,
    product_id TEXT {key} NOT NULL REFERENCES product (id),
    -- dev or prod
    stage TEXT {key} NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (product_id, stage)
);

-- A known text sealed under the master key: a start with another key notices before it writes anything.
CREATE TABLE master_key (
    key_id TEXT {key} PRIMARY KEY,
    canary {bytes} NOT NULL,
    created_at BIGINT NOT NULL
);
