-- Links to a run's hosted pages (continue, return); only the token's hash is kept.
CREATE TABLE run_link (
  environment_id TEXT {key} NOT NULL,
  token_hash TEXT {key} NOT NULL,
  run_id TEXT {key} NOT NULL,
  page TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  -- when housekeeping next asks whether the run still needs it
  keep_until BIGINT NOT NULL,
  first_visit_at BIGINT,
  PRIMARY KEY (environment_id, token_hash)
);
CREATE INDEX run_link_run ON run_link (environment_id, run_id);
CREATE INDEX run_link_keep ON run_link (keep_until);

-- One-time codes of the last redirect: one use, sixty seconds.
CREATE TABLE auth_otp (
  code_hash TEXT {key} PRIMARY KEY,
  environment_id TEXT {key} NOT NULL,
  run_id TEXT {key} NOT NULL,
  created_at BIGINT NOT NULL,
  used_at BIGINT
);
CREATE INDEX auth_otp_created ON auth_otp (created_at);

-- When a builder's onboarding page first exchanged a code: it stays when the codes are forgotten.
CREATE TABLE first_exchange (
  environment_id TEXT {key} PRIMARY KEY,
  at BIGINT NOT NULL
);
