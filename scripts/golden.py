# SPDX-License-Identifier: MIT
"""What the scripts golden_*.py share: numbers to compute with, and headers of results."""
import pathlib

import numpy

TO = pathlib.Path(__file__).resolve().parent.parent / "tests" / "golden"

HEAD = """/* SPDX-License-Identifier: MIT */
/*
 * {what} Made by
 * scripts/{script} with {versions}; not to be edited. The order of
 * the numbers stands in golden.h.
 */
#ifndef {guard}
#define {guard}

#include "golden.h"

/* clang-format off */
"""


class Numbers:
    """Random numbers of three decimals, the same in every version."""

    def __init__(self, seed):
        self.state = numpy.random.RandomState(seed)

    def __call__(self, *shape, scale=1.0, dtype=numpy.float64):
        return numpy.round(self.state.standard_normal(shape) * scale, 3).astype(dtype)


class Header:
    """A header of cases, each an array of numbers with its sizes."""

    def __init__(self, name, what, script, versions):
        self.path = TO / f"{name}.h"
        guard = f"RN_TESTS_GOLDEN_{name.upper()}_H"
        head = HEAD.format(what=what, script=script, versions=versions, guard=guard)
        self.lines = head.rstrip().split("\n")

    def case(self, name, sizes, arrays):
        """sizes: T B I H layers directions; arrays: pairs of a name and numbers."""
        self.lines.append(f"\nstatic const double {name}_numbers[] = {{")
        for label, array in arrays:
            self._array(label, numpy.asarray(array))
        text = ", ".join(str(n) for n in sizes)
        count = f"sizeof {name}_numbers / sizeof *{name}_numbers"
        self.lines += ["};", f"static const rn_test_golden {name} = {{"]
        self.lines += [f'    "{name}", {text}, {name}_numbers,', f"    {count}}};"]

    def _array(self, label, array):
        shape = ",".join(str(n) for n in array.shape)
        self.lines.append(f"    /* {label} [{shape}] */")
        line = "   "
        for v in array.reshape(-1):
            text = f" {str(v)},"  # the fewest digits that give the same number
            if len(line) + len(text) > 92:
                self.lines.append(line)
                line = "   "
            line += text
        if line.strip():
            self.lines.append(line)

    def write(self):
        text = "\n".join(self.lines + ["", "#endif"]) + "\n"
        self.path.write_text(text, encoding="utf-8")
