-- What functions and tables stand on: schemas, languages, and the roles that they name.
select json_build_object(
    'schemas', (
        select coalesce(json_object_agg(n.nspname, json_build_array(
            coalesce(has_schema_privilege(o.oid, n.oid, 'USAGE'), false),
            coalesce(has_schema_privilege(o.oid, n.oid, 'CREATE'), false),
            has_schema_privilege('public', n.oid, 'USAGE'),
            has_schema_privilege('public', n.oid, 'CREATE'))), '{}')
        from pg_namespace n where n.nspname = any($2)),
    'languages', (
        select coalesce(json_object_agg(l.lanname, json_build_array(
            coalesce(has_language_privilege(o.oid, l.oid, 'USAGE'), false),
            has_language_privilege('public', l.oid, 'USAGE'))), '{}')
        from pg_language l where l.lanname = any($3)),
    'roles', array(select r.rolname from pg_roles r where r.rolname = any($4))
)::text
from (select) as one left join pg_roles o on o.rolname = $1
