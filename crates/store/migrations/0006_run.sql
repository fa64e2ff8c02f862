-- The subject of runs: one row per (environment, workflow, user). Its lock guards all rows of its runs.
CREATE TABLE subject (
  environment_id TEXT {key} NOT NULL,
  workflow_id TEXT {key} NOT NULL,
  user_id TEXT {key} NOT NULL,
  run_id TEXT {key} NOT NULL,
  outbox_n BIGINT NOT NULL,
  outbox_at BIGINT NOT NULL,
  PRIMARY KEY (environment_id, workflow_id, user_id)
);

-- People who came through a workflow. Profiles from telemetry are other tables.
CREATE TABLE end_user (
  environment_id TEXT {key} NOT NULL,
  id TEXT {key} NOT NULL,
  user_id TEXT {key} NOT NULL,
  email TEXT NOT NULL,
  admitted_at BIGINT,
  -- Which place the user took: 1, 2, 3 … in each environment, so that the last one is how many are taken. Whoever counts
  -- gives it, not whoever admits: while no limit is set nobody counts, and signups of one environment go side by side.
  place BIGINT,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (environment_id, id)
);
CREATE UNIQUE INDEX end_user_user_id ON end_user (environment_id, user_id);
CREATE UNIQUE INDEX end_user_place ON end_user (environment_id, place) WHERE place IS NOT NULL;
CREATE INDEX end_user_placeless ON end_user (environment_id, id) WHERE admitted_at IS NOT NULL AND place IS NULL;

-- One run; what lists search by stands in columns, the rest in the document.
CREATE TABLE run (
  environment_id TEXT {key} NOT NULL,
  -- unique in all environments, and random: each index on it costs the page of a neighbour nobody else writes
  id TEXT {key} PRIMARY KEY,
  workflow_id TEXT {key} NOT NULL,
  version BIGINT NOT NULL,
  user_id TEXT {key} NOT NULL,
  end_user_id TEXT {key} NOT NULL,
  search TEXT NOT NULL,
  kind TEXT NOT NULL,
  state TEXT {key} NOT NULL,
  waiting_for TEXT {key},
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  document TEXT NOT NULL
);
-- with what lists search by: a search reads this index alone
CREATE INDEX run_created ON run (environment_id, created_at, id, search);
-- the runs of one person, the newest of them first
CREATE INDEX run_user ON run (environment_id, user_id, created_at, id);
CREATE INDEX run_state ON run (environment_id, state, waiting_for, created_at, id);

-- The platform's side of an account, made with its run.
CREATE TABLE tenant (
  environment_id TEXT {key} NOT NULL,
  id TEXT {key} NOT NULL,
  run_id TEXT {key} NOT NULL,
  account_name TEXT NOT NULL,
  plan_id TEXT NOT NULL,
  plan_name TEXT NOT NULL,
  role_id TEXT NOT NULL,
  role_name TEXT NOT NULL,
  builder_tenant_id TEXT {key},
  builder_tenant_name TEXT,
  created_at BIGINT NOT NULL,
  acked_at BIGINT,
  PRIMARY KEY (environment_id, id)
);

-- Idempotency-Key of the trigger: kept for a day.
CREATE TABLE idempotency (
  environment_id TEXT {key} NOT NULL,
  path TEXT {key} NOT NULL,
  key TEXT {key} NOT NULL,
  body_hash TEXT NOT NULL,
  run_id TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (environment_id, path, key)
);
CREATE INDEX idempotency_created ON idempotency (created_at);
