DECLARE
    horizon timestamptz := now() - keep;
    counts jsonb := '{}';
    removed bigint;
    log text;
BEGIN
    IF keep IS NULL OR keep <= interval '0' THEN
        RAISE EXCEPTION 'remove_old_runs keeps the runs of a time above zero, not of %', keep
            USING ERRCODE = '22023';
    END IF;
    DELETE FROM @schema@.job_runs AS r WHERE r.started_at < horizon AND r.status <> 'running';
    GET DIAGNOSTICS removed = ROW_COUNT;
    counts := counts || jsonb_build_object('job_runs', removed);
    DELETE FROM cron.job_run_details AS d
    WHERE d.username = current_user AND coalesce(d.end_time, d.start_time) < horizon;
    GET DIAGNOSTICS removed = ROW_COUNT;
    counts := counts || jsonb_build_object('job_run_details', removed);
    DELETE FROM @schema@.monitoring_alerts AS a
    WHERE a."timestamp" < horizon AND a.status IS DISTINCT FROM 'open'
        AND (a.failing_function IS NULL OR a.status = 'resolved');
    GET DIAGNOSTICS removed = ROW_COUNT;
    counts := counts || jsonb_build_object('monitoring_alerts', removed);
    FOREACH log IN ARRAY ARRAY['sweeper_logs', 'health_checks', 'metrics_data', 'cleanup_logs'] LOOP
        EXECUTE format('DELETE FROM %I.%I WHERE "timestamp" < $1', @schema_name@, log) USING horizon;
        GET DIAGNOSTICS removed = ROW_COUNT;
        counts := counts || jsonb_build_object(log, removed);
    END LOOP;
    RETURN counts;
END
