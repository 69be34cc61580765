-- A real setting is always there, and may be one that this role must not read.
select n.name, n.real, case when not n.real then current_setting(n.name, true) end,
       (select coalesce(reset_val, boot_val) from pg_settings where name = 'search_path')
from (
    select name, coalesce(not 'NO_SHOW_ALL' = any(pg_settings_get_flags(name)), false) as real
    from unnest($1::text[]) as names(name)
) as n
