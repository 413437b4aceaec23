# SPDX-License-Identifier: MIT
"""Whether all systems compute the same: outputs and all gradients of a small layer."""
from cases import Case

BOUND = 1e-5


def values(system, case):
    if system.load(case)[0] != "ok" or system.ask("run 1 0")[0] != "ok":
        return None
    return [float(w) for w in system.ask("values")[1:]]


def differs(one, other):
    if len(one) != len(other):
        return f"{len(other)} values, not {len(one)}"
    worst = max(abs(a - b) for a, b in zip(one, other))
    return f"a difference of {worst:.2g}" if not worst <= BOUND else None


def check(cells, systems):
    """Mistakes, one line each; the number of comparisons."""
    mistakes, count = [], 0
    for cell in cells:
        case = Case(cell, "train", 4, 3, 5, 8)
        mine = values(systems[0], case)
        if not mine:
            mistakes.append(f"{cell}: {systems[0].name} has no values")
            continue
        for system in systems[1:]:
            theirs = values(system, case)
            wrong = differs(mine, theirs) if theirs else None
            count += theirs is not None
            if wrong:
                mistakes.append(f"{cell}: {system.name} and {systems[0].name}: {wrong}")
    return mistakes, count
