-- Row security without a policy for this role would show no rows, which is not the same as none.
select c.relname::text,
       has_schema_privilege(n.oid, 'USAGE') and has_table_privilege(c.oid, 'SELECT')
       and (not row_security_active(c.oid) or current_user = any($2::text[]))
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and c.relname in ('job_runs', 'monitoring_alerts') and c.relkind = 'r'
