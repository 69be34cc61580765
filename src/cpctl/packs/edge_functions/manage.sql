BEGIN
    RETURN QUERY
    SELECT s.job_name, s.schedule, s.command, s.active, s.last_run, s.next_run
    FROM @schema@.scheduler_jobs() AS s
    ORDER BY s.job_name;
END
