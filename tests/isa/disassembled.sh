#!/bin/sh
# SPDX-License-Identifier: MIT
# No object has instructions that its processor may lack: those of the AVX2 kernels none of
# AVX-512, all others but the kernels' of AVX-512 none of AVX.
# usage: disassembled.sh BUILD
# Objects that are not built are left out.
set -eu
cd "$1"
if ! command -v objdump >/dev/null; then
    echo "skipped: objdump is not installed"
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Meson names a target's folder after the target: src/librondo_f32_avx2.a.p
sed -n 's/^ *"output": "\(.*\.o\)",*$/\1/p' compile_commands.json | sort -u >"$work/all"
kernels='_\(avx2\|avx512\)\.a\.p/'

# found PATTERN: the objects of the list with such instructions.
found()
{
    while IFS= read -r object; do
        [ -f "$object" ] || continue
        count=$(objdump -d --no-show-raw-insn "$object" | grep -cE "$1" || :)
        [ "$count" -eq 0 ] || echo "$object: $count"
    done
}
avx='[[:space:]]v[a-z0-9]+ .*%[xyz]mm|%[yz]mm|vzeroupper'
avx512='%zmm|%[xy]mm(1[6-9]|[23][0-9])|%k[0-7]'

grep -v "$kernels" "$work/all" | found "$avx" >"$work/wrong"
grep '_avx2\.a\.p/' "$work/all" | found "$avx512" >>"$work/wrong"
if [ -s "$work/wrong" ]; then
    echo "instructions that the processor may lack, and how many:"
    cat "$work/wrong"
    exit 1
fi
# The patterns find what they look for.
grep '_avx2\.a\.p/.*exp\.c' "$work/all" | found "$avx" | grep -q .
grep '_avx512\.a\.p/.*exp\.c' "$work/all" | found "$avx512" | grep -q .
