#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/golden/torch_optimizers.h: weights after steps of PyTorch's optimisers.

    pip install numpy torch==2.13.0
    python3 scripts/golden_optimizers.py

A tool of the tests alone; neither the library nor its tests need PyTorch. Lion and LAMB,
which PyTorch lacks, are here as their papers have them. Another run gives the same file.
The gradients come from a formula that tests/golden/test_optimizers.c has too.
"""
import math

import torch
from torch import optim

from golden import TO

SHAPES = [(2, 2), (2,)]
COUNT, STEPS, SHOWN = 6, 100, (2, 20, 100)

START = [(i * 5 + 3) % 7 / 4 - 1 for i in range(COUNT)]
TARGET = [(i * 3 + 1) % 5 / 2 - 1 for i in range(COUNT)]


def noise(t):
    return [(t * 37 + i * 101 + 13) * 7919 % 1009 / 512 - 1 for i in range(COUNT)]


class Lion(optim.Optimizer):
    """arXiv:2302.06675, algorithm 2."""

    def __init__(self, params, lr, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(params, {"lr": lr, "betas": betas, "decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for w in group["params"]:
                m = self.state[w].setdefault("m", torch.zeros_like(w))
                c = beta1 * m + (1 - beta1) * w.grad
                w -= group["lr"] * (torch.sign(c) + group["decay"] * w)
                m.copy_(beta2 * m + (1 - beta2) * w.grad)


class Lamb(optim.Optimizer):
    """arXiv:1904.00962, algorithm 2, phi(x) = x."""

    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-6, weight_decay=0.0):
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps,
                                  "decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for w in group["params"]:
                s = self.state[w]
                if not s:
                    s.update(t=0, m=torch.zeros_like(w), v=torch.zeros_like(w))
                s["t"] += 1
                s["m"] = beta1 * s["m"] + (1 - beta1) * w.grad
                s["v"] = beta2 * s["v"] + (1 - beta2) * w.grad ** 2
                m = s["m"] / (1 - beta1 ** s["t"])
                v = s["v"] / (1 - beta2 ** s["t"])
                r = m / (torch.sqrt(v) + group["eps"]) + group["decay"] * w
                w -= group["lr"] * w.norm() / r.norm() * r


# Options of PyTorch that are a tuple, and the members that they are.
TUPLES = {"betas": ("beta1", "beta2"), "etas": ("etaminus", "etaplus"),
          "step_sizes": ("step_min", "step_max")}

BETAS = {"betas": (0.5, 0.9)}
DECAY = {"weight_decay": 0.1}
EPS = {"eps": 1e-3}
DECOUPLED = {"decoupled_weight_decay": True, **DECAY}
UP = {"maximize": True}
CYCLE = {"cycle": True}  # OneCycleLR with the momentum, over all steps

CASES = [
    (optim.SGD, "sgd(0.05, 0)", [{}, DECAY, {**DECAY, **UP}]),
    (optim.SGD, "sgd(0.02, 0.9)", [
        {}, DECAY, {"nesterov": True}, {"nesterov": True, **DECAY}, {"dampening": 0.3},
        {"dampening": 0.3, **DECAY}, CYCLE, {"nesterov": True, **CYCLE}]),
    (optim.Adagrad, "adagrad(0.1)", [
        {}, DECAY, EPS, {"lr_decay": 0.05}, {"initial_accumulator_value": 0.5},
        {**DECAY, **UP}]),
    (optim.Adadelta, "adadelta(1)", [{}, DECAY, EPS, {"rho": 0.5}, UP]),
    (optim.RMSprop, "rmsprop(0.02)", [
        {}, DECAY, EPS, {"alpha": 0.9}, {"momentum": 0.7}, {"centered": True},
        {"centered": True, "momentum": 0.7, **DECAY}, {"momentum": 0.7, **UP}, CYCLE]),
    (optim.Adam, "adam(0.02)", [
        {}, DECAY, EPS, BETAS, {"betas": (0.0, 0.9)}, {"betas": (0.9, 0.0), "eps": 0.1},
        {"amsgrad": True}, {"amsgrad": True, **DECAY, **BETAS}, DECOUPLED,
        {**DECAY, **UP}, CYCLE]),
    (optim.AdamW, "adamw(0.02, 0.1)", [
        DECAY, {**DECAY, **EPS, **BETAS}, {**DECAY, "amsgrad": True, **BETAS},
        {**DECAY, **UP}]),
    (optim.Adamax, "adamax(0.02)", [{}, DECAY, EPS, BETAS, UP, CYCLE]),
    (optim.NAdam, "nadam(0.02)", [
        {}, DECAY, EPS, BETAS, {"momentum_decay": 0.1}, DECOUPLED, UP, CYCLE]),
    (optim.RAdam, "radam(0.02)", [
        {}, DECAY, EPS, BETAS, {"betas": (0.5, 0.5)}, DECOUPLED, UP, CYCLE]),
    (Lion, "lion(0.01, 0)", [{}, {"betas": (0.5, 0.9)}]),
    (Lion, "lion(0.01, 0.1)", [DECAY]),
    (Lamb, "lamb(0.02, 0)", [{}, BETAS, EPS]),
    (Lamb, "lamb(0.02, 0.1)", [DECAY]),
    (optim.Adafactor, "adafactor(0.1)", [
        {}, DECAY, {"beta2_decay": -0.5}, {"eps": (0.1, 0.01)}, {"eps": (None, 2.0)},
        {"d": 1.5}, {**DECAY, **UP}]),
    (optim.Rprop, "rprop(0.01)", [
        {}, {"etas": (0.3, 1.5)}, {"step_sizes": (1 / 512, 1 / 64)},
        {"step_sizes": (1 / 512, 1 / 64), **UP}]),
    (optim.ASGD, "asgd(0.05)", [
        {}, DECAY, {"lambd": 0.05}, {"lambd": 0.05, "alpha": 1.0}, {"t0": 10.0}, UP]),
]


def settings(options):
    """The same options as statements in C, and in words."""
    members = {}
    for key, value in options.items():
        names = TUPLES.get(key)
        if key == "eps" and isinstance(value, tuple):
            names = ("eps", "eps2")
        members.update(zip(names, value) if names else {key: value})
    members["schedule"] = "cycle" if members.pop("cycle", False) else None
    words = {"True": "true", "0.0": "RN_ZERO"}
    return "; ".join(f"o.{k} = {words.get(str(v), v)}" for k, v in members.items()
                     if v is not None)


def run(make, call, options):
    rate = float(call.split("(")[1].strip(")").split(",")[0])
    options = dict(options)
    cycle = options.pop("cycle", False)
    if make is optim.SGD:
        options["momentum"] = float(call.strip(")").split(",")[1])
    if "foreach" in make.__init__.__code__.co_varnames:
        options["foreach"] = False
    numbers = torch.tensor(START), torch.tensor(TARGET)
    start, target = [split(x) for x in numbers]
    weights = [torch.nn.Parameter(w.clone()) for w in start]
    optimizer = make(weights, lr=rate, **options)
    scheduler = cycle and optim.lr_scheduler.OneCycleLR(optimizer, rate, STEPS)
    shown = []
    for t in range(STEPS):
        for w, p, n in zip(weights, target, split(torch.tensor(noise(t)))):
            w.grad = 0.5 * (w.detach() - p) + n
        optimizer.step()
        if scheduler and t + 1 < STEPS:
            scheduler.step()
        if t + 1 in SHOWN:
            kept = weights
            if "t0" in options:
                kept = [optimizer.state[w]["ax"] for w in weights]
            shown += [x for w in kept for x in w.detach().reshape(-1).tolist()]
    return shown


def split(x):
    sizes = [math.prod(s) for s in SHAPES]
    return [part.reshape(s) for part, s in zip(torch.split(x, sizes), SHAPES)]


HEAD = """/* SPDX-License-Identifier: MIT */
/*
 * CASE(optimiser, settings, weights after 2, 20 and 100 steps). Made by
 * scripts/golden_optimizers.py with PyTorch {version}, in f64; not to be edited.
 */
/* clang-format off */
"""


def lines(numbers):
    line = "   "
    for i, number in enumerate(numbers):
        text = f" {number}" + (")" if i + 1 == len(numbers) else ",")
        if len(line) + len(text) > 92:
            yield line
            line = "   "
        line += text
    yield line


def main():
    torch.set_default_dtype(torch.float64)
    text = [HEAD.format(version=torch.__version__.split("+")[0])]
    for make, call, cases in CASES:
        for options in cases:
            text.append(f"CASE(rn_{call}, {settings(options)},")
            text += [*lines(run(make, call, options)), ""]
    text.append("#undef CASE\n")
    (TO / "torch_optimizers.h").write_text("\n".join(text), encoding="utf-8")


if __name__ == "__main__":
    main()
