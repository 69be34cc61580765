-- The request is sent once this transaction has been committed; its outcome is collected later.
BEGIN
    request_id := net.http_post(
        url := url,
        body := body,
        params := '{}'::jsonb,
        headers := jsonb_strip_nulls(jsonb_build_object(
            'Content-Type', 'application/json', 'Authorization', 'Bearer ' || key
        )),
        timeout_milliseconds := timeout_ms
    );
    RETURN NEXT;
EXCEPTION WHEN OTHERS THEN
    error_code := 'call_failed';
    error_message := format('pg_net did not take the request: %s', SQLERRM);
    RETURN NEXT;
END
