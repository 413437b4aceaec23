#!/bin/sh
# SPDX-License-Identifier: MIT
# A checkpoint opened by other readers.  usage: checkpoint.sh PROGRAM SCRIPT
set -eu
if ! python3 -c 'import numpy, safetensors' 2>/dev/null; then
    echo "skipped: Python with numpy and safetensors is not installed"
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$1" "$work/checkpoint.safetensors"
python3 "$2" "$work/checkpoint.safetensors"
