DECLARE
-- When pg_cron starts a schedule next, later than `after`. NULL where it never does or rejects it,
-- and for intervals and @reboot, whose next start only pg_cron's launcher knows.

    -- What pg_settings would show, without its 0.4 ms for each job: cron.timezone is told to
    -- members of pg_read_all_settings alone. pg_cron 1.4 has no such setting, and runs in GMT.
    zone text := CASE WHEN pg_has_role('pg_read_all_settings', 'USAGE')
                      THEN nullif(current_setting('cron.timezone', true), '') END;
    version text[] := (SELECT regexp_match(extversion, '([0-9]+)[^0-9]+([0-9]+)')
                       FROM pg_extension WHERE extname = 'pg_cron');
    release text := CASE WHEN (version[1]::int, version[2]::int) <= (1, 4) THEN '1.4'
                         WHEN (version[1]::int, version[2]::int) = (1, 5) THEN '1.5'
                         ELSE '1.6' END;
BEGIN
    RETURN @schema@.cron_next_fire(schedule COLLATE "C", after, coalesce(zone, 'GMT'), release);
END
