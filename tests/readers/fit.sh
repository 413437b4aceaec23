#!/bin/sh
# SPDX-License-Identifier: MIT
# An event file read by TensorBoard, and a history read by pandas.
# usage: fit.sh PROGRAM SCRIPT events|csv
set -eu
case $3 in
events) package=tensorboard ;;
*) package=pandas ;;
esac
if ! python3 -c "import $package" 2>/dev/null; then
    echo "skipped: Python with $package is not installed"
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$1" "$work/events" "$work/csv"
python3 "$2" "$3" "$work/$3"
