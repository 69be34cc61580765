select name, scope, owners, addresses
from cpctl.files
where name <> all($1) and addresses <> ''
