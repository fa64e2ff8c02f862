-- Work that must happen, once somebody has the lease. Timers are jobs that are due later.
CREATE TABLE job (
  id TEXT {key} PRIMARY KEY,
  environment_id TEXT {key} NOT NULL,
  kind TEXT NOT NULL,
  correlation TEXT {key} NOT NULL,
  payload TEXT NOT NULL,
  due_at BIGINT NOT NULL,
  leased_until BIGINT NOT NULL,
  fence BIGINT NOT NULL,
  faults BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX job_due ON job (due_at);
CREATE INDEX job_lease ON job (leased_until, due_at);
CREATE INDEX job_correlation ON job (environment_id, correlation);

-- Jobs that kept failing by a fault of ours; nothing is dropped silently.
CREATE TABLE job_parked (
  id TEXT {key} PRIMARY KEY,
  environment_id TEXT {key} NOT NULL,
  kind TEXT NOT NULL,
  correlation TEXT NOT NULL,
  payload TEXT NOT NULL,
  reason TEXT NOT NULL,
  parked_at BIGINT NOT NULL
);
