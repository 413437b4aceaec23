# SPDX-License-Identifier: MIT
"""PyTorch's own layers with Rondo's weights: how the weights are stored, and the gradients
read back. PyTorch's update gate is negated, and it has two biases, of which the second is 0
here where it is the same as the first."""
import numpy
import torch

import weights

# Gates in PyTorch's order.
GATES = {"lstm": "i f c o", "gru": "r z g", "rnn": "h"}
LAYERS = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}


def sign(cell, gate):
    return numpy.float32(-1 if cell == "gru" and gate == "z" else 1)


def set_direction(layer, cell, made, suffix):
    order = GATES[cell].split()

    def stack(part):
        return torch.from_numpy(numpy.concatenate(
            [sign(cell, g) * numpy.ascontiguousarray(made[f"{g}.{part}"].T) for g in order]))

    H = layer.hidden_size
    with torch.no_grad():
        getattr(layer, "weight_ih_l0" + suffix).copy_(stack("w"))
        getattr(layer, "weight_hh_l0" + suffix).copy_(stack("u"))
        getattr(layer, "bias_ih_l0" + suffix).copy_(stack("b"))
        second = getattr(layer, "bias_hh_l0" + suffix)
        second.zero_()
        if cell == "gru":
            second[2 * H:] = torch.from_numpy(made["g.bu"])


def make(cell, I, H, both):
    layer = LAYERS[cell](I, H, bidirectional=both)
    for d in range(2 if both else 1):
        made = weights.weights(cell, I, H, d * len(weights.CELLS[cell]))
        set_direction(layer, cell, made, "_reverse" if d else "")
    return layer


def gradients(layer, cell, gradient, both):
    """In Rondo's order; `gradient` by the parameter's name."""
    out = []
    for suffix in [""] + (["_reverse"] if both else []):
        order = GATES[cell].split()
        made = {}
        for part, name in [("w", "weight_ih"), ("u", "weight_hh"), ("b", "bias_ih")]:
            for g, array in zip(order, gradient[f"{name}_l0{suffix}"].chunk(len(order))):
                made[f"{g}.{part}"] = sign(cell, g) * array.numpy().T
        if cell == "gru":
            made["g.bu"] = gradient["bias_hh_l0" + suffix].chunk(3)[2].numpy()
        out += [made[name] for name in weights.CELLS[cell]]
    return out
