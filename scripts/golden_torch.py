#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/golden/torch_*.h: what PyTorch's recurrent layers compute, in f64.

    pip install numpy torch==2.13.0
    python3 scripts/golden_torch.py

A tool of the tests alone; neither the library nor its tests need PyTorch. Another run gives
the same files.
"""
import torch

from golden import Header, Numbers

T, B = 4, 3
KINDS = {  # the class, I, H, and further arguments
    "rnn_tanh": (torch.nn.RNN, 3, 2, {"nonlinearity": "tanh"}),
    "rnn_relu": (torch.nn.RNN, 3, 2, {"nonlinearity": "relu"}),
    "lstm": (torch.nn.LSTM, 3, 2, {}),
    "lstm_projected": (torch.nn.LSTM, 4, 3, {"proj_size": 2}),
    "gru": (torch.nn.GRU, 3, 2, {}),
}
CASES = [  # layers, bidirectional, lengths
    (1, False, None),
    (1, True, [2, 4, 1]),
    (2, False, [1, 2, 3]),
    (2, True, None),
    (2, True, [3, 1, 4]),
]


def run(net, x, begin, lengths):
    """The outputs, and the final states as a list of [layers directions, B, units]."""
    states = begin[0] if len(begin) == 1 else tuple(begin)
    if lengths is None:
        y, end = net(x, states)
    else:
        packed = torch.nn.utils.rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
        y, end = net(packed, states)
        y, _ = torch.nn.utils.rnn.pad_packed_sequence(y, total_length=T)
    return y, [end] if len(begin) == 1 else list(end)


def each(names, tensors):
    """One array for each layer, direction and state, in this order."""
    for i in range(tensors[0].shape[0]):
        for name, tensor in zip(names, tensors):
            yield f"{name}[{i}]", tensor[i]


def case(header, name, kind, layers, bidirectional, lengths):
    make, I, H, more = KINDS[kind]
    numbers = Numbers(1997 + layers + 10 * bidirectional)
    net = make(I, H, layers, bidirectional=bidirectional, **more).double()
    directions = 2 if bidirectional else 1

    def tensor(*shape, scale=1.0):
        return torch.tensor(numbers(*shape, scale=scale), dtype=torch.float64)

    with torch.no_grad():
        for p in net.parameters():
            p.copy_(tensor(*p.shape, scale=0.7))
        for n, p in net.named_parameters():
            if kind == "rnn_relu" and n.startswith("bias_ih"):
                p.copy_(p.abs() + 1)  # few of the units are 0
    x = tensor(T, B, I).requires_grad_()
    units = [more.get("proj_size", H)] + [H] * (make is torch.nn.LSTM)
    begin = [tensor(layers * directions, B, n).requires_grad_() for n in units]
    y, end = run(net, x, begin, lengths)
    cotangents = [tensor(*r.shape) for r in [y] + end]
    sum((r * c).sum() for r, c in zip([y] + end, cotangents)).backward()

    weights = list(net.named_parameters())
    arrays = [] if lengths is None else [("lengths", torch.tensor(lengths).double())]
    arrays += each(["h0", "c0"], begin)
    arrays += weights
    arrays += [("dy", cotangents[0]), *each(["dhn", "dcn"], cotangents[1:])]
    arrays += [("x", x), ("y", y), *each(["hn", "cn"], end), ("dx", x.grad)]
    arrays += each(["dh0", "dc0"], [t.grad for t in begin])
    arrays += [("d " + n, p.grad) for n, p in weights]
    sizes = (T, B, I, H, layers, directions)
    header.case(name, sizes, [(n, a.detach().numpy()) for n, a in arrays])


if __name__ == "__main__":
    torch.set_num_threads(1)
    version = torch.__version__.split("+")[0]
    for kind, (make, *_) in KINDS.items():
        header = Header(
            f"torch_{kind}",
            f"torch.nn.{make.__name__} in f64: what goes in and out, and gradients.",
            "golden_torch.py",
            f"PyTorch {version}",
        )
        for layers, both, lengths in CASES:
            name = f"torch_{kind}_{layers}_{2 if both else 1}{'_packed' if lengths else ''}"
            case(header, name, kind, layers, both, lengths)
        header.write()
