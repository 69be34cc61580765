-- What would run with the rights of whoever writes to our tables, and is not ours.
with tables as (
    select c.oid, c.relname
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'cpctl' and c.relname in ('applies', 'files', 'secrets')
), parts as (
    select 'pg_attrdef'::regclass as class, d.oid as part, d.adrelid as owner from pg_attrdef d
    union all
    select 'pg_constraint'::regclass, k.oid, k.conrelid from pg_constraint k
    union all
    select 'pg_class'::regclass, i.indexrelid, i.indrelid from pg_index i
)
select t.relname::text, 'the trigger ' || g.tgname
from tables t join pg_trigger g on g.tgrelid = t.oid
where not g.tgisinternal
union all
select t.relname::text, 'the rule ' || r.rulename
from tables t join pg_rewrite r on r.ev_class = t.oid
union all
select t.relname::text, 'row security'
from tables t join pg_class c on c.oid = t.oid
where c.relrowsecurity
union all
-- Functions that came with the server are in no pg_depend.
select distinct t.relname::text, 'a default, check or index that calls ' || p.oid::regprocedure::text
from tables t
join parts on parts.owner = t.oid
join pg_depend d on d.classid = parts.class and d.objid = parts.part
    and d.refclassid = 'pg_proc'::regclass
join pg_proc p on p.oid = d.refobjid
