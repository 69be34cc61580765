BEGIN
    RETURN @schema@.run_edge_function(@name@, NULL);
END
