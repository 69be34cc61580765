select name, current_setting(name, true), exists (
    select from pg_db_role_setting s cross join unnest(s.setconfig) entry
    where lower(split_part(entry, '=', 1)) = name
      and s.setdatabase in (0, (select oid from pg_database where datname = current_database()))
      and s.setrole in (0, (select oid from pg_roles where rolname = current_user)))
from unnest($1::text[]) name
