DECLARE
-- The next start later than `after` of a schedule, by the parser of one release of pg_cron (1.4,
-- 1.5, 1.6.4 or 1.6) on the clock of one zone. pg_cron looks at each minute of UTC: a reading that
-- daylight saving skips never runs, one that it repeats runs twice.
--
-- The function must have SET TimeZone, which ends what set_config does here. AT TIME ZONE would
-- take CET for an abbreviation and miss its summer time; pg_cron takes it for the zone.

    line text COLLATE "C" := schedule;
    parser text COLLATE "C" := release;
    words text[] COLLATE "C";
    last_day boolean;
    starred boolean;
    sets bigint[];
    today date;
    month date;
    length int;
    turn int;
    days bigint;
    weekdays bigint;
    hours bigint;
    minutes bigint;
    -- Moments are seconds since 1970; of a local midnight, as if it were one of UTC.
    asked float8;
    midnight float8;
    opens float8;
    closes float8;
    before float8;
    middle float8;
    shift float8;
    first int;
    last int;
    log2 CONSTANT float8 := ln(2::float8);
BEGIN
    IF octet_length(line) >= 1000 OR coalesce(parser, '') NOT IN ('1.4', '1.5', '1.6.4', '1.6')
            OR NOT coalesce(after BETWEEN '1900-01-01Z' AND '9900-01-01Z', false)
            OR coalesce(zone, '') = '' THEN
        RETURN NULL;
    END IF;

    -- Blank lines and comments may stand before it. The line's end ends it, whatever follows.
    IF strpos(line, E'\n') > 0 THEN
        line := regexp_replace(line, E'^(?:[ \t]*(?:#[^\n]*)?\n)*', '');
        line := split_part(line, E'\n', 1);
    END IF;
    words := regexp_split_to_array(ltrim(translate(line, E'\t', ' '), ' '), ' +');
    IF words[1] LIKE '@%' THEN
        words := string_to_array(CASE
            -- From 1.6.0 on the month's bit is set at a place that no month has: it never runs.
            WHEN words[1] IN ('@yearly', '@annually') AND parser NOT LIKE '1.6%' THEN '0 0 1 1 *'
            WHEN words[1] = '@monthly' THEN '0 0 1 * *'
            WHEN words[1] = '@weekly' THEN '0 0 * * 0'
            WHEN words[1] IN ('@daily', '@midnight') THEN '0 0 * * *'
            WHEN words[1] = '@hourly' THEN '0 * * * *' END, ' ');
    END IF;
    last_day := words[3] = '$' AND parser LIKE '1.6%';
    starred := words[3] LIKE '*%' OR words[5] LIKE '*%';
    FOR n IN 1..5 LOOP
        sets[n] := CASE WHEN n = 3 AND last_day THEN 0
                        ELSE @schema@.cron_field(words[n] COLLATE "C", n, parser) END;
        IF sets[n] IS NULL OR (sets[n] = 0 AND n IN (1, 2, 4)) THEN
            RETURN NULL;
        END IF;
    END LOOP;

    BEGIN
        PERFORM set_config('TimeZone', zone, true);
    EXCEPTION WHEN data_exception THEN
        RETURN NULL;
    END;
    asked := date_part('epoch', after);
    today := after::timestamp::date;
    month := today - (date_part('day', today)::int - 1);
    -- Around 2100, 29 February on one weekday is 40 years apart.
    FOR n IN 1..12 * 48 LOOP
        length := (month + interval '1 month')::date - month;
        days := 0;
        IF (sets[4] >> date_part('month', month)::int) & 1 = 1 THEN
            days := sets[3] | CASE WHEN last_day THEN 1::bigint << length ELSE 0 END;
            -- The week is turned to begin with the weekday of the first, and repeated six times by
            -- the factor 1 + 2^7 + ... + 2^35.
            turn := date_part('dow', month);
            weekdays := (sets[5] | (sets[5] >> 7)) & 127;
            weekdays := ((weekdays >> turn) | (weekdays << (7 - turn))) & 127;
            weekdays := (weekdays * 34630287489) << 1;
            days := CASE WHEN starred THEN days & weekdays ELSE days | weekdays END
                & ((2::bigint << length) - 2) & (-1::bigint << greatest(today - month + 1, 0));
        END IF;
        WHILE days <> 0 LOOP
            midnight := date_part('epoch', month::timestamp)
                + 86400 * (round(ln((days & -days)::float8) / log2) - 1);
            days := days & (days - 1);
            -- Whatever the zone, the day lies within these three; each turn takes the stretch of
            -- them that has one offset from UTC, which is looked for every six hours.
            opens := midnight - 86400;
            WHILE opens < midnight + 172800 LOOP
                shift := date_part('epoch', to_timestamp(opens)::timestamp) - opens;
                closes := opens;
                LOOP
                    before := closes;
                    closes := closes + 21600;
                    EXIT WHEN closes >= midnight + 172800
                        OR date_part('epoch', to_timestamp(closes)::timestamp) - closes <> shift;
                END LOOP;
                -- Where the clock changed in between: in which minute?
                WHILE closes - before > 60 AND closes < midnight + 172800 LOOP
                    middle := before + 60 * trunc((closes - before) / 120);
                    IF date_part('epoch', to_timestamp(middle)::timestamp) - middle = shift THEN
                        before := middle;
                    ELSE
                        closes := middle;
                    END IF;
                END LOOP;
                -- Which minutes of the day its clock shows, later than `after`; then the first of
                -- them that matches.
                first := greatest((opens + shift - midnight) / 60, 0,
                                  floor((asked + shift - midnight) / 60) + 1);
                last := least((closes + shift - midnight) / 60, 1440) - 1;
                hours := sets[2] & (-1::bigint << first / 60);
                minutes := sets[1] & (-1::bigint << first % 60);
                IF first <= last AND ((hours >> first / 60) & 1 = 0 OR minutes = 0) THEN
                    hours := hours & (-1::bigint << first / 60 + 1);
                    minutes := sets[1];
                END IF;
                IF first <= last AND hours <> 0 AND minutes <> 0 THEN
                    first := 60 * round(ln((hours & -hours)::float8) / log2)
                        + round(ln((minutes & -minutes)::float8) / log2);
                    IF first <= last THEN
                        RETURN to_timestamp(midnight + 60 * first - shift);
                    END IF;
                END IF;
                opens := closes;
            END LOOP;
        END LOOP;
        month := month + length;
    END LOOP;
    RETURN NULL;
END
