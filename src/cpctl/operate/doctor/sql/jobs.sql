select jobid, jobname::text, schedule, command, database, username, active, nodename, nodeport
from cron.job
order by jobid
