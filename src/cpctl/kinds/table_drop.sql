-- It was empty when the plan was made: what somebody has written since is not dropped.
DO $drop$
BEGIN
    LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE;
    ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY;
    IF EXISTS (SELECT FROM ONLY {name}) THEN
        RAISE EXCEPTION USING ERRCODE = 'object_in_use', MESSAGE = {message}, HINT = 'DROPS_DATA';
    END IF;
    DROP TABLE {name};
END
$drop$
