select coalesce(severity, ''), coalesce(message, alert_type, ''),
       to_char("timestamp" at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       coalesce(failing_function, ''), id
from {schema}.monitoring_alerts
where status = 'open' or (failing_function is not null and status <> 'resolved')
order by "timestamp" desc
limit 20
