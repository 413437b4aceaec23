#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/golden/torch_schedules.h: learning rates of PyTorch's schedulers.

    pip install torch==2.13.0
    python3 scripts/golden_schedules.py

A tool of the tests alone; neither the library nor its tests need PyTorch. Another run gives
the same file. Each schedule is stepped 1000 times; the file has every 37th rate, and those
around the steps at which the schedule changes.
"""
import math
import os
import warnings

import torch
from torch.optim import lr_scheduler as lr

STEPS, BASE = 1000, 0.3
OUT = os.path.join(os.path.dirname(__file__), "..", "tests", "golden", "torch_schedules.h")

# kind and members; PyTorch's scheduler; steps of interest
CASES = [
    ("STEP, .steps = 90, .gamma = 0.3", lambda o: lr.StepLR(o, 90, 0.3), [90, 180, 900]),
    ("STEP, .steps = 300", lambda o: lr.StepLR(o, 300), [300, 900]),
    ("MULTI_STEP, .gamma = 0.5, .milestone = {350, 100, 350, 900}",
     lambda o: lr.MultiStepLR(o, [350, 100, 350, 900], 0.5), [100, 350, 900]),
    ("EXPONENTIAL, .gamma = 0.995", lambda o: lr.ExponentialLR(o, 0.995), []),
    ("POLYNOMIAL, .steps = 800", lambda o: lr.PolynomialLR(o, 800), [799, 800]),
    ("POLYNOMIAL, .steps = 700, .power = 2.5",
     lambda o: lr.PolynomialLR(o, 700, 2.5), [699, 700]),
    ("LINEAR, .steps = 300", lambda o: lr.LinearLR(o, total_iters=300), [300]),
    ("LINEAR, .steps = 900, .start_factor = 1, .end_factor = 0.05",
     lambda o: lr.LinearLR(o, 1, 0.05, 900), [900]),
    ("COSINE, .steps = 1000", lambda o: lr.CosineAnnealingLR(o, 1000), []),
    ("COSINE, .steps = 240, .eta_min = 0.01",
     lambda o: lr.CosineAnnealingLR(o, 240, 0.01), [240, 480, 720]),
    ("RESTARTS, .steps = 130",
     lambda o: lr.CosineAnnealingWarmRestarts(o, 130), [130, 260, 910]),
    ("RESTARTS, .steps = 30, .t_mult = 2, .eta_min = 0.02",
     lambda o: lr.CosineAnnealingWarmRestarts(o, 30, 2, 0.02), [30, 90, 210, 450, 930]),
    ("RESTARTS, .steps = 10, .t_mult = 3",
     lambda o: lr.CosineAnnealingWarmRestarts(o, 10, 3), [10, 40, 130, 400]),
    ("ONE_CYCLE, .steps = 1000",
     lambda o: lr.OneCycleLR(o, BASE, 1000, cycle_momentum=False), [299, 999]),
    ("ONE_CYCLE, .steps = 1000, .pct_start = 0.25, .linear = true, .three_phase = true, "
     ".div_factor = 10, .final_div_factor = 100",
     lambda o: lr.OneCycleLR(o, BASE, 1000, pct_start=0.25, anneal_strategy="linear",
                             three_phase=True, div_factor=10, final_div_factor=100,
                             cycle_momentum=False), [249, 498, 999]),
    ("ONE_CYCLE, .steps = 800, .cycle_momentum = true",
     lambda o: lr.OneCycleLR(o, BASE, 800), [239, 799]),
    ("ONE_CYCLE, .steps = 900, .pct_start = 0.4, .linear = true, .three_phase = true, "
     ".cycle_momentum = true, .base_momentum = 0.5, .max_momentum = 0.9",
     lambda o: lr.OneCycleLR(o, BASE, 900, pct_start=0.4, anneal_strategy="linear",
                             three_phase=True, base_momentum=0.5, max_momentum=0.9),
     [359, 718, 899]),
    # Section 5.3 of arXiv:1706.03762, with a model of 512 units: rate = (512 T)^-0.5.
    ("INVERSE_SQRT, .steps = 200",
     lambda o: lr.LambdaLR(o, lambda s: (512 * 200) ** 0.5 * 512 ** -0.5 *
                           min((s + 1) ** -0.5, (s + 1) * 200 ** -1.5)), [199, 200]),
    ("COSINE, .steps = 900, .warm_up = 100, .warm_up_factor = 0.1",
     lambda o: lr.SequentialLR(o, [lr.LinearLR(o, 0.1, 1, 100),
                                   lr.CosineAnnealingLR(o, 900)], [100]), [100]),
    ("STEP, .steps = 200, .gamma = 0.5, .warm_up = 40, .warm_up_factor = 0.25",
     lambda o: lr.SequentialLR(o, [lr.LinearLR(o, 0.25, 1, 40),
                                   lr.StepLR(o, 200, 0.5)], [40]), [40, 240]),
]


def rates(make):
    """Pairs of a rate and a momentum, which is 0 unless it cycles."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=BASE)
    scheduler = make(optimizer)
    for _ in range(STEPS):
        group = optimizer.param_groups[0]
        yield float(group["lr"]), float(group["momentum"])
        optimizer.step()
        if _ < getattr(scheduler, "total_steps", STEPS) - 1:
            scheduler.step()


