-- Of each function the oldest failed run whose failure may pass, and whose backoff is over. Not one
-- that a later success has made needless, nor that of a job that was paused or removed since.
BEGIN
    RETURN QUERY
    SELECT due.id, f.name, f.timeout_ms
    FROM @schema@.edge_functions() AS f
    LEFT JOIN LATERAL (
        SELECT s.started_at
        FROM @schema@.job_runs AS s
        WHERE s.metadata ->> 'function' = f.name AND s.status = 'succeeded'
            AND s.started_at > clock_timestamp() - interval '2 days'
        ORDER BY s.started_at DESC
        LIMIT 1
    ) AS success ON true
    CROSS JOIN LATERAL (
        SELECT r.id, r.completed_at
        FROM @schema@.job_runs AS r
        CROSS JOIN LATERAL (
            SELECT coalesce((r.metadata ->> 'attempt')::integer, 0) AS number
        ) AS attempt
        WHERE r.metadata ->> 'function' = f.name AND r.status = 'failed'
            AND r.started_at > coalesce(success.started_at, '-infinity')
            AND r.completed_at > clock_timestamp() - interval '1 day'
            AND r.completed_at <= clock_timestamp()
                - least(interval '1 hour', interval '@backoff_ms@ milliseconds' * 2 ^ least(attempt.number, 10))
            AND attempt.number < f.retries
            AND NOT r.metadata ? 'retried_by'
            AND (r.error_code IN ('timeout', 'unreachable', 'reset', 'dns', 'stale', 'http_429')
                OR r.error_code ~ '^http_5\d\d$')
            AND (r.job_id IS NULL OR EXISTS (
                SELECT FROM cron.job AS j WHERE j.jobid = r.job_id AND j.active
            ))
        ORDER BY r.completed_at, r.id
        LIMIT 1
    ) AS due
    WHERE NOT EXISTS (
        SELECT FROM @schema@.job_runs AS w
        WHERE w.status = 'running' AND w.metadata ->> 'function' = f.name
    )
    ORDER BY due.completed_at, due.id;
END
