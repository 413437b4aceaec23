#!/bin/sh
# SPDX-License-Identifier: MIT
# The shared library exports exactly what the public headers declare.
# usage: symbols.sh INCLUDES LIBRARY COMPILER ...
set -eu
includes=$1 library=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
LC_ALL=C
export LC_ALL

# What is marked RN_API: a function's name stands before its first parenthesis, that of
# data before the semicolon.
echo '#include "rondo.h"' | "$@" -E -P -I "$includes" -x c - |
    tr '\n' ' ' | sed 's/;/;\n/g' >"$work/text"
grep -h 'visibility *( *"default" *)' "$work/text" |
    sed 's/.*visibility *( *"default" *) *) *)//; s/__attribute__.*//; s/[(;].*//; s/ *$//; s/.*[ *]//' |
    sort -u >"$work/declared"
nm -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' |
    grep -v -e '^_init$' -e '^_fini$' | sort -u >"$work/exported"

missing=$(comm -23 "$work/declared" "$work/exported")
extra=$(comm -13 "$work/declared" "$work/exported")
[ -z "$missing" ] || echo "declared, and not exported: $missing"
[ -z "$extra" ] || echo "exported, and not declared: $extra"
wc -l <"$work/declared"
[ -s "$work/declared" ] && [ -z "$missing$extra" ]
