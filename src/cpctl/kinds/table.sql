-- What is there under these names, in the words of the server's own functions. What needs a table, and
-- whether it holds rows, is asked only where it may have to go.
with named as (
    select * from unnest($1::text[], $2::text[], $3::bool[]) as declared(schema, name, going)
    {remembered}
), wanted as (
    select schema, name, bool_and(going) as going from named group by schema, name
)
select n.nspname::text, c.relname::text, json_build_object(
    'kind', c.relkind,
    'persistence', c.relpersistence,
    'owner', pg_get_userbyid(c.relowner),
    'mine', coalesce((select pg_has_role(r.oid, c.relowner, 'USAGE') from pg_roles r
                      where r.rolname = $4), false),
    'row_security', c.relrowsecurity,
    'forced', c.relforcerowsecurity,
    'columns', (
        select coalesce(json_agg(json_build_array(
            a.attname, a.attnum,
            format_type(a.atttypid, a.atttypmod)
                || case when a.attcollation <> t.typcollation
                        then format(' COLLATE %I.%I', cn.nspname, co.collname) else '' end,
            a.attnotnull,
            case when a.attgenerated = '' then pg_get_expr(d.adbin, d.adrelid) end,
            a.attidentity,
            case when a.attgenerated <> '' then pg_get_expr(d.adbin, d.adrelid) end)
            order by a.attnum), '[]')
        from pg_attribute a
        join pg_type t on t.oid = a.atttypid
        left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        left join (pg_collation co join pg_namespace cn on cn.oid = co.collnamespace)
            on co.oid = a.attcollation
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
    -- From 18 on NOT NULL is a constraint, too ('n'); here it belongs to its column.
    'constraints', (
        select coalesce(json_agg(json_build_array(
            k.conname, pg_get_constraintdef(k.oid), fn.nspname, f.relname) order by k.conname), '[]')
        from pg_constraint k
        left join (pg_class f join pg_namespace fn on fn.oid = f.relnamespace) on f.oid = k.confrelid
        where k.conrelid = c.oid and k.contype in ('p', 'u', 'c', 'f', 'x')),
    'indexes', (
        select coalesce(json_agg(json_build_array(
            i.relname,
            case when x.indisunique then 'UNIQUE ' else '' end
                || substr(pg_get_indexdef(i.oid), length(format(
                    'CREATE %sINDEX %I ON %s%I.%I USING ', case when x.indisunique then 'UNIQUE ' else '' end,
                    i.relname, case when c.relkind = 'p' then 'ONLY ' else '' end, n.nspname, c.relname)) + 1)
                || case when x.indisvalid then '' else ' (invalid)' end) order by i.relname), '[]')
        from pg_index x join pg_class i on i.oid = x.indexrelid
        where x.indrelid = c.oid and not exists (
            select from pg_constraint k where k.conindid = i.oid and k.contype in ('p', 'u', 'x'))),
    'policies', (
        select coalesce(json_agg(json_build_array(
            p.polname, p.polpermissive, p.polcmd,
            array(select pg_get_userbyid(nullif(r, 0)) from unnest(p.polroles) as r),
            pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
            order by p.polname), '[]')
        from pg_policy p where p.polrelid = c.oid),
    'grants', (
        select coalesce(json_agg(json_build_array(
            pg_get_userbyid(nullif(g.grantee, 0)), g.privilege_type, g.attname, g.is_grantable)), '[]')
        from (
            select a.grantee, a.privilege_type, null as attname, a.is_grantable
            from aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) as a
            union all
            select a.grantee, a.privilege_type, quote_ident(t.attname), a.is_grantable
            from pg_attribute t cross join aclexplode(t.attacl) as a
            where t.attrelid = c.oid and not t.attisdropped) as g),
    'whole', not exists (
        select a.privilege_type from aclexplode(acldefault('r', c.relowner)) as a
        except
        select a.privilege_type from aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) as a
        where a.grantee = c.relowner),
    'exact', r.readable,
    'filled', case
        when not w.going or c.relkind <> 'r' then false
        when pg_relation_size(c.oid) = 0 then false
        when r.readable then query_to_xml(
            format('select exists (select from only %I.%I) as there', n.nspname, c.relname),
            false, true, '')::text like '%<there>true</there>%'
        else true end,
    'dependents', case when w.going then {dependents} else '[]' end
)::text
from wanted w
join pg_namespace n on n.nspname = w.schema
join pg_class c on c.relnamespace = n.oid and c.relname = w.name
cross join lateral (
    select has_schema_privilege(n.oid, 'USAGE') and has_table_privilege(c.oid, 'SELECT')
        and not row_security_active(c.oid) as readable) as r
order by 1, 2
