-- pg_net keeps an answer for some hours, under a number that starts again after a crash.
DECLARE
    sent record;
    names text[] := '{}';
BEGIN
    IF to_regclass('net._http_response') IS NULL THEN
        RETURN names;
    END IF;
    FOR sent IN
        SELECT r.id AS run_id, r.metadata ->> 'function' AS name, a.status_code, a.content_type,
               a.content, a.timed_out, a.error_msg, a.created
        FROM @schema@.job_runs AS r
        JOIN net._http_response AS a
            ON a.id = (r.metadata ->> 'request_id')::bigint AND a.created >= r.started_at
        WHERE r.status = 'running'
        ORDER BY r.id
        FOR UPDATE OF r SKIP LOCKED
    LOOP
        PERFORM @schema@.finish_edge_run(
            sent.run_id, sent.status_code, sent.content_type,
            @schema@.edge_without_key(
                CASE
                    WHEN octet_length(sent.content) <= 1048576 THEN sent.content
                    ELSE left(sent.content, 5000)
                END,
                (SELECT t.key FROM @schema@.edge_functions() AS f, @schema@.edge_target(f.name) AS t
                WHERE f.name = sent.name)
            ),
            CASE
                WHEN sent.timed_out THEN 'timeout'
                WHEN sent.status_code IS NULL OR sent.error_msg IS NOT NULL
                    THEN @schema@.edge_error_code(coalesce(sent.error_msg, ''))
                WHEN octet_length(sent.content) > 1048576
                    AND sent.status_code BETWEEN 200 AND 299 THEN 'too_large'
            END,
            CASE
                WHEN octet_length(sent.content) > 1048576 AND sent.error_msg IS NULL
                    THEN format('the answer has %s bytes; more than 1048576 are not kept',
                        octet_length(sent.content))
                ELSE coalesce(sent.error_msg, CASE WHEN sent.timed_out THEN 'timed out' END,
                    'pg_net tells neither a status nor an error')
            END,
            sent.created
        );
        names := names || sent.name;
    END LOOP;
    RETURN names;
END
