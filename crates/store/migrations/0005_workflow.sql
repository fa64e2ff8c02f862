-- Workflow definitions: versions are immutable once written.
CREATE TABLE workflow (
  environment_id TEXT {key} NOT NULL,
  id TEXT {key} NOT NULL,
  name TEXT NOT NULL,
  published_version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (environment_id, id)
);
CREATE TABLE workflow_version (
  environment_id TEXT {key} NOT NULL,
  workflow_id TEXT {key} NOT NULL,
  version BIGINT NOT NULL,
  definition TEXT NOT NULL,
  published_at BIGINT NOT NULL,
  PRIMARY KEY (environment_id, workflow_id, version)
);
