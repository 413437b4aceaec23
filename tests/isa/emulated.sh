#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs a program on an emulated processor, and compares its exit status.
# usage: emulated.sh MODEL STATUS PROGRAM ...
model=$1 wanted=$2
shift 2
for qemu in qemu-x86_64 qemu-x86_64-static none; do
    command -v "$qemu" >/dev/null && break
done
if [ "$qemu" = none ]; then
    echo "skipped: qemu-x86_64 is not installed"
    exit 77
fi
"$qemu" -cpu "$model" "$@"
status=$?
[ $status -eq "$wanted" ] && exit 0
echo "exit status $status, not $wanted, on $model"
exit 1
