select number, name, changes, committed
from cpctl.applies
where number >= $1
order by number
