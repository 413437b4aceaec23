#!/bin/sh
# SPDX-License-Identifier: MIT
# Breaks every gradient rule and the reverse sweep in many ways, one at a time, and checks
# that the tests notice. See docs/mutation.md.  usage: mutate.sh [options of mutate.py]
cd "$(dirname "$0")/.." || exit 1
if ! command -v python3 >/dev/null; then
    echo "mutate.sh: needs python3 (on Debian: apt-get install python3)" >&2
    exit 2
fi
exec python3 -B scripts/mutate/mutate.py "$@"
