-- The comment tells a cpctl that may not read the tables which format they have. IF NOT EXISTS: another
-- apply may have made it while this one waited for the lock.
-- statement
DO $$ BEGIN
    -- CREATE SCHEMA IF NOT EXISTS asks for CREATE on the database even where the schema is there.
    IF to_regnamespace('cpctl') IS NULL THEN CREATE SCHEMA cpctl; END IF;
END $$
-- statement
COMMENT ON SCHEMA cpctl IS 'cpctl ledger, format 1'
-- statement
CREATE TABLE IF NOT EXISTS cpctl.applies (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    started timestamptz NOT NULL DEFAULT transaction_timestamp(),
    finished timestamptz,
    outcome text CHECK (outcome IN ('applied', 'partly', 'undone', 'died')),
    committed boolean NOT NULL DEFAULT false,
    role text NOT NULL DEFAULT session_user,
    os_user text NOT NULL,
    job text NOT NULL,
    url text NOT NULL,
    revision text NOT NULL,
    version text NOT NULL,
    files text[] NOT NULL,
    undoes bigint,
    created int NOT NULL,
    updated int NOT NULL,
    deleted int NOT NULL,
    left_behind text[] NOT NULL DEFAULT '{}',
    changes text NOT NULL
)
-- statement
CREATE INDEX IF NOT EXISTS applies_of_a_file ON cpctl.applies (name, number)
-- statement
CREATE INDEX IF NOT EXISTS applies_not_finished ON cpctl.applies (number) WHERE outcome IS NULL
-- statement
CREATE TABLE IF NOT EXISTS cpctl.files (
    name text PRIMARY KEY,
    apply bigint NOT NULL REFERENCES cpctl.applies,
    scope text NOT NULL,
    owners text[] NOT NULL,
    resources text NOT NULL,
    state bytea NOT NULL
)
-- Megabytes for a large file: compressing them takes longer than writing them.
-- statement
ALTER TABLE cpctl.applies ALTER COLUMN changes SET STORAGE EXTERNAL
-- statement
ALTER TABLE cpctl.files ALTER COLUMN resources SET STORAGE EXTERNAL, ALTER COLUMN state SET STORAGE EXTERNAL
