#!/bin/sh
# SPDX-License-Identifier: MIT
# CFLAGS with -ffast-math, -Ofast or parts of them change no instruction of the library. It is
# configured once, with a word in CFLAGS that stands for them; some sources are then compiled with
# each of them in the place of that word.
# usage: same_code.sh ROOT COMPILER ...
set -u
root=$1
shift
if ! command -v "$1" >/dev/null; then
    echo "skipped: $1 is not installed"
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

ninja=
for name in ninja ninja-build samu; do
    [ -n "$ninja" ] || ! command -v $name >/dev/null || ninja=$name
done
CC=$* CFLAGS='' LDFLAGS='' meson setup "$work/build" "$root" -Dtests=disabled -Dexamples=false \
    -Dc_args=-DIN_PLACE >"$work/setup" 2>&1 || { cat "$work/setup"; exit 1; }
cd "$work/build" || exit 1
sources='(f(32|64)_baseline.*ops_(exp|tanh)|f32_avx2.*ops_sigmoid|small.*(run_look|check_numeric))\.c\.o$'
$ninja -t targets all | sed -n 's/^\(.*\.c\.o\): .*/\1/p' | grep -E "$sources" |
    sort -u >"$work/objects"

# compile OPTIONS FILE: the object of the loop as assembler text.
compile()
{
    $ninja -t commands "$object" | tail -n 1 |
        sed "s|-DIN_PLACE|$1|; s| -o [^ ]* -c | -o $2 -S |" >"$work/command"
    sh "$work/command" >"$work/said" 2>&1
}

bad=0
while IFS= read -r object; do
    compile '' "$work/plain" || { cat "$work/said"; exit 1; }
    for options in -ffast-math -Ofast '-funsafe-math-optimizations -ffinite-math-only' \
        '-fassociative-math -freciprocal-math -fno-signed-zeros -ffp-contract=fast'; do
        if ! compile "$options" "$work/other"; then
            cat "$work/said"
            echo "$object does not compile with $options"
            bad=1
        elif ! cmp -s "$work/plain" "$work/other"; then
            echo "$object changes with $options"
            bad=1
        fi
    done
done <"$work/objects"
wc -l <"$work/objects"
[ $bad -eq 0 ] && [ "$(wc -l <"$work/objects")" -ge 4 ]
