# SPDX-License-Identifier: MIT
"""PyTorch as a system of the benchmark; see serve.py.

Its own layers where it has them. For other cells the fastest of eager, torch.jit.script
and, if BENCH_COMPILE is set and the steps are not small, torch.compile of the step. A ragged batch is a packed
sequence, packed in each run.
"""
import os
import time

import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import serve
import torch_cells
import torch_layers
import weights

torch.set_num_threads(int(os.environ.get("BENCH_THREADS", "1")))


class Layer:
    """A layer of PyTorch's own."""

    def __init__(self, c):
        self.c, self.both = c, c.cell == "bilstm"
        self.cell = "lstm" if self.both else c.cell
        self.layer = torch_layers.make(self.cell, c.I, c.H, self.both)
        self.x = torch.from_numpy(weights.number(1000, c.T * c.B * c.I)).reshape(c.T, c.B, c.I)
        D = 2 if self.both else 1
        self.dy = torch.from_numpy(weights.number(1001, c.T * c.B * c.H * D)).reshape(c.T, c.B, D * c.H)
        self.state, self.got = None, None
        self.names = [name for name, _ in self.layer.named_parameters()]
        self.parameters = list(self.layer.parameters())
        if c.mode.startswith("ragged"):
            self.lengths = torch.from_numpy(c.lengths())

    def outputs(self):
        if not self.c.mode.startswith("ragged"):
            return self.layer(self.x)[0]
        packed = pack_padded_sequence(self.x, self.lengths, enforce_sorted=False)
        return pad_packed_sequence(self.layer(packed)[0], total_length=self.c.T)[0]

    def run(self):
        if self.c.mode == "stream":
            with torch.inference_mode():
                self.y, self.state = self.layer(self.x, self.state)
        elif self.c.mode == "forward":
            with torch.inference_mode():
                self.y = self.outputs()
        else:
            self.x.requires_grad_(True)
            self.y = self.outputs()
            self.got = torch.autograd.grad(self.y, [self.x] + self.parameters, self.dy)

    def values(self):
        if not self.got:
            return [self.y]
        by_name = dict(zip(self.names, self.got[1:]))
        return [self.y.detach(), self.got[0]] + torch_layers.gradients(
            self.layer, self.cell, by_name, self.both)


class Cell:
    """A cell of one's own, in one variant."""

    def __init__(self, c, variant):
        self.c, self.got = c, None
        self.x = torch.from_numpy(weights.number(1000, c.T * c.B * c.I)).reshape(c.T, c.B, c.I)
        self.dy = torch.from_numpy(weights.number(1001, c.T * c.B * c.H)).reshape(c.T, c.B, c.H)
        made = weights.weights(c.cell, c.I, c.H)
        self.p = [torch.from_numpy(a).requires_grad_(c.mode == "train") for a in weights.join(c.cell, made)]
        self.x.requires_grad_(c.mode == "train")
        self.loop = torch_cells.VARIANTS[variant](torch_cells.STEPS[c.cell])

    def outputs(self):
        s = [torch.zeros(self.c.B, self.c.H) for _ in range(torch_cells.STATES[self.c.cell])]
        return self.loop(torch_cells.projection(self.c.cell, self.x, self.p), s, self.p)

    def run(self):
        if self.c.mode == "train":
            self.y = self.outputs()
            self.got = torch.autograd.grad(self.y, [self.x] + self.p, self.dy)
        else:
            with torch.no_grad():
                self.y = self.outputs()

    def values(self):
        if not self.got:
            return [self.y]
        return [self.y.detach(), self.got[0]] + weights.split(self.c.cell, [g.numpy() for g in self.got[1:]])


class Language:
    """The training step of the language model of bench/layers/language.c."""

    def __init__(self, c):
        text, after = c.text(96)
        self.text, self.next = torch.from_numpy(text), torch.from_numpy(after)
        self.embed = torch.nn.Embedding(96, c.I)
        self.layer = torch.nn.LSTM(c.I, c.H, num_layers=int(c.cell[2]))
        self.out = torch.nn.Linear(c.H, 96)
        modules = torch.nn.ModuleList([self.embed, self.layer, self.out])
        self.optimizer = torch.optim.Adam(modules.parameters(), lr=1e-3, fused=True)

    def run(self):
        self.optimizer.zero_grad()
        logits = self.out(self.layer(self.embed(self.text))[0])
        torch.nn.functional.cross_entropy(logits.flatten(0, 1), self.next.flatten()).backward()
        self.optimizer.step()


def worth_compiling(c):
    """Compiling a step takes seconds, and a long loop of small steps is all overhead."""
    return os.environ.get("BENCH_COMPILE") and c.T <= 128 and c.B * c.H >= 4096


def fastest(c):
    best = None
    for variant in torch_cells.VARIANTS:
        if variant == "compile" and not worth_compiling(c):
            continue
        made, times = Cell(c, variant), []
        while len(times) < 2 or (len(times) < 5 and sum(times) < 1):
            # A script is optimised in its second and third run.
            start = time.perf_counter()
            made.run()
            times.append(time.perf_counter() - start)
        if best is None or min(times) < best[0]:
            best = min(times), made, variant
    return best[1], best[2]


def load(c):
    if c.cell.startswith("lm"):
        return Language(c), ""
    if c.cell in ("rnn", "lstm", "bilstm", "gru"):
        return Layer(c), ""
    if c.cell in torch_cells.STEPS and c.mode in ("forward", "train"):
        return fastest(c)
    return None, "not this case"


serve.serve(load)
