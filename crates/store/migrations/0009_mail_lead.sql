-- Mails as they were written; sending them is another matter.
CREATE TABLE mail (
  environment_id TEXT {key} NOT NULL,
  id TEXT {key} NOT NULL,
  run_id TEXT {key} NOT NULL,
  template TEXT NOT NULL,
  recipient TEXT NOT NULL,
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (environment_id, id)
);
CREATE INDEX mail_run ON mail (environment_id, run_id);

-- Leads of the built-in CRM: one per run that got past its acknowledgement.
CREATE TABLE lead (
  environment_id TEXT {key} NOT NULL,
  id TEXT {key} NOT NULL,
  run_id TEXT {key} NOT NULL,
  end_user_id TEXT {key} NOT NULL,
  tenant_id TEXT {key} NOT NULL,
  email TEXT NOT NULL,
  account_name TEXT NOT NULL,
  plan_name TEXT NOT NULL,
  role_name TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (environment_id, id)
);
CREATE UNIQUE INDEX lead_run ON lead (environment_id, run_id);
