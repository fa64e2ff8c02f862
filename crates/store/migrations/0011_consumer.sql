-- How far each consumer has read which journal. A journal's id is made with it: sequence numbers of another
-- one mean something else.
CREATE TABLE consumer_offset (
  journal_id TEXT {key} NOT NULL,
  consumer TEXT {key} NOT NULL,
  next_sequence BIGINT NOT NULL,
  dead_count BIGINT NOT NULL,
  moved_at BIGINT NOT NULL,
  PRIMARY KEY (journal_id, consumer)
);

-- Records that a consumer could not read. The journal still holds them whole, under their number.
CREATE TABLE consumer_dead_letter (
  journal_id TEXT {key} NOT NULL,
  consumer TEXT {key} NOT NULL,
  sequence BIGINT NOT NULL,
  environment_id TEXT {key} NOT NULL,
  reason TEXT NOT NULL,
  -- its beginning, for whoever looks
  body {bytes} NOT NULL,
  body_bytes BIGINT NOT NULL,
  died_at BIGINT NOT NULL,
  PRIMARY KEY (journal_id, consumer, sequence)
);
