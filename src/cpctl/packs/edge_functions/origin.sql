-- pg_cron's backends: by name in libpq mode, by type as background workers. The run's row is
-- sought among the newest only, because its table has no other index than the runid's.
BEGIN
    trigger_type := 'manual';
    IF current_setting('application_name') <> 'pg_cron' AND NOT EXISTS (
        SELECT FROM pg_stat_get_activity(pg_backend_pid()) AS a WHERE a.backend_type = 'pg_cron'
    ) THEN
        RETURN NEXT;
        RETURN;
    END IF;
    trigger_type := 'scheduled';
    BEGIN
        SELECT d.jobid, d.runid INTO job_id, runid
        FROM cron.job_run_details AS d
        WHERE d.runid > (SELECT max(l.runid) FROM cron.job_run_details AS l) - 1000
            AND d.job_pid = pg_backend_pid() AND d.end_time IS NULL
        ORDER BY d.runid DESC
        LIMIT 1;
        IF NOT FOUND THEN
            SELECT min(j.jobid) INTO job_id
            FROM cron.job AS j
            WHERE j.username = session_user AND j.active
                AND j.command ~ ('\m' || trigger_name || '"?\s*\(')
            HAVING count(*) = 1;
        END IF;
    EXCEPTION WHEN OTHERS THEN
        NULL;  -- whoever may not look there is told nothing, and the run goes on
    END;
    RETURN NEXT;
END
