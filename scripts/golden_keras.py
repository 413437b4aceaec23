#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/golden/keras_*.h: what Keras' recurrent layers compute on JAX, in f64.

    pip install numpy jax==0.10.2 keras==3.15.1
    python3 scripts/golden_keras.py

A tool of the tests alone; neither the library nor its tests need Keras. Another run gives
the same files.
"""
import os

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_PLATFORMS"] = "cpu"

import jax

jax.config.update("jax_enable_x64", True)

import keras
import numpy

from golden import Header, Numbers

keras.config.set_floatx("float64")
# Otherwise Keras computes activations of f64 in f32, except on TensorFlow.
keras.src.backend.common.dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"

T, B, I, H = 4, 3, 3, 2
MAKE = {
    "rnn": keras.layers.SimpleRNN,
    "lstm": keras.layers.LSTM,
    "gru": keras.layers.GRU,
    "gru_before": keras.layers.GRU,
}
# With gaps, of a sequence that begins late, and one that is skipped altogether; [B, T].
MASK = numpy.array([[1, 0, 1, 0], [0, 1, 1, 1], [0, 0, 0, 0]], bool)
BEGUN = numpy.array([[1, 0, 1, 0], [1, 1, 0, 1], [1, 0, 0, 0]], bool)

ZERO = {"mask": MASK, "zero_output_for_mask": True}
CASES = {  # beside the layer's own arguments: mask, merge (Bidirectional), zero_state, runs
    "rnn": {
        "plain": {},
        "relu_backwards": {"activation": "relu", "go_backwards": True, **ZERO},
        "hold": {"mask": BEGUN},
        "mul": {"merge": "mul", **ZERO},
        "stateful": {"stateful": True, "runs": 2},
    },
    "lstm": {
        "plain": {},
        "zero": ZERO,
        "hold": {"mask": BEGUN},
        "hold_unrolled": {"mask": MASK, "unroll": True},
        "hold_from_zero": {"mask": MASK, "zero_state": True},
        "hold_backwards": {"mask": MASK, "go_backwards": True, "unroll": True},
        "last": {"mask": MASK, "return_sequences": False},
        "backwards": {"go_backwards": True, **ZERO},
        "activations": {"activation": "softsign", "recurrent_activation": "hard_sigmoid"},
        "concat": {"merge": "concat", **ZERO},
        "sum": {"merge": "sum", **ZERO},
        "mul": {"merge": "mul"},
        "ave": {"merge": "ave", **ZERO},
        "last_concat": {"merge": "concat", "mask": MASK, "return_sequences": False},
        "stateful": {"stateful": True, "runs": 2, **ZERO},
    },
    "gru": {
        "plain": {},
        "hold": {"mask": BEGUN},
        "concat": {"merge": "concat", **ZERO},
        "last_ave": {"merge": "ave", "mask": MASK, "return_sequences": False},
        "stateful": {"stateful": True, "runs": 2},
    },
    "gru_before": {
        "plain": {},
        "zero": ZERO,
        "activations": {"activation": "softplus", "recurrent_activation": "hard_sigmoid"},
        "sum": {"merge": "sum", **ZERO},
    },
}


def make(kind, options):
    arguments = {"return_sequences": True, "return_state": True}
    arguments |= {k: v for k, v in options.items() if k not in OTHER}
    if kind.startswith("gru"):
        arguments["reset_after"] = kind == "gru"
    layer = MAKE[kind](H, **arguments)
    if "merge" in options:
        layer = keras.layers.Bidirectional(layer, merge_mode=options["merge"])
    layer.build((B, T, I))
    return layer


OTHER = ["mask", "merge", "zero_state", "runs"]


def call(layer, options, x, begin, weights):
    """[y, final states ..]. A stateful layer begins where its last run ended."""
    arguments = {"initial_state": list(begin)} if begin else {}
    if "mask" in options:
        arguments["mask"] = jax.numpy.asarray(options["mask"])
    kept = [v.value for v in layer.non_trainable_variables]
    return layer.stateless_call(weights, kept, x, **arguments)[0]


def advance(layer, options, x, weights):
    """The same for a stateful layer, which stateless_call does not advance."""
    for variable, weight in zip(layer.trainable_variables, weights):
        variable.assign(weight)
    return layer(x, mask=options.get("mask"))


def case(header, kind, name, options, seed):
    numbers = Numbers(seed)
    layer = make(kind, options)
    directions = 2 if "merge" in options else 1
    states = directions * (2 if kind == "lstm" else 1)
    shapes = [v.shape for v in layer.trainable_variables]
    weights = [jax.numpy.asarray(numbers(*s, scale=0.7)) for s in shapes]
    if options.get("activation") == "relu":
        weights[-1] = abs(weights[-1]) + 1  # few of the units are 0
    given = not ("zero_state" in options or "stateful" in options)
    begin = [jax.numpy.asarray(numbers(B, H)) for _ in range(states if given else 0)]

    arrays = [("mask", options["mask"].astype(float))] if "mask" in options else []
    arrays += [(f"state[{i}]", s) for i, s in enumerate(begin)]
    arrays += [(v.path, w) for v, w in zip(layer.trainable_variables, weights)]
    for run in range(options.get("runs", 1)):
        x = jax.numpy.asarray(numbers(B, T, I))
        results = call(layer, options, x, begin, weights)
        assert all(r.dtype == numpy.float64 for r in results)
        if run == 0:
            cotangents = [numbers(*r.shape) for r in results]
            arrays += [(f"cotangent[{i}]", c) for i, c in enumerate(cotangents)]

        def loss(x, begin, weights):
            got = call(layer, options, x, begin, weights)
            return sum((r * c).sum() for r, c in zip(got, cotangents))

        dx, dbegin, dweights = jax.grad(loss, (0, 1, 2))(x, begin, weights)
        if "stateful" in options:
            results = advance(layer, options, x, weights)
        arrays += [("x", x)] + [(f"result[{i}]", r) for i, r in enumerate(results)]
        arrays += [("dx", dx)] + [(f"d state[{i}]", d) for i, d in enumerate(dbegin)]
        arrays += [(f"d {v.path}", d) for v, d in zip(layer.trainable_variables, dweights)]
    header.case(f"keras_{kind}_{name}", (T, B, I, H, 1, directions), arrays)


def first_biases(header):
    """The bias of a new LSTM with unit_forget_bias and without."""
    both = [keras.layers.LSTM(H, unit_forget_bias=unit) for unit in (True, False)]
    for layer in both:
        layer.build((B, T, I))
    arrays = [("bias, unit_forget_bias", both[0].cell.bias), ("bias", both[1].cell.bias)]
    header.case("keras_lstm_new", (T, B, I, H, 1, 1), arrays)


if __name__ == "__main__":
    for kind, cases in CASES.items():
        header = Header(
            f"keras_{kind}",
            f"keras.layers.{MAKE[kind].__name__} in f64: what goes in and out, gradients.",
            "golden_keras.py",
            f"Keras {keras.__version__}, JAX {jax.__version__}",
        )
        for seed, (name, options) in enumerate(cases.items()):
            case(header, kind, name, options, 2015 + seed)
        if kind == "lstm":
            first_biases(header)
        header.write()
