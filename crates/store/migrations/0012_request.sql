-- Requests that were refused, for whoever holds the id of one. No body, no query, no header, no client's address.
CREATE TABLE refused_request (
  -- empty where nobody was recognised: such rows are of the installation
  environment_id TEXT {key} NOT NULL,
  -- of the row, time-ordered; a caller may use one request id several times
  id TEXT {key} NOT NULL,
  request_id TEXT {key} NOT NULL,
  at BIGINT NOT NULL,
  method TEXT NOT NULL,
  path TEXT NOT NULL,
  status BIGINT NOT NULL,
  code TEXT {key} NOT NULL,
  message TEXT NOT NULL,
  -- JSON: an array of {field, message}, in words of ours
  details TEXT NOT NULL,
  elapsed_us BIGINT NOT NULL,
  key_id TEXT {key},
  run_id TEXT {key},
  user_id TEXT,
  PRIMARY KEY (environment_id, id)
);
CREATE INDEX refused_request_request ON refused_request (environment_id, request_id, id);
-- What is too old goes, whosever it is.
CREATE INDEX refused_request_at ON refused_request (at);
