select r.rolname::text,
       has_schema_privilege(r.oid, 'vault', 'USAGE')
       and has_table_privilege(r.oid, 'vault.decrypted_secrets', 'SELECT')
from pg_roles r
where r.rolname::text = any($1)
