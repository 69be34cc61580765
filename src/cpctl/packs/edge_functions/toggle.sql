DECLARE
    job record;
BEGIN
    success := false;
    SELECT s.jobid, s.active INTO job
    FROM @schema@.scheduler_jobs() AS s
    WHERE s.job_name = toggle_cron_job.job_name;
    IF NOT FOUND THEN
        message := format('No such job of %s: %s', @file@, coalesce(job_name, 'NULL'));
    ELSIF enable IS NULL THEN
        message := 'Neither true nor false was given: enable or disable?';
    ELSE
        BEGIN
            PERFORM cron.alter_job(job_id := job.jobid, active := enable);
            success := true;
            message := format('Job %s: %s', CASE WHEN enable THEN 'enabled' ELSE 'disabled' END, job_name);
        EXCEPTION WHEN OTHERS THEN
            message := format('Job not changed: %s (%s)', job_name, SQLERRM);
        END;
    END IF;
    RETURN NEXT;
END
