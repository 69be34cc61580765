BEGIN
    RETURN QUERY
    SELECT s.job_name,
        CASE
            WHEN NOT s.active THEN 'inactive'
            WHEN s.alerted OR s.last_status = 'failed' THEN 'unhealthy'
            ELSE 'healthy'
        END,
        s.last_run, s.next_run, s.failed,
        round(100.0 * (s.finished - s.failed) / nullif(s.finished, 0), 1)
    FROM @schema@.scheduler_jobs() AS s
    ORDER BY s.job_name;
END
