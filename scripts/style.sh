#!/bin/sh
# SPDX-License-Identifier: MIT
# Checks the form of all sources: the format of clang-format, tabs and blanks at the ends of
# lines, the licence line, lengths, the table of operators in the documents.
# Functions have at most 60 lines, and files 300: those that have more are listed in
# style/long.txt, and tests may have 400.
# usage: style.sh [--fix]
# Versions of clang-format format differently, so only version 14 is used; without it the
# other checks still run.
set -u
cd "$(dirname "$0")/.." || exit 1
LC_ALL=C
export LC_ALL
bad=0
names=$(mktemp) || exit 1
trap 'rm -f "$names"' EXIT

files()
{
    for part in .ci README.md CONTRIBUTING.md CHANGELOG.md SECURITY.md bench docs examples include ops scripts src tests; do
        [ -e "$part" ] && find "$part" -type f "$@"
    done | sort
}

complain()
{
    echo "$*"
    bad=1
}

tab=$(printf '\t')
found=$(files \( -name '*.[ch]' -o -name '*.md' -o -name '*.sh' -o -name '*.def' -o -name meson.build \) \
    -exec grep -nE " +\$|$tab" {} /dev/null \;)
[ -z "$found" ] || complain "tabs, or blanks at the end of a line:
$found"

sh scripts/operators.sh ${1+"$1"} || bad=1

# Generated tables of numbers are not checked.
sources()
{
    files -name '*.[ch]' | grep -v '^tests/golden/.*_.*\.h$'
}

long=0
sources >"$names"
while IFS= read -r file; do
    head -n 1 "$file" | grep -qF 'SPDX-License-Identifier: MIT' ||
        complain "$file: its first line is not /* SPDX-License-Identifier: MIT */"
    lines=$(wc -l <"$file")
    [ "$lines" -le 300 ] && continue
    long=$((long + 1))
    case $file in
    tests/*) [ "$lines" -le 400 ] || complain "$file: $lines lines, the limit for a test is 400" ;;
    *) grep -qxF "$file" scripts/style/long.txt || complain "$file: $lines lines, the limit is 300" ;;
    esac
done <"$names"

functions=$(xargs awk -v limit=60 -f scripts/style/functions.awk <"$names")
[ -z "$functions" ] || complain "functions over 60 lines:
$functions"
echo "functions over 60 lines: $(printf '%s' "$functions" | grep -c .); files over 300: $long"

sh scripts/structure.sh || bad=1

# A macro that .clang-format names exists.
grep -o "'RN_[A-Z0-9_]*'" .clang-format | tr -d "'" >"$names"
while IFS= read -r macro; do
    grep -rq "define $macro(" include ops src || complain ".clang-format: no macro $macro"
done <"$names"

format=
for name in clang-format-14 clang-format; do
    [ -z "$format" ] && "$name" --version 2>/dev/null | grep -q 'version 14\.' && format=$name
done
if [ -z "$format" ]; then
    echo "layout not checked: clang-format 14 is not installed"
elif [ "${1-}" = --fix ]; then
    sources | xargs "$format" -i
else
    sources | xargs "$format" --dry-run -Werror || bad=1
fi
[ $bad -eq 0 ] && echo "style: ok"
exit $bad
