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

said=""  # everything that was printed
seen=""  # what the last command printed

fail() {
  printf '\ndemo: %s\n' "$*" >&2
  exit 1
}

step() { # HEADING [SENTENCE]…
  printf '\n== %s\n' "$1"
  shift
  (($# == 0)) || printf '%s\n' "$@"
}

run() { # EXIT_CODE COMMAND: shows the command, runs it, and insists on its exit code
  local wanted=$1 command=$2 code=0
  printf '\n$ %s\n' "$command"
  seen=$(eval "$command" 2>&1) || code=$?
  [[ -z $seen ]] || printf '%s\n' "$seen"
  said+="$seen"$'\n'
  ((wanted == 0)) || printf '[exit code %s]\n' "$code"
  ((code == wanted)) || fail "exit code $code, expected $wanted: $command"
}

expect() { # TEXT…: the last command printed each of them
  local text
  for text in "$@"; do
    grep --quiet --fixed-strings -- "$text" <<<"$seen" || fail "its output lacks: $text"
  done
}

expect_changes() { # COUNT: that many lines of the last output start a change
  local count
  count=$(grep --count '^ *[-+~] ' <<<"$seen" || true)
  ((count == $1)) || fail "it shows $count changed fields, expected $1"
}

psql() { # the server's own
  python tools/servers.py psql 17 -- --quiet "$@"
}

ask() { # SQL: one value, not shown
  psql --no-align --tuples-only --command "$1"
}

wait_until() { # SQL condition, for at most 15 s
  ask "DO 'BEGIN
    FOR attempt IN 1..150 LOOP
      IF ${1//\'/\'\'} THEN RETURN; END IF;
      PERFORM pg_sleep(0.1);
    END LOOP;
    RAISE EXCEPTION ''15 s went by'';
  END'" || fail "this did not become true: $1"
}

# ------------------------------------------------------------------------------------------------

step "An empty database" "PostgreSQL 17 with pg_cron, started afresh. psql below is its own."
run 0 'python tools/servers.py start --fresh 17'
CPCTL_DATABASE_URL=postgresql://postgres@127.0.0.1:$(ask "SHOW port")/postgres
export CPCTL_DATABASE_URL
printf '\n$ export CPCTL_DATABASE_URL=%s\n' "$CPCTL_DATABASE_URL"
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

if grep --quiet 'your-service-role-key' <<<"$said"; then
  fail "the secret was printed"
fi

step "Everything held, in $SECONDS s" \
  "The server is still there. Try it yourself: change scheduler.yaml, then cpctl plan." \
  "" \
  "  export PATH=\"\$PWD/.venv/bin:\$PATH\"" \
  "  export CPCTL_DATABASE_URL=$CPCTL_DATABASE_URL" \
  "  cpctl plan --env-file .env.example" \
  "" \
  "make clean stops it."
