# SPDX-License-Identifier: MIT
"""Compares Rondo with its peers; see scripts/bench.sh, which builds and runs this."""
import argparse
import os
import platform
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "peers"))

import cases  # noqa: E402
import check  # noqa: E402
import report  # noqa: E402
import sections  # noqa: E402
import systems  # noqa: E402
from measure import measure  # noqa: E402


def arguments():
    p = argparse.ArgumentParser(prog="scripts/bench.sh", description="Compares Rondo with its peers.")
    p.add_argument("--quick", action="store_true", help="a few cells and sizes, one thread, under two minutes")
    p.add_argument("--csv", metavar="FILE", help="writes all times to FILE")
    p.add_argument("--passes", action="store_true", help="only what each pass of the compiler earns")
    p.add_argument("--cells", metavar="NAME", nargs="?", const="", default=None,
                   help="only the cells of examples/cells, or one of them, beside what they must do at least")
    p.add_argument("--only", metavar="REGEX", default="",
                   help="only cases whose CELL,MODE,T,B,I,H matches, such as 'lstm,train,64,32'")
    p.add_argument("--threads", type=int, help="only this number of threads")
    p.add_argument("--also", metavar="NAME=PROGRAM", action="append", default=[],
                   help="another rondo-bench-layers, such as that of an older version")
    p.add_argument("--build", default="build-bench", help=argparse.SUPPRESS)
    return p.parse_args()


def selected(list_, a):
    return [c for c in list_ if re.search(a.only, ",".join(map(str, c)))]


def machine():
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo") as info:
            model = next(line.split(":")[1].strip() for line in info if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{model}, {len(systems.cores())} cores"


def run_checks(cells, all_):
    mistakes, count = check.check(cells, all_)
    print(f"same outputs and gradients, to {check.BOUND}: {count} comparisons, {len(mistakes)} wrong")
    for line in mistakes:
        print("  " + line)
    return not mistakes


def run_threads(a, all_, out, threads):
    """All cases at one number of threads. False if systems disagree."""
    options = (5, 0.02) if a.quick else (5, 0.08)
    for system in all_:
        system.start(threads, not a.quick)
    layers = selected(cases.layers(cases.QUICK_CELLS, cases.QUICK_SIZES) if a.quick
                      else cases.layers(cases.GATES, cases.SIZES), a)
    limit = sections.peak(all_, threads)
    print(f"\n{threads} thread(s), instruction set {all_[0].ask('ask isa')[1]}, "
          f"multiply-add peak {limit:.1f} GFLOP/s; times are median/least")
    ok = run_checks(sorted({c.cell for c in layers}), all_)
    for case in layers + selected(cases.ragged()[2 if a.quick else 0:], a):
        out.add(case, threads, measure(case, all_, *options)[0], limit)
    for case in selected(cases.streams(cases.STREAM[2:3] if a.quick else cases.STREAM), a):
        sections.stream(case, all_, out, options, threads, limit)
    for case in selected(cases.language(a.quick), a):
        sections.language(case, all_, out, options, threads, limit)
    after = sections.peak(all_, threads)
    print(f"peak, measured again: {after:.1f} GFLOP/s")
    if not a.only:
        sections.startup(all_, threads, cases.Case("lstm", "train", 100, 32, 256, 256))
    for system in all_:
        system.stop()
    return ok


def main():
    a = arguments()
    start = time.time()
    all_, absent = systems.find(a.build, a.also)
    print(machine())
    if a.passes:
        return sections.passes(all_, 5, 0.03)
    if a.cells is not None:
        return sections.cells(all_, 3, 0.4, a.cells)
    for line in absent:
        print(line)
    out = report.Report(a.csv, [s.name for s in all_])
    counts = [a.threads] if a.threads else [1] if a.quick else sorted({1, len(systems.cores())})
    ok = all([run_threads(a, all_, out, n) for n in counts])
    out.table()
    print(f"\n{time.time() - start:.0f} seconds")
    return 0 if ok else 1


sys.exit(main())
