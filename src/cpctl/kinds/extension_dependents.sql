-- What would keep an extension from being dropped. With one go its members and what is a part of
-- those; whatever else needs any of them stays. Nothing is asked where no file ever had one.
with recursive going as (
    select oid, extname from pg_extension
    where extname = any($1) or (extname = any($2) and {remembered})
), parts as (
    select g.extname, d.classid, d.objid
    from going g join pg_depend d
        on d.refclassid = 'pg_extension'::regclass and d.refobjid = g.oid and d.deptype = 'e'
    union
    select p.extname, d.classid, d.objid
    from parts p join pg_depend d
        on d.refclassid = p.classid and d.refobjid = p.objid and d.deptype in ('i', 'a')
), needs as (
    select p.extname, d.classid, d.objid
    from parts p join pg_depend d
        on d.refclassid = p.classid and d.refobjid = p.objid and d.deptype = 'n'
    union
    select g.extname, d.classid, d.objid
    from going g join pg_depend d
        on d.refclassid = 'pg_extension'::regclass and d.refobjid = g.oid and d.deptype = 'n'
    except
    select * from parts
), wholes as (
    -- A default is a part of its table, and what an extension made is a part of that.
    select * from needs
    union
    select w.extname, d.refclassid, d.refobjid
    from wholes w join pg_depend d
        on d.classid = w.classid and d.objid = w.objid and d.deptype in ('a', 'i', 'e')
)
select distinct w.extname::text,
    case when c.oid is not null then format('table.%I.%I', t.nspname, c.relname)
         when p.oid is not null
             then format('function.%I.%I(%s)', f.nspname, p.proname, oidvectortypes(p.proargtypes))
         else coalesce('extension.' || e.extname, '') end as address,
    pg_describe_object(w.classid, w.objid, 0) as words
from wholes w
left join (pg_class c join pg_namespace t on t.oid = c.relnamespace)
    on w.classid = 'pg_class'::regclass and c.oid = w.objid
left join (pg_proc p join pg_namespace f on f.oid = p.pronamespace)
    on w.classid = 'pg_proc'::regclass and p.oid = w.objid
left join pg_extension e on w.classid = 'pg_extension'::regclass and e.oid = w.objid
where not exists (
    select from pg_depend d
    where d.classid = w.classid and d.objid = w.objid and d.deptype in ('a', 'i', 'e'))
order by 1, 3
