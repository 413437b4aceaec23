#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs the examples of the output modes with tiny settings: they train, report, draw and load
# again, and refuse what is wrong.  usage: test_modes.sh FOLDER, that of the programs
set -u
here=$1 scripts=$(cd "$(dirname "$0")/../scripts" && pwd) || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failures=0

fail()
{
    echo "FAILED: $*" >&2
    sed 's/^/  | /' "$work/stdout" "$work/stderr" >&2
    failures=$((failures + 1))
}

# expect STATUS WORDS program ...: the exit status, and words among what it prints.
expect()
{
    status=$1 words=$2 program=$3
    shift 3
    "$here/$program" "$@" >"$work/stdout" 2>"$work/stderr"
    got=$?
    [ $got -eq "$status" ] || fail "exit status $got instead of $status: $program $*"
    cat "$work/stdout" "$work/stderr" | grep -q -e "$words" ||
        fail "does not say '$words': $program $*"
}

# Sources of five languages, enough for a part to be held out.
mkdir "$work/tree"
for i in 1 2 3 4 5 6 7 8 9; do
    mkdir "$work/tree/$i"
    echo "int f$i(int x) { return x + $i; } /* adds $i */
static const char *name = \"f$i\";" >"$work/tree/$i/f.c"
    echo "def f$i(x):
    return x + $i" >"$work/tree/$i/f.py"
    echo "for x in $i 2 3; do
    echo \"\$x\"" >"$work/tree/$i/f.sh"
    echo "The function adds $i to a number.
It returns the sum." >"$work/tree/$i/f.md"
    echo "executable('f$i',
  'f.c')" >"$work/tree/$i/meson.build"
done

# learns PROGRAM [data]: trains, leaves its files, and says the same again with the weights.
learns()
{
    program=$1
    shift
    expect 0 "held out" "$program" "$@" --units 3 --batch 60 --updates 2 --out "$work/$program"
    [ -s "$work/$program.safetensors" ] || fail "$program leaves no weights"
    tail -n 1 "$work/$program.svg" | grep -q '</svg>$' || fail "$program leaves no picture"
    grep "[0-9]\.[0-9]" "$work/stdout" >"$work/said"
    expect 0 "held out" "$program" "$@" --units 3 --batch 60 --out "$work/again" \
        --load "$work/$program.safetensors"
    grep "[0-9]\.[0-9]" "$work/stdout" | cmp -s - "$work/said" ||
        fail "$program says something else with the weights loaded"
}

learns digits
learns draw
learns sunspots
grep -q "last value *23.48" "$work/said" && grep -q "cycle ago *32.76" "$work/said" ||
    fail "other errors of the simple guesses"
grep -q "interval of 80 %: [0-9.]* % of the numbers" "$work/said" || fail "no interval"
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13; do cat "$work"/tree/*/f.c; done >"$work/all.c"
learns tagger "$work/all.c"
learns translate

# Text from CSV files: those of a tree, without listings in Markdown.
for part in train test; do
    printf '%s\n' "before" "  \`\`\`c" "listing();" "" "listing();" "  \`\`\`" "and after" >>"$work/tree/9/f.md"
    sh "$scripts/pieces.sh" $part "$work/tree" >"$work/$part.csv" || fail "pieces.sh $part"
    for label in C Python shell Markdown Meson; do
        grep -q "\",$label\$" "$work/$part.csv" || fail "no $label to $part"
    done
    grep -q "listing" "$work/$part.csv" && fail "a listing to $part"
done
grep -q "before" "$work/test.csv" && grep -q "after" "$work/test.csv" || fail "less than all Markdown"
cd "$work" || exit 1
expect 0 "held out: [0-9.]* % right" classify train.csv test.csv 2
tail -n 1 classify.svg | grep -q '</svg>$' || fail "classify leaves no picture"
# Words that only one language has are enough.
awk 'BEGIN { print "text,label"; for (i = 0; i < 60; i++)
    print i % 2 ? "\"for (i = 0, n = " i ")\",C" : "for i in range " i ": pass,Python" }' >texts.csv
echo '"a,b' >>broken.csv
expect 0 "held out: 100.00 % right" classify texts.csv texts.csv 6
expect 1 "nowhere.csv: cannot be opened" classify nowhere.csv texts.csv
expect 1 "broken.csv:1:1: a quote that is not closed" classify texts.csv broken.csv 1
head -n 1 texts.csv >none.csv && head -n 2 texts.csv >one.csv
expect 1 "there are no texts to test" classify texts.csv none.csv 1
expect 1 "all texts have the same label" classify one.csv texts.csv 1
expect 2 "usage: classify" classify texts.csv
expect 2 "usage: classify" classify texts.csv texts.csv many
rm classify.svg && mkdir classify.svg || exit 1
expect 1 "classify: .*classify.svg" classify texts.csv texts.csv 1
cd / || exit 1
# The same seed gives the same weights.
expect 0 "held out" digits --units 3 --batch 60 --updates 2 --out "$work/twice"
cmp -s "$work/digits.safetensors" "$work/twice.safetensors" || fail "another run, other weights"

# Data that is wrong.
tiny="--units 3 --batch 8 --updates 1 --out $work/bad"
awk 'BEGIN { for (i = 0; i < 12; i++) { printf "1 "
    for (k = 0; k < 64; k++) printf (i == 7 && k == 9) ? "x" : "0"; print "" } }' >"$work/digits.txt"
echo "1 0" >"$work/short.txt"
head -n 1 "$work/digits.txt" >"$work/one.txt"
awk 'BEGIN { for (y = 1800; y < 1900; y++) { printf "%d", y + (y > 1850)
    for (k = 0; k < 12; k++) printf " 1.5"; print "" } }' >"$work/gap.txt"
head -n 9 "$work/gap.txt" >"$work/few.txt"
# shellcheck disable=SC2086 # several options
{
    for program in digits draw sunspots tagger; do
        expect 1 "$work/nowhere:.* No such file" $program "$work/nowhere" $tiny
    done
    expect 1 "digits.txt:8:12: " digits "$work/digits.txt" $tiny
    expect 1 "short.txt: line 1 is not a digit and its 64 levels" draw "$work/short.txt" $tiny
    expect 1 "one.txt: too few digits" digits "$work/one.txt" $tiny
    expect 1 "gap.txt: line 52 is not the next year" sunspots "$work/gap.txt" $tiny
    expect 1 "few.txt: 108 months are too few" sunspots "$work/few.txt" $tiny
    expect 1 "short.txt: 4 bytes are too few" tagger "$work/short.txt" $tiny
    expect 1 "draw.safetensors" digits $tiny --load "$work/draw.safetensors"
    expect 2 "one argument too many: more" translate more $tiny
}

# Command lines that are refused.
expect 0 "usage: draw \[options\] \[data\]" draw --help
expect 0 "usage: translate \[options\]$" translate --help
expect 2 "no such option: --nonsense" digits --nonsense
expect 2 "N is missing" digits --units
expect 2 "1.5 is not a whole number" digits --units 1.5
expect 2 "0 is not within" digits --batch 0
expect 1 "nowhere/x.safetensors: cannot be written" digits --out "$work/nowhere/x"

[ $failures -eq 0 ] && echo "all passed"
exit $((failures > 0))
