DECLARE
-- One of the five fields as pg_cron's parser reads it: bit n is set where it holds n. NULL: the
-- parser returns an error. `field` is 1 (minute) to 5 (weekday, 0 to 7).

    low int := (ARRAY[0, 0, 1, 1, 0])[field];
    high int := (ARRAY[59, 23, 31, 12, 7])[field];
    every bigint := (2::bigint << high) - (1::bigint << low);
    names text[] := CASE field
        WHEN 4 THEN ARRAY['jan','feb','mar','apr','may','jun','jul','aug','sep','oct','nov','dec']
        WHEN 5 THEN ARRAY['sun','mon','tue','wed','thu','fri','sat'] END;
    part text COLLATE "C";
    token text COLLATE "C";
    parts text[];
    number bigint;
    first bigint;
    last bigint;
    step bigint;
    found bigint := 0;
BEGIN
    IF coalesce(word, '') = '' THEN
        RETURN NULL;
    ELSIF word = '*' THEN
        RETURN every;
    END IF;
    FOREACH part IN ARRAY string_to_array(word, ',') LOOP
        -- Of each part: `*`, or the first number or name and the last; the step; and anything else.
        parts := regexp_match(part,
            '^(?:([*])|([0-9A-Za-z]+)(?:-([0-9A-Za-z]*))?)(?:/([0-9A-Za-z]*))?(.*)$');
        IF parts IS NULL OR (parts[1] IS NULL AND parts[3] IS NULL AND parts[4] IS NOT NULL) THEN
            RETURN NULL;
        END IF;
        first := low;
        last := high;
        step := 1;
        FOR n IN 2..4 LOOP
            token := parts[n];
            CONTINUE WHEN token IS NULL;
            IF token ~ '^[0-9]+$' THEN
                -- C's atoi: cut to 64 bits by strtol, then to 32 with a sign.
                number := ((least(token::numeric, 9223372036854775807)::bigint & 4294967295)
                           # 2147483648) - 2147483648;
            ELSE
                number := array_position(names, lower(token)) + low - 1;
            END IF;
            IF number IS NULL OR (n = 4 AND token !~ '^[0-9]+$') THEN
                RETURN NULL;
            END IF;
            first := CASE n WHEN 2 THEN number ELSE first END;
            last := CASE n WHEN 4 THEN last ELSE number END;
            step := CASE n WHEN 4 THEN number ELSE step END;
        END LOOP;
        IF first NOT BETWEEN low AND high OR last NOT BETWEEN low AND high OR step < 1
                OR (step > high AND release = '1.6') THEN
            RETURN NULL;
        END IF;
        IF step > 1 THEN
            FOR n IN first..last BY least(step, 60) LOOP
                found := found | (1::bigint << n);
            END LOOP;
        ELSIF first <= last THEN
            found := found | ((2::bigint << last::int) - (1::bigint << first::int));
        ELSIF release LIKE '1.6%' AND (first - low) / 8 <> (last - low) / 8 THEN
            -- From 1.6.0 on a backward range fills the bit string from `first` to the end of its
            -- byte, and the byte of `last` up to it; within one byte the two masks cancel out.
            first := first - low;
            last := last - low;
            found := found | (every & (
                ((256 - (1::bigint << (first % 8)::int)) << (first / 8 * 8 + low)::int)
                | (((2::bigint << (last % 8)::int) - 1) << (last / 8 * 8 + low)::int)));
        END IF;
        -- Whatever else stands before the next blank is skipped, lists included.
        EXIT WHEN parts[5] <> '';
    END LOOP;
    RETURN found;
END
