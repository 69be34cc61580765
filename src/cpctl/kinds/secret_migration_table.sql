    -- In the table that cpctl.secret(name) reads for jobs.
    DECLARE
        wanted record;
        present text;
    BEGIN
        FOR wanted IN
            SELECT * FROM (VALUES
{rows}
            ) AS declared (name, value, verifier)
        LOOP
            SELECT s.value INTO present FROM cpctl.secrets AS s WHERE s.name = wanted.name;
            IF present IS NULL THEN
                INSERT INTO cpctl.secrets (name, value, verifier)
                VALUES (wanted.name, wanted.value, wanted.verifier);
            ELSIF present <> wanted.value THEN
                UPDATE cpctl.secrets AS s
                SET value = wanted.value, verifier = wanted.verifier, updated_at = DEFAULT
                WHERE s.name = wanted.name;
            END IF;
        END LOOP;
    END;
