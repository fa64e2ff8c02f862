-- One message to a builder's endpoint: its id stays the same over all attempts, and so does its body. One without a run
-- is a test.
CREATE TABLE delivery (
  environment_id TEXT {key} NOT NULL,
  id TEXT {key} NOT NULL,
  run_id TEXT {key},
  body TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  first_delivered_at BIGINT,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (environment_id, id)
);
-- with the id: a search reads no body before it matches
CREATE INDEX delivery_run ON delivery (environment_id, run_id, id);
-- What was not taken yet is little, and it is what one looks for; so are the tests.
CREATE INDEX delivery_open ON delivery (environment_id, id) WHERE first_delivered_at IS NULL;
CREATE INDEX delivery_test ON delivery (environment_id, id) WHERE run_id IS NULL;

-- Every attempt with request and response; foreign bytes stay bytes.
CREATE TABLE delivery_attempt (
  environment_id TEXT {key} NOT NULL,
  delivery_id TEXT {key} NOT NULL,
  n BIGINT NOT NULL,
  purpose TEXT NOT NULL,
  started_at BIGINT NOT NULL,
  elapsed_us BIGINT NOT NULL,
  url TEXT NOT NULL,
  request_headers TEXT NOT NULL,
  status BIGINT,
  error TEXT,
  response_headers TEXT NOT NULL,
  response_body {bytes} NOT NULL,
  response_truncated BOOLEAN NOT NULL,
  retry_at BIGINT,
  PRIMARY KEY (environment_id, delivery_id, n)
);
