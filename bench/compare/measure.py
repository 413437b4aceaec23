# SPDX-License-Identifier: MIT
"""Measuring a case: the systems take turns, some runs at a time, in several rounds.

The first run of all is not counted, nor is the first of a turn if runs are short, for the
systems before it have used the caches.
"""
import statistics
import time

SHORT = 50.0  # milliseconds


class Result:
    def __init__(self, times, note, load, workspace):
        self.median, self.least = statistics.median(times), min(times)
        self.note, self.load, self.workspace = note, load, workspace


def turn(system, budget, short):
    time.sleep(0.005)  # threads of the system before may still spin
    if short:
        system.ask("run 1 0")
    words = system.ask(f"run 500 {budget}")
    return [float(w) for w in words[1:]] if words[0] == "ok" else []


def begin(system, case):
    """(note, milliseconds to load, bytes, milliseconds of the first run), or a reason."""
    words = system.load(case)
    if words[0] != "ok":
        return " ".join(words[1:])
    first = system.ask("run 1 0")
    if first[0] != "ok":
        return " ".join(first[1:])
    return " ".join(words[3:]), float(words[1]), int(words[2]), float(first[1])


def measure(case, systems, rounds, budget):
    """Results by the system's name, and reasons for the systems that cannot."""
    begun, times, reasons = {}, {}, {}
    for system in systems:
        got = begin(system, case)
        if isinstance(got, str):
            reasons[system.name] = got
        else:
            begun[system.name], times[system.name] = got, []
    for _ in range(rounds):
        for system in systems:
            if system.name in begun:
                times[system.name] += turn(system, budget, begun[system.name][3] < SHORT)
    results = {name: Result(times[name], *begun[name][:3]) for name in begun if times[name]}
    return results, reasons
