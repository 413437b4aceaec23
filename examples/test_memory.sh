#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs memory with tiny settings: every task with every cell, one that it learns, and command
# lines that are refused.  usage: test_memory.sh [wrapper ...] memory
set -u
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failures=0

fail()
{
    echo "FAILED: $*" >&2
    sed 's/^/  | /' "$work/out" "$work/err" >&2
    failures=$((failures + 1))
}

# expect STATUS WORDS command ...: the exit status, and words among what it prints.
expect()
{
    status=$1 words=$2
    shift 2
    "$@" >"$work/out" 2>"$work/err"
    got=$?
    [ $got -eq "$status" ] || fail "exit status $got instead of $status: $*"
    cat "$work/out" "$work/err" | grep -q -e "$words" || fail "does not say '$words': $*"
}

tiny="--units 4 --batch 4 --updates 20 --tests 8 --steps 30"
for task in adding order copy parity reber digits; do
    for cell in rnn lstm gru mgu; do
        # shellcheck disable=SC2086 # several options
        expect 0 "% without an error" "$@" $task --cell $cell $tiny
    done
done

# What it must learn; and the same seed gives the same numbers.
expect 0 "held out  500" "$@" reber --updates 300 --tests 500 --rate 1e-2
grep held -A 2 "$work/out" >"$work/first"
awk '/without an error/ { exit !($1 > 90) }' "$work/out" || fail "reber is not learnt"
expect 0 "held out  500" "$@" reber --updates 300 --tests 500 --rate 1e-2
grep held -A 2 "$work/out" | cmp -s - "$work/first" || fail "the same seed, other numbers"

# Options.
# shellcheck disable=SC2086 # several options
expect 0 "gru of 7 units, 218 weights" "$@" adding --cell gru $tiny --weights 220
# shellcheck disable=SC2086 # several options
expect 0 "keep 1 to 30 steps" "$@" adding $tiny
# shellcheck disable=SC2086 # several options
expect 0 "8 sequences of 50 steps" "$@" adding $tiny --test-steps 50
# shellcheck disable=SC2086 # several options
expect 0 "forget bias 2" "$@" adding $tiny --chrono 0 --forget 2
expect 0 "usage" "$@" --help
expect 2 "which task" "$@"
expect 2 "no such task: nonsense" "$@" nonsense
expect 2 "no such option: --nonsense" "$@" adding --nonsense 1
expect 2 "value is missing" "$@" adding --units
expect 2 "not a whole number" "$@" adding --units many
expect 2 "0.5 is not a whole number" "$@" adding --batch 8 --units 0.5
expect 2 "no such cell: tanh" "$@" adding --cell tanh
expect 2 "no such cell: m" "$@" adding --cell m
expect 2 "too few" "$@" reber --weights 20
expect 2 "19 steps are too few: 20 are needed" "$@" copy --first 19
expect 2 "9 steps are too few: 10 are needed" "$@" order --test-steps 9

[ $failures -eq 0 ] && echo "all passed"
exit $((failures > 0))
