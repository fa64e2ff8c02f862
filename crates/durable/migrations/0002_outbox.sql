-- What a transaction wants to tell the journal. The key is the order within one subject.
CREATE TABLE outbox (
  environment_id TEXT {key} NOT NULL,
  subject TEXT {key} NOT NULL,
  n BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (environment_id, subject, n)
);
CREATE INDEX outbox_created ON outbox (created_at);

-- Messages that nobody could read, whole: the only copy there is.
CREATE TABLE outbox_dead_letter (
  environment_id TEXT {key} NOT NULL,
  subject TEXT {key} NOT NULL,
  n BIGINT NOT NULL,
  body TEXT NOT NULL,
  reason TEXT NOT NULL,
  died_at BIGINT NOT NULL,
  PRIMARY KEY (environment_id, subject, n)
);
CREATE INDEX outbox_dead_letter_died ON outbox_dead_letter (died_at, environment_id, subject, n);
