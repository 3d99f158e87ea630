# Steps of scripts/test: each one named, timed, in a process group of its own, and killed with
# everything that it started when the run ends, however it ends.

started_steps=()
red_steps=()
keep_going=0
step_group=
beside_group=

# The mark of a run ends with the process id of its shell: what a run that was killed -9 left behind
# carries the mark of a shell that is gone.
stop_orphans() {
  local environ pid mark
  for environ in /proc/[0-9]*/environ; do
    mark=$(tr '\0' '\n' <"$environ" 2>/dev/null | sed -n 's/^EOSKEEPER_TEST_RUN=//p') || continue
    [[ -n $mark ]] && ! kill -0 "${mark##*-}" 2>/dev/null || continue
    pid=${environ#/proc/}
    kill -KILL "${pid%/environ}" 2>/dev/null && printf 'killed an orphan of run %s: %s\n' "$mark" "${pid%/environ}"
  done
  return 0
}

start_run() {
  { stop_orphans; } 2>/dev/null
  work=$(mktemp -d "/tmp/eoskeeper-test.XXXXXX")
  mkdir -p "$work/junit"
  # Every process of this run carries the mark, so that none that left its group is overlooked.
  export EOSKEEPER_TEST_RUN=${work##*.}-$$
  trap 'end_run $?' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
}

# run_step NAME COMMAND...
run_step() {
  local name=$1 code=0 began=$SECONDS
  shift
  printf '\n==> %s\n' "$name"
  set -m # gives the background command a process group of its own
  "$@" </dev/null &
  step_group=$!
  set +m
  wait "$step_group" || code=$?
  stop_group "$step_group"
  step_group=
  note_step "$name" "$code" $((SECONDS - began))
}

# begin_beside NAME COMMAND...: a step beside the next ones, until end_beside; one at a time.
begin_beside() {
  beside_name=$1 beside_log=$work/$1.log beside_began=$SECONDS
  shift
  printf '\n==> %s begins, beside what follows\n' "$beside_name"
  set -m
  "$@" </dev/null >"$beside_log" 2>&1 &
  beside_group=$!
  set +m
}

# Waits for the step that runs beside the others, and shows what it printed.
end_beside() {
  local code=0
  [[ -n $beside_group ]] || return 0
  wait "$beside_group" || code=$?
  stop_group "$beside_group"
  beside_group=
  printf '\n==> %s\n' "$beside_name"
  cat "$beside_log"
  note_step "$beside_name" "$code" $((SECONDS - beside_began))
}

# note_step NAME CODE SECONDS
note_step() {
  local name=$1 code=$2 took=$3
  if ((code)); then
    red_steps+=("$name")
    started_steps+=("RED    $(printf '%4d s' "$took")  $name (exit code $code)")
    printf '==> %s: RED, exit code %d, %d s\n' "$name" "$code" "$took"
    ((keep_going)) || stop_if_red
  else
    started_steps+=("green  $(printf '%4d s' "$took")  $name")
    printf '==> %s: green, %d s\n' "$name" "$took"
  fi
}

skip_step() {
  started_steps+=("-            $1: $2")
  printf '\n==> %s: skipped, %s\n' "$1" "$2"
}

stop_if_red() {
  ((${#red_steps[@]} == 0)) && return 0
  summarise
  printf '\nscripts/test: RED: %s\n' "${red_steps[*]}"
  exit 1
}

finish_run() {
  summarise
  printf '\nscripts/test: all green, %d s\n' "$SECONDS"
}

summarise() {
  if compgen -G "$work/junit/*.xml" >/dev/null; then
    "$venv/bin/python" scripts/lib/slowest_tests.py "$work"/junit/*.xml || true
  fi
  printf '\nSteps:\n'
  printf '  %s\n' "${started_steps[@]}"
}

stop_group() {
  kill -TERM -- "-$1" 2>/dev/null || return 0
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    kill -0 -- "-$1" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -KILL -- "-$1" 2>/dev/null || true
}

# Processes of this run that left their group (a daemon, a frozen nodeos) still carry its mark.
stop_leftovers() {
  local environ pid
  for environ in /proc/[0-9]*/environ; do
    pid=${environ#/proc/}
    pid=${pid%/environ}
    [[ $pid == "$$" || $pid == "$BASHPID" ]] && continue
    if tr '\0' '\n' <"$environ" 2>/dev/null | grep -qx "EOSKEEPER_TEST_RUN=$EOSKEEPER_TEST_RUN"; then
      kill -KILL "$pid" 2>/dev/null && printf 'killed a left-over process: %s\n' "$pid"
    fi
  done
}

end_run() {
  local code=$1
  trap - EXIT INT TERM HUP
  [[ -n $step_group ]] && stop_group "$step_group"
  [[ -n $beside_group ]] && stop_group "$beside_group"
  { stop_leftovers; } 2>/dev/null
  if ((code == 0)) && [[ ${KEEP:-0} != 1 ]]; then
    rm -rf "$work"
  else
    printf 'logs and files of this run: %s\n' "$work"
  fi
  exit "$code"
}
