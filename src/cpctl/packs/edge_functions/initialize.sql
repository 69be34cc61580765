-- Looks, and writes nothing: whatever is missing is made by cpctl apply.
BEGIN
    RETURN QUERY
    SELECT 'extension ' || e.name, CASE WHEN x.extname IS NULL THEN 'missing' ELSE 'ok' END,
        coalesce('version ' || x.extversion, 'it is not in this database')
    FROM (VALUES ('pg_cron'::text), (@transport@)) AS e (name)
    LEFT JOIN pg_extension AS x ON x.extname = e.name;

    RETURN QUERY
    SELECT 'launcher'::text,
        CASE
            WHEN bool_or(a.backend_type = 'pg_cron launcher') THEN 'ok'
            WHEN bool_or(a.backend_type IS NULL) THEN 'unknown'
            ELSE 'missing'
        END,
        CASE
            WHEN bool_or(a.backend_type = 'pg_cron launcher') THEN 'pg_cron runs'
            WHEN bool_or(a.backend_type IS NULL) THEN current_user || ' may not see it (pg_read_all_stats)'
            ELSE 'no job runs: pg_cron is not in shared_preload_libraries, or has ended'
        END
    FROM pg_stat_get_activity(NULL) AS a;

    RETURN QUERY
    SELECT 'table ' || t.name, CASE WHEN c.oid IS NULL THEN 'missing' ELSE 'ok' END,
        format('%I.%I', @schema_name@, t.name)
    FROM unnest(ARRAY[
        'job_runs', 'sweeper_logs', 'monitoring_alerts', 'health_checks', 'metrics_data', 'cleanup_logs'
    ]) AS t (name)
    LEFT JOIN pg_class AS c ON c.oid = to_regclass(format('%I.%I', @schema_name@, t.name));

    RETURN QUERY
    WITH targets AS MATERIALIZED (
        SELECT f.name, t.*
        FROM @schema@.edge_functions() AS f
        CROSS JOIN LATERAL @schema@.edge_target(f.name) AS t
    )
    SELECT 'url ' || t.name,
        CASE WHEN t.url_trouble IS NULL THEN 'ok' WHEN t.url_trouble = 'is not set' THEN 'missing' ELSE 'error' END,
        concat_ws(' ', t.url_label, t.url_trouble)
    FROM targets AS t
    UNION ALL
    SELECT DISTINCT 'key',
        CASE WHEN t.key_trouble IS NULL THEN 'ok' WHEN t.key_trouble = 'is not set' THEN 'missing' ELSE 'error' END,
        concat_ws(' ', t.key_label, t.key_trouble)
    FROM targets AS t
    WHERE t.key_label IS NOT NULL;

    RETURN QUERY
    SELECT 'job ' || s.job_name, CASE WHEN s.active THEN 'ok' ELSE 'inactive' END,
        format('%s: %s', s.schedule, s.command)
    FROM @schema@.scheduler_jobs() AS s
    UNION ALL
    SELECT 'job ' || u.name,
        CASE WHEN j.active THEN 'ok' WHEN j.active IS NULL THEN 'missing' ELSE 'inactive' END,
        coalesce(j.schedule || ': ' || j.command, 'it is not in cron.job')
    FROM unnest(@upkeep@) AS u (name)
    LEFT JOIN cron.job AS j ON j.jobname = u.name AND j.username = current_user
    UNION ALL
    SELECT 'job for ' || f.name, 'missing', format('no job calls %s()', f.trigger_name)
    FROM @schema@.edge_functions() AS f
    WHERE NOT EXISTS (SELECT FROM @schema@.scheduler_jobs() AS s WHERE s.function_name = f.name);
END
