#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/golden/torch_lstm.h and torch_gru.h: what PyTorch's LSTM and GRU compute.

    pip install torch==2.13.0
    python3 scripts/golden_torch.py

A tool of the tests alone; neither the library nor its tests need PyTorch. Everything is
computed in f64 and written with 17 digits, so that another run gives the same files.
"""
import pathlib

import torch

T, B, I, H = 4, 2, 5, 3
CASES = [(1, False), (2, False), (1, True), (2, True)]  # layers, bidirectional
SEED = 1997
TO = pathlib.Path(__file__).resolve().parent.parent / "tests" / "golden"

HEAD = """/* SPDX-License-Identifier: MIT */
/*
 * torch.nn.{kind} in f64: what goes in, what comes out, and gradients. Made by
 * scripts/golden_torch.py with PyTorch {version}; not to be edited.
 *
 * The numbers of a case, row by row: {goes_in}, the weights of every layer and direction
 * (w_ih w_hh b_ih b_hh), {comes_out}; the gradient of the loss, which is the sum of
 * {loss}, to all that goes in; {cotangents}.
 */
#ifndef RN_TESTS_GOLDEN_TORCH_{kind}_H
#define RN_TESTS_GOLDEN_TORCH_{kind}_H

#include "golden.h"
"""


def numbers(*shape):
    return torch.randn(*shape, dtype=torch.float64)


def write(out, name, tensor):
    """One tensor, three numbers a line, under its name and shape."""
    shape = ",".join(str(n) for n in tensor.shape)
    out.append(f"    /* {name} [{shape}] */")
    flat = [f"{v:.17g}" for v in tensor.detach().reshape(-1).tolist()]
    for i in range(0, len(flat), 3):
        out.append("    " + " ".join(v + "," for v in flat[i : i + 3]))


def case(kind, layers, bidirectional, out):
    torch.manual_seed(SEED + layers + 10 * bidirectional)
    make = torch.nn.LSTM if kind == "LSTM" else torch.nn.GRU
    net = make(I, H, layers, bidirectional=bidirectional).double()
    states = 2 if kind == "LSTM" else 1
    directions = 2 if bidirectional else 1
    for p in net.parameters():
        torch.nn.init.normal_(p, std=0.7)

    x = numbers(T, B, I).requires_grad_()
    begin = [numbers(layers * directions, B, H).requires_grad_() for _ in range(states)]
    y, end = net(x, tuple(begin) if states == 2 else begin[0])
    results = [y] + (list(end) if states == 2 else [end])
    cotangents = [numbers(*r.shape) for r in results]
    sum((r * c).sum() for r, c in zip(results, cotangents)).backward()

    name = f"torch_{kind.lower()}_{layers}_{directions}"
    out.append(f"\nstatic const double {name}[] = {{")
    initial, final = ["h0", "c0"][:states], ["hn", "cn"][:states]
    write(out, "x", x)
    for n, t in zip(initial, begin):
        write(out, n, t)
    for n, p in net.named_parameters():
        write(out, n, p)
    for n, r in zip(["y"] + final, results):
        write(out, n, r)
    write(out, "dx", x.grad)
    for n, t in zip(initial, begin):
        write(out, "d" + n, t.grad)
    for n, p in net.named_parameters():
        write(out, "d " + n, p.grad)
    for n, c in zip(["dy"] + ["d" + n for n in final], cotangents):
        write(out, n, c)
    out.append("};")
    sizes = f"{T}, {B}, {I}, {H}, {layers}, {directions}"
    return f"    {{{sizes}, {name}, sizeof {name} / sizeof *{name}}},"


def header(kind):
    states = ["h", "c"] if kind == "LSTM" else ["h"]
    ends = ["y"] + [s + "n" for s in states]
    out = [
        HEAD.format(
            kind=kind,
            version=torch.__version__.split("+")[0],
            goes_in=" ".join(["x"] + [s + "0" for s in states]),
            comes_out=" ".join(ends),
            loss=", ".join(f"{e} d{e}" for e in ends),
            cotangents=" ".join("d" + e for e in ends),
        ).rstrip()
    ]
    rows = [case(kind, layers, both, out) for layers, both in CASES]
    k = kind.lower()
    out.append(f"\nstatic const rn_test_golden torch_{k}[] = {{")
    out += rows + ["};", "", "#endif"]
    (TO / f"torch_{k}.h").write_text("\n".join(out) + "\n", encoding="utf-8")


if __name__ == "__main__":
    torch.set_num_threads(1)
    for kind in ("LSTM", "GRU"):
        header(kind)
