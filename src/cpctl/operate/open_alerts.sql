select failing_function from {schema}.monitoring_alerts
where failing_function is not null and status <> 'resolved'
