-- One row of facts. Catalogs only: to_regclass and current_setting fail where a right is missing.
with cron as (
    select n.oid as schema, n.nspname, c.oid as job, d.oid as runs, s.oid as runids
    from pg_namespace n
    left join pg_class c on c.relnamespace = n.oid and c.relname = 'job'
    left join pg_class d on d.relnamespace = n.oid and d.relname = 'job_run_details'
    left join pg_class s on s.relnamespace = n.oid and s.relname = 'runid_seq'
    where n.nspname = 'cron'
), functions as (
    select p.oid, p.proname
    from pg_proc p join cron on p.pronamespace = cron.schema
    -- Of each name only the one that cpctl calls: schedule(text, text) makes unnamed jobs.
    where p.proname in ('schedule_in_database', 'alter_job')
       or (p.proname = 'schedule' and p.pronargs = 3)
       or (p.proname = 'unschedule' and p.proargtypes[0] = 'bigint'::regtype)
), owners as (
    select o.name, r.oid, r.rolcanlogin
    from unnest($1::text[]) as o(name) left join pg_roles r on r.rolname = o.name
), ours as (
    select n.oid as schema, n.nspowner as owner, obj_description(n.oid, 'pg_namespace') as comment,
           a.oid as applies, f.oid as files, t.oid as secrets, r.oid as reader,
           t.relowner as keeper,
           array_remove(array[n.nspowner, a.relowner, f.relowner, t.relowner], null) as owners
    from pg_namespace n
    -- A view of that name would run its owner's code as whoever reads it.
    left join pg_class a on a.relnamespace = n.oid and a.relname = 'applies' and a.relkind = 'r'
    left join pg_class f on f.relnamespace = n.oid and f.relname = 'files' and f.relkind = 'r'
    left join pg_class t on t.relnamespace = n.oid and t.relname = 'secrets' and t.relkind = 'r'
    left join pg_proc r on r.pronamespace = n.oid and r.proname = 'secret'
    where n.nspname = 'cpctl'
), vault as (
    select n.oid as schema, s.oid as secrets, d.oid as decrypted
    from pg_namespace n
    join pg_class s on s.relnamespace = n.oid and s.relname = 'secrets'
    join pg_class d on d.relnamespace = n.oid and d.relname = 'decrypted_secrets'
    where n.nspname = 'vault'
), configured as (
    select name, setting from pg_settings
    where name in ('cron.database_name', 'cron.timezone', 'cron.enable_superuser_jobs',
                   'cron.use_background_workers', 'allow_alter_system',
                   'cron.launch_active_jobs', 'cron.match_dom_and_dow',
                   'shared_preload_libraries')
)
select
    (select system_identifier::text from pg_control_system()) as system_identifier,
    current_database() as database,
    current_user as role,
    current_setting('server_version') as server_version,
    current_setting('server_version_num')::int as server_version_num,
    (select extversion from pg_extension where extname = 'pg_cron') as extension_version,
    -- The library does not tell its version, but each has settings that older ones do not know.
    (select case when bool_or(name = 'cron.match_dom_and_dow') then '1.6.8'
                 when bool_or(name = 'cron.launch_active_jobs') then '1.6'
                 when bool_or(name = 'cron.timezone') then '1.5'
                 when bool_or(name = 'cron.database_name') then '1.4' end
     from configured) as library_version,
    (select setting from configured where name = 'shared_preload_libraries') as preloaded,
    (select json_object_agg(extname, json_build_object('version', extversion, 'schema', nspname))
     from pg_extension join pg_namespace n on n.oid = extnamespace)::text as extensions,
    (select setting from configured where name = 'cron.database_name') as cron_database,
    coalesce((select setting from configured where name = 'cron.timezone'), 'GMT') as timezone,
    to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as as_of,
    me.rolsuper as superuser,
    pg_is_in_recovery() as standby,
    coalesce((select row_security_active(job) from cron where job is not null), false)
        as rows_hidden,
    coalesce((select has_schema_privilege(schema, 'USAGE') from cron), false) as cron_usage,
    coalesce((select has_table_privilege(job, 'SELECT') from cron where job is not null), false)
        as jobs_readable,
    coalesce((select has_table_privilege(job, 'UPDATE') from cron where job is not null), false)
        as jobs_writable,
    coalesce((select has_table_privilege(runs, 'SELECT') from cron), false) as runs_readable,
    coalesce((select case when has_sequence_privilege(runids, 'SELECT')
                          then pg_sequence_last_value(runids) end from cron), 0) as last_runid,
    (select setting = 'on' from configured where name = 'cron.use_background_workers')
        as background_workers,
    coalesce((select setting from configured where name = 'cron.enable_superuser_jobs'), 'on')
        = 'on' as superuser_jobs,
    (select coalesce(array_agg(distinct proname::text), '{}') from functions
     where has_function_privilege(oid, 'EXECUTE')) as functions,
    has_function_privilege('pg_reload_conf()', 'EXECUTE') as reload,
    has_table_privilege('pg_file_settings', 'SELECT')
        and has_function_privilege('pg_show_all_file_settings()', 'EXECUTE') as file_settings,
    coalesce((select setting from configured where name = 'allow_alter_system'), 'on') = 'on'
        as alter_system_allowed,
    has_database_privilege(current_database(), 'TEMPORARY') as temporary,
    (select json_build_object(
        'usage', has_schema_privilege(schema, 'USAGE'),
        'names', has_table_privilege(secrets, 'SELECT'),
        -- The view decrypts with the rights of whoever reads it.
        'values', has_table_privilege(decrypted, 'SELECT')
                  and coalesce(bool_and(mine) filter (where proname = '_crypto_aead_det_decrypt'), true),
        'create', coalesce(bool_and(mine) filter (where proname = 'create_secret'), false),
        'update', coalesce(bool_and(mine) filter (where proname = 'update_secret'), false),
        'delete', has_table_privilege(secrets, 'DELETE')
     )::text
     from vault left join lateral (
        select proname, has_function_privilege(p.oid, 'EXECUTE') as mine
        from pg_proc p where pronamespace = schema
     ) as functions on true
     group by schema, secrets, decrypted) as vault,
    (select json_build_object(
        'schema', schema is not null,
        'usage', coalesce(has_schema_privilege(schema, 'USAGE'), false),
        'exists', secrets is not null and reader is not null,
        'creatable', coalesce(has_schema_privilege(schema, 'CREATE'),
                              has_database_privilege(current_database(), 'CREATE')),
        'names', coalesce(has_schema_privilege(schema, 'USAGE')
            and has_column_privilege(secrets, 'name', 'SELECT')
            and has_column_privilege(secrets, 'verifier', 'SELECT')
            and has_column_privilege(secrets, 'updated_at', 'SELECT'), false),
        'values', coalesce(has_column_privilege(secrets, 'value', 'SELECT'), false),
        'insert', coalesce(has_table_privilege(secrets, 'INSERT'), false),
        'update', coalesce(has_table_privilege(secrets, 'UPDATE'), false),
        'delete', coalesce(has_table_privilege(secrets, 'DELETE'), false),
        -- Where it is still to be made, whoever makes it owns it.
        'gives', coalesce(has_schema_privilege(schema, 'USAGE WITH GRANT OPTION'), true)
            and coalesce(has_function_privilege(reader, 'EXECUTE WITH GRANT OPTION'), true),
        'owner', coalesce((select rolname from pg_roles
                           where oid = keeper and rolname <> current_user and not rolsuper), '')
     )::text from (select) as one left join ours on true) as secrets,
    current_setting('default_transaction_read_only') = 'on' as read_only,
    (select json_build_object(
        'exists', count(*) > 0,
        'mine', coalesce((select me.oid = all(ours.owners) from ours), true),
        'comment', min(comment),
        'readable', coalesce(bool_and(
            has_schema_privilege(schema, 'USAGE') and has_table_privilege(applies, 'SELECT')
            and has_table_privilege(files, 'SELECT')), false),
        'writable', coalesce(bool_and(has_table_privilege(applies, 'INSERT')
            and has_table_privilege(applies, 'UPDATE') and has_table_privilege(files, 'INSERT')
            and has_table_privilege(files, 'UPDATE')), false),
        'creatable', coalesce((select pg_has_role(owner, 'USAGE') from ours),
                              has_database_privilege(current_database(), 'CREATE')),
        -- A question about what nobody has takes longer to plan than this to answer. No table may be
        -- named that perhaps is not there, so the query is one of its own.
        'kinds', (select string_to_array(coalesce(substring(query_to_xml(format(
            $ask$select string_agg(kind, ',') as kinds from unnest(%L::text[]) as kind
                 where exists (select from cpctl.files where strpos(resources, '["' || kind || '",') > 0)$ask$,
            $2::text[]), false, true, '')::text from '<kinds>(.*)</kinds>'), ''), ',')
            from ours
            where cardinality($2::text[]) > 0 and has_schema_privilege(schema, 'USAGE')
              and has_table_privilege(files, 'SELECT')
              and exists (select from pg_attribute where attrelid = files and attname = 'resources'
                          and atttypid = 'text'::regtype and not attisdropped))
        -- The table of secrets may be there alone.
     )::text from ours where comment is distinct from 'cpctl secrets') as ledger,
    pg_backend_pid() as backend,
    (select coalesce(json_agg(json_build_object(
        'name', o.name,
        'exists', o.oid is not null,
        'can_login', coalesce(o.rolcanlogin, false),
        'member', coalesce(pg_has_role(o.oid, 'MEMBER'), false),
        'assumable', coalesce(pg_has_role(o.oid,
            case when current_setting('server_version_num')::int < 160000 then 'MEMBER' else 'SET' end),
            false),
        'cron_usage', coalesce((select has_schema_privilege(o.oid, schema, 'USAGE') from cron),
                               false),
        'runs_readable', coalesce((select has_table_privilege(o.oid, runs, 'SELECT') from cron),
                                  false),
        'reads_secrets', coalesce((select has_schema_privilege(o.oid, schema, 'USAGE')
                                   and has_function_privilege(o.oid, reader, 'EXECUTE') from ours), false),
        'functions', (select coalesce(json_agg(distinct proname), '[]') from functions f
                      where o.oid is not null and has_function_privilege(o.oid, f.oid, 'EXECUTE'))
     )), '[]')::text from owners o) as owners
from pg_roles me
where me.rolname = current_user
