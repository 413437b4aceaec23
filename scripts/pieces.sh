#!/bin/sh
# SPDX-License-Identifier: MIT
# Prints a CSV file with the columns text and label: two lines of a file of this repository,
# and whether it is C, Python, shell, Markdown or Meson. The ending of the file is the label.
# Listings in Markdown are other languages, so they are left out. Of each language every
# third file is for the test, and the others are for training; of its pieces are printed
# 1000 for training or 400 for the test, spread over the files, or all if there are fewer.
# usage: pieces.sh train|test [FOLDER]
set -eu
LC_ALL=C
export LC_ALL
part=$1
cd "${2-$(dirname "$0")/..}"

# pieces LABEL PATTERN ...: of the files whose names match.
pieces()
{
    label=$1 names=$(printf ' -o -name %s' "$2" ${3+"$3"})
    set -f
    # shellcheck disable=SC2086 # several words
    find . \( -name '.?*' -o -name 'build*' \) -prune -o -type f \( ${names# -o} \) -print |
        sort | awk -v part="$part" 'NR % 3 == 0 == (part == "test")' | tr '\n' '\0' |
        xargs -0 cat -- /dev/null | tr -d '\r' |
        awk -v label="$label" -v most="$([ "$part" = test ] && echo 400 || echo 1000)" '
            function end() { if (length(piece) > 8) all[count++] = piece; piece = ""; lines = 0 }
            label == "Markdown" && /^ *```/ { listing = !listing; end(); next }
            listing { next }
            /^ *$/ { end(); next }
            { piece = lines++ ? piece "\n" $0 : $0 }
            lines == 2 { end() }
            END {
                end()
                for (i = 0; i < count && i < most; i++) {
                    text = all[count < most ? i : int(i * count / most)]
                    gsub(/"/, "\"\"", text)
                    printf "\"%s\",%s\n", text, label
                }
            }'
}

echo text,label
pieces C '*.c' '*.h'
pieces Python '*.py'
pieces shell '*.sh'
pieces Markdown '*.md'
pieces Meson meson.build
