-- What stands before a parenthesis and is no function: words of the grammar, and types. Functions may
-- bear the name of an unreserved word, but for those that the grammar itself has before one.
select word from pg_get_keywords()
where word = any($1)
  and (catcode <> 'U' or word in ('conflict', 'cube', 'filter', 'over', 'rollup', 'set', 'sets'))
union
select typname::text from pg_type where typname::text = any($1)
