-- Stronger than ALTER SYSTEM: what new sessions of this role in this database will see instead.
select d.datname, r.rolname, entry
from pg_db_role_setting s
left join pg_database d on d.oid = s.setdatabase
left join pg_roles r on r.oid = s.setrole
cross join unnest(s.setconfig) as entry
where s.setdatabase in (0, (select oid from pg_database where datname = current_database()))
-- The strongest last, which is the one that counts.
order by s.setrole <> 0, s.setdatabase <> 0
