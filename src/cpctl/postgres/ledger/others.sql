select name, scope, owners, resources
from cpctl.files
where name <> all($1) and resources <> '[]'
