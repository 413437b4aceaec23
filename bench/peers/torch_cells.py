# SPDX-License-Identifier: MIT
"""Cells that PyTorch does not have, as a user would write them for speed.

step(a, s, p) -> the next states, of which the first is the output: a [B, G H] is x W (+ b),
computed for all steps at once; s are the states, p the parameters of weights.JOINED.
"""
from typing import List

import torch
from torch import Tensor


def peephole(a: Tensor, s: List[Tensor], p: List[Tensor]) -> List[Tensor]:
    h, c = s[0], s[1]
    f, i, o, g = torch.addmm(a, h, p[1]).chunk(4, 1)
    pf, pi = p[3].chunk(2)
    c = torch.sigmoid(f + pf * c) * c + torch.sigmoid(i + pi * c) * torch.tanh(g)
    return [torch.sigmoid(o + p[4] * c) * torch.tanh(c), c]


def norm_lstm(a: Tensor, s: List[Tensor], p: List[Tensor]) -> List[Tensor]:
    h, c = s[0], s[1]
    uh = torch.nn.functional.layer_norm(torch.mm(h, p[1]), [p[1].size(1)], p[5], p[6], 1e-5)
    f, i, o, g = (a + uh).chunk(4, 1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    nc = torch.nn.functional.layer_norm(c, [c.size(1)], p[7], p[8], 1e-5)
    return [torch.sigmoid(o) * torch.tanh(nc), c]


def mgu(a: Tensor, s: List[Tensor], p: List[Tensor]) -> List[Tensor]:
    h = s[0]
    af, ag = a.chunk(2, 1)
    f = torch.sigmoid(torch.addmm(af, h, p[1]))
    g = torch.tanh(torch.addmm(ag, f * h, p[3]))
    return [(1 - f) * h + f * g]


def gru_before(a: Tensor, s: List[Tensor], p: List[Tensor]) -> List[Tensor]:
    h = s[0]
    ar, az, ag = a.chunk(3, 1)
    ur, uz = torch.mm(h, p[1]).chunk(2, 1)
    r = torch.sigmoid(ar + ur)
    z = torch.sigmoid(az + uz)
    g = torch.tanh(torch.addmm(ag, r * h, p[3]))
    return [(1 - z) * h + z * g]


def slstm(a: Tensor, s: List[Tensor], p: List[Tensor]) -> List[Tensor]:
    h, c, n, m = s[0], s[1], s[2], s[3]
    z, i, f, o = torch.addmm(a, h, p[1]).chunk(4, 1)
    f = torch.nn.functional.logsigmoid(f) + m
    m = torch.maximum(f, i)
    keep, add = torch.exp(f - m), torch.exp(i - m)
    c = keep * c + add * torch.tanh(z)
    n = keep * n + add
    return [torch.sigmoid(o) * c / n, c, n, m]


STATES = {"peephole": 2, "norm_lstm": 2, "mgu": 1, "gru_before": 1, "slstm": 4}
STEPS = {"peephole": peephole, "norm_lstm": norm_lstm, "mgu": mgu, "gru_before": gru_before,
         "slstm": slstm}


def projection(cell: str, x: Tensor, p: List[Tensor]) -> Tensor:
    """What does not depend on the states, for all steps."""
    if cell == "norm_lstm":
        wx = torch.matmul(x, p[0])
        return torch.nn.functional.layer_norm(wx, [wx.size(2)], p[3], p[4], 1e-5) + p[2]
    return torch.matmul(x, p[0]) + p[2]


def loop(step):
    """A function that runs a step over all of a."""

    def run(a: Tensor, s: List[Tensor], p: List[Tensor]) -> Tensor:
        y: List[Tensor] = []
        for at in a.unbind(0):
            s = step(at, s, p)
            y.append(s[0])
        return torch.stack(y)

    return run


def scripted(step):
    return torch.jit.script(loop(torch.jit.script(step)))


def compiled(step):
    torch._dynamo.reset()  # else it stops compiling after some shapes
    return loop(torch.compile(step, dynamic=False))


VARIANTS = {"eager": loop, "script": scripted, "compile": compiled}
