-- One row about a role that is to get rights, and about PUBLIC, whose rights every role has.
with cron as (
    select n.oid as schema, n.nspowner, n.nspacl, c.oid as job
    from pg_namespace n join pg_class c on c.relnamespace = n.oid and c.relname = 'job'
    where n.nspname = 'cron'
), owners as (
    select r.oid, r.rolname, r.rolsuper from pg_roles r where r.rolname = any($2::text[])
), membership as (
    -- 16 and newer say of each membership whether it inherits; its role's attribute says it of a new one.
    select m.roleid, coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, true) as inherits
    from pg_auth_members m join pg_roles r on r.oid = m.member where r.rolname = $1
)
select
    me.oid is not null as exists,
    coalesce(me.rolsuper, false) as superuser,
    coalesce(me.rolinherit, false) as inherits,
    d.owner as database_owner,
    (select rolsuper from pg_roles where rolname = d.owner) as owner_superuser,
    has_database_privilege('public', d.oid, 'CONNECT') as connect,
    has_database_privilege('public', d.oid, 'TEMPORARY') as temporary,
    has_schema_privilege('public', cron.schema, 'USAGE') as cron_usage,
    has_table_privilege('public', cron.job, 'SELECT') as jobs_readable,
    (select coalesce(array_agg(distinct p.proname::text), '{}') from pg_proc p
     where p.pronamespace = cron.schema and has_function_privilege('public', p.oid, 'EXECUTE')
       and (p.proname in ('schedule_in_database', 'alter_job')
            or (p.proname = 'schedule' and p.pronargs = 3)
            or (p.proname = 'unschedule' and p.proargtypes[0] = 'bigint'::regtype))) as functions,
    has_function_privilege('public', 'pg_reload_conf()', 'EXECUTE') as reload,
    has_table_privilege('public', 'pg_file_settings', 'SELECT') as files,
    has_function_privilege('public', 'pg_show_all_file_settings()', 'EXECUTE') as files_function,
    (select coalesce(array_agg(a.privilege_type || ' ' || p.parname), '{}')
     from pg_parameter_acl p cross join aclexplode(p.paracl) a where a.grantee = 0) as parameters,
    array(select o.rolname::text from owners o where o.rolsuper) as superusers,
    -- A superuser may do all; its members inherit no more than what it owns or was granted.
    array(select o.rolname::text from owners o
          where not exists (select from membership m where m.roleid = o.oid and not m.inherits)
            and (not o.rolsuper or o.oid = cron.nspowner
                 or exists (select from aclexplode(cron.nspacl) a
                            where a.grantee = o.oid and a.privilege_type = 'USAGE'))) as lenders,
    -- Superuser 10 owns what initdb made, and every parameter.
    exists (select from owners o where o.oid = 10
            and not exists (select from membership m where m.roleid = o.oid and not m.inherits)
           ) as sovereign
from cron
cross join (select oid, pg_get_userbyid(datdba)::text as owner from pg_database
            where datname = current_database()) d
left join pg_roles me on me.rolname = $1
