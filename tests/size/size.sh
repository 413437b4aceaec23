#!/bin/sh
# SPDX-License-Identifier: MIT
# Libraries have at most so many bytes without symbols.
# usage: size.sh LIMIT FILE ...
set -eu
limit=$1
shift
if ! command -v strip >/dev/null; then
    echo "skipped: strip is not installed"
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

bad=0
for file in "$@"; do
    strip -o "$work/stripped" "$file"
    bytes=$(wc -c <"$work/stripped")
    echo "${file##*/}: $bytes bytes without symbols, at most $limit"
    [ "$bytes" -le "$limit" ] || bad=1
done
exit $bad
