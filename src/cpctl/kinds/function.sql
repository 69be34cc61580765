-- Every function of these names, whoever made it: which of them are the file's, its signature says.
with wanted as (
    select * from unnest($1::text[], $2::text[]) as declared(schema, name)
    {remembered}
)
select json_build_object(
    'schema', n.nspname,
    'name', p.proname,
    'kind', p.prokind,
    'types', array(select format_type(t.type, null)
                   from unnest(p.proargtypes) with ordinality as t(type, place) order by place),
    'arguments', array(
        select json_build_array(
            coalesce(p.proargmodes[t.place], 'i'), coalesce(p.proargnames[t.place], ''),
            format_type(t.type, null), pg_get_function_arg_default(p.oid, t.place::int))
        from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) with ordinality as t(type, place)
        order by place),
    'returns', pg_get_function_result(p.oid),
    'language', l.lanname,
    'volatility', p.provolatile,
    'definer', p.prosecdef,
    'strict', p.proisstrict,
    'parallel', p.proparallel,
    'leakproof', p.proleakproof,
    'cost', p.procost::text,
    'rows', p.prorows::text,
    'support', nullif(p.prosupport, 0)::regproc::text,
    'library', p.probin,
    'transforms', array(select format_type(t, null) from unnest(p.protrftypes) as t),
    'config', coalesce(p.proconfig, '{{}}'),
    'standard', p.prosqlbody is not null,
    'body', case when p.prosqlbody is null then p.prosrc else pg_get_function_sqlbody(p.oid) end,
    'owner', pg_get_userbyid(p.proowner),
    'mine', coalesce((select pg_has_role(r.oid, p.proowner, 'USAGE') from pg_roles r
                      where r.rolname = $3), false),
    'acl', array(
        select json_build_array(
            case when a.grantee <> 0 then pg_get_userbyid(a.grantee) end, a.is_grantable,
            case when a.grantor <> p.proowner then pg_get_userbyid(a.grantor) end)
        from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a
        where a.grantee <> p.proowner),
    'own', exists (
        select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a
        where a.grantee = p.proowner),
    -- A view leans on a function by its rule, a column by its default; the extension is what has it.
    'dependents', array(
        select pg_describe_object(d.classid, d.objid, d.objsubid) from pg_depend d
        where d.refclassid = 'pg_proc'::regclass and d.refobjid = p.oid and d.deptype in ('a', 'i', 'n')
        union
        select pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid) from pg_depend d
        where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
        order by 1)
)::text
from wanted w
join pg_namespace n on n.nspname = w.schema
join pg_proc p on p.pronamespace = n.oid and p.proname = w.name
join pg_language l on l.oid = p.prolang
order by n.nspname, p.proname, p.oid
