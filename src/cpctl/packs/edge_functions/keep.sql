-- What fits a column goes there, and all else into metadata: an odd answer fails no run. An entry
-- that fills no column is no line of this log.
DECLARE
    log text := (
        SELECT format('%I.%I', @schema_name@, f.log_table)
        FROM @schema@.edge_functions() AS f
        WHERE f.name = function_name AND f.log_table IS NOT NULL
    );
    known text[];
    entry jsonb;
    fitting jsonb;
    loose jsonb;
    lines integer := 0;
    refused integer := 0;
BEGIN
    IF log IS NULL THEN
        RETURN '{}';
    END IF;
    SELECT array_agg(a.attname::text) INTO known
    FROM pg_attribute AS a
    WHERE a.attrelid = log::regclass AND a.attnum > 0 AND NOT a.attisdropped
        AND a.attidentity = '' AND a.attname NOT IN ('metadata', 'failing_function');
    FOR entry IN SELECT e FROM @schema@.edge_log_entries(answer) AS e LIMIT 1000 LOOP
        SELECT coalesce(jsonb_object_agg(p.key, p.value), '{}') INTO fitting
        FROM jsonb_each(entry) AS p
        WHERE p.key = ANY (known) AND p.value <> 'null';
        IF NOT @schema@.edge_entry_fits(log, fitting) THEN
            SELECT coalesce(jsonb_object_agg(p.key, p.value), '{}') INTO fitting
            FROM jsonb_each(fitting) AS p
            WHERE @schema@.edge_entry_fits(log, jsonb_build_object(p.key, p.value));
        END IF;
        CONTINUE WHEN fitting - 'timestamp' = '{}';
        loose := entry - ARRAY(SELECT jsonb_object_keys(fitting));
        IF jsonb_typeof(entry -> 'metadata') = 'object' THEN
            loose := (loose - 'metadata') || (entry -> 'metadata');
        END IF;
        BEGIN
            EXECUTE format(
                'INSERT INTO %1$s (metadata, %2$s) '
                'SELECT $1, %2$s FROM jsonb_populate_record(NULL::%1$s, $2)',
                log, (SELECT string_agg(format('%I', k), ', ') FROM jsonb_object_keys(fitting) AS k)
            ) USING loose || stamp, fitting;
            lines := lines + 1;
        EXCEPTION WHEN OTHERS THEN
            refused := refused + 1;
        END;
    END LOOP;
    RETURN jsonb_strip_nulls(jsonb_build_object(
        'log_lines', lines, 'log_lines_refused', nullif(refused, 0)
    ));
END
