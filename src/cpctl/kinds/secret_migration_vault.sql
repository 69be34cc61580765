    -- In Supabase Vault. An entry that is there keeps its id, and a description that is not cpctl's.
    DECLARE
        wanted record;
        present record;
    BEGIN
        FOR wanted IN
            SELECT * FROM (VALUES
{rows}
            ) AS declared (name, value, description)
        LOOP
            SELECT s.id, s.decrypted_secret AS value, coalesce(s.description, '') AS description INTO present
            FROM vault.decrypted_secrets AS s WHERE s.name = wanted.name;
            IF present.id IS NULL THEN
                PERFORM vault.create_secret(wanted.value, wanted.name, wanted.description);
            ELSIF present.value IS NOT DISTINCT FROM wanted.value THEN
                NULL;
            ELSIF present.description = '' OR starts_with(present.description, {mark}) THEN
                PERFORM vault.update_secret(present.id, wanted.value, NULL, wanted.description);
            ELSE
                PERFORM vault.update_secret(present.id, wanted.value);
            END IF;
        END LOOP;
    END;
