-- The weakest first, so that the last one that fits a session counts.
select coalesce(d.datname::text, ''), coalesce(r.rolname::text, ''),
       lower(split_part(entry, '=', 1)), substr(entry, strpos(entry, '=') + 1)
from pg_db_role_setting s
left join pg_database d on d.oid = s.setdatabase
left join pg_roles r on r.oid = s.setrole
cross join unnest(s.setconfig) as entry
order by s.setrole <> 0, s.setdatabase <> 0
