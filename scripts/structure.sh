#!/bin/sh
# SPDX-License-Identifier: MIT
# Checks the structure of the sources and prints counts: a part includes only parts below it,
# with the folder's name, and outside ops/ only the graph's structural operators are
# recognised by their address.
# usage: structure.sh
set -u
cd "$(dirname "$0")/.." || exit 1
LC_ALL=C
export LC_ALL

# The parts, lowest first. The gradient check and the networks do not use each other.
parts='base kernel graph ops autodiff compile plan backend program check nn train io data fit'

rank()
{
    n=0
    for part in $parts; do
        n=$((n + 1))
        [ "$part" = "$1" ] && break
    done
    echo "$n"
}

# "part file:line:#include "folder/name.h"" for all sources of the library
includes()
{
    for part in $parts; do
        folder=src/$part
        [ "$part" = ops ] && folder=ops
        grep -rnH '^#include "' "$folder" --include='*.[ch]' | sed "s/^/$part /"
    done
}

# The public headers of the upper parts.
part_of_header()
{
    case $1 in
    ops) echo ops ;;
    culprit | gradcheck) echo check ;;
    cells | decode | layers | losses | model | recurrent) echo nn ;;
    averages | lbfgs | metrics | optimizers | schedules | train) echo train ;;
    checkpoint | pictures) echo io ;;
    data | series | splits | streams | table | text) echo data ;;
    fit | history) echo fit ;;
    *) echo base ;;
    esac
}

up=0
bare=0
list=$(mktemp) || exit 1
trap 'rm -f "$list"' EXIT
includes >"$list"
while read -r part where; do
    header=${where#*\"}
    header=${header%\"*}
    case $header in
    rondo/*)
        name=${header#rondo/}
        if [ "$(rank "$(part_of_header "${name%.h}")")" -gt "$(rank "$part")" ]; then
            echo "upward include: $where"
            up=$((up + 1))
        fi
        ;;
    */*)
        if [ "$(rank "${header%%/*}")" -gt "$(rank "$part")" ]; then
            echo "upward include: $where"
            up=$((up + 1))
        fi
        ;;
    *)
        echo "include without its folder: $where"
        bare=$((bare + 1))
        ;;
    esac
done <"$list"

structural='input|constant|scalar|variable|each|carry|capture|index|loop|get'
address=0
for name in $(grep -rhoE '&rn__op_[a-z0-9_]+' src --include='*.[ch]' | sort |
    grep -vxE "&rn__op_($structural)"); do
    echo "operator recognised by its address: $name"
    address=$((address + 1))
done

# Pointers in what a plan is made of: between "typedef struct NAME {" and "}".
pointers=0
for record in rn__address rn__operand rn__step rn__buffer rn__plan_port rn__watched; do
    fields=$(sed -n "/^typedef struct $record {/,/^}/p" src/plan/plan.h |
        sed 's|/\*.*||; /^ *\*/d')
    if [ -z "$fields" ]; then
        echo "no such record of the plan: $record"
        pointers=$((pointers + 1))
    fi
    found=$(echo "$fields" | grep -c '\*\|rn_kernel\|rn_map\|rn__code')
    [ "$found" -eq 0 ] || echo "a pointer in the plan: $record"
    pointers=$((pointers + found))
done

echo "pointers in the steps, operands and buffers of a plan: $pointers"
echo "upward includes: $up"
echo "includes without their folder: $bare"
echo "operators recognised by their address outside ops/: $address"
[ "$up" -eq 0 ] && [ "$bare" -eq 0 ] && [ "$address" -eq 0 ] &&
    [ "$pointers" -eq 0 ]
