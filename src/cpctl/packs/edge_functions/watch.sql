-- Two failed runs in a row raise one alert, and the next success resolves it.
DECLARE
    failures bigint;
    last record;
BEGIN
    SELECT count(*) INTO failures
    FROM (
        SELECT bool_or(n.status = 'succeeded') OVER (ORDER BY n.started_at DESC, n.id DESC) AS past
        FROM (
            SELECT r.id, r.status, r.started_at
            FROM @schema@.job_runs AS r
            WHERE r.metadata ->> 'function' = function_name AND r.status <> 'running'
            ORDER BY r.started_at DESC, r.id DESC
            LIMIT 100
        ) AS n
    ) AS seen
    WHERE NOT seen.past;
    IF failures = 0 THEN
        UPDATE @schema@.monitoring_alerts AS a
        SET status = 'resolved', resolved_at = clock_timestamp()
        WHERE a.failing_function = function_name AND a.status <> 'resolved';
    ELSIF failures > 1 THEN
        SELECT r.* INTO last
        FROM @schema@.job_runs AS r
        WHERE r.metadata ->> 'function' = function_name AND r.status = 'failed'
        ORDER BY r.started_at DESC, r.id DESC
        LIMIT 1;
        INSERT INTO @schema@.monitoring_alerts AS a
            (alert_type, severity, message, status, failing_function, metadata)
        VALUES (
            'job_failure',
            CASE WHEN failures < 5 THEN 'warning' ELSE 'critical' END,
            format('%s failed %s times in a row; last: %s', function_name, failures, last.error_message),
            'open',
            function_name,
            jsonb_build_object(
                'trigger_type', last.metadata -> 'trigger_type', 'function', function_name,
                'component', function_name, 'run_id', last.id, 'error_code', last.error_code,
                'failures', failures
            )
        )
        ON CONFLICT (failing_function) WHERE status <> 'resolved'
        DO UPDATE SET severity = excluded.severity, message = excluded.message,
            metadata = excluded.metadata;
    END IF;
END
