#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the benchmarks optimised and runs them. With PyTorch installed for python3, the same
# LSTM training step is timed there too, alternating with ours.
set -eu
cd "$(dirname "$0")/.."

[ -d build-bench ] || meson setup build-bench --buildtype=release -Dtests=disabled \
    -Dexamples=false -Dbench=true >/dev/null
ninja -C build-bench >/dev/null
./build-bench/bench/rondo-bench
if python3 -c 'import torch' 2>/dev/null; then
    python3 bench/torch_lstm.py
else
    echo "PyTorch is not installed: no comparison"
fi
