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

. scripts/testing.sh

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

finish
