#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/golden/authors_cells.h: what published code of the cells' authors computes.

    pip install numpy torch==2.13.0 einops
    pip install --no-deps xlstm==2.0.6 mambapy==1.2.0 fla-core==0.6.0
    python3 scripts/golden_cells.py

The packages are a step of the sLSTM and one of the mLSTM (xlstm, by the authors of the paper),
the gated delta rule (fla, by one of them) and Mamba's scan (mambapy). The linear layers before
them are written out here. Their files are loaded one by one, because the packages as a whole
need a GPU. A tool of the tests alone; another run gives the same file.
"""
import importlib.util
import pathlib
import sys

import torch
from torch.nn.functional import silu, softplus

from golden import Header, Numbers

T, B, I, H = 4, 3, 3, 4
HEADS = 2


def source(path):
    """A file of an installed package, as a module."""
    for folder in sys.path:
        file = pathlib.Path(folder) / path
        if file.exists():
            spec = importlib.util.spec_from_file_location(file.stem + "_file", file)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            return module
    sys.exit(f"{path}: not installed")


def gates(names, units=H):
    """The weights of rn_gate."""
    return {f"{n}/{part}": shape for n in names
            for part, shape in (("w", (I, units)), ("u", (H, units)), ("b", (units,)))}


def linears(names, units, inputs=I):
    """The weights of rn_linear."""
    return {f"{n}/{part}": shape for n in names
            for part, shape in (("w", (inputs, units)), ("b", (units,)))}


def affine(w, name, x):
    return x @ w[name + "/w"] + w[name + "/b"]


def slstm(w, x):
    step = source("xlstm/blocks/slstm/src/vanilla/slstm.py").slstm_forward_pointwise
    states, y = torch.zeros(4, B, H, dtype=x.dtype), []

    def together(part):
        return torch.cat([w[f"{n}/{part}"] for n in "ifzo"], dim=-1)

    for t in range(T):
        states, _ = step(x[t] @ together("w"), states[0] @ together("u"), together("b")[None], states, {})
        y.append(states[0])
    return torch.stack(y)


def mlstm(w, x):
    step = source("xlstm/blocks/mlstm/backends.py").recurrent_step_stabilized_simple
    D = H // HEADS
    C, n, m = (torch.zeros(B, HEADS, *s, dtype=x.dtype) for s in ((D, D), (D, 1), (1, 1)))
    y = []
    for t in range(T):
        q, k, v = (affine(w, name, x[t]).view(B, HEADS, 1, D) for name in "qkv")
        i, f = (affine(w, name, x[t]).view(B, HEADS, 1, 1) for name in "if")
        h, (C, n, m) = step(C, n, m, q, k, v, i, f, eps=0)
        y.append(torch.sigmoid(affine(w, "o", x[t])) * h.reshape(B, H))
    return torch.stack(y)


def mamba(w, x):
    scan = source("mambapy/mamba.py").MambaBlock.selective_scan_seq

    class Block:  # what the scan reads of its object
        class config:
            d_inner, d_state = H, 2

    v = x.transpose(0, 1) @ w["v/w"]
    d = softplus(affine(w, "d", v @ w["low/w"]))
    A = -(torch.arange(2, dtype=x.dtype) + 1)[:, None] * w["a"].exp()
    return scan(Block, v, d, A.T, v @ w["b/w"], v @ w["c/w"], w["skip"]).transpose(0, 1)


def gated_deltanet(w, x):
    rule = source("fla/ops/gated_delta_rule/naive.py").naive_recurrent_gated_delta_rule
    x = x.transpose(0, 1)
    q, k, v = (silu(x @ w[name + "/w"]).view(B, T, HEADS, H // HEADS) for name in "qkv")
    q, k = (a / (a.square().sum(-1, keepdim=True) + 1e-6).sqrt() for a in (q, k))
    g = -w["decay"].exp() * softplus(affine(w, "a", x))
    return rule(q, k, v, torch.sigmoid(affine(w, "b", x)), g, scale=1)[0].reshape(B, T, H).transpose(0, 1)


CASES = {  # the function, and the weights in the order of the numbers
    slstm: gates("zifo"),
    mlstm: linears("qvk", H) | linears("if", HEADS) | linears("o", H),
    mamba: {"v/w": (I, H), "low/w": (H, 2)} | linears("d", H, 2)
    | {"b/w": (H, 2), "c/w": (H, 2), "a": (2, H), "skip": (H,)},
    gated_deltanet: {f"{n}/w": (I, H) for n in "qkv"} | {"decay": (HEADS,)} | linears("ab", HEADS),
}


def case(header, function, shapes):
    numbers = Numbers(2024)

    def tensor(*shape, scale=1.0):
        return torch.tensor(numbers(*shape, scale=scale), dtype=torch.float64).requires_grad_()

    weights = {name: tensor(*shape, scale=0.7) for name, shape in shapes.items()}
    x, dy = tensor(T, B, I), tensor(T, B, H)
    y = function(weights, x)
    (y * dy).sum().backward()
    arrays = list(weights.items()) + [("dy", dy), ("x", x), ("y", y), ("dx", x.grad)]
    arrays += [("d " + name, weight.grad) for name, weight in weights.items()]
    header.case(f"authors_{function.__name__}", (T, B, I, H, 1, 1),
                [(n, a.detach().double().numpy()) for n, a in arrays])


if __name__ == "__main__":
    torch.set_num_threads(1)
    header = Header("authors_cells", "Published code of cells in f64: what goes in and out, and gradients.",
                    "golden_cells.py", "xlstm 2.0.6, mambapy 1.2.0, fla-core 0.6.0")
    for function, shapes in CASES.items():
        case(header, function, shapes)
    header.write()
