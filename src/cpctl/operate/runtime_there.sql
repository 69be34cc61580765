-- Whether the runtime's tables are there, and may be read whole: by their owner, or under a policy
-- that shows every row to this role.
select c.relname::text,
    has_schema_privilege(n.oid, 'USAGE') and has_table_privilege(c.oid, 'SELECT')
    and (not row_security_active(c.oid) or (
        exists (
            select from pg_policy as p
            where p.polrelid = c.oid and p.polpermissive and p.polcmd in ('r', '*')
                and pg_get_expr(p.polqual, p.polrelid) = 'true'
                and exists (select from unnest(p.polroles) as r(oid)
                            where r.oid = 0 or pg_has_role(r.oid, 'USAGE'))
        ) and not exists (
            select from pg_policy as p
            where p.polrelid = c.oid and not p.polpermissive and p.polcmd in ('r', '*')
        )
    )),
    pg_get_userbyid(c.relowner)::text
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
where n.nspname = $1 and c.relkind in ('r', 'p')
    and c.relname in ('job_runs', 'monitoring_alerts')
