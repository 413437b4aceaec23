#!/bin/sh
# SPDX-License-Identifier: MIT
# docs.sh accepts a complete listing with its output, and fails for a listing that has hidden
# lines, is not complete, does not compile, or prints something else.
# usage: docs_test.sh ROOT LIBRARY CC [arguments of the compiler ...]
# shellcheck disable=SC2016 # backquotes are part of the documents
set -u
root=$1
shift
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
mkdir "$work/docs" "$work/examples"
ln -s "$root/include" "$work/include"
echo "# Nothing" >"$work/CONTRIBUTING.md"
echo "# Nothing" >"$work/docs/guide.md"
echo '#include <stdio.h>
int main(void) { return puts("one") < 0; }' >"$work/examples/one.c"

listing()
{
    printf '```c\n#include <rondo.h>\n#include <stdio.h>\nint main(void)\n{\n%s\n}\n```\n' "$1"
}

output()
{
    printf '```output%s\n%s\n```\n' "$1" "$2"
}

# try pass|fail NAME LIBRARY CC ...: docs.sh on the README that is on the input.
try()
{
    want=$1 name=$2
    shift 2
    cat >"$work/README.md"
    if sh "$root/scripts/docs.sh" "$work" "$@" >"$work/out" 2>&1; then got=pass; else got=fail; fi
    [ $got = "$want" ] && return
    echo "$name: $got, expected $want"
    cat "$work/README.md" "$work/out"
    : >"$work/failed"
}

good='    return printf("%d\n", (int)RN_OK) < 0;'
{ listing "$good"; output '' 0; } | try pass "a complete listing" "$@"
{ listing "$good"; output '' 1; } | try fail "another output" "$@"
{ listing "$good"; output ' examples/one.c' one; } | try pass "a line of an example" "$@"
{ listing "$good"; output ' examples/one.c' two; } | try fail "no line of the example" "$@"
{ listing "$good"; printf '<!--c\nint x;\n-->\n'; } | try fail "hidden lines" "$@"
{ listing "$good"; printf '```c\nint x = 1;\n```\n'; } | try fail "no main" "$@"
{ listing "$good"; printf '```c part\nint x = 1;\n```\n'; } | try pass "part of a file" "$@"
listing '    return no_such_name;' | try fail "a name that is not declared" "$@"
listing '    return 3;' | try fail "a program that fails" "$@"
[ ! -e "$work/failed" ]
