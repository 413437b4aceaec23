# SPDX-License-Identifier: MIT
"""Runs every mutant against the tests and prints who killed it. See docs/mutation.md."""
import argparse
import json
import os
import re
import subprocess
import sys
import time

import tree

LIMIT = 120  # seconds for one program
# Suites whose tests see gradients, and of other suites these.
SUITES = {"autodiff"}
NAMES = {("ops", "ops"), ("ops", "edges"), ("ops", "pow"), ("nn", "recurrent_gradient"), ("nn", "losses"),
         ("nn", "layers"), ("nn", "cross_entropy"), ("compile", "random"),
         ("compile", "memory"), ("compile", "limit"), ("nn", "padding"), ("nn", "padding_loops"),
         ("quad", "extremes"), ("run", "carry"), ("run", "nested"), ("run", "fault"),
         ("compile", "overlap"), ("compile", "tiles")}


def call(command, mutant="", log=""):
    """(whether it succeeded, what it printed)"""
    environment = dict(os.environ, RONDO_MUTANT=mutant, RONDO_MUTANT_LOG=log)
    try:
        done = subprocess.run(command, env=environment, timeout=LIMIT, text=True,
                              errors="replace", stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
    except subprocess.TimeoutExpired:
        return False, "takes for ever"
    return done.returncode == 0, done.stdout


class Program:
    def __init__(self, test):
        self.suite, self.name = test["suite"][0].split(":")[-1], test["name"]
        self.path, self.seconds = test["cmd"][0], 0.0

    def wanted(self):
        return self.suite in SUITES or (self.suite, self.name) in NAMES

    def run(self, mutant, only=None):
        """None, or the test that failed."""
        command = [self.path, "--fail-fast", "--color=never"]
        good, text = call(command + (["--filter", only] if only else []), mutant)
        if only and not re.search(r"Tested: [1-9]", text):
            raise tree.Problem(f"{self.name}: there is no test {only}: {text}")
        if good:
            return None
        test = re.search(r"\[FAIL\] (\w+)::(\w+)", text)
        return f"{test[1]}/{test[2]}" if test else f"{self.suite}/{self.name}"


def build(folder, jobs):
    source, target = os.path.join(folder, "tree"), os.path.join(folder, "build")
    textual = tree.make(source)
    steps = []
    if not os.path.exists(os.path.join(target, "build.ninja")):
        steps.append(["meson", "setup", target, source, "-Dexamples=false",
                      "-Dtests=enabled", "-Dwarning_level=0"])
    else:
        steps.append(["ninja", "-C", target, "build.ninja"])
    for step in steps:
        run_step(step)
    tests = json.loads(subprocess.check_output(["meson", "introspect", "--tests", target]))
    programs = [p for p in map(Program, tests) if p.wanted()]
    names = ["tests/" + os.path.basename(p.path) for p in programs] + ["tests/small"]
    run_step(["ninja", "--quiet", "-C", target, "-j", str(jobs)] + names)
    return textual, programs, os.path.join(target, "tests", "small")


def run_step(command):
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        raise tree.Problem(f"{' '.join(command[:2])} failed:\n{done.stdout}")


def baseline(programs):
    """Without a mutant all must pass; then those of gradients go first, quick ones first."""
    for p in programs:
        start = time.monotonic()
        failed = p.run("")
        p.seconds = time.monotonic() - start
        if failed:
            raise tree.Problem(f"{failed} fails without any mutant")
    programs.sort(key=lambda p: (p.suite not in SUITES, p.seconds))


def census(rules, op, folder):
    """The mutants of an operator's rule, and those that build the very same graph."""
    log = os.path.join(folder, "census.log")
    if os.path.exists(log):
        os.remove(log)
    call([rules.path, "--filter", f"ops/{op}"], f"{op}/census", log)
    if not os.path.exists(log):
        raise tree.Problem(f"{op} has a gradient rule, but its test never calls it")
    lines = set(tree.read(log).split("\n")) - {""}
    changing = {line for line in lines if not line.startswith("=")}
    same = {line[2:] for line in lines if line.startswith("= ")} - changing

    def order(what):
        return [int(x) if x.isdigit() else x for x in what.split(":")]
    return sorted(changing, key=order), sorted(same, key=order)


def known():
    """What known.txt says: {"equal": {name: reason}, "point": {name: reason}}"""
    found = {"equal": {}, "point": {}}
    for text in tree.read(os.path.join(tree.HERE, "known.txt")).splitlines():
        if text and text[0] != "#":
            kind, name, reason = text.split(None, 2)
            found[kind][name] = reason
    return found


def all_mutants(small, rules, textual, folder):
    """(name, operator or None, equivalent) of each, in the order of the table."""
    _, text = call([small, "list"])
    operators = text.split()
    for op in operators:
        changing, same = census(rules, op, folder)
        for what in changing:
            yield f"{op}/{what}", op, False
        for what in same:
            yield f"{op}/{what}", op, True
        for name in textual:
            if name.split("/")[0] == op:
                yield name, op, False
    for name in textual:
        if name.split("/")[0] not in operators:
            yield name, None, False


def killer(name, op, rules, programs):
    if op:
        failed = rules.run(name, f"ops/{op}")
        if failed:
            return failed
    for p in programs:
        failed = p.run(name)
        if failed:
            return failed
    return None


def check(small, name, op):
    """What one rn_gradcheck of a small graph says: (whether it passes, whom it blames, the
    operator)."""
    good, text = call([small, op or "loop"], name)
    said = text.split("\n")[-2].split() if good else []
    if len(said) != 4:
        return False, "crash", "-"
    return said[0] == "passed", said[2], said[3]


# What the sweep does wrong with what one operator's rule gave.
SWEPT = {"unsummed", "overwrite"}


def of_rule(name, op):
    return op is not None and name.split("/", 1)[1] not in SWEPT


def names(name, op, kind, blamed):
    """Whether that is the culprit."""
    if of_rule(name, op):
        return (kind, blamed) == ("rule", op)
    return kind == "loop" if name.startswith("loop/") else kind in ("engine", "loop")


def line(name, verdict, said):
    where, what = name.split("/", 1)
    print(f"{where:13} {what:26} {verdict:34} {said}", flush=True)


class Tally:
    """Goes through the mutants and keeps count of them."""

    def __init__(self, small, rules, programs):
        self.small, self.rules, self.programs = small, rules, programs
        self.known, self.met, self.right = known(), set(), {}
        self.same = self.killed = self.seen = self.equal = self.points = 0
        self.named = {True: 0, False: 0}  # of rules, and of what joins them
        self.met_by = {True: 0, False: 0}
        self.survivors, self.unseen, self.wrong, self.misnamed = [], [], [], []

    def checkable(self, op):
        """Whether rn_gradcheck passes without a mutant; where a gradient is stopped it
        cannot."""
        if op not in self.right:
            self.right[op] = check(self.small, "", op)[0]
            if not self.right[op] and op != "stop_gradient":
                raise tree.Problem(f"rn_gradcheck of {op} fails without any mutant")
        return self.right[op]

    def take(self, name, op, same):
        self.met.add(name)
        if same:
            self.same += 1
            line(name, "- the rule builds the same graph", "-")
            return
        by = killer(name, op, self.rules, self.programs)
        reason = self.known["equal"].get(name)
        if reason and not by:
            self.equal += 1
            line(name, f"- {reason}", "-")
            return
        if reason:
            self.wrong.append(name)
        self.killed += by is not None
        if not by:
            self.survivors.append(name)
        line(name, by or "SURVIVES", self.checked(name, op))

    def checked(self, name, op):
        if not self.checkable(op):
            return "-"
        passes, kind, blamed = check(self.small, name, op)
        if not passes:
            self.seen += 1
            if name in self.known["point"]:
                self.wrong.append(name)
            return self.blame(name, op, kind, blamed)
        if name in self.known["point"]:
            self.points += 1
            return "passes: at points only"
        self.unseen.append(name)
        return "passes"

    def blame(self, name, op, kind, blamed):
        rule = of_rule(name, op)
        self.met_by[rule] += 1
        said = f"fails: {kind} {blamed}" if kind == "rule" else f"fails: {kind}"
        if names(name, op, kind, blamed):
            self.named[rule] += 1
            return said
        self.misnamed.append((name, said[7:]))
        return said + ", which it is not"

    def share_named(self, rule):
        met = self.met_by[rule]
        share = 100 * self.named[rule] / max(met, 1)
        return share, f"{self.named[rule]} of {met} ({share:.1f} %)"

    def report(self, whole):
        """The closing lines; the exit status."""
        total, checks = self.killed + len(self.survivors), self.seen + len(self.unseen)
        if whole:
            listed = set(self.known["equal"]) | set(self.known["point"])
            self.wrong += sorted(listed - self.met)
        print(f"\nnot counted: {self.same} build the same graph, {self.equal} give the same"
              " values")
        print(f"rn_gradcheck alone: {self.seen} of {checks} seen"
              f" ({100 * self.seen / max(checks, 1):.1f} %), and {self.points} more at points"
              " only, where it cannot")
        print(f"rn_gradcheck names: {self.share_named(True)[1]} of the rules,"
              f" {self.share_named(False)[1]} of the mistakes of what joins them")
        for name, said in self.misnamed:
            print(f"rn_gradcheck blames for {name}: {said}")
        for name in self.unseen:
            print(f"rn_gradcheck passes: {name}")
        for name in self.wrong:
            print(f"known.txt is wrong: {name}")
        for name in self.survivors:
            print(f"survives: {name}")
        print(f"{total} mutants, {self.killed} killed")
        unnamed = self.met_by[True] and self.share_named(True)[0] < 99
        return 1 if self.survivors or self.wrong or unnamed or not total else 0


def run(options):
    start = time.monotonic()
    textual, programs, small = build(options.folder, options.jobs)
    rules = next(p for p in programs if (p.suite, p.name) == ("ops", "ops"))
    baseline(programs)
    print(f"built in {time.monotonic() - start:.0f} s")
    tally = Tally(small, rules, programs)
    line("operator/mutation", "killed by", "rn_gradcheck")
    for name, op, same in all_mutants(small, rules, textual, options.folder):
        if not options.only or re.search(options.only, name):
            tally.take(name, op, same)
    print(f"\n{time.monotonic() - start:.0f} s", end="")
    return tally.report(not options.only)


def main():
    parser = argparse.ArgumentParser(prog="mutate.sh", description=__doc__)
    parser.add_argument("--folder", default=os.path.join(tree.ROOT, "build-mutate"),
                        help="where to build (default build-mutate)")
    parser.add_argument("--only", help="mutants whose name this regular expression finds")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1,
                        help="of the compiler")
    try:
        return run(parser.parse_args())
    except tree.Problem as problem:
        print(f"mutate: {problem}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
