-- Failed runs whose failure may pass, oldest first. Not those that a later success has made
-- needless, nor those of a job that somebody has paused or removed since.
BEGIN
    RETURN QUERY
    SELECT r.id, f.name, f.timeout_ms
    FROM @schema@.job_runs AS r
    JOIN @schema@.edge_functions() AS f ON f.name = r.metadata ->> 'function'
    CROSS JOIN LATERAL (SELECT coalesce((r.metadata ->> 'attempt')::integer, 0) AS number) AS attempt
    WHERE r.status = 'failed'
        AND r.completed_at > clock_timestamp() - interval '1 day'
        AND (r.error_code IN ('timeout', 'unreachable', 'reset', 'dns', 'stale', 'http_429')
            OR r.error_code ~ '^http_5\d\d$')
        AND NOT r.metadata ? 'retried_by'
        AND attempt.number < f.retries
        AND r.completed_at <= clock_timestamp()
            - least(interval '1 hour', interval '30 seconds' * 2 ^ least(attempt.number, 10))
        AND NOT EXISTS (
            SELECT FROM @schema@.job_runs AS l
            WHERE l.metadata ->> 'function' = f.name
                AND (l.status = 'running' OR l.status = 'succeeded' AND l.started_at > r.started_at)
        )
        AND (r.job_id IS NULL OR EXISTS (
            SELECT FROM cron.job AS j WHERE j.jobid = r.job_id AND j.active
        ))
    ORDER BY r.completed_at, r.id;
END
