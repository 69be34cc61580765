select p.proname::text, n.nspname::text, r.rolname::text,
       has_schema_privilege(r.oid, n.oid, 'USAGE'),
       has_function_privilege(r.oid, p.oid, 'EXECUTE'),
       format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid))
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
cross join pg_roles r
where p.proname::text = any($1) and r.rolname::text = any($2)
