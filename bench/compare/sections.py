# SPDX-License-Identifier: MIT
"""The parts of the benchmark that print more than times."""
import sys

from cases import Case, weight_bytes
from measure import begin, measure, turn


def peak(systems, threads):
    """GFLOP/s of all threads together: so many processes measure at the same time."""
    system = systems[0]
    others = [type(system)(system.name, system.command) for _ in range(threads - 1)]
    for other in others:
        other.start(1)
        other.process.stdin.write("ask peak\n")
        other.process.stdin.flush()
    total = float(system.ask("ask peak")[1])
    for other in others:
        total += float(other.process.stdout.readline().split()[1])
        other.stop()
    return total


def stream(case, systems, report, options, threads, limit):
    """One step at a time, and how long reading its weights takes."""
    results, _ = measure(case, systems, *options)
    report.add(case, threads, results, limit)
    bytes_ = weight_bytes(case)
    read = float(systems[0].ask(f"ask read {bytes_}")[1])
    report.row(case, threads, "read_weights", read, read, limit)
    print(f"    reading the weights once, {bytes_ / 1024:.0f} KiB: {read * 1e3:.2f} us")


def language(case, systems, report, options, threads, limit):
    results, _ = measure(case, systems, *options)
    report.add(case, threads, results, limit)
    for name, r in results.items():
        print(f"    {name}: {case.T * case.B / r.median * 1e3:.0f} characters a second")


def startup(systems, threads, case):
    """Time to build and compile, to the first result, and memory, in fresh processes."""
    print(f"\nfresh processes, training {case.cell} T {case.T} B {case.B} H {case.H}, "
          f"{threads} thread(s)")
    print(f"{'':14}{'compile ms':>12}{'first run ms':>14}{'workspace MiB':>15}"
          f"{'peak MiB':>10}{'of it before':>14}")
    for system in systems:
        system.stop()
        system.start(threads)
        system.ask("load none none 1 1 1 1")
        before = system.peak_memory()
        got = begin(system, case)
        if isinstance(got, str):
            continue
        system.ask("run 2 10")
        space = f"{got[2] / 2**20:.1f}" if got[2] else "-"
        print(f"{system.name:14}{got[1]:12.1f}{got[3]:14.1f}{space:>15}"
              f"{system.peak_memory():10.1f}{before:14.1f}", flush=True)


def passes(systems, rounds, budget):
    """What each pass earns: the time of Rondo without it, beside that with all."""
    rondo = systems[0]
    rondo.start(1)
    names = rondo.ask("ask passes")[1:]
    without = [type(rondo)(f"no {n}", rondo.command, 1 << i) for i, n in enumerate(names)]
    for system in without:
        system.start(1)
    sizes = [(64, 1, 64, 64), (64, 32, 128, 128), (100, 32, 256, 256)]
    print("least ms of a training step with all passes, and how much longer without each")
    for cell in ("lstm", "gru", "slstm"):
        for size in sizes:
            case = Case(cell, "train", *size)
            results, _ = measure(case, [rondo] + without, rounds, budget)
            own = results["rondo"].least
            print(f"{cell:6} T {size[0]:<4} B {size[1]:<3} H {size[3]:<4} {own:9.3f}  " +
                  "  ".join(f"{s.name} {100 * (results[s.name].least / own - 1):+.0f} %"
                            for s in without if s.name in results), flush=True)
    for system in [rondo] + without:
        system.stop()


READ = 128 << 20  # bytes, more than caches hold


def bounds(rondo, size):
    """(name, kind, GFLOP, milliseconds of products, of traffic) of each cell of examples/cells."""
    rate = max(float(rondo.ask("ask peak")[1]) for _ in range(3))
    bandwidth = READ / float(rondo.ask(f"ask read {READ}")[1])
    print(f"multiply-add peak {rate:.1f} GFLOP/s, reading {bandwidth / 1e6:.1f} GB/s")
    for word in rondo.ask("ask cells " + " ".join(map(str, size)))[1:]:
        name, kind, operations_, bytes_ = word.split(":")
        yield name, kind, float(operations_) / 1e6, float(operations_) / rate / 1e6, float(bytes_) / bandwidth


def cells(systems, rounds, budget, only):
    """Training of every cell of examples/cells beside what it must do; see bench/layers/cells.c."""
    rondo, size = systems[0], (100, 32, 256, 256)
    rondo.start(1)
    rows = [row for row in bounds(rondo, size) if row[0] == "lstm" or only in row[0]]
    least = {}
    for _ in range(rounds):
        for name, *_rest in rows:
            got = begin(rondo, Case(name, "train", *size))
            if isinstance(got, str):
                sys.exit(f"{name}: {got}")
            least[name] = min(turn(rondo, budget, False) + [least.get(name, got[3])])
    print(f"{'training, least ms':22}{'time':>9}{'products':>10}{'traffic':>9}"
          f"{'/ bound':>9}{'/ LSTM per multiply-add':>25}")
    own = next(least["lstm"] / work for name, _, work, _, _ in rows if name == "lstm")
    for name, kind, work, products, traffic in rows:
        bound, time_ = max(products, traffic), least[name]
        print(f"{name:16}{kind.lower():6}{time_:9.2f}{products:10.2f}{traffic:9.2f}"
              f"{time_ / bound:9.2f}{time_ / work / own:25.2f}", flush=True)
    rondo.stop()
