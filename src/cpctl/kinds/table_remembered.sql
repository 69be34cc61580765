    -- What an apply of any file made: the file's own may have to go.
    union
    select
        case when p[1] like '"%' then replace(substr(p[1], 2, length(p[1]) - 2), '""', '"') else p[1] end,
        case when p[2] like '"%' then replace(substr(p[2], 2, length(p[2]) - 2), '""', '"') else p[2] end,
        true
    from cpctl.files f
    cross join json_array_elements(f.resources::json) as one
    cross join regexp_match(one ->> 2, '^("(?:[^"]|"")+"|[^".]+)\.("(?:[^"]|"")+"|[^".]+)$') as p
    -- Most files have none, and theirs may be long.
    where strpos(f.resources, '["table",') > 0 and one ->> 0 = 'table'
