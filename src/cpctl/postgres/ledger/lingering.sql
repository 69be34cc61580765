-- Removed from the file, perhaps, and never reloaded: no catalog lists what only sessions have.
select address
from cpctl.applies, unnest(left_behind) as address
where name = any($1) and outcome is distinct from 'applied' and address like 'setting.%.%'
  and coalesce(current_setting(substr(address, length('setting.') + 1), true), '') <> ''
  and number > coalesce((select max(number) from cpctl.applies
                         where name = any($1) and outcome = 'applied'), 0)
