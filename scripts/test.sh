#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs all tests: each suite in the default build, those of operators and kernels on each
# instruction set of this machine, nearly everything with the address and undefined-behaviour
# sanitizers, and programs in several threads with the thread sanitizer; and compiles with clang if
# it is installed.
# A line that starts with "skipped:" names something that cannot be tested here.
# The last line is "N passed, N failed"; the exit status is 0 if nothing failed.
set -u
cd "$(dirname "$0")/.." || exit 1

. scripts/packages.sh
want "gcc libc6-dev" have_compiler
want meson have_meson
want ninja-build have_ninja
want pkg-config have pkg-config
want libcriterion-dev pkg-config --exists criterion
install_missing
check_meson

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

# The instruction sets that this machine has, or with "no" lacks; lowest first.
instruction_sets()
{
    build-test/tests/isa/isa_step | sed -n "s/ $1\$//p"
}

stage "all suites"
if build build-test "the build" -Dtests=enabled -Dbench=true --buildtype=debugoptimized; then
    run build-test all
    have valgrind || echo "skipped: valgrind is not installed"
    have g++ || have clang++ || echo "skipped: headers as C++: no C++ compiler"
    have clang-format || echo "skipped: layout: clang-format is not installed"

    # The best one is what ran just now, and the kernels of all of them.
    for isa in $(instruction_sets no); do
        echo "skipped: all suites with instruction set $isa, which this processor lacks"
    done
    for isa in $(instruction_sets yes | sed '$d'); do
        stage "instruction set $isa"
        RONDO_ISA=$isa
        export RONDO_ISA
        run build-test "$isa" --no-suite kernel --no-suite isa --no-suite ieee \
            --no-suite valgrind --no-suite install --no-suite headers --no-suite style \
            --no-suite docs --no-suite any_isa
        unset RONDO_ISA
    done
fi

stage "address and undefined-behaviour sanitizers"
# Examples and the suite of leaks are plain programs, so their leaks are found; those of a
# test of Criterion are not, for it ends without cleaning up.
ASAN_OPTIONS=halt_on_error=1:detect_leaks=1:allocator_may_return_null=1
UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export ASAN_OPTIONS UBSAN_OPTIONS
if build build-sanitize "the build with sanitizers" -Dtests=enabled --buildtype=debugoptimized \
    -Doptimization=1 -Db_sanitize=address,undefined -Db_lundef=false; then
    run build-sanitize sanitize --timeout-multiplier 3 --no-suite headers --no-suite style \
        --no-suite docs --no-suite timing --no-suite threads
fi

stage "thread sanitizer"
only=threads
if build build-thread "the build with the thread sanitizer" -Dtests=enabled --buildtype=debugoptimized \
    -Doptimization=1 -Db_sanitize=thread -Db_lundef=false; then
    run build-thread thread --suite threads
fi
only=

stage "clang, warnings as errors"
if have clang; then
    if CC=clang build build-clang "clang compiles without warnings" -Dwerror=true \
        -Dtests=enabled --buildtype=debug; then
        count_one 0 clang
    fi
else
    echo "skipped: clang is not installed"
fi

echo
echo "$(($(date +%s) - started)) seconds"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
