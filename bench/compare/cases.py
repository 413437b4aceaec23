# SPDX-License-Identifier: MIT
"""What is measured, and how many operations it takes.

Counted are the products of a step, a multiply-add as two operations: forward
2 T B G H (I + H) for G gates, twice the same again in training, for the gradients of the
weights and for those of x and h. In a ragged batch only the real steps count.
"""
import collections
import math

import weights

Case = collections.namedtuple("Case", "cell mode T B I H")

GATES = {"lstm": 4, "bilstm": 8, "gru": 3, "gru_before": 3, "rnn": 1, "peephole": 4,
         "norm_lstm": 4, "mgu": 2, "slstm": 4}
SIZES = [(256, 1, 32, 32), (64, 1, 64, 64), (32, 1, 128, 128), (64, 32, 128, 128),
         (1000, 16, 128, 128), (100, 32, 256, 256), (128, 64, 512, 512), (50, 64, 1024, 1024)]
MODES = ("forward", "train")
STREAM = [(1, 1, h, h) for h in (32, 64, 128, 256, 512, 1024)]
VOCABULARY = 96

QUICK_SIZES = [SIZES[1], SIZES[3], SIZES[5]]
QUICK_CELLS = ("lstm", "gru", "mgu")


def layers(cells, sizes):
    return [Case(cell, mode, *size) for cell in cells for mode in MODES for size in sizes]


def streams(sizes):
    return [Case("lstm", "stream", *size) for size in sizes]


def ragged():
    return [Case("lstm", "train", 100, 32, 256, 256),
            Case("lstm", "ragged_uniform", 100, 32, 256, 256),
            Case("lstm", "train", 64, 32, 256, 256),
            Case("lstm", "ragged_short", 64, 32, 256, 256)]


def language(small=False):
    one = Case("lm1", "train", 64, 32, 64, 128)
    return [one] if small else [one, Case("lm2", "train", 64, 32, 64, 512)]


def rows(c):
    """Real steps of all sequences."""
    if c.mode == "ragged_short":
        return 4 * c.B
    if c.mode == "ragged_uniform":
        return int(sum(1 + math.floor((u + 0.5) * c.T) for u in weights.number(1002, c.B)))
    return c.T * c.B


def operations(c):
    passes = 1 if c.mode in ("forward", "stream") else 3
    if c.cell.startswith("lm"):
        columns = 4 * c.H * (c.I + c.H) + (int(c.cell[2]) - 1) * 8 * c.H * c.H + c.H * VOCABULARY
    else:
        columns = GATES[c.cell] * c.H * (c.I + c.H)
    return passes * 2.0 * rows(c) * columns


def weight_bytes(c):
    return 4 * GATES[c.cell] * c.H * (c.I + c.H + 1)


def text(c):
    return f"{c.cell:10} {c.mode:14} T {c.T:<4} B {c.B:<2} I {c.I:<4} H {c.H:<5}"
