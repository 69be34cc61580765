BEGIN
    EXECUTE format('SELECT FROM jsonb_populate_record(NULL::%s, $1)', log) USING entry;
    RETURN true;
EXCEPTION WHEN OTHERS THEN
    RETURN false;
END
