-- Every SQL statement of the Content Pipeline's setup guide, under the guide's own headings.

-- # Installation and Setup / 1. Enable pg_cron Extension
CREATE EXTENSION IF NOT EXISTS pg_cron;

-- # Installation and Setup / 2. Configure Application Settings
ALTER SYSTEM SET app.content_automation_url = 'https://your-project.supabase.co/functions/v1/content-automation';
ALTER SYSTEM SET app.sweeper_url = 'https://your-project.supabase.co/functions/v1/sweeper';
ALTER SYSTEM SET app.monitor_url = 'https://your-project.supabase.co/functions/v1/monitor';
ALTER SYSTEM SET app.metrics_url = 'https://your-project.supabase.co/functions/v1/metrics';
ALTER SYSTEM SET app.health_url = 'https://your-project.supabase.co/functions/v1/health';
ALTER SYSTEM SET app.cleanup_url = 'https://your-project.supabase.co/functions/v1/cleanup';
ALTER SYSTEM SET app.service_role_key = 'your-service-role-key-here';
SELECT pg_reload_conf();

-- # Installation and Setup / 4. Initialize Scheduler
SELECT * FROM initialize_scheduler();

-- # Cron Jobs Configuration / 1. Main Content Automation Job
SELECT cron.schedule(
    'content_pipeline_main',
    '*/5 * * * *',
    'SELECT trigger_content_automation();'
);

-- # Cron Jobs Configuration / 2. Sweeper Job
SELECT cron.schedule(
    'content_pipeline_sweeper',
    '*/15 * * * *',
    'SELECT trigger_sweeper();'
);

-- # Cron Jobs Configuration / 3. Monitoring Job
SELECT cron.schedule(
    'content_pipeline_monitor',
    '0 * * * *',
    'SELECT trigger_monitoring();'
);

-- # Cron Jobs Configuration / 4. Metrics Collection Job
SELECT cron.schedule(
    'content_pipeline_metrics',
    '*/30 * * * *',
    'SELECT trigger_metrics_collection();'
);

-- # Cron Jobs Configuration / 5. Health Checks Job
SELECT cron.schedule(
    'content_pipeline_health',
    '*/10 * * * *',
    'SELECT trigger_health_checks();'
);

-- # Cron Jobs Configuration / 6. Cleanup Job
SELECT cron.schedule(
    'content_pipeline_cleanup',
    '0 2 * * *',
    'SELECT trigger_cleanup();'
);

-- # Scheduler Management / 1. View All Jobs
SELECT * FROM manage_cron_jobs();

-- # Scheduler Management / 2. Get Job Status
SELECT * FROM get_cron_job_status();

-- # Scheduler Management / 3. Get Scheduler Health
SELECT * FROM get_scheduler_health();

-- # Scheduler Management / 4. Enable/Disable Jobs
SELECT * FROM toggle_cron_job('content_pipeline_main', false);
SELECT * FROM toggle_cron_job('content_pipeline_main', true);

-- # Scheduler Management / 5. Manual Job Triggers
SELECT trigger_content_automation();
SELECT trigger_sweeper();
SELECT trigger_monitoring();
SELECT trigger_metrics_collection();
SELECT trigger_health_checks();
SELECT trigger_cleanup();

-- # Monitoring and Troubleshooting / 1. Check Job Execution
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

-- # Monitoring and Troubleshooting / 2. Check Sweeper Logs
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

-- # Monitoring and Troubleshooting / 3. Check Monitoring Alerts
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

-- # Monitoring and Troubleshooting / 4. Check Health Checks
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

-- # Monitoring and Troubleshooting / 5. Check Metrics Collection
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

-- # Monitoring and Troubleshooting / 6. Check Cleanup Logs
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

-- # Monitoring and Troubleshooting / Common Issues and Solutions / 1. Jobs Not Running
SELECT * FROM cron.job WHERE jobname LIKE 'content_pipeline_%';
SELECT name, setting FROM pg_settings WHERE name LIKE 'app.%';

-- # Monitoring and Troubleshooting / Common Issues and Solutions / 4. Jobs Running Too Frequently
SELECT jobname, schedule FROM cron.job WHERE jobname LIKE 'content_pipeline_%';

-- # Production Deployment / 3. Configure Production Settings
ALTER SYSTEM SET app.content_automation_url = 'https://your-project.supabase.co/functions/v1/content-automation';
ALTER SYSTEM SET app.sweeper_url = 'https://your-project.supabase.co/functions/v1/sweeper';
ALTER SYSTEM SET app.monitor_url = 'https://your-project.supabase.co/functions/v1/monitor';
ALTER SYSTEM SET app.metrics_url = 'https://your-project.supabase.co/functions/v1/metrics';
ALTER SYSTEM SET app.health_url = 'https://your-project.supabase.co/functions/v1/health';
ALTER SYSTEM SET app.cleanup_url = 'https://your-project.supabase.co/functions/v1/cleanup';
ALTER SYSTEM SET app.service_role_key = 'your-production-service-role-key';
SELECT pg_reload_conf();

-- # Production Deployment / 4. Initialize Production Scheduler
SELECT * FROM initialize_scheduler();
SELECT * FROM get_scheduler_health();
