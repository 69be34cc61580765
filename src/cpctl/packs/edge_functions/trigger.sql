-- Each argument has its own type, so that no function of the same name fits better: here, and in
-- all that follows.
DECLARE
    done jsonb := @schema@.run_edge_function(@name@::text, NULL::bigint);
BEGIN
    PERFORM @schema@.watch_edge_function(@name@::text);
    RETURN done;
END
