-- What this server has to offer of some extensions, and whether it leads on from what is here.
select a.name::text, v.version, v.version = a.default_version, v.superuser, v.trusted,
       v.schema::text, coalesce(v.requires, '{}')::text[],
       exists (select from pg_extension_update_paths(a.name) p
               where p.source = a.installed_version and p.target = v.version
                 and p.path is not null)
from pg_available_extensions a join pg_available_extension_versions v on v.name = a.name
where a.name = any($1)
