# SPDX-License-Identifier: MIT
"""The protocol of bench/layers/serve.h, for systems in Python.

A system is a module with load(case) -> loaded, or None with a reason, and a loaded one has
run() and values(), a list of arrays.
"""
import sys
import time

import numpy

from weights import number


class Case:
    def __init__(self, words):
        self.cell, self.mode = words[:2]
        self.T, self.B, self.I, self.H = map(int, words[2:6])

    def uniform(self, which, count):
        """Numbers in [0, 1)."""
        return number(which, count) + numpy.float32(0.5)

    def lengths(self):
        if self.mode == "ragged_short":
            return numpy.full(self.B, 4)
        return 1 + (self.uniform(1002, self.B) * numpy.float32(self.T)).astype(numpy.int64)

    def text(self, vocabulary):
        """The text and the next characters, [T, B] each."""
        all_ = (self.uniform(1003, (self.T + 1) * self.B) * numpy.float32(vocabulary)).astype(numpy.int64)
        all_ = all_.reshape(self.T + 1, self.B)
        return all_[:-1], all_[1:]


def answer(line, load, state):
    words = line.split()
    if words[0] == "load":
        state["loaded"] = None
        start = time.perf_counter()
        loaded, note = load(Case(words[1:]))
        if loaded is None:
            return "no " + note
        state["loaded"] = loaded
        return f"ok {1e3 * (time.perf_counter() - start):.6f} 0 {note}"
    loaded = state.get("loaded")
    if loaded is None:
        return "no such request"
    if words[0] == "run":
        times, end = [], time.perf_counter() + float(words[2])
        while len(times) < int(words[1]):
            start = time.perf_counter()
            if times and start >= end:
                break
            loaded.run()
            times.append(1e3 * (time.perf_counter() - start))
        return "ok " + " ".join(f"{t:.6f}" for t in times)
    if words[0] == "values":
        flat = numpy.concatenate([numpy.asarray(v).ravel() for v in loaded.values()])
        return "ok " + " ".join(f"{v:.9g}" for v in flat)
    return "no such request"


def serve(load):
    state = {}
    for line in sys.stdin:
        try:
            text = answer(line, load, state)
        except Exception as error:  # whatever the system raises is its answer
            text = "no " + " ".join(f"{type(error).__name__}: {error}".split())[:300]
        print(text, flush=True)
