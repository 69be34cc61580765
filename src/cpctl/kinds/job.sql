select jobid, jobname::text, schedule, command, database, username, active
from cron.job
