-- One row about a role that is to get rights, and about PUBLIC, whose rights every role has.
with cron as (
    select n.oid as schema, n.nspowner, n.nspacl, c.oid as job
    from pg_namespace n join pg_class c on c.relnamespace = n.oid and c.relname = 'job'
    where n.nspname = 'cron'
), owners as (
    select r.oid, r.rolname, r.rolsuper from pg_roles r where r.rolname = any($2::text[])
), kept as (
    -- 16 and newer say of each membership whether it inherits; below, the member's attribute does.
    select m.roleid from pg_auth_members m join pg_roles r on r.oid = m.member
    where r.rolname = $1 and not coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, true)
), here as (
    select oid, pg_get_userbyid(datdba)::text as owner
    from pg_database where datname = current_database()
), everybody as (
    -- As a GRANT has them, so that a needed one can be looked up.
    select 'CONNECT ON DATABASE' as "right" from here where has_database_privilege('public', oid, 'CONNECT')
    union all select 'CREATE ON DATABASE' from here where has_database_privilege('public', oid, 'CREATE')
    union all select 'TEMPORARY ON DATABASE' from here where has_database_privilege('public', oid, 'TEMPORARY')
    union all
    select 'USAGE ON SCHEMA ' || nspname from pg_namespace
    where nspname in ('cron', 'vault', 'cpctl') and has_schema_privilege('public', oid, 'USAGE')
    union all
    select privilege || ' ON ' || name
    from unnest(array['cron.job', 'pg_file_settings', 'vault.secrets', 'vault.decrypted_secrets']) as name,
         unnest(array['SELECT', 'DELETE']) as privilege
    where has_table_privilege('public', to_regclass(name), privilege)
    union all
    select 'EXECUTE ON FUNCTION ' || name
    from (select 'cron.' || call from unnest(array[
              'schedule(text,text,text)', 'unschedule(bigint)',
              'schedule_in_database(text,text,text,text,text,boolean)',
              'alter_job(bigint,text,text,text,text,boolean)']) as call
          union all select 'vault.' || call from unnest(array[
              'create_secret(text,text,text,uuid)', 'update_secret(uuid,text,text,text,uuid)',
              '_crypto_aead_det_decrypt(bytea,bytea,bigint,bytea,bytea)']) as call
          union all values ('pg_reload_conf()'), ('pg_show_all_file_settings()')) as calls(name)
    where has_function_privilege('public', to_regprocedure(name), 'EXECUTE')
    union all
    select a.privilege_type || ' ON PARAMETER ' || p.parname
    from pg_parameter_acl p cross join aclexplode(p.paracl) a where a.grantee = 0
)
select
    me.oid is not null as exists,
    coalesce(me.rolsuper, false) as superuser,
    coalesce(me.rolinherit, false) as inherits,
    here.owner as database_owner,
    (select rolsuper from pg_roles where rolname = here.owner) as owner_superuser,
    array(select "right" from everybody) as everybody,
    array(select o.rolname::text from owners o where o.rolsuper) as superusers,
    -- A superuser may do all; its members inherit no more than what it owns or was granted.
    array(select o.rolname::text from owners o
          where o.oid not in (select roleid from kept)
            and (not o.rolsuper or o.oid = cron.nspowner
                 or exists (select from aclexplode(cron.nspacl) a
                            where a.grantee = o.oid and a.privilege_type = 'USAGE'))) as lenders,
    -- Superuser 10 owns what initdb made; his rights on parameters nobody inherits.
    exists (select from owners o where o.oid = 10 and o.oid not in (select roleid from kept)) as sovereign
from cron cross join here left join pg_roles me on me.rolname = $1
