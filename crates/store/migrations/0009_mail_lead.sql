-- Mails as they were written, and what became of each. `fate` is inside, waiting, sent or undelivered; the rest says
-- more: an attempt under way, when the next one is due, whether the server refused for good.
CREATE TABLE mail (
  environment_id TEXT {key} NOT NULL,
  id TEXT {key} NOT NULL,
  run_id TEXT {key} NOT NULL,
  template TEXT NOT NULL,
  sender_name TEXT NOT NULL,
  sender_address TEXT NOT NULL,
  reply_to TEXT,
  recipient TEXT NOT NULL,
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  html TEXT,
  -- what the logo in the HTML is; its bytes are in `logo` while they are kept
  logo TEXT,
  -- the same over all attempts; another one when an operator sends it again
  message_id TEXT NOT NULL,
  fate TEXT {key} NOT NULL,
  under_way BOOLEAN NOT NULL,
  retry_at BIGINT,
  sent_at BIGINT,
  refused BOOLEAN NOT NULL,
  attempts BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (environment_id, id)
);
CREATE INDEX mail_run ON mail (environment_id, run_id);
CREATE INDEX mail_fate ON mail (environment_id, fate, id);
-- with what lists search by: a search reads no body before it matches
CREATE INDEX mail_search ON mail (environment_id, id, recipient, subject, run_id);

-- Every conversation with the mail server. Written before it begins: one without an end is of a process that died.
CREATE TABLE mail_attempt (
  environment_id TEXT {key} NOT NULL,
  mail_id TEXT {key} NOT NULL,
  n BIGINT NOT NULL,
  server TEXT NOT NULL,
  message_id TEXT NOT NULL,
  started_at BIGINT NOT NULL,
  elapsed_us BIGINT,
  taken BOOLEAN NOT NULL,
  answer TEXT,
  retry_at BIGINT,
  PRIMARY KEY (environment_id, mail_id, n)
);

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
