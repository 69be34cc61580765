    -- Jobs of this role that are in the file's scope, and not in the file.
    PERFORM cron.unschedule(j.jobid)
    FROM cron.job AS j
    WHERE j.username = current_user AND {covered}{kept};
