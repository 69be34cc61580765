-- An answer that repeats the request is kept without the key, plain or as JSON writes it.
DECLARE
    as_json text := to_json(key)::text;
BEGIN
    IF key IS NULL OR length(key) < 8 THEN
        RETURN content;
    END IF;
    RETURN replace(
        replace(content, key, '(key)'), substr(as_json, 2, length(as_json) - 2), '(key)'
    );
END
