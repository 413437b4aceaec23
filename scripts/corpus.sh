#!/bin/sh
# SPDX-License-Identifier: MIT
# Prints the text of this repository, its files one after the other, sorted by name: the
# default training text of the language model in examples/.
set -eu
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")/.."

for part in README.md CONTRIBUTING.md LICENSE meson.build bench docs examples include ops scripts src tests; do
    if [ -e "$part" ]; then
        find "$part" -type f \( -name '*.c' -o -name '*.h' -o -name '*.def' -o -name '*.md' \
            -o -name '*.sh' -o -name '*.py' -o -name meson.build -o -name LICENSE \)
    fi
done | sort | while IFS= read -r file; do cat "$file"; done
