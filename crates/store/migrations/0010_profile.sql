-- People, accounts and who belongs to which, as the journal's events tell it. One writer, the consumer
-- "profiles"; `rebuild profiles` empties these four tables and nothing else. Tables that use cases write
-- (end_user, tenant, lead) are others.
CREATE TABLE profile_user (
  environment_id TEXT {key} NOT NULL,
  user_id TEXT {key} NOT NULL,
  first_seen_at BIGINT NOT NULL,
  last_seen_at BIGINT NOT NULL,
  identified_at BIGINT,
  registered_at BIGINT,
  -- what the rest says, for lists
  created_at BIGINT,
  email TEXT,
  name TEXT,
  -- {"key": [value, [micros, sequence]]}, keys sorted
  traits TEXT NOT NULL,
  enriched TEXT NOT NULL,
  -- In lower case and cut: what names the row in a list (address, else name, else id), and the name. A search for the
  -- beginning of either is a range.
  title_key TEXT {key} NOT NULL,
  name_key TEXT {key} NOT NULL,
  PRIMARY KEY (environment_id, user_id)
);
-- the orders of the list
CREATE INDEX profile_user_first_seen ON profile_user (environment_id, first_seen_at, user_id);
CREATE INDEX profile_user_last_seen ON profile_user (environment_id, last_seen_at, user_id);
CREATE INDEX profile_user_title ON profile_user (environment_id, title_key, user_id);
CREATE INDEX profile_user_name ON profile_user (environment_id, name_key, user_id);

CREATE TABLE profile_account (
  environment_id TEXT {key} NOT NULL,
  account_id TEXT {key} NOT NULL,
  first_seen_at BIGINT NOT NULL,
  last_seen_at BIGINT NOT NULL,
  identified_at BIGINT,
  registered_at BIGINT,
  created_at BIGINT,
  name TEXT,
  domain TEXT,
  plan TEXT,
  traits TEXT NOT NULL,
  enriched TEXT NOT NULL,
  title_key TEXT {key} NOT NULL,
  -- how many people belong to it now
  members BIGINT NOT NULL,
  PRIMARY KEY (environment_id, account_id)
);
CREATE INDEX profile_account_first_seen ON profile_account (environment_id, first_seen_at, account_id);
CREATE INDEX profile_account_last_seen ON profile_account (environment_id, last_seen_at, account_id);
CREATE INDEX profile_account_title ON profile_account (environment_id, title_key, account_id);
CREATE INDEX profile_account_members ON profile_account (environment_id, members, account_id);

-- Another id of an account: the platform's, once the acknowledgement told the builder's.
CREATE TABLE profile_alias (
  environment_id TEXT {key} NOT NULL,
  alias_id TEXT {key} NOT NULL,
  account_id TEXT {key} NOT NULL,
  PRIMARY KEY (environment_id, alias_id)
);
CREATE INDEX profile_alias_account ON profile_alias (environment_id, account_id, alias_id);

CREATE TABLE profile_membership (
  environment_id TEXT {key} NOT NULL,
  account_id TEXT {key} NOT NULL,
  user_id TEXT {key} NOT NULL,
  joined_at BIGINT,
  active BOOLEAN NOT NULL,
  active_at BIGINT NOT NULL,
  active_sequence BIGINT NOT NULL,
  role TEXT,
  role_at BIGINT,
  role_sequence BIGINT,
  PRIMARY KEY (environment_id, account_id, user_id)
);
CREATE INDEX profile_membership_user ON profile_membership (environment_id, user_id, account_id);
