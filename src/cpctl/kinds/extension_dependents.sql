-- What would keep an extension from being dropped. With one go its members and what is a part of
-- those; whatever else needs any of them stays. Nothing is asked where no file ever had one.
with recursive going as (
    select oid, extname from pg_extension
    where extname = any($1) or (extname <> all($2) and {remembered})
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
), known as (
    select s.*, case s.classid
        when 'pg_class'::regclass
            then coalesce((select indrelid from pg_index where indexrelid = s.objid), s.objid)
        when 'pg_attrdef'::regclass then (select adrelid from pg_attrdef where oid = s.objid)
        when 'pg_constraint'::regclass
            then (select nullif(conrelid, 0) from pg_constraint where oid = s.objid)
        when 'pg_trigger'::regclass then (select tgrelid from pg_trigger where oid = s.objid)
        when 'pg_policy'::regclass then (select polrelid from pg_policy where oid = s.objid)
        when 'pg_rewrite'::regclass then (select ev_class from pg_rewrite where oid = s.objid)
    end as relation
    from needs s
)
select distinct k.extname::text,
    case when c.oid is not null then format('table.%I.%I', t.nspname, c.relname)
         when p.oid is not null
             then format('function.%I.%I(%s)', f.nspname, p.proname, oidvectortypes(p.proargtypes))
         else coalesce('extension.' || e.extname, '') end as address,
    coalesce(pg_describe_object('pg_class'::regclass, k.relation, 0),
             pg_describe_object(k.classid, k.objid, 0)) as words
from known k
left join (pg_class c join pg_namespace t on t.oid = c.relnamespace) on c.oid = k.relation
left join (pg_proc p join pg_namespace f on f.oid = p.pronamespace)
    on k.classid = 'pg_proc'::regclass and p.oid = k.objid
left join pg_extension e on k.classid = 'pg_extension'::regclass and e.oid = k.objid
order by 1, 3
