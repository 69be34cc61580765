-- The object, or each object of an array; both may stand in an envelope, even in two of them.
DECLARE
    list jsonb := answer;
    inner_key text;
BEGIN
    FOR depth IN 1..2 LOOP
        EXIT WHEN jsonb_typeof(list) <> 'object';
        SELECT k.name INTO inner_key
        FROM unnest(ARRAY['logs', 'entries', 'results', 'data']) WITH ORDINALITY AS k (name, place)
        WHERE jsonb_typeof(list -> k.name) IN ('array', 'object')
        ORDER BY k.place
        LIMIT 1;
        EXIT WHEN inner_key IS NULL;
        list := list -> inner_key;
    END LOOP;
    IF jsonb_typeof(list) = 'array' THEN
        RETURN QUERY
        SELECT e.entry
        FROM jsonb_array_elements(list) WITH ORDINALITY AS e (entry, place)
        WHERE jsonb_typeof(e.entry) = 'object'
        ORDER BY e.place;
    ELSIF jsonb_typeof(list) = 'object' THEN
        RETURN NEXT list;
    END IF;
END
