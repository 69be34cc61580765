-- Calls what has failed, a few at a time.
SELECT retry_webhook(id, current_setting('app.webhooks_retry_url'))
FROM webhooks
WHERE status = 'failed'   -- never 'expired'
ORDER BY last_try
LIMIT current_setting('app.webhooks_limit')::int;
