-- Of the declared names, and of those that may have to be removed.
select name,
       has_parameter_privilege(name, 'ALTER SYSTEM'),
       has_parameter_privilege(name, 'SET'),
       pg_has_role((select datdba from pg_database where datname = current_database()), 'USAGE'),
       -- Only of placeholders: a real setting may be one that this role must not read.
       name = any($2),
       case when name = any($2) then current_setting(name, true) end,
       -- A real one that pg_settings does not show to this role: placeholders are never shown, either.
       coalesce(not 'NO_SHOW_ALL' = any(pg_settings_get_flags(name))
                and names.name not in (select lower(s.name) from pg_settings s), false)
from (
    select unnest($1::text[])
    union
    select lower(split_part(entry, '=', 1))
    from pg_db_role_setting cross join unnest(setconfig) as entry
    where setrole = 0 and setdatabase = (select oid from pg_database where datname = current_database())
    {files}
) as names(name)
