#!/usr/bin/env bash
# Three legs side by side, each with its own output and its own count: what needs no server, and
# either server. CPCTL_TEST_LEG deselects in tests/conftest.py; all legs together are every test.
# Job control: without it a background leg would ignore Ctrl-C, and so would the cpctl it tests.
set -um
out=$(mktemp -d)
leg15= leg17=
trap 'kill $leg15 $leg17 2>/dev/null; rm -rf "$out"' EXIT
trap 'exit 1' INT TERM
pytest=("${BIN:-.venv/bin}/pytest" --ignore=tests/bench -q -p no:cacheprovider "$@")

CPCTL_TEST_LEG="PostgreSQL 15" CPCTL_TEST_SERVERS=15 "${pytest[@]}" >"$out/15" 2>&1 &
leg15=$!
CPCTL_TEST_LEG="PostgreSQL 17" CPCTL_TEST_SERVERS=17 "${pytest[@]}" >"$out/17" 2>&1 &
leg17=$!
echo "== tests: without a server, PostgreSQL 15 and PostgreSQL 17, side by side"
CPCTL_TEST_LEG="without a server" "${pytest[@]}"
failed=$?
for leg in 15 17; do
  pid=leg$leg
  wait "${!pid}" || failed=1
  echo "== PostgreSQL $leg"
  cat "$out/$leg"
done
exit "$failed"
