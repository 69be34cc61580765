-- One recovery at a time. It waits for no backoff: whatever is not due is left to the next one.
-- Alerts come last, because whoever raises one of the same function would wait for this to end.
DECLARE
    waits boolean := @transport@ <> 'pg_net';
    began timestamptz := clock_timestamp();
    spent double precision;
    longest integer := (SELECT max(f.timeout_ms) FROM @schema@.edge_functions() AS f);
    collected text[] := '{}';
    stale text[] := '{}';
    tried text[] := '{}';
    retried bigint[] := '{}';
    run record;
    done jsonb;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended(@schema_name@ || '.recover_edge_functions', 0)) THEN
        RETURN jsonb_build_object('busy', true);
    END IF;
    IF NOT waits THEN
        collected := @schema@.collect_edge_answers();
    END IF;

    FOR run IN
        SELECT r.id, f.name, coalesce(f.timeout_ms, 300000) AS timeout_ms
        FROM @schema@.job_runs AS r
        LEFT JOIN @schema@.edge_functions() AS f ON f.name = r.metadata ->> 'function'
        WHERE r.status = 'running'
            AND r.started_at < clock_timestamp()
                - make_interval(secs => 60 + coalesce(f.timeout_ms, 300000) / 1000.0)
        FOR UPDATE OF r SKIP LOCKED
    LOOP
        PERFORM @schema@.finish_edge_run(
            run.id, NULL::integer, NULL::text, NULL::text, 'stale'::text,
            format('no outcome within %s s', 60 + run.timeout_ms / 1000), clock_timestamp()
        );
        stale := stale || run.name;
    END LOOP;

    FOR run IN SELECT d.* FROM @schema@.edge_runs_due() AS d LOOP
        spent := extract(epoch FROM clock_timestamp() - began) * 1000;
        CONTINUE WHEN waits AND retried <> '{}' AND spent + run.timeout_ms > longest + 500;
        PERFORM FROM @schema@.job_runs AS r
        WHERE r.id = run.run_id AND NOT r.metadata ? 'retried_by'
        FOR UPDATE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND;
        tried := tried || run.function_name;
        done := @schema@.run_edge_function(run.function_name, run.run_id);
        UPDATE @schema@.job_runs AS r
        SET metadata = r.metadata || jsonb_build_object('retried_by', done -> 'run_id')
        WHERE r.id = run.run_id;
        retried := retried || (done ->> 'run_id')::bigint;
    END LOOP;
    PERFORM @schema@.watch_edge_function(f.name)
    FROM @schema@.edge_functions() AS f
    WHERE f.name = ANY (collected || stale || tried);
    RETURN jsonb_build_object(
        'collected', cardinality(collected), 'stale', cardinality(stale), 'retried', retried
    );
END
