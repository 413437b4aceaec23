#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds a project that has Rondo as a Meson subproject and is compiled with -Ofast, which the
# library must not be, and runs its programs.
# usage: subproject.sh ROOT SOURCE COMPILER ...
set -eu
root=$1 source=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir -p "$work/subprojects/rondo"
cp "$source/use.c" "$source/arithmetic.c" "$work"
cp "$source/subproject.build" "$work/meson.build"
for part in meson.build meson_options.txt include ops src; do
    cp -r "$root/$part" "$work/subprojects/rondo"
done
cd "$work"
meson setup build -Dc_args=-Ofast >setup.out 2>&1 || { cat setup.out; exit 1; }
meson compile -C build -j 2 >compile.out 2>&1 || { tail -n 50 compile.out; exit 1; }
meson test -C build --print-errorlogs

# A program that is linked without -Ofast has subnormal numbers, with this library too.
library=$(dirname "$(find build -name 'librondo.so')")
"$@" -std=c11 -I "$root/include" arithmetic.c -L "$library" -lrondo -o plain
LD_LIBRARY_PATH=$library ./plain subnormal
