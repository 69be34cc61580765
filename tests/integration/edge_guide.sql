-- Check Job Execution
SELECT 
    jr.job_id,
    jr.status,
    jr.started_at,
    jr.completed_at,
    jr.processing_time_ms,
    jr.error_message,
    jr.metadata->>'function' as function_name
FROM job_runs jr
WHERE jr.metadata->>'trigger_type' = 'scheduled'
ORDER BY jr.started_at DESC
LIMIT 10;

-- Check Sweeper Logs
SELECT 
    timestamp,
    action,
    status,
    records_processed,
    duration_ms,
    error_details
FROM sweeper_logs
WHERE metadata->>'trigger_type' = 'scheduled'
ORDER BY timestamp DESC
LIMIT 10;

-- Check Monitoring Alerts
SELECT 
    timestamp,
    alert_type,
    severity,
    message,
    status
FROM monitoring_alerts
WHERE metadata->>'trigger_type' = 'scheduled'
ORDER BY timestamp DESC
LIMIT 10;

-- Check Health Checks
SELECT 
    timestamp,
    component,
    status,
    response_time_ms,
    details
FROM health_checks
WHERE metadata->>'trigger_type' = 'scheduled'
ORDER BY timestamp DESC
LIMIT 10;

-- Check Metrics Collection
SELECT 
    timestamp,
    metric_type,
    metric_name,
    metric_value,
    metric_unit
FROM metrics_data
WHERE metadata->>'trigger_type' = 'scheduled'
ORDER BY timestamp DESC
LIMIT 10;

-- Check Cleanup Logs
SELECT 
    timestamp,
    operation_type,
    table_name,
    records_processed,
    records_deleted,
    duration_ms,
    status
FROM cleanup_logs
WHERE metadata->>'trigger_type' = 'scheduled'
ORDER BY timestamp DESC
LIMIT 10;
