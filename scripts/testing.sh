# shellcheck shell=sh disable=SC2154 # scratch is of packages.sh
# SPDX-License-Identifier: MIT
# Shared by test.sh and test_aarch64.sh: builds, runs and counts tests.
# Read by them with `.`, after packages.sh.

passed=0
failed=0
started=$(date +%s)

# ---- counting ----

# A check that is not a Meson test.
count_one()
{
    if [ "$1" -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $2"
    fi
}

# Prints "passed failed" of a log of Meson, a line of JSON a program: the tests that Criterion
# says it ran, or 1 for another program; and one failure more where a program failed that
# counted none itself.
count_log()
{
    awk '
    function number(line, word) {
        if (!match(line, word ": *[0-9]+")) return 0
        line = substr(line, RSTART, RLENGTH)
        sub(/.*: */, "", line)
        return line + 0
    }
    {
        gsub(/\\u001b\[[0-9;]*m/, "")
        match($0, /", "result": "[A-Z]+"/) || match($0, /"result": "[A-Z]+"/)
        result = substr($0, RSTART, RLENGTH)
        if (result ~ /SKIP/) next
        good = result ~ /"(OK|EXPECTEDFAIL)"$/
        bad = 0
        if (match($0, /Synthesis: Tested: .*/)) {
            line = substr($0, RSTART)
            bad = number(line, "Tested") - number(line, "Passing")
            passed += number(line, "Passing")
            failed += bad
        } else {
            passed += good
        }
        if (!good && bad == 0) failed++
    }
    END { print passed + 0, failed + 0 }' "$1"
}

# Prints the skipped tests of a log and the reasons: programs, and tests of Criterion.
list_skipped()
{
    awk '
    function value(key, line) {
        line = $0
        if (!match(line, "\"" key "\": \"")) return ""
        line = substr(line, RSTART + RLENGTH)
        sub(/".*/, "", line)
        return line
    }
    /"result": "SKIP"/ {
        name = value("name")
        why = value("stdout")
        sub(/^[^:]*:/, "", name)
        sub(/^skipped: /, "", why)
        sub(/\\n.*/, "", why)
        print "skipped: " name (why == "" ? "" : ": " why)
        next
    }
    {
        gsub(/\\u001b\[[0-9;]*m/, "")
        while (match($0, /\[SKIP\] [^\\"]*/)) {
            print "skipped: " substr($0, RSTART + 7, RLENGTH - 7)
            $0 = substr($0, RSTART + RLENGTH)
        }
    }' "$1"
}

# ---- stages ----

# stage TITLE
stage()
{
    echo
    echo "== $1 ($(($(date +%s) - started)) s)"
}

# build FOLDER TITLE options ...: configures the folder if it is new, and compiles $only, or
# everything.
only=
build()
{
    folder=$1 title=$2
    shift 2
    again=
    [ -f "$folder/build.ninja" ] && again=--reconfigure
    # shellcheck disable=SC2086 # nothing or one word
    # Lines are enough to know where something happened.
    if meson setup "$folder" $again "$@" -Dc_args=-g1 >"$scratch/build" 2>&1 &&
        sed -n 's/^Message: \(skipped: .*\)/\1/p' "$scratch/build" &&
        meson compile -C "$folder" -j 2 $only >"$scratch/build" 2>&1; then
        grep -A 5 'warning:' "$scratch/build" | head -n 40
        return 0
    fi
    grep -v '^\[[0-9]*/[0-9]*\] [CL]' "$scratch/build" | tail -n 60
    count_one 1 "$title"
    return 1
}

# run FOLDER NAME options ...: meson test, its result added to the count.
run()
{
    folder=$1 name=$2
    shift 2
    log=$folder/meson-logs/$name.json
    rm -f "$log"
    # At level 1 Criterion tells of the tests that skip themselves.
    CRITERION_VERBOSITY_LEVEL=1 meson test -C "$folder" --no-rebuild --num-processes 2 \
        --logbase "$name" --print-errorlogs "$@" >"$scratch/run" 2>&1
    status=$?
    if [ ! -s "$log" ]; then
        cat "$scratch/run"
        count_one 1 "$name: no tests were run"
        return
    fi
    counts=$(count_log "$log")
    if [ $status -ne 0 ]; then
        grep -v -E -e '^>>>' -e '^ *[0-9]+/[0-9]+ .* OK +[0-9.]+s' \
            -e '^\[(RUN |PASS|SKIP)\]' "$scratch/run"
        [ "${counts#* }" -gt 0 ] || counts="${counts% *} 1"
    fi
    list_skipped "$log"
    passed=$((passed + ${counts% *}))
    failed=$((failed + ${counts#* }))
    echo "$name: ${counts% *} passed, ${counts#* } failed"
}

# Prints the result; the exit status is 0 if nothing failed.
finish()
{
    echo
    echo "$(($(date +%s) - started)) seconds"
    echo "$passed passed, $failed failed"
    [ $failed -eq 0 ] && [ $passed -gt 0 ]
}
