#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/golden/torch_lbfgs.h: PyTorch's L-BFGS and averages of weights, in f64.

    pip install torch==2.13.0
    python3 scripts/golden_lbfgs.py

A tool of the tests alone; neither the library nor its tests need PyTorch. Another run gives
the same file.
"""
import os

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

OUT = os.path.join(os.path.dirname(__file__), "..", "tests", "golden", "torch_lbfgs.h")
START = [-1.2, 1.0, -0.8, 1.4, 0.5, -0.3]
f64 = {"dtype": torch.float64}


def convex(w):
    """Six coupled squares of unlike curvature."""
    k = torch.arange(1, 7, **f64)
    return (k * k * (w - 0.5) ** 2).sum() / 2 + w.sum() ** 2


def rosenbrock(w):
    return (100 * (w[1:] - w[:-1] ** 2) ** 2 + (1 - w[:-1]) ** 2).sum()


# problem; members of rn_lbfgs_options; PyTorch's arguments; steps
CASES = [
    (convex, ".lr = 0.5", dict(lr=0.5), 2),
    (convex, ".strong_wolfe = true", dict(line_search_fn="strong_wolfe"), 2),
    (convex, ".lr = 0.3, .max_iter = 4, .history_size = 2",
     dict(lr=0.3, max_iter=4, history_size=2), 5),
    (convex, ".max_iter = 30, .tolerance_grad = 1e-2",
     dict(max_iter=30, tolerance_grad=1e-2), 2),
    (rosenbrock, ".strong_wolfe = true, .max_iter = 10",
     dict(line_search_fn="strong_wolfe", max_iter=10), 4),
    (rosenbrock, ".strong_wolfe = true, .max_iter = 6, .history_size = 3, .lr = 2",
     dict(line_search_fn="strong_wolfe", max_iter=6, history_size=3, lr=2), 4),
    (rosenbrock, ".strong_wolfe = true, .max_iter = 9, .max_eval = 6, .lr = 0.01",
     dict(line_search_fn="strong_wolfe", max_iter=9, max_eval=6, lr=0.01), 4),
    (rosenbrock, ".strong_wolfe = true, .max_iter = 200, .tolerance_change = -1, "
     ".tolerance_grad = 1e-6",
     dict(line_search_fn="strong_wolfe", max_iter=200, tolerance_change=0,
          tolerance_grad=1e-6), 1),
]


def run(problem, arguments, steps):
    w = torch.tensor(START, **f64, requires_grad=True)
    optimizer = torch.optim.LBFGS([w], **arguments)

    def closure():
        optimizer.zero_grad()
        loss = problem(w)
        loss.backward()
        return loss

    before = {"n_iter": 0, "func_evals": 0}
    for _ in range(steps):
        first = float(optimizer.step(closure).detach())
        state = optimizer.state[w]
        yield (state["n_iter"] - before["n_iter"],
               state["func_evals"] - before["func_evals"], first, w.tolist())
        before = {name: state[name] for name in before}


def numbers(values):
    return ", ".join(f"{v:.16g}" for v in values)


# Averages: members of rn_average; PyTorch's function; from update, every
AVERAGES = [
    ("RN_AVERAGE_EMA, .decay = 0.75", dict(multi_avg_fn=get_ema_multi_avg_fn(0.75)), 0, 1),
    ("RN_AVERAGE_EMA, .start = 4", dict(multi_avg_fn=get_ema_multi_avg_fn(0.999)), 4, 1),
    ("RN_AVERAGE_EQUAL", {}, 0, 1),
    ("RN_AVERAGE_EQUAL, .start = 5, .every = 3", {}, 5, 3),
]
UPDATES = 20


def average(arguments, start, every):
    module = torch.nn.Linear(1, 1).to(torch.float64)
    w = torch.nn.Parameter(torch.tensor(START, **f64))
    module.weight = w
    module.bias = None
    averaged = AveragedModel(module, **arguments)
    optimizer = torch.optim.SGD([w], lr=0.02, momentum=0.5)
    for n in range(1, UPDATES + 1):
        optimizer.zero_grad()
        convex(w).backward()
        optimizer.step()
        if n > start and (n - start) % every == 0:
            averaged.update_parameters(module)
    return averaged.module.weight.tolist(), int(averaged.n_averaged), w.tolist()


def main():
    version = torch.__version__.split("+")[0]
    lines = ["/* SPDX-License-Identifier: MIT */",
             f"/* Written by scripts/golden_lbfgs.py with PyTorch {version}. */",
             "/* clang-format off */", "",
             f"enum {{ WEIGHTS = {len(START)}, UPDATES = {UPDATES} }};",
             f"static const double start[WEIGHTS] = {{{numbers(START)}}};", "",
             "static const struct { bool rosenbrock; rn_lbfgs_options options; } cases[] = {"]
    for problem, text, _, _ in CASES:
        name = "true" if problem is rosenbrock else "false"
        lines.append(f"    {{{name}, {{{text}}}}},")
    lines += ["};", "", "/* Of each case and step: iterations, evaluations, first loss, "
              "weights. */", "static const struct {",
              "    int which, iterations, evaluations; double first, w[WEIGHTS];",
              "} steps[] = {"]
    for i, (problem, _, arguments, steps) in enumerate(CASES):
        for iterations, evaluations, first, w in run(problem, arguments, steps):
            lines.append(f"    {{{i}, {iterations}, {evaluations}, {first:.16g},")
            lines.append(f"     {{{numbers(w)}}}}},")
    lines += ["};", "", "/* Averages, their counts, and the last weights. */",
              "static const struct {",
              "    rn_average average; int count; double a[WEIGHTS], w[WEIGHTS];",
              "} averages[] = {"]
    for text, arguments, start, every in AVERAGES:
        a, count, w = average(arguments, start, every)
        lines.append(f"    {{{{.kind = {text}}}, {count},")
        lines.append(f"     {{{numbers(a)}}},")
        lines.append(f"     {{{numbers(w)}}}}},")
    lines += ["};", ""]
    with open(OUT, "w") as file:
        file.write("\n".join(lines))


main()
