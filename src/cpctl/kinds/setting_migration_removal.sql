    -- Settings of this database that are in the file's scope, and not in the file.
    DECLARE
        surplus text;
    BEGIN
        FOR surplus IN
            SELECT lower(split_part(entry, '=', 1))
            FROM pg_db_role_setting AS s
            JOIN pg_database AS d ON d.oid = s.setdatabase AND d.datname = current_database(),
                unnest(s.setconfig) AS entry
            WHERE s.setrole = 0 AND strpos(split_part(entry, '=', 1), '.') > 0
        LOOP
            CONTINUE WHEN surplus = ANY (ARRAY[{kept}]::text[])
                OR split_part(surplus, '.', 1) = ANY (ARRAY[{extensions}])
                OR EXISTS (SELECT FROM pg_settings AS s WHERE lower(s.name) = surplus);
            IF {covered} THEN
                EXECUTE format('ALTER DATABASE %I RESET %s', current_database(),
                    (SELECT string_agg(quote_ident(part), '.' ORDER BY place)
                     FROM unnest(string_to_array(surplus, '.')) WITH ORDINALITY AS parts (part, place)));
            END IF;
        END LOOP;
    END;
