-- Placeholders (app.x) never stand in pg_settings: what is here is real. reset_val, because cpctl's
-- own session has timeouts and a search_path of its own.
select lower(name), name, vartype, unit, enumvals, context, coalesce(reset_val, boot_val), boot_val,
       source, pending_restart
from pg_settings
where lower(name) = any($1)
   or source = 'configuration file'
