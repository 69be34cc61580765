-- Readable by its owner only, whatever the default privileges are; jobs read it through the function.
DO $setup$
DECLARE
    grantee name;
BEGIN
    IF to_regnamespace('cpctl') IS NULL THEN
        CREATE SCHEMA cpctl;
        COMMENT ON SCHEMA cpctl IS 'cpctl secrets';
    END IF;
    IF to_regclass('cpctl.secrets') IS NULL THEN
        CREATE TABLE cpctl.secrets (
            name text PRIMARY KEY,
            value text NOT NULL,
            verifier text NOT NULL,
            updated_at timestamptz NOT NULL DEFAULT now()
        );
        COMMENT ON TABLE cpctl.secrets IS 'values that cpctl keeps for jobs: cpctl.secret(name)';
        REVOKE ALL ON TABLE cpctl.secrets FROM PUBLIC;
        FOR grantee IN
            SELECT DISTINCT r.rolname
            FROM pg_class c, aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee
            WHERE c.oid = 'cpctl.secrets'::regclass AND a.grantee <> c.relowner
        LOOP
            EXECUTE format('REVOKE ALL ON TABLE cpctl.secrets FROM %I', grantee);
        END LOOP;
    END IF;
    IF to_regprocedure('cpctl.secret(text)') IS NULL THEN
        CREATE FUNCTION cpctl.secret(name text) RETURNS text
            LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
            AS 'SELECT s.value FROM cpctl.secrets s WHERE s.name = $1';
        REVOKE ALL ON FUNCTION cpctl.secret(text) FROM PUBLIC;
        FOR grantee IN
            SELECT DISTINCT r.rolname
            FROM pg_proc p, aclexplode(p.proacl) a JOIN pg_roles r ON r.oid = a.grantee
            WHERE p.oid = 'cpctl.secret(text)'::regprocedure AND a.grantee <> p.proowner
        LOOP
            EXECUTE format('REVOKE ALL ON FUNCTION cpctl.secret(text) FROM %I', grantee);
        END LOOP;
    END IF;
END
$setup$
