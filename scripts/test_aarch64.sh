#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the library and its tests for aarch64 with Debian's cross compiler, and runs the tests on an
# emulated processor. An emulator is slow: the tests that would take longest are left out, and kernel
# tests compute fewer cases. Nothing can be said about speed.
# usage: test_aarch64.sh [all] [clang]    all: leaves out nothing; clang: compiles with clang
# The last line is "N passed, N failed"; the exit status is 0 if nothing failed.
set -u
cd "$(dirname "$0")/.." || exit 1

folder=build-aarch64
files='--cross-file scripts/cross/aarch64.ini'
options='--timeout-multiplier 5 --no-suite slow'
for word in "$@"; do
    case $word in
    all) options='--timeout-multiplier 20' ;;
    clang) folder=build-aarch64-clang files="$files --cross-file scripts/cross/aarch64_clang.ini" ;;
    *) sed -n 's/^# usage: /usage: /p' "$0" && exit 2 ;;
    esac
done

. scripts/packages.sh
want gcc-aarch64-linux-gnu have aarch64-linux-gnu-gcc
want libc6-dev-arm64-cross test -f /usr/aarch64-linux-gnu/include/stdio.h
want qemu-user have qemu-aarch64
want meson have_meson
want ninja-build have_ninja
if [ $folder = build-aarch64-clang ]; then want clang have clang; fi
install_missing
check_meson
. scripts/testing.sh

stage "aarch64, emulated"
# shellcheck disable=SC2086 # words
if build $folder "the build for aarch64" $files -Dtests=enabled -Dwerror=true \
    --buildtype=debugoptimized; then
    run $folder aarch64 $options
fi
finish
