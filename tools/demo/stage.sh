# What both parts of the demo are told with; sourced by tools/demo.sh.
# shellcheck shell=bash

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

fresh_server() { # an empty one, and where it is
  run 0 'python tools/servers.py start --fresh 17'
  CPCTL_DATABASE_URL=postgresql://postgres@127.0.0.1:$(ask "SHOW port")/postgres
  export CPCTL_DATABASE_URL
  printf '\n$ export CPCTL_DATABASE_URL=%s\n' "$CPCTL_DATABASE_URL"
}

ask() { # SQL: one value, not shown
  psql --no-align --tuples-only --command "$1"
}

wait_until() { # SQL condition, for at most 15 s, or SECONDS
  ask "DO 'BEGIN
    FOR attempt IN 1..${2:-15}0 LOOP
      IF ${1//\'/\'\'} THEN RETURN; END IF;
      PERFORM pg_sleep(0.1);
    END LOOP;
    RAISE EXCEPTION ''${2:-15} s went by'';
  END'" || fail "this did not become true: $1"
}
