#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs the library below a temporary folder, and builds and runs a program with what
# pkg-config says: linked with the shared library, and with the static one.
# usage: install.sh BUILD SOURCE VERSION COMPILER ...
set -eu
build=$1 source=$2 version=$3
shift 3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

DESTDIR=$work meson install -C "$build" --no-rebuild --quiet
pc=$(find "$work" -name rondo.pc)
[ -n "$pc" ] || { echo "rondo.pc is not installed"; exit 1; }
PKG_CONFIG_LIBDIR=$(dirname "$pc")
PKG_CONFIG_SYSROOT_DIR=$work
export PKG_CONFIG_LIBDIR PKG_CONFIG_SYSROOT_DIR

[ "$(pkg-config --modversion rondo)" = "$version" ]
shared=$(find "$work" -name 'librondo.so.0')
archive=$(find "$work" -name librondo.a)
[ -n "$shared" ] && [ -n "$archive" ]

# shellcheck disable=SC2046 # flags are words
"$@" -std=c11 $(pkg-config --cflags rondo) "$source/use.c" $(pkg-config --libs rondo) \
    -o "$work/use"
LD_LIBRARY_PATH=$(dirname "$shared") "$work/use"

# shellcheck disable=SC2046
"$@" -std=c11 $(pkg-config --cflags rondo) "$source/use.c" "$archive" \
    $(pkg-config --static --libs-only-l rondo | sed 's/-lrondo//') -lm -o "$work/use_static"
"$work/use_static"
