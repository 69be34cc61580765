-- Placeholders (app.x) never stand in pg_settings: what is here is real.
select lower(name), name, vartype, unit, enumvals, context, setting, boot_val, source, pending_restart,
       current_setting(name)
from pg_settings
where lower(name) = any($1)
   or source = 'configuration file'
