select min(id), max(id) from {schema}.job_runs
