#!/usr/bin/env bash
# The story of README.md on a real PostgreSQL 17 with a real pg_cron, for somebody who watches.
#
# Each step says what it does, shows the command as it is run, and its output. The exit code is 0
# only if every expectation held. It empties the server first, so it can be run any number of times.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"

# Only what the story itself says may decide what happens.
unset SUPABASE_URL SUPABASE_SERVICE_ROLE_KEY CPCTL_DATABASE_URL DATABASE_URL "${!PG@}"

# shellcheck source=tools/demo/stage.sh
source tools/demo/stage.sh

# ------------------------------------------------------------------------------------------------

step "An empty database" "PostgreSQL 17 with pg_cron, started afresh. psql below is its own."
fresh_server
run 0 'psql -c "SELECT count(*) AS jobs FROM cron.job"'
[[ $(ask "SELECT count(*) FROM cron.job") == 0 ]] || fail "the database is not empty"

step "What would cpctl do?" \
  "scheduler.yaml declares six jobs, six URLs and one secret. A plan reads, and writes nothing."
run 0 'cpctl plan --env-file .env.example'
expect "Plan: 13 to create, 0 to update, 0 to delete (13 statements)."
[[ $(grep --count '^# job\..* will be created' <<<"$seen") == 6 ]] || fail "expected 6 jobs"
[[ $(grep --count '^# setting\..* will be created' <<<"$seen") == 7 ]] || fail "expected 7 settings"
[[ $(ask "SELECT count(*) FROM cron.job") == 0 ]] || fail "the plan wrote something"

step "Do it" "On a terminal apply asks first; here --auto-approve answers."
run 0 'cpctl apply --env-file .env.example --auto-approve | tail -n 15'
expect "Apply complete: 13 created, 0 updated, 0 deleted"
run 0 'psql -c "SELECT jobid, jobname, schedule, command FROM cron.job ORDER BY jobid"'
[[ $(ask "SELECT count(*) FROM cron.job WHERE jobname LIKE 'content\_pipeline\_%'") == 6 ]] ||
  fail "expected 6 jobs in cron.job"

step "Again" "A second plan is empty, always. With --detailed-exitcode its exit code says so too."
run 0 'cpctl plan --env-file .env.example --detailed-exitcode'
expect "No changes. The database matches scheduler.yaml."

step "Somebody changes a job by hand" "At 3 am, in psql, and forgets to tell anybody."
run 0 "psql -c \"SELECT cron.alter_job(jobid, schedule := '* * * * *') FROM cron.job
         WHERE jobname = 'content_pipeline_main'\""

step "cpctl diff finds it" "One field of one job. Exit code 2, so a nightly check can raise an alarm."
run 2 'cpctl diff --env-file .env.example'
expect "job.content_pipeline_main" '"*/5 * * * *"' '"* * * * *"' "Drift: 1 drifted."

step "And apply heals it" "One statement; the job keeps its jobid, and so its run history."
before=$(ask "SELECT jobid FROM cron.job WHERE jobname = 'content_pipeline_main'")
run 0 'cpctl apply --env-file .env.example --auto-approve'
expect '~ schedule = "* * * * *" -> "*/5 * * * *"' "Plan: 0 to create, 1 to update, 0 to delete (1 statement)."
expect_changes 1
[[ $(ask "SELECT jobid FROM cron.job WHERE jobname = 'content_pipeline_main'") == "$before" ]] ||
  fail "the jobid changed"
run 0 'cpctl diff --env-file .env.example'
expect "No drift. 13 resources match scheduler.yaml."

step "Settings are live, and stay with their jobs" \
  "An overlay adds a job that runs every second. It writes the URL it would call into a table."
run 0 'psql -c "CREATE TABLE sweeper_calls (id serial, url text)"'
run 0 'cat tools/demo/every-second.yaml'
second="-f scheduler.yaml -f tools/demo/every-second.yaml"
run 0 "cpctl apply $second --env-file .env.example --auto-approve"
expect "Plan: 1 to create, 0 to update, 0 to delete (1 statement)."
printf '\n… until it has run twice\n'
wait_until "(SELECT count(*) FROM sweeper_calls) >= 2"

step "Change the setting" "A second overlay gives the sweeper another URL."
run 0 'cat tools/demo/new-sweeper.yaml'
run 0 "cpctl apply $second -f tools/demo/new-sweeper.yaml --env-file .env.example --auto-approve"
expect "~ value = " "Plan: 0 to create, 1 to update, 0 to delete (1 statement)."
expect_changes 1
printf '\n… until it has run twice with the new one\n'
wait_until "(SELECT count(*) FROM sweeper_calls WHERE url LIKE '%/v2/sweeper') >= 2"

step "What the job saw" "The old URL, then the new one, and never the old one again."
run 0 'psql -c "SELECT url, count(*) AS runs FROM sweeper_calls GROUP BY url ORDER BY min(id)"'
# Each URL where it differs from the run before: more than two would be a way back.
order=$(ask "SELECT string_agg(url, ' ' ORDER BY id) FROM
  (SELECT id, url, lag(url) OVER (ORDER BY id) AS before FROM sweeper_calls) AS calls
  WHERE url IS DISTINCT FROM before")
base=https://your-project.supabase.co/functions
[[ $order == "$base/v1/sweeper $base/v2/sweeper" ]] ||
  fail "expected the old URL, then the new one; got: $order"

step "Who did what" "Each apply leaves a line in the database that it changed."
run 0 'cpctl history'
expect "content-pipeline" "+13"

step "And take it back" "The state before apply 3: a plan like any other, shown and verified."
run 0 'cpctl rollback 3 --env-file .env.example --auto-approve'
expect "DELETES_JOB" "Plan: 0 to create, 1 to update, 1 to delete (2 statements)." "Rollback complete"
run 0 'psql -c "DROP TABLE sweeper_calls"'
run 0 'cpctl diff --env-file .env.example'
expect "No drift. 13 resources match scheduler.yaml."

# shellcheck source=tools/demo/edge-functions.sh
source tools/demo/edge-functions.sh

if grep --quiet 'your-service-role-key' <<<"$said"; then
  fail "the secret was printed"
fi

step "Everything held, in $SECONDS s" \
  "The server is still there; what stood in for the Edge Functions is not. Try it yourself: change" \
  "scheduler.yaml, then cpctl plan; or look at the Scheduler Management API in a browser." \
  "" \
  "  export PATH=\"\$PWD/.venv/bin:\$PATH\"" \
  "  export CPCTL_DATABASE_URL=$CPCTL_DATABASE_URL" \
  "  whole=\"$whole\"" \
  "  cpctl plan \$whole" \
  "  cpctl serve \$whole --insecure-no-auth" \
  "" \
  "make clean stops it."
