select name,
       has_parameter_privilege(name, 'ALTER SYSTEM'),
       has_parameter_privilege(name, 'SET'),
       pg_has_role((select datdba from pg_database where datname = current_database()), 'USAGE'),
       -- Only of placeholders: a real setting may be one that this role must not read.
       case when name = any($2) then current_setting(name, true) end
from unnest($1::text[]) as name
