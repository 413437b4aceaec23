# SPDX-License-Identifier: MIT
"""The weights of all cells, in the order of Rondo's model, and how peers join them.

CELLS: the names of a cell's weights; .w is [I, H], .u [H, H], the others [H] (those of
norm_lstm: four times as wide). JOINED: the parameters of a peer's cell, each a
concatenation of weights along the last axis.
"""
import numpy

MASK = numpy.uint64(0xFFFFFFFF)


def number(k, count):
    """serve_number(k, 0 .. count - 1) of bench/layers/serve.c."""
    z = numpy.arange(count, dtype=numpy.uint64) * numpy.uint64(0x9E3779B9)
    z = (z + numpy.uint64((k * 0x85EBCA6B + 1) & 0xFFFFFFFF)) & MASK
    z = ((z ^ (z >> numpy.uint64(16))) * numpy.uint64(0x21F0AAAD)) & MASK
    z = ((z ^ (z >> numpy.uint64(15))) * numpy.uint64(0x735A2D97)) & MASK
    z = z ^ (z >> numpy.uint64(15))
    return ((z >> numpy.uint64(8)).astype(numpy.float32) / numpy.float32(2**24)) - numpy.float32(0.5)


def gates(names, parts="w u b"):
    return [f"{g}.{part}" for g in names.split() for part in parts.split()]


CELLS = {
    "rnn": gates("h"),
    "lstm": gates("f i c o"),
    "gru": gates("r z g") + ["g.bu"],
    "gru_before": gates("r z g"),
    "peephole": gates("f i", "w u b p") + gates("c") + gates("o", "w u b p"),
    "norm_lstm": "gates.w nx.gain nx.bias gates.u nh.gain nh.bias gates.b nc.gain nc.bias".split(),
    "mgu": gates("f g"),
    "slstm": gates("z i f o"),
}

JOINED = {
    "rnn": ["h.w", "h.u", "h.b"],
    "lstm": ["f.w i.w o.w c.w", "f.u i.u o.u c.u", "f.b i.b o.b c.b"],
    "gru": ["r.w z.w g.w", "r.u z.u g.u", "r.b z.b g.b", "g.bu"],
    "gru_before": ["r.w z.w g.w", "r.u z.u", "r.b z.b g.b", "g.u"],
    "peephole": ["f.w i.w o.w c.w", "f.u i.u o.u c.u", "f.b i.b o.b c.b", "f.p i.p", "o.p"],
    "norm_lstm": ["gates.w", "gates.u", "gates.b", "nx.gain", "nx.bias", "nh.gain", "nh.bias",
                  "nc.gain", "nc.bias"],
    "mgu": ["f.w g.w", "f.u", "f.b g.b", "g.u"],
    "slstm": ["z.w i.w f.w o.w", "z.u i.u f.u o.u", "z.b i.b f.b o.b"],
}


def shape(name, I, H):
    gate, part = name.split(".")
    width = 4 * H if gate in ("gates", "nx", "nh") else H
    return {"w": (I, width), "u": (H, width)}.get(part, (width,))


def weights(cell, I, H, first=0):
    """All weights by name; `first` is the number of the first one."""
    made = {}
    for k, name in enumerate(CELLS[cell], first):
        size = shape(name, I, H)
        scale = numpy.float32(2) / numpy.sqrt(numpy.float32(size[0])) if len(size) == 2 else numpy.float32(0.4)
        made[name] = (scale * number(k, int(numpy.prod(size)))).reshape(size)
    return made


def join(cell, made):
    return [numpy.concatenate([made[n] for n in names.split()], axis=-1) for names in JOINED[cell]]


def split(cell, joined):
    """The opposite of join, in the order of CELLS."""
    made = {}
    for names, array in zip(JOINED[cell], joined):
        parts = names.split()
        made.update(zip(parts, numpy.split(numpy.asarray(array), len(parts), axis=-1)))
    return [made[name] for name in CELLS[cell]]
