#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/golden/torch_conv.h: PyTorch's convolutions, pooling and batch normalisation.

    pip install numpy torch==2.13.0
    python3 scripts/golden_torch_conv.py

In f64, in this library's layouts: sequences [T, B, C], images [B, H, W, C], kernels
[k.., C / G, O]. A tool of the tests alone. Another run gives the same file.
"""
import numpy
import torch
from torch.nn import functional as F

from golden import Header, Numbers

CONV1D = [  # T B C O k, stride, dilation, before, after, groups
    (7, 2, 3, 4, 3, 1, 1, 0, 0, 1),
    (9, 1, 2, 3, 3, 2, 2, 3, 1, 1),
    (6, 2, 4, 6, 2, 1, 3, 1, 4, 2),
    (5, 2, 3, 6, 4, 1, 1, 3, 0, 3),
    (6, 2, 30, 2, 3, 1, 1, 2, 0, 1),
]
CONV2D = [  # B H W C O kH kW, strides, dilations, before, after, groups
    (2, 4, 5, 2, 3, 2, 3, (1, 1), (1, 1), (0, 0), (0, 0), 1),
    (1, 6, 5, 2, 4, 3, 2, (2, 1), (1, 2), (1, 0), (2, 3), 2),
    (1, 4, 4, 2, 2, 3, 3, (1, 2), (1, 1), (1, 1), (1, 1), 2),
    (1, 5, 4, 12, 2, 3, 3, (1, 1), (1, 1), (1, 1), (1, 1), 1),
]
POOL2D = [  # H W C, window, strides, padding
    (6, 4, 2, (2, 2), (2, 2), (0, 0)),
    (5, 5, 1, (3, 2), (2, 1), (1, 1)),
]
NORM = [  # momentum, epsilon, runs: of [T, B, C]
    (0.1, 1e-5, 3),
    (0.4, 1e-2, 2),
]


class Group:
    """Arrays of numbers with a name and the sizes that the test needs."""

    def __init__(self, header, name):
        self.header, self.name, self.numbers = header, name, Numbers(len(name))
        self.arrays = []

    def tensor(self, *shape):
        return torch.tensor(self.numbers(*shape), dtype=torch.float64).requires_grad_()

    def add(self, label, tensor):
        self.arrays.append((label, tensor.detach().numpy()))

    def write(self, sizes):
        lines = self.header.lines
        lines.append(f"\nstatic const double {self.name}[] = {{")
        self.header._array("sizes", numpy.asarray(sizes, dtype=numpy.float64))
        for label, array in self.arrays:
            self.header._array(label, array)
        lines.append("};")


def gradients(group, y, inputs):
    """y, a random cotangent of it, and the gradients of the inputs."""
    dy = group.tensor(*y.shape)
    (y * dy.detach()).sum().backward()
    group.add("y", y)
    group.add("dy", dy)
    for label, x in inputs:
        group.add("d" + label, x.grad)


def conv1d(group, T, B, C, O, k, stride, dilation, before, after, groups):
    x, w = group.tensor(T, B, C), group.tensor(k, C // groups, O)
    group.add("x", x), group.add("w", w)
    y = F.conv1d(F.pad(x.permute(1, 2, 0), (before, after)), w.permute(2, 1, 0),
                 stride=stride, dilation=dilation, groups=groups).permute(2, 0, 1)
    gradients(group, y, [("x", x), ("w", w)])
    group.write((T, B, C, O, k, stride, dilation, before, after, groups))


def conv2d(group, B, H, W, C, O, kH, kW, stride, dilation, before, after, groups):
    x, w = group.tensor(B, H, W, C), group.tensor(kH, kW, C // groups, O)
    group.add("x", x), group.add("w", w)
    padded = F.pad(x.permute(0, 3, 1, 2), (before[1], after[1], before[0], after[0]))
    y = F.conv2d(padded, w.permute(3, 2, 0, 1), stride=stride, dilation=dilation,
                 groups=groups).permute(0, 2, 3, 1)
    gradients(group, y, [("x", x), ("w", w)])
    group.write((B, H, W, C, O, kH, kW, *stride, *dilation, *before, *after, groups))


def pool2d(group, H, W, C, size, stride, padding):
    for label, pool, more in [
        ("max", F.max_pool2d, {}),
        ("mean", F.avg_pool2d, {"count_include_pad": False}),
        ("mean with padding", F.avg_pool2d, {"count_include_pad": True}),
    ]:
        x = group.tensor(2, H, W, C)
        group.add("x of " + label, x)
        y = pool(x.permute(0, 3, 1, 2), size, stride, padding, **more)
        gradients(group, y.permute(0, 2, 3, 1), [("x", x)])
    group.write((H, W, C, *size, *stride, *padding))


def batch_norm(group, momentum, epsilon, runs):
    T, B, C = 4, 3, 2
    net = torch.nn.BatchNorm1d(C, eps=epsilon, momentum=momentum).double()
    gain, bias = group.tensor(C), group.tensor(C)
    with torch.no_grad():
        net.weight.copy_(gain), net.bias.copy_(bias)
    group.add("gain", gain), group.add("bias", bias)
    for _ in range(runs):
        x = group.tensor(T, B, C)
        group.add("x", x)
        net.zero_grad()
        y = net(x.permute(1, 2, 0)).permute(2, 0, 1)
        gradients(group, y, [("x", x)])
        group.add("dgain", net.weight.grad), group.add("dbias", net.bias.grad)
        group.add("mean", net.running_mean.clone())
        group.add("variance", net.running_var.clone())
    net.eval()
    x = group.tensor(T, B, C)
    group.add("x", x)
    group.add("y in inference", net(x.permute(1, 2, 0)).permute(2, 0, 1))
    group.write((T, B, C, momentum, epsilon, runs))


if __name__ == "__main__":
    torch.set_num_threads(1)
    header = Header(
        "torch_conv",
        "Convolutions, pooling and batch normalisation in f64, with gradients.",
        "golden_torch_conv.py",
        "PyTorch " + torch.__version__.split("+")[0],
    )
    for kind, cases in [(conv1d, CONV1D), (conv2d, CONV2D), (pool2d, POOL2D),
                        (batch_norm, NORM)]:
        for i, case in enumerate(cases):
            kind(Group(header, f"torch_{kind.__name__}_{i}"), *case)
    header.path.write_text(
        "\n".join(header.lines + ["", "#endif"]).replace('#include "golden.h"\n\n', "")
        .replace("The order of\n * the numbers stands in golden.h.",
                 "The order of\n * the numbers stands in nn/torch_conv.h.") + "\n",
        encoding="utf-8")
