# The second part of the demo: what the jobs call, and what becomes of it; sourced by tools/demo.sh.
# shellcheck shell=bash

edge=$(mktemp -d)
python tools/demo/edge_server.py "$edge" &
edge_server=$!
trap 'kill "$edge_server" 2>/dev/null; rm -rf "$edge"' EXIT
for _ in {1..50}; do
  [[ -s $edge/port ]] && break
  sleep 0.1
done
[[ -s $edge/port ]] || fail "the Edge Functions' stand-in did not start"

step "The Edge Functions" \
  "So far the jobs called functions that nobody has made. A small HTTP server on this machine stands" \
  "in for the six Edge Functions; an overlay says what the jobs call, and by which extension."
export SUPABASE_URL="http://127.0.0.1:$(<"$edge/port")"
printf '\n$ export SUPABASE_URL=%s\n' "$SUPABASE_URL"
run 0 'cat examples/edge-functions/edge-functions.yaml tools/demo/impatient.yaml'
whole="-f scheduler.yaml -f examples/edge-functions/edge-functions.yaml"
whole+=" -f tools/demo/impatient.yaml --env-file .env.example"
printf '\n$ whole="%s"\n' "$whole"

step "From an empty database" "One apply: the extension, the tables, the functions, the settings, the jobs."
fresh_server
psql --command 'DROP EXTENSION IF EXISTS http'
run 0 'cpctl apply $whole --auto-approve | sed -n "/^Plan:/,\$p"'
expect "extension.http " "function.public.trigger_sweeper() " "table.public.job_runs " "Apply complete: "
run 0 'cpctl plan $whole --detailed-exitcode'
expect "No changes."

step "pg_cron fires, the trigger calls" "Every ten seconds here, with the secret as its bearer."
printf '\n… until a job has run\n'
wait_until "EXISTS (SELECT FROM job_runs WHERE status = 'succeeded' AND metadata->>'trigger_type' = 'scheduled')"
run 0 'sort "$edge/calls" | uniq -c'
expect "POST /functions/v1/content-automation, with the right key: 200"
run 0 "psql -c \"SELECT job_id, status, http_status, processing_time_ms, metadata->>'function' AS function_name
         FROM job_runs WHERE metadata->>'trigger_type' = 'scheduled' ORDER BY started_at DESC LIMIT 3\""
run 0 'psql -c "SELECT * FROM get_scheduler_health()"'
[[ $(ask "SELECT bool_and(status = 'healthy') AND count(*) = 6 FROM get_scheduler_health()") == t ]] ||
  fail "the scheduler is not healthy"

step "The other side breaks" "It answers 500 to everything. pg_cron would call such a run a success."
run 0 'touch "$edge/broken"'
printf '\n… until an alert is open, and a failed run has been repeated\n'
wait_until "EXISTS (SELECT FROM monitoring_alerts WHERE status = 'open')
  AND EXISTS (SELECT FROM job_runs WHERE (metadata->>'attempt')::int > 0)" 40
run 0 "psql -c \"SELECT status, http_status, error_code, metadata->>'attempt' AS attempt, error_message
         FROM job_runs ORDER BY started_at DESC LIMIT 4\""
expect "http_500"
run 0 'psql -c "SELECT alert_type, severity, status, message FROM monitoring_alerts"'
[[ $(ask "SELECT count(*) FROM monitoring_alerts WHERE status = 'open'") == 1 ]] ||
  fail "expected one open alert"
run 0 'psql -c "SELECT component, status, error_count, success_rate FROM get_scheduler_health()"'
expect "unhealthy"

step "And recovers" "The next success resolves the alert."
run 0 'rm "$edge/broken"'
printf '\n… until it is resolved\n'
wait_until "NOT EXISTS (SELECT FROM monitoring_alerts WHERE status = 'open')" 40
run 0 'psql -c "SELECT alert_type, status, resolved_at IS NOT NULL AS resolved FROM monitoring_alerts"'
run 0 'psql -c "SELECT component, status FROM get_scheduler_health()"'
[[ $(ask "SELECT bool_and(status = 'healthy') FROM get_scheduler_health()") == t ]] ||
  fail "the scheduler is not healthy again"
run 0 'cpctl diff $whole'
expect "No drift."

step "All is well" "Every check of the doctor, and the jobs in numbers."
run 0 'cpctl doctor $whole'
expect " good."
run 0 'cpctl status $whole'
expect "6 active"
