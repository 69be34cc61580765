-- Whether the role may create in this database, in which of these schemas, and what a host lends.
select has_database_privilege(current_database(), 'CREATE'),
       (select setting from pg_settings where name = 'supautils.privileged_extensions'),
       array(select nspname::text from pg_namespace where nspname = any($1)),
       array(select nspname::text from pg_namespace
             where nspname = any($1) and has_schema_privilege(oid, 'CREATE'))
