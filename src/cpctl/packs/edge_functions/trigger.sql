DECLARE
    done jsonb := @schema@.run_edge_function(@name@, NULL);
BEGIN
    PERFORM @schema@.watch_edge_function(@name@);
    RETURN done;
END
