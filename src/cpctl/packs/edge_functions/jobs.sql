-- pg_cron calls a run succeeded that got HTTP 500. So the runs of a job that triggers a function
-- are those of job_runs, and pg_cron's own only where it says that they failed.
BEGIN
    RETURN QUERY
    WITH mine AS MATERIALIZED (
        SELECT j.jobid, j.jobname::text AS name, j.schedule, j.command, j.active, f.name AS function
        FROM cron.job AS j
        LEFT JOIN LATERAL (
            SELECT e.name
            FROM @schema@.edge_functions() AS e
            WHERE j.command ~ ('\m' || e.trigger_name || '"?\s*\(')
            ORDER BY e.name
            LIMIT 1
        ) AS f ON true
        WHERE j.username = current_user AND j.jobname IS NOT NULL AND (@jobs@)
            AND j.jobname::text <> ALL (@upkeep@)
    ), runs AS MATERIALIZED (
        SELECT m.jobid, r.started_at AS began, r.status
        FROM mine AS m
        CROSS JOIN LATERAL (
            SELECT h.started_at, h.status
            FROM @schema@.job_runs AS h
            WHERE h.metadata ->> 'function' = m.function
                AND (h.job_id = m.jobid OR h.job_id IS NULL)
            ORDER BY h.started_at DESC
            LIMIT 100
        ) AS r
        UNION ALL
        SELECT m.jobid, coalesce(d.start_time, d.end_time), d.status
        FROM cron.job_run_details AS d
        JOIN mine AS m USING (jobid)
        WHERE d.runid > (SELECT max(l.runid) FROM cron.job_run_details AS l) - 10000
            AND (d.status = 'failed' OR m.function IS NULL)
    ), counted AS (
        SELECT r.jobid, max(r.began) AS last_run,
            (array_agg(r.status ORDER BY r.began DESC)
                FILTER (WHERE r.status IN ('succeeded', 'failed')))[1] AS last_status,
            count(*) FILTER (WHERE r.status IN ('succeeded', 'failed')
                AND r.began > now() - interval '7 days') AS finished,
            count(*) FILTER (WHERE r.status = 'failed'
                AND r.began > now() - interval '7 days') AS failed
        FROM runs AS r
        GROUP BY r.jobid
    )
    SELECT m.jobid, m.name, m.schedule, m.command, m.active, m.function, c.last_run, c.last_status,
        coalesce(c.finished, 0), coalesce(c.failed, 0),
        EXISTS (
            SELECT FROM @schema@.monitoring_alerts AS a
            WHERE a.failing_function = m.function AND a.status <> 'resolved'
        ),
        CASE WHEN m.active THEN @schema@.next_cron_run(m.schedule, now()) END
    FROM mine AS m
    LEFT JOIN counted AS c USING (jobid)
    ORDER BY m.name;
END
