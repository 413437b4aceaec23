#!/bin/sh
# SPDX-License-Identifier: MIT
# Every source that computes with reals refuses -ffast-math, for those who compile it without
# Meson and so without the flags that switch it off.
# usage: refused.sh ROOT COMPILER ...
set -u
root=$1
shift
if ! command -v "$1" >/dev/null; then
    echo "skipped: $1 is not installed"
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root" || exit 1

includes="-Iinclude -Isrc -I."

# preprocessed OPTION FILE: its exit status; the messages are in $work/said.
preprocessed()
{
    # shellcheck disable=SC2086 # lists of words
    $compiler -std=c11 -D_POSIX_C_SOURCE=200809L -DRN_VARIANT=f32_baseline -DRN_VARIANT_F32 \
        -DRN_ISA_BASELINE $includes $1 -E "$2" >/dev/null 2>"$work/said"
}

bad=0 count=0
compiler=$*
for file in $(find ops src -name '*.c' | sort); do
    grep -qwE 'float|double|real' "$file" || continue
    count=$((count + 1))
    if ! preprocessed -O2 "$file"; then
        cat "$work/said"
        bad=1
    elif preprocessed -ffast-math "$file" || ! grep -q 'Rondo needs' "$work/said"; then
        echo "$file may be compiled with -ffast-math"
        bad=1
    fi
done
for option in -Ofast -ffinite-math-only; do
    if preprocessed $option ops/exp.c; then
        echo "$option is not refused"
        bad=1
    fi
done
echo "$count sources"
[ $bad -eq 0 ] && [ $count -gt 50 ]
