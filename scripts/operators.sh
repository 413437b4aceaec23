#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes the section "The table" of docs/operators.md from ops/ops.def, and complains if the
# document has another one; with --fix, writes it there.
# usage: operators.sh [--fix]
set -u
cd "$(dirname "$0")/.." || exit 1
LC_ALL=C
export LC_ALL
page=docs/operators.md
section='## The table'
table=$(mktemp) && whole=$(mktemp) || exit 1
trap 'rm -f "$table" "$whole"' EXIT

# A comment with dashes is a heading, a line RN_OP(name, code, kind, "value", "gradient") a row.
awk -F '"' '
function cell(text)
{
    gsub(/\|/, "\\|", text)
    return text == "none" ? text : "`" text "`"
}
BEGIN {
    types["real"] = "real"; types["number"] = "number"; types["logical"] = "bool"
    types["any"] = types["once"] = "all"
}
/^\/\* ---- / {
    gsub(/^\/\* ---- | ---- \*\/$/, "")
    printf "\n### %s\n\n| operator | types | value | gradient |\n| --- | --- | --- | --- |\n", $0
}
/^RN_OP\(/ {
    split(substr($1, 7), word, ", *")
    name = "`" word[1] "`" (word[2] == "view" ? " (view)" : "")
    printf "| %s | %s | %s | %s |\n", name, types[word[3]], cell($2), cell($4)
}' ops/ops.def >"$table"

# The section holds nothing else.
awk -v section="$section" -v table="$table" '
inside && /^## / { inside = 0; print "" }
!inside
$0 == section {
    inside = 1
    while ((getline line <table) > 0) print line
}' "$page" >"$whole"

grep -qxF "$section" "$page" || {
    echo "$page: no section for the table"
    exit 1
}
cmp -s "$whole" "$page" && exit 0
if [ "${1-}" = --fix ]; then
    cat "$whole" >"$page"
else
    echo "$page: not the table that ops/ops.def makes; scripts/style.sh --fix writes it"
    exit 1
fi
