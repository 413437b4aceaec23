#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds Rondo, trains a character-level language model on the text of this repository, and
# samples from it, in less than ten minutes on two cores.
# usage: quickstart.sh [SECONDS]     of training, default 270
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-270}

. scripts/packages.sh
want "gcc libc6-dev" have_compiler
want meson have_meson
want ninja-build have_ninja
install_missing
check_meson

echo "== building"
again=
[ -f build/build.ninja ] && again=--reconfigure
# shellcheck disable=SC2086 # nothing or one word
meson setup build --buildtype=release -Dtests=disabled -Dexamples=true $again \
    >"$scratch/setup" 2>&1 || { cat "$scratch/setup"; exit 1; }
if [ -t 1 ]; then
    meson compile -C build
else
    meson compile -C build >"$scratch/compile" 2>&1 || { tail -n 60 "$scratch/compile"; exit 1; }
fi

echo "== training for $seconds seconds; Ctrl-C ends it early and keeps the model"
trap : INT # charlm ends by itself
build/examples/charlm --seconds "$seconds" --out charlm --prompt "static rn_tensor "

cat <<END
----

The bits per character say how well the next character of text that was never trained on is
predicted: the fewer the better. The trigram model counts which character follows which two.

Here are now
  charlm.safetensors    the trained weights, with charlm.txt
  charlm.svg            the loss curve
  charlm-checkpoint.safetensors    with which --resume goes on
and more text is a matter of seconds:
  build/examples/charlm --load charlm.safetensors --prompt "/* " --sample 400
END
