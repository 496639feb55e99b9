#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# run.sh PROGRAM: does the runner of the live tests judge tests rightly, end them in time, and leave nothing behind?
# PROGRAM is the runner with the tests of samples.c. Needs no root.
set -euo pipefail
program=$1
ulimit -c 0
unset KATRACE_JOBS KATRACE_MODE KATRACE_STRICT
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SAMPLES

fail() {
	echo "runner: $*" >&2
	sed 's/^/    /' "$work/output" >&2
	exit 1
}

# run STATUS ARGUMENT...: the exit status that is expected, and how to run the samples, each time with new notes
run() {
	local expected=$1 status=0
	shift
	SAMPLES=$(mktemp -d -p "$work")
	timeout 30 "$program" "$@" > "$work/output" 2>&1 || status=$?
	[ "$status" = "$expected" ] || fail "exit status $status, not $expected, for: $*"
}

says() {
	grep -qF -- "$1" "$work/output" || fail "not said: $1"
}

says_not() {
	! grep -qF -- "$1" "$work/output" || fail "said: $1"
}

# within_10_s CONDITION...
within_10_s() {
	local end=$((SECONDS + 10))
	until "$@"; do
		[ $SECONDS -lt $end ] || fail "not so after 10 s: $*"
		sleep 0.02
	done
}

gone() {
	! [ -e "$1" ]
}

echo "== a test that fails while the kernel hides timers runs again, twice"
SAMPLES_HIDDEN=1 run 1 - 'fails' passes
[ "$(grep -c '^\[  AGAIN   \] fails: ' "$work/output")" = 2 ] || fail "not twice again"
says '[  FAILED  ] 1 test(s) fails'
says '[  PASSED  ] 1 test(s)'
run 1 - 'fails'
says_not AGAIN

echo "== a test passes, is skipped, fails, crashes, hangs"
run 0 - passes
says '[       OK ] passes ('
says '1 test(s) in '
says '[  PASSED  ] 1 test(s)'
says_not FAILED
says_not SKIPPED
run 0 - skips passes
says '[  SKIPPED ] skips'
says 'SKIPPED: no reason but 42'
says '[  SKIPPED ] 1 test(s) skips'
run 1 - 'fails' crashes hangs ignores_sigterm skips passes
says 'samples.c:'
says '1 + 1 is 2, not 3'
says 'crashes: killed by signal 11 ('
says 'what was said before'
says 'hangs: still not at its end after 1 s'
says 'hangs: killed by signal 15 ('
says 'ignores_sigterm: killed by signal 9 ('
says '6 test(s) in '
says '[  PASSED  ] 1 test(s)'
says '[  SKIPPED ] 1 test(s) skips'
says '[  FAILED  ] 4 test(s) '
for test in fails crashes hangs ignores_sigterm; do
	grep -q "^\[  FAILED  \] 4 test(s) .*\<$test\>" "$work/output" || fail "the total does not name $test"
done
[ ! -e "$SAMPLES/after_a_failure" ] || fail "a failed test went on"
run 0 - of_root
[ "$(id -u)" = 0 ] || says 'SKIPPED: of_root needs root'

echo "== nothing is left behind"
run 0 - leaves_things
gone "/proc/$(cat "$SAMPLES/child")" || fail "a child process is left"
gone "$(cat "$SAMPLES/directory")" || fail "a directory is left"
run 1 - fails_and_is_cleaned_up
[ -e "$SAMPLES/cleaned" ] || fail "nothing was cleaned up"

echo "== side by side, or alone"
run 0 -j 2 - meets_one meets_other
[ "$(sort -u "$SAMPLES/numbers" | wc -l)" = 2 ] || fail "two tests had the same number"
run 0 -j 4 - alone_first alone_second
[ "$(paste -sd ' ' "$SAMPLES/alone")" = "begin end begin end" ] || fail "exclusive tests ran at the same time"

echo "== arguments"
run 0 /a/katrace says_which_katrace + /another/katrace-asan 'says_*'
[ "$(sort "$SAMPLES/katrace" | paste -sd ' ')" = "/a/katrace /another/katrace-asan" ] || fail "the wrong katrace"
says 'says_which_katrace (katrace-asan)'
run 2 - no_such_test
says 'no such test'
run 2 -j 0 - passes
says "not a number of jobs from 1 to 64: '0'"
run 2 -x

echo "== a hook mode is forced"
KATRACE_MODE=fentry run 0 - runs_once passes
says '[  PASSED  ] 1 test(s)'
says_not runs_once
KATRACE_MODE=fentry run 0 - runs_once
says 'live: none of these tests depends on the hook mode'
KATRACE_MODE=fentry run 2 - no_such_test
says 'no such test'
run 0 - runs_once
says '[  PASSED  ] 1 test(s)'

# interrupt SIGNAL: the runner gets it while a test runs and another one waits for its turn
interrupt() {
	SAMPLES=$(mktemp -d -p "$work")
	"$program" -j 1 - waits passes > "$work/output" 2>&1 &
	pid=$!
	within_10_s test -s "$SAMPLES/waiting"
	kill -s "$1" "$pid"
	status=0
	wait "$pid" 2> /dev/null || status=$?
	within_10_s gone "$(cat "$SAMPLES/waiting")"
}

echo "== interrupted"
interrupt TERM
[ "$status" = 1 ] || fail "exit status $status after SIGTERM"
says '[  FAILED  ] 1 test(s) waits'
says '[  NOT RUN ] 1 test(s) passes'
interrupt KILL

echo "== the test shown in CONTRIBUTING.md is a real one"
root=$(dirname "$0")/../..
# shellcheck disable=SC2016 # the marks of Markdown
sample=$(sed -n '/^```c$/,/^```$/{//!p}' "$root/CONTRIBUTING.md")
[[ $(cat "$root/tests/live/test_life.c") == *"${sample:?}"* ]] || fail "CONTRIBUTING.md: not as in tests/live/test_life.c"
