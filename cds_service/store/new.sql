BEGIN IMMEDIATE;
CREATE TABLE alembic_version (
  version_num VARCHAR(32) NOT NULL,
  CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE card (
  uuid VARCHAR(64) NOT NULL,
  tenant VARCHAR(100) NOT NULL,
  service VARCHAR(100) NOT NULL,
  rule VARCHAR(100) NOT NULL,
  also_rules TEXT NOT NULL,
  agents TEXT NOT NULL,
  indicator VARCHAR(20) NOT NULL,
  knowledge VARCHAR(100) NOT NULL,
  day VARCHAR(10) NOT NULL,
  PRIMARY KEY (uuid, tenant)
);
CREATE TABLE feedback (
  "key" VARCHAR(64) NOT NULL,
  tenant VARCHAR(100) NOT NULL,
  service VARCHAR(100) NOT NULL,
  card VARCHAR(256) NOT NULL,
  outcome VARCHAR(20) NOT NULL,
  suggestions TEXT NOT NULL,
  reason_system TEXT NOT NULL,
  reason_code TEXT NOT NULL,
  reason_display TEXT NOT NULL,
  comment TEXT NOT NULL,
  outcome_at DATETIME NOT NULL,
  received_at DATETIME NOT NULL,
  PRIMARY KEY ("key", tenant)
);
CREATE TABLE used_token (
  issuer VARCHAR(500) NOT NULL,
  nonce VARCHAR(256) NOT NULL,
  good_until FLOAT NOT NULL,
  PRIMARY KEY (issuer, nonce)
);
CREATE INDEX card_by_rule ON card (tenant, rule, day);
CREATE INDEX feedback_by_card ON feedback (tenant, card);
CREATE INDEX used_token_by_time ON used_token (good_until);
COMMIT;
