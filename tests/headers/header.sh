#!/bin/sh
# SPDX-License-Identifier: MIT
# Compiles a file that includes one public header and nothing else, twice.
# usage: header.sh HEADER INCLUDES COMPILER ...
set -eu
header=$1 includes=$2
shift 2
printf '#include "%s"\n#include "%s"\n' "$header" "$header" |
    "$@" -fsyntax-only -Wall -Wextra -Wpedantic -Wshadow -Werror -I "$includes" -
