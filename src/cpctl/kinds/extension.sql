-- The extensions of this database, what each requires, and whether the role may alter it.
select e.extname::text, e.extversion, n.nspname::text, e.extrelocatable,
       pg_get_userbyid(e.extowner)::text, pg_has_role(e.extowner, 'USAGE'),
       array(select r.extname::text
             from pg_depend d join pg_extension r on r.oid = d.refobjid
             where d.classid = 'pg_extension'::regclass and d.objid = e.oid
               and d.refclassid = 'pg_extension'::regclass
             order by 1)
from pg_extension e join pg_namespace n on n.oid = e.extnamespace
