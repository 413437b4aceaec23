# SPDX-License-Identifier: MIT
"""The parts of the benchmark that print more than times."""
from cases import Case, weight_bytes
from measure import begin, measure


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
