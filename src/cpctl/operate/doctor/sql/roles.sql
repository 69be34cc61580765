select distinct j.username, r.oid is not null, coalesce(r.rolcanlogin, false)
from cron.job j left join pg_roles r on r.rolname = j.username
