# SPDX-License-Identifier: MIT
"""Rows of the CSV file, lines while it runs, and the table at the end."""
import csv
import math

from cases import operations, text

HEAD = "cell mode T B I H threads system median_ms min_ms gflops share_of_peak".split()


class Report:
    def __init__(self, path, names):
        self.file = open(path, "w", newline="") if path else None
        self.rows = csv.writer(self.file) if path else None
        self.names, self.all = names, []
        if self.rows:
            self.rows.writerow(HEAD)

    def row(self, case, threads, name, median, least, peak):
        if not self.rows:
            return
        rate = operations(case) / least / 1e6
        self.rows.writerow(list(case) + [threads, name, f"{median:.6f}", f"{least:.6f}",
                                         f"{rate:.3f}", f"{rate / peak:.4f}"])
        self.file.flush()

    def add(self, case, threads, results, peak):
        line = f"{text(case)} threads {threads} "
        for name in self.names:
            if name in results:
                r = results[name]
                self.row(case, threads, name, r.median, r.least, peak)
                note = f" ({r.note})" if r.note else ""
                line += f"  {name}{note} {r.median:.4g}/{r.least:.4g} ms"
        if "rondo" in results:
            share = operations(case) / results["rondo"].least / 1e6 / peak
            line += f"  {100 * share:.0f} % of peak"
        print(line, flush=True)
        self.all.append((case, threads, results, peak))

    def table(self):
        """Ratios peer / Rondo, of medians and of least times: above 1, Rondo is faster."""
        peers = [n for n in self.names if n != "rondo" and any(n in r for _, _, r, _ in self.all)]
        if not peers:
            return
        print("\npeer's time / Rondo's time, of medians (of least times); above 1 Rondo is faster")
        print(f"{'':53}{'threads':8}{'Rondo ms':>10}  " + "".join(f"{p:>17}" for p in peers))
        for case, threads, results, _ in self.all:
            if "rondo" not in results or len(results) == 1:
                continue
            own = results["rondo"]
            line = f"{text(case):53}{threads:<8}{own.median:10.4g}  "
            for p in peers:
                r = results.get(p)
                ratio = f"{r.median / own.median:.2f} ({r.least / own.least:.2f})" if r else "-"
                line += f"{ratio:>17}"
            print(line)
        self.means(peers)

    def means(self, peers):
        print("\ngeometric means of these ratios")
        groups = sorted({(c.mode, threads) for c, threads, _, _ in self.all})
        for mode, threads in groups:
            line = f"{mode:45}threads {threads:<18}  "
            for p in peers:
                pairs = [(r[p], r["rondo"]) for c, t, r, _ in self.all
                         if (c.mode, t) == (mode, threads) and p in r and "rondo" in r]
                mean = (f"{geometric(a.median / b.median for a, b in pairs):.2f} "
                        f"({geometric(a.least / b.least for a, b in pairs):.2f})" if pairs else "-")
                line += f"{mean:>17}"
            print(line)


def geometric(ratios):
    logs = [math.log(r) for r in ratios]
    return math.exp(sum(logs) / len(logs))
