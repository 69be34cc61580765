select distinct j.database, d.oid is not null
from cron.job j left join pg_database d on d.datname = j.database
