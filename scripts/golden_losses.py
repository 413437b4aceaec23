#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/golden/torch_losses.h: losses of PyTorch and their gradients, in f64.

    pip install numpy torch==2.13.0
    python3 scripts/golden_losses.py

A tool of the tests alone; neither the library nor its tests need PyTorch. Another run gives
the same file. Each case: operands, options, loss, gradients.
"""
import torch
import torch.nn.functional as F

from golden import Header, Numbers

N, V = 5, 4
REDUCTIONS = ["mean", "sum", "none"]


def tensor(array):
    return torch.tensor(array, dtype=torch.float64)


def run(header, name, loss, x, others):
    """The loss times fixed numbers, and dx."""
    y = loss(x)
    y.backward(torch.linspace(0.5, 1.5, y.numel(), dtype=torch.float64).reshape(y.shape))
    arrays = [("x", x), *others, ("loss", y), ("dx", x.grad)]
    header.loss(name, arrays)


class Losses(Header):
    def loss(self, name, arrays):
        self.lines.append(f"\nstatic const double {name}[] = {{")
        for label, array in arrays:
            self._array(label, array.detach().numpy())
        self.lines.append("};")


def pairs(header):
    numbers = Numbers(7)
    y = tensor(numbers(N, V))
    p = torch.softmax(tensor(numbers(N, V)), -1)
    p[1, 2] = 0
    counts = tensor(numbers(N, V)).abs().round()
    kinds = {
        "squared_error": (y, F.mse_loss, {}),
        "absolute_error": (y, F.l1_loss, {}),
        "huber": (y, F.huber_loss, {"delta": 0.75}),
        "poisson": (counts, F.poisson_nll_loss, {"log_input": True}),
        "kl_divergence": (p, F.kl_div, {}),
        "binary": (p, F.binary_cross_entropy_with_logits, {}),
        "binary_weighed": (p, F.binary_cross_entropy_with_logits,
                           {"pos_weight": tensor([0.5, 2, 1, 3])}),
    }
    for kind, (target, f, more) in kinds.items():
        for reduction in REDUCTIONS:
            x = tensor(numbers(N, V)).requires_grad_()
            run(header, f"torch_{kind}_{reduction}",
                lambda x: f(x, target, reduction=reduction, **more), x, [("y", target)])
    for reduction in REDUCTIONS:
        x = tensor(numbers(N, V)).requires_grad_()
        run(header, f"torch_cosine_{reduction}",
            lambda x: F.cosine_embedding_loss(x, y, torch.ones(N), reduction=reduction),
            x, [("y", y)])


def classes(header):
    numbers = Numbers(8)
    t = torch.tensor([3, 0, -100, 1, 0])
    w = tensor([0.5, 2, 1.25, 3])
    kinds = {
        "ce": (F.cross_entropy, {}),
        "ce_weighed": (F.cross_entropy, {"weight": w}),
        "ce_smooth": (F.cross_entropy, {"label_smoothing": 0.2}),
        "ce_all": (F.cross_entropy, {"weight": w, "label_smoothing": 0.3}),
        "nll": (F.nll_loss, {"weight": w}),
    }
    for kind, (f, more) in kinds.items():
        for reduction in REDUCTIONS:
            x = tensor(numbers(N, V)).requires_grad_()
            run(header, f"torch_{kind}_{reduction}",
                lambda x: f(x, t, reduction=reduction, **more), x, [("t", t.double())])


def ctc(header):
    """Ragged, with empty targets and steps, repetitions, and one that cannot be."""
    T, B, S = 6, 6, 3
    numbers = Numbers(9)
    targets = torch.tensor([[1, 3, 2], [3, 3, 0], [1, 0, 0], [0, 0, 0], [3, 3, 3], [0, 0, 0]])
    steps = torch.tensor([6, 4, 1, 3, 4, 0])
    lengths = torch.tensor([3, 2, 1, 0, 3, 0])
    for blank in [0, 2]:
        t = targets.clone()
        if blank == 2:
            t = torch.where(t == 2, 0, t)
        for reduction in REDUCTIONS:
            x = tensor(numbers(T, B, V)).requires_grad_()
            run(header, f"torch_ctc_{blank}_{reduction}",
                lambda x: F.ctc_loss(F.log_softmax(x, -1), t, steps, lengths, blank=blank,
                                     reduction=reduction, zero_infinity=True),
                x, [("targets", t.double())])


def penalties(header):
    """Of AWD-LSTM, as its authors' code computes them, of sequences of these lengths."""
    T, B, H = 5, 4, 3
    numbers = Numbers(10)
    lengths = torch.tensor([5, 3, 1, 0])
    for name, several in [("whole", False), ("ragged", True)]:
        for kind in ["activation", "temporal"]:
            x = tensor(numbers(T, B, H)).requires_grad_()
            use = lengths if several else torch.full([B], T)
            if kind == "activation":
                h = torch.cat([x[:n, b] for b, n in enumerate(use)])
                f = lambda x: 0.5 * h.abs().mean() + 2 * h.pow(2).mean()
            else:
                d = torch.cat([x[1:n, b] - x[:n - 1, b] for b, n in enumerate(use) if n])
                f = lambda x: 1.5 * d.pow(2).mean()
            run(header, f"torch_{kind}_{name}", f, x, [("lengths", use.double())])


def main():
    header = Losses("torch_losses", "Losses of PyTorch in f64, and gradients of x.",
                    "golden_losses.py", f"PyTorch {torch.__version__.split('+')[0]}")
    pairs(header)
    classes(header)
    ctc(header)
    penalties(header)
    header.write()


main()
