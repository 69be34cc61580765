    -- Jobs. One that is there keeps its jobid and its history, and what is equal is not written.
    DECLARE
        home text := coalesce(
            (SELECT s.setting FROM pg_settings AS s WHERE s.name = 'cron.database_name'),
            current_database());
        renames boolean := has_table_privilege('cron.job', 'UPDATE');
        wanted record;
        present record;
        former record;
        other text;
    BEGIN
        FOR wanted IN
            SELECT {columns}
            FROM (VALUES
{rows}
            ) AS declared ({names})
        LOOP
            SELECT j.* INTO present FROM cron.job AS j
            WHERE j.jobname = wanted.name AND j.username = current_user;
            SELECT j.* INTO former FROM cron.job AS j
            WHERE j.jobname = wanted.was AND j.username = current_user;
            SELECT min(j.username) INTO other FROM cron.job AS j
            WHERE j.jobname = wanted.name AND j.username <> current_user;
            IF present.jobid IS NOT NULL AND former.jobid IS NOT NULL THEN
                RAISE EXCEPTION 'the jobs % and % are both there, so this is no rename. Nothing was changed',
                    quote_ident(wanted.was), quote_ident(wanted.name)
                    USING HINT = format('SELECT cron.unschedule(%s); or take `was` out of the file', former.jobid);
            ELSIF present.jobid IS NULL AND other IS NOT NULL THEN
                RAISE EXCEPTION 'the job % exists and belongs to %; a second one, of %, would run beside it. Nothing was changed',
                    quote_ident(wanted.name), quote_ident(other), quote_ident(current_user)
                    USING HINT = format('run this as %I, or unschedule that job', other);
            ELSIF former.jobid IS NOT NULL AND renames THEN
                UPDATE cron.job AS j SET jobname = wanted.name WHERE j.jobid = former.jobid;
                present := former;
            END IF;

            wanted.database := coalesce(wanted.database, home);
            IF present.jobid IS NOT NULL THEN
                former := present;
            END IF;
            IF former.jobid IS NOT NULL THEN
                -- What the file does not say, or ignores, stays as it is: a paused job stays paused.
                wanted.schedule := CASE WHEN 'schedule' = ANY (wanted.ignored) THEN former.schedule ELSE wanted.schedule END;
                wanted.command := CASE WHEN 'command' = ANY (wanted.ignored) THEN former.command ELSE wanted.command END;
                wanted.database := CASE WHEN 'database' = ANY (wanted.ignored) THEN former.database ELSE wanted.database END;
                wanted.active := CASE WHEN 'active' = ANY (wanted.ignored) THEN former.active
                                      ELSE coalesce(wanted.active, former.active) END;
            END IF;

            IF present.jobid IS NULL THEN
                IF wanted.database = home AND wanted.active IS NOT FALSE THEN
                    PERFORM cron.schedule(wanted.name, wanted.schedule, wanted.command);
                ELSE
                    PERFORM cron.schedule_in_database(
                        wanted.name, wanted.schedule, wanted.command, wanted.database,
                        active := wanted.active IS NOT FALSE);
                END IF;
                IF former.jobid IS NOT NULL THEN
                    PERFORM cron.unschedule(former.jobid);
                END IF;
            ELSIF (present.schedule, present.command, present.database, present.active)
                IS DISTINCT FROM (wanted.schedule, wanted.command, wanted.database, wanted.active) THEN
                PERFORM cron.alter_job(
                    present.jobid,
                    schedule := nullif(wanted.schedule, present.schedule),
                    command := nullif(wanted.command, present.command),
                    database := nullif(wanted.database, present.database),
                    active := nullif(wanted.active, present.active));
            END IF;
        END LOOP;
    END;
