#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the benchmarks optimised and compares Rondo with every peer that is installed:
# oneDNN 2.x (libdnnl-dev), PyTorch and JAX (for python3). The systems take turns in one run;
# printed are medians and least times. docs/performance.md says what is measured and counted.
#
# All systems do the same work: the same sizes, weights and inputs, f32; forward, or forward
# and the gradients of all weights, biases and x for a given cotangent of the outputs,
# without an update. That they compute the same is checked first. The first run is not
# counted. Operations are those of the products, a multiply-add as two: 2 T B G H (I + H)
# forward for G gates, three times as many in training.
#
# usage: bench.sh [--quick] [--csv FILE] [--passes] [--cells [NAME]] [--only REGEX]
#                 [--threads N] [--also NAME=PROGRAM]
set -eu
cd "$(dirname "$0")/.."

[ -d build-bench ] || meson setup build-bench --buildtype=release -Dtests=disabled \
    -Dexamples=false -Dbench=true >/dev/null
ninja -C build-bench >/dev/null
exec python3 -B bench/compare --build build-bench "$@"
