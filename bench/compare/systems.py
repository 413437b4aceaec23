# SPDX-License-Identifier: MIT
"""The systems: processes that answer the requests of bench/layers/serve.h.

A process has one number of threads for its life. JAX has no setting for it, so its process
may only use as many cores.
"""
import importlib.util
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = os.path.join(HERE, os.pardir, "peers")


def cores():
    return sorted(os.sched_getaffinity(0))


def environment(threads, compile_):
    set_ = dict(os.environ, BENCH_THREADS=str(threads))
    for name in ("OMP", "MKL", "OPENBLAS", "RONDO"):
        set_[name + ("_THREADS" if name == "RONDO" else "_NUM_THREADS")] = str(threads)
    if threads == 1:
        set_["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    if compile_:
        set_["BENCH_COMPILE"] = "1"
    return set_


class System:
    def __init__(self, name, command, without=0, pinned=False):
        self.name, self.command, self.without, self.pinned = name, command, without, pinned
        self.process = None

    def start(self, threads, compile_=False):
        pin = (lambda: os.sched_setaffinity(0, cores()[:threads])) if self.pinned else None
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True, env=environment(threads, compile_), preexec_fn=pin)

    def ask(self, line):
        """The words of the answer; the first is ok or no."""
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
            return self.process.stdout.readline().split() or ["no", "it", "ended"]
        except (BrokenPipeError, OSError):
            return ["no", "it", "ended"]

    def load(self, case):
        return self.ask("load " + " ".join(map(str, case)) + f" {self.without}")

    def peak_memory(self):
        """The most memory that the process has had, in MiB."""
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))

    def stop(self):
        if self.process:
            self.process.stdin.close()
            self.process.wait()
        self.process = None


def python(name, script, pinned=False):
    return System(name, [sys.executable, "-B", os.path.join(PEERS, script)], pinned=pinned)


def find(build, also):
    """All installed systems, Rondo first, and a line for each that is absent."""
    found = [System("rondo", [os.path.join(build, "bench", "rondo-bench-layers")])]
    absent = []
    for pair in also:
        name, path = pair.split("=", 1)
        found.append(System(name, [path]))
    onednn = os.path.join(build, "bench", "onednn-bench-layers")
    if os.path.exists(onednn):
        found.append(System("onednn", [onednn]))
    else:
        absent.append("oneDNN 2.x is not installed (libdnnl-dev): not measured")
    for module, name, script in [("torch", "pytorch", "torch_peer.py"), ("jax", "jax", "jax_peer.py")]:
        if importlib.util.find_spec(module):
            found.append(python(name, script, pinned=name == "jax"))
        else:
            absent.append(f"{module} is not installed for python3: not measured")
    return found, absent
