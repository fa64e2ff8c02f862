-- Messages for something that waits, or will wait: they may come first. The first one wins.
CREATE TABLE signal (
  environment_id TEXT {key} NOT NULL,
  name TEXT {key} NOT NULL,
  correlation TEXT {key} NOT NULL,
  payload TEXT NOT NULL,
  received_at BIGINT NOT NULL,
  PRIMARY KEY (environment_id, name, correlation)
);
