-- What tables stand on: their schemas, and the roles that their policies and grants name.
select json_build_object(
    'schemas', (
        select coalesce(json_object_agg(n.nspname, json_build_array(
            coalesce(has_schema_privilege(o.oid, n.oid, 'USAGE'), false),
            coalesce(has_schema_privilege(o.oid, n.oid, 'CREATE'), false),
            has_schema_privilege('public', n.oid, 'USAGE'),
            has_schema_privilege('public', n.oid, 'CREATE'))), '{}')
        from pg_namespace n where n.nspname = any($2)),
    'roles', array(select r.rolname from pg_roles r where r.rolname = any($3))
)::text
from (select) as one left join pg_roles o on o.rolname = $1
