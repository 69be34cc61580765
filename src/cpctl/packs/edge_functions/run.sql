DECLARE
    declared record;
    target record;
    origin record;
    call record;
    run_id bigint;
BEGIN
    SELECT f.* INTO declared FROM @schema@.edge_functions() AS f WHERE f.name = function_name;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no edge function %', function_name USING ERRCODE = '22023';
    END IF;
    IF retry_of IS NULL THEN
        SELECT o.trigger_type, o.job_id, o.runid, 0 AS attempt INTO origin
        FROM @schema@.edge_run_origin(declared.trigger_name) AS o;
    ELSE
        SELECT r.metadata ->> 'trigger_type' AS trigger_type, r.job_id, NULL::bigint AS runid,
               coalesce((r.metadata ->> 'attempt')::integer, 0) + 1 AS attempt
        INTO STRICT origin
        FROM @schema@.job_runs AS r
        WHERE r.id = retry_of;
    END IF;
    INSERT INTO @schema@.job_runs (job_id, status, started_at, metadata)
    VALUES (origin.job_id, 'running', clock_timestamp(), jsonb_strip_nulls(jsonb_build_object(
        'function', function_name, 'trigger_type', origin.trigger_type,
        'attempt', origin.attempt, 'retry_of', retry_of, 'runid', origin.runid
    )))
    RETURNING id INTO run_id;

    SELECT t.* INTO target FROM @schema@.edge_target(function_name) AS t;
    IF target.error_code IS NOT NULL THEN
        RETURN @schema@.finish_edge_run(
            run_id, NULL::integer, NULL::text, NULL::text, target.error_code, target.error_message,
            clock_timestamp()
        );
    END IF;
    SELECT c.* INTO call
    FROM @schema@.call_edge_function(target.url, target.key, declared.timeout_ms, jsonb_build_object(
        'trigger_type', origin.trigger_type, 'function', function_name, 'run_id', run_id
    )) AS c;
    IF call.request_id IS NULL THEN
        RETURN @schema@.finish_edge_run(
            run_id, call.http_status, call.content_type, call.content, call.error_code,
            call.error_message, clock_timestamp()
        );
    END IF;
    UPDATE @schema@.job_runs AS r
    SET metadata = r.metadata || jsonb_build_object('request_id', call.request_id)
    WHERE r.id = run_id;
    RETURN jsonb_build_object(
        'run_id', run_id, 'function', function_name, 'status', 'running', 'http_status', NULL,
        'error_code', NULL, 'error', NULL, 'request_id', call.request_id
    );
END
