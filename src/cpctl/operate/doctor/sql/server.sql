-- A library that is loaded has real settings; one that is not leaves placeholders (docs/facts.md, 2.2).
select coalesce(not 'NO_SHOW_ALL' = any(pg_settings_get_flags('cron.database_name')), false),
       -- Without this membership backend_type is NULL, which must not count as absent.
       case when pg_has_role('pg_read_all_stats', 'USAGE')
            then (select count(*) from pg_stat_activity where backend_type = 'pg_cron launcher') end,
       (select setting = 'on' from pg_settings where name = 'cron.launch_active_jobs'),
       current_setting('port')::integer,
       (select setting from pg_settings where name = 'cron.host'),
       (select setting::integer from pg_settings where name = 'cron.max_running_jobs')
