    -- Settings of this database, for sessions and runs that begin after the commit.
    DECLARE
        wanted record;
        present text;
    BEGIN
        FOR wanted IN
            SELECT * FROM (VALUES
{rows}
            ) AS declared (name, value)
        LOOP
            SELECT substr(entry, strpos(entry, '=') + 1) INTO present
            FROM pg_db_role_setting AS s
            JOIN pg_database AS d ON d.oid = s.setdatabase AND d.datname = current_database(),
                unnest(s.setconfig) AS entry
            WHERE s.setrole = 0 AND lower(split_part(entry, '=', 1)) = wanted.name;
            IF wanted.value IS NULL AND present IS NOT NULL THEN
                EXECUTE format('ALTER DATABASE %I RESET %I.%I', current_database(),
                    split_part(wanted.name, '.', 1), split_part(wanted.name, '.', 2));
            ELSIF wanted.value IS DISTINCT FROM present THEN
                EXECUTE format('ALTER DATABASE %I SET %I.%I TO %L', current_database(),
                    split_part(wanted.name, '.', 1), split_part(wanted.name, '.', 2), wanted.value);
            END IF;
        END LOOP;
    END;
