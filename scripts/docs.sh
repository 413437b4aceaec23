#!/bin/sh
# SPDX-License-Identifier: MIT
# Compiles and runs the C listings of the documents, and compares what they print.
# usage: docs.sh ROOT LIBRARY CC [arguments of the compiler ...]
#
#   ```c          a complete program, with its includes and main, that can be pasted
#   ```c part     part of a longer file: not compiled
#   ```output     exactly what the program above prints
#   ```output examples/NAME.c    lines that this example prints
#
# A listing that is not complete, or has lines hidden in a comment <!-- -->, fails.
set -u
root=$1 library=$2
shift 2
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

# Writes the programs of a document as NAME_<number>.c, what they print as .expected, lines
# of examples as EXAMPLE.<number>.lines, and complaints to the file complaints.
split()
{
    awk -v out="$work" -v document="$1" -v name="$2" '
    function finish(    path) {
        path = sprintf("%s/%s_%02d.c", out, name, ++programs)
        printf "%s", top > path
        close(path)
        top = ""
    }
    function complain(text) { print document ":" NR ": " text >> (out "/complaints") }
    function begin(kind) {
        mode = kind == "part" ? "part" : "file"
        if (kind != "" && kind != "part") complain("no such listing: c " kind)
        add(sprintf("#line %d \"%s\"\n", NR + 1, document))
    }
    function add(text) { if (mode == "file") top = top text }
    function end() {
        if (mode == "file") {
            if (top !~ /#include </ || top !~ /int main\(/)
                complain("the listing above is not a complete program")
            finish()
        }
        mode = ""
    }
    function output(example) {
        mode = "output"
        path = sprintf("%s/%s_%02d.expected", out, name, programs)
        if (example) {
            gsub("/", "%", example)
            path = sprintf("%s/%s.%s%d.lines", out, example, name, NR)
        }
        printf "" > path
    }
    !mode && /^```c( |$)/ { begin($2); fence = "```"; next }
    !mode && /^```output( |$)/ { output($2); fence = "```"; next }
    !mode && /<!--/ { complain("hidden lines") }
    mode && $0 == fence { end(); next }
    mode == "output" { print > path; next }
    mode { add($0 "\n") }' "$root/$1"
}

complain()
{
    failed=$((failed + 1))
    echo "FAILED: $*"
}

# compile SOURCE PROGRAM CC ...
compile()
{
    source=$1 target=$2
    shift 2
    "$@" -std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Werror -Wno-unused \
        -Wno-unused-parameter -I "$root/include" "$source" "$library" -lm -lpthread -o "$target"
}

# try SOURCE CC ...: compiles and runs it, and compares its output if the document shows it.
try()
{
    program=${1%.c} listing=$1
    shift
    mkdir "$program.run"
    if ! compile "$listing" "$program" "$@" ||
        ! (cd "$program.run" && "$program" >"$program.out" 2>&1); then
        complain "$(basename "$program")"
        cat -n "$listing"
        [ -f "$program.out" ] && cat "$program.out"
    elif [ -f "$program.expected" ] && ! diff "$program.expected" "$program.out"; then
        complain "$(basename "$program"): prints something else than the document says"
    else
        passed=$((passed + 1))
    fi
}

# quote LINES CC ...: every line of the file is one that the example prints.
quote()
{
    wanted=$1
    shift
    example=$(basename "$wanted" | sed 's/\.c\..*/.c/; s/%/\//g')
    program=$work/$(basename "$example" .c).example
    [ -f "$program" ] || compile "$root/$example" "$program" "$@"
    (cd "$work" && "$program" >"$program.out" 2>&1)
    while IFS= read -r line; do
        grep -qxF -e "$line" "$program.out" || complain "$example does not print: $line"
    done <"$wanted"
}

for document in $(cd "$root" && ls README.md CONTRIBUTING.md docs/*.md); do
    name=$(basename "$document" .md)
    split "$document" "$name"
done

if [ -f "$work/complaints" ]; then
    while IFS= read -r line; do complain "$line"; done <"$work/complaints"
fi
for source in "$work"/*.c; do
    try "$source" "$@"
done
for lines in "$work"/*.lines; do
    [ -f "$lines" ] && quote "$lines" "$@"
done
echo "$passed programs of the documents run, $failed failures"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
