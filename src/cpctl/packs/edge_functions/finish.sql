DECLARE
    judged record;
    run record;
    kept jsonb;
    answer jsonb;
BEGIN
    IF error_code IS NULL THEN
        SELECT j.* INTO judged
        FROM @schema@.judge_edge_answer(http_status, content_type, content) AS j;
        error_code := judged.error_code;
        error_message := judged.error_message;
        answer := judged.answer;
    END IF;
    UPDATE @schema@.job_runs AS r
    SET status = CASE WHEN finish_edge_run.error_code IS NULL THEN 'succeeded' ELSE 'failed' END,
        completed_at = finished,
        processing_time_ms = round(extract(epoch FROM finished - r.started_at) * 1000),
        http_status = finish_edge_run.http_status,
        error_code = finish_edge_run.error_code,
        error_message = @schema@.edge_redacted(left(finish_edge_run.error_message, 1000)),
        response = answer
    WHERE r.id = run_id AND r.status = 'running'
    RETURNING r.* INTO run;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF answer IS NOT NULL THEN
        kept := @schema@.keep_edge_answer(run.metadata ->> 'function', answer, jsonb_build_object(
            'trigger_type', run.metadata -> 'trigger_type', 'function', run.metadata -> 'function',
            'run_id', run_id
        ));
        UPDATE @schema@.job_runs AS r SET metadata = r.metadata || kept WHERE r.id = run_id;
    END IF;
    RETURN jsonb_build_object(
        'run_id', run_id, 'function', run.metadata -> 'function', 'status', run.status,
        'http_status', run.http_status, 'error_code', run.error_code, 'error', run.error_message,
        'processing_time_ms', run.processing_time_ms
    );
END
