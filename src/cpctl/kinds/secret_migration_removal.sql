    -- Entries of {table} that are in the file's scope, and not in the file, or not there.
    IF coalesce(has_schema_privilege(to_regnamespace('{schema}'), 'USAGE'), false) THEN
        IF to_regclass('{table}') IS NOT NULL THEN
            DELETE FROM {table} AS s
            WHERE {covered}
              AND s.name <> ALL (ARRAY[{kept}]::text[]);
        END IF;
    END IF;
