#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/golden/onnx_*.h: what ONNX Runtime's recurrent operators compute, in f32.

    pip install numpy onnx==1.23.2 onnxruntime==1.32.0
    python3 scripts/golden_onnx.py

A tool of the tests alone; neither the library nor its tests need ONNX. Another run on the
same kind of processor gives the same files.
"""
import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper

from golden import Header, Numbers

T, B, I, H = 4, 3, 3, 2
OPSET, IR = 14, 8
GATES = {"RNN": 1, "LSTM": 4, "GRU": 3}
LENGTHS = [2, 4, 0]

# The operator, and options: lengths, peepholes, and the operator's attributes.
CASES = {
    "rnn": {
        "relu": ("RNN", {"activations": ["Relu"]}),
        "both": (
            "RNN",
            {
                "activations": ["Relu", "Tanh"],
                "direction": "bidirectional",
                "lengths": LENGTHS,
                "clip": 0.9,
            },
        ),
        "affine": (
            "RNN",
            {
                "activations": ["Affine"],
                "activation_alpha": [0.5],
                "activation_beta": [0.25],
                "direction": "reverse",
                "lengths": LENGTHS,
            },
        ),
    },
    "lstm": {
        "plain": ("LSTM", {}),
        "both": ("LSTM", {"direction": "bidirectional", "lengths": LENGTHS}),
        "reverse": ("LSTM", {"direction": "reverse", "lengths": LENGTHS}),
        "peepholes": (
            "LSTM",
            {"direction": "bidirectional", "peepholes": True, "lengths": LENGTHS},
        ),
        "clip": ("LSTM", {"clip": 0.5}),
        "clip_peepholes": ("LSTM", {"clip": 0.5, "peepholes": True}),
        "input_forget": ("LSTM", {"input_forget": 1}),
        "input_forget_all": (
            "LSTM",
            {
                "input_forget": 1,
                "peepholes": True,
                "clip": 0.75,
                "direction": "bidirectional",
                "lengths": LENGTHS,
            },
        ),
        "activations": (
            "LSTM",
            {
                "activations": ["HardSigmoid", "Softsign", "Relu"],
                "activation_alpha": [0.25],
                "activation_beta": [0.5],
            },
        ),
    },
    "gru": {
        "before": ("GRU", {"linear_before_reset": 0}),
        "before_both": (
            "GRU",
            {
                "linear_before_reset": 0,
                "direction": "bidirectional",
                "clip": 0.5,
                "lengths": LENGTHS,
            },
        ),
        "after": ("GRU", {"linear_before_reset": 1}),
        "after_both": (
            "GRU",
            {
                "linear_before_reset": 1,
                "direction": "bidirectional",
                "lengths": LENGTHS,
            },
        ),
        "after_clip": ("GRU", {"linear_before_reset": 1, "clip": 0.5}),
        "activations": (
            "GRU",
            {
                "linear_before_reset": 1,
                "activations": ["HardSigmoid", "Softsign"],
                "activation_alpha": [0.25],
                "activation_beta": [0.5],
                "direction": "reverse",
            },
        ),
    },
}


def run(kind, inputs, attributes):
    """The operator's outputs; inputs by name, None where there is none."""
    names = [n if v is not None else "" for n, v in inputs.items()]
    outputs = ["Y", "Y_h", "Y_c"] if kind == "LSTM" else ["Y", "Y_h"]
    node = helper.make_node(kind, names, outputs, hidden_size=H, **attributes)
    given = {n: v for n, v in inputs.items() if v is not None}
    infos = [
        helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape)
        for n, v in given.items()
    ]
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in outputs]
    graph = helper.make_graph([node], "golden", infos, ends)
    opset = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=IR)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, given)


def case(header, name, kind, options, seed):
    numbers = Numbers(seed)
    attributes = {k: v for k, v in options.items() if k not in ("lengths", "peepholes")}
    D = 2 if options.get("direction") == "bidirectional" else 1
    rows = GATES[kind] * H

    def tensor(*shape, scale=1.0):
        return numbers(*shape, scale=scale, dtype=numpy.float32)

    lengths = options.get("lengths")
    inputs = {
        "X": tensor(T, B, I),
        "W": tensor(D, rows, I, scale=0.7),
        "R": tensor(D, rows, H, scale=0.7),
        "B": tensor(D, 2 * rows, scale=0.7),
        "sequence_lens": None if lengths is None else numpy.array(lengths, numpy.int32),
        "initial_h": tensor(D, B, H),
    }
    if kind == "LSTM":
        inputs["initial_c"] = tensor(D, B, H)
        inputs["P"] = tensor(D, 3 * H) if options.get("peepholes") else None
    y, *ends = run(kind, inputs, attributes)

    arrays = [] if lengths is None else [("sequence_lens", inputs["sequence_lens"])]
    begin = [n for n in ("initial_h", "initial_c") if n in inputs]
    weights = [n for n in ("W", "R", "B", "P") if inputs.get(n) is not None]
    arrays += [(f"{n}[{d}]", inputs[n][d]) for d in range(D) for n in begin]
    arrays += [(f"{n}[{d}]", inputs[n][d]) for d in range(D) for n in weights]
    arrays += [("X", inputs["X"]), ("Y, T B D H", y.transpose(0, 2, 1, 3))]
    for d in range(D):
        arrays += [(f"{n}[{d}]", e[d]) for n, e in zip(("Y_h", "Y_c"), ends)]
    header.case(name, (T, B, I, H, 1, D), arrays)


if __name__ == "__main__":
    for kind, cases in CASES.items():
        header = Header(
            f"onnx_{kind}",
            f"{kind.upper()} of ONNX {onnx.__version__} in f32: what goes in and out.",
            "golden_onnx.py",
            f"ONNX Runtime {onnxruntime.__version__}",
        )
        for seed, (name, (operator, options)) in enumerate(cases.items()):
            case(header, f"onnx_{kind}_{name}", operator, options, 1402 + seed)
        header.write()