PLATEAUS = [
    ("0", {}),
    (".patience = 2, .factor = 0.5, .cooldown = 3, .min_lr = 0.05",
     dict(patience=2, factor=0.5, cooldown=3, min_lr=0.05)),
    (".patience = -1, .threshold = 0.02, .absolute = true",
     dict(patience=0, threshold=0.02, threshold_mode="abs")),
    (".patience = 4, .maximize = true, .threshold = 0.1",
     dict(patience=4, mode="max", threshold=0.1)),
    (".patience = 3, .maximize = true, .absolute = true, .threshold = -1, .eps = 0.01",
     dict(patience=3, mode="max", threshold_mode="abs", threshold=0, eps=0.01)),
]
MEASURES = 60


def measure(i):
    return 2 / (1 + i) + 0.25 * math.sin(1.7 * i) + 0.5


def plateau(options):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=BASE)
    scheduler = lr.ReduceLROnPlateau(optimizer, **options)
    for i in range(MEASURES):
        scheduler.step(measure(i))
        yield optimizer.param_groups[0]["lr"]


def runs(values):
    """The rates as pairs: from this measure on, this rate."""
    last = None
    for i, value in enumerate(values):
        if value != last:
            yield i, value
        last = value


def table(entries):
    """Lines of three entries."""
    entries = list(entries)
    return ["    " + ", ".join(entries[i:i + 3]) + "," for i in range(0, len(entries), 3)]


def main():
    warnings.simplefilter("ignore")
    version = torch.__version__.split("+")[0]
    lines = ["/* SPDX-License-Identifier: MIT */",
             f"/* Written by scripts/golden_schedules.py with PyTorch {version}. */",
             "/* clang-format off */", "",
             f"enum {{ STEPS = {STEPS}, MEASURES = {MEASURES} }};",
             f"static const double base_rate = {BASE};", "",
             "static const rn_schedule schedules[] = {"]
    lines += [f"    {{.kind = RN_SCHEDULE_{text}}}," for text, _, _ in CASES]
    lines += ["};", "", "/* Of each schedule: steps and rates. */",
              "static const struct { int schedule, step; double rate; } rates[] = {"]
    momenta = []
    for i, (_, make, extra) in enumerate(CASES):
        all_rates = list(rates(make))
        steps = set(range(0, STEPS, 37)) | {STEPS - 1}
        for s in extra:
            steps |= {s - 1, s, s + 1}
        lines += table(f"{{{i}, {s}, {all_rates[s][0]:.15g}}}" for s in sorted(steps) if s < STEPS)
        if all_rates[0][1] != 0:
            momenta += table(f"{{{i}, {s}, {all_rates[s][1]:.15g}}}" for s in sorted(steps)
                             if s < STEPS)
    lines += ["};", "", "/* And of those whose momentum cycles. */",
              "static const struct { int schedule, step; double momentum; } momenta[] = {",
              *momenta]
    lines += ["};", "", "static const rn_plateau plateaus[] = {"]
    lines += [f"    {{{text}}}," for text, _ in PLATEAUS]
    lines += ["};", "", "/* Of each plateau: the measure from which on the rate is this. */",
              "static const struct { int plateau, measure; double rate; } reduced[] = {"]
    for i, (_, options) in enumerate(PLATEAUS):
        lines += table(f"{{{i}, {at}, {rate!r}}}" for at, rate in runs(plateau(options)))
    lines += ["};", ""]
    with open(OUT, "w") as file:
        file.write("\n".join(lines))


main()
