#!/bin/sh
# SPDX-License-Identifier: MIT
# Compiles and runs every piece of C in the documents.
# usage: docs.sh ROOT LIBRARY CC [arguments of the compiler ...]
#
# The pieces of one section (from one "## " to the next) are one program. A piece is
#   ```c        statements of its main
#   ```c file   declarations before main, or a whole program if it has a main
#   ```c part   part of a longer file: not compiled
# What a reader need not see stands in a comment, <!--c or <!--c file, up to a line "-->".
set -u
root=$1 library=$2
shift 2
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

split()
{
    awk -v out="$work" -v document="$1" -v name="$2" '
    function finish(    path) {
        if (body == "" && top == "") return
        path = sprintf("%s/%s_%02d.c", out, name, ++programs)
        print "#include <math.h>\n#include <rondo.h>\n#include <stdio.h>" > path
        print "#include <stdlib.h>\n#include <string.h>\n" > path
        printf "%s", top > path
        if (top !~ /int main\(/)
            printf "int main(void)\n{\n%s    return 0;\n}\n", body > path
        close(path)
        body = top = ""
    }
    function begin(kind) {
        mode = kind == "file" ? "file" : kind == "part" ? "part" : "body"
        add(sprintf("#line %d \"%s\"\n", NR + 1, document))
    }
    function add(text) {
        if (mode == "body") body = body text
        if (mode == "file") top = top text
    }
    !mode && /^## / { finish() }
    !mode && /^```c( |$)/ { begin($2); fence = "```"; next }
    !mode && /^<!--c( |$)/ { begin($2); fence = "-->"; next }
    mode && $0 == fence { mode = ""; next }
    mode { add($0 "\n") }
    END { finish() }' "$root/$1"
}

for document in README.md CONTRIBUTING.md docs/architecture.md docs/gradcheck.md docs/guide.md \
    docs/operators.md; do
    [ -f "$root/$document" ] && split "$document" "$(basename "$document" .md)"
done

passed=0 failed=0
for source in "$work"/*.c; do
    program=${source%.c}
    mkdir "$program.run"
    if "$@" -std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Werror -Wno-unused \
        -Wno-unused-parameter -I "$root/include" "$source" "$library" -lm -lpthread \
        -o "$program" && (cd "$program.run" && "$program" >"$program.out" 2>&1); then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $(basename "$program")"
        cat -n "$source"
        [ -f "$program.out" ] && cat "$program.out"
    fi
done
echo "$passed programs of the documents run, $failed do not"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
