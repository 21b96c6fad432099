# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""From a guest to a model of its power: recorded inside, recorded outside, merged, fitted.

The host's meter is a powercap tree whose energy this test advances by a law that it knows, of the CPU time that
the guest's process uses. A least-squares fit of the merged set has to give that law back.
"""

import contextlib
import json
import os
import shutil
import tempfile
import threading
import time

import guest
import pair
from common import GuestTest, main

# the meter: so much power whatever the guest does, and so much for each CPU that it keeps busy; W
PACKAGE = {"idle": 20, "per_cpu": 40}
CORE = {"idle": 0, "per_cpu": 30}
STEP = 0.01  # s, between two steps of the meter
RANGE = 10 ** 13  # uJ, where the counters start over: not in this test
LOADS = [10, 70, 30, 80, 50, 20, 60, 40]
SECONDS_EACH = 6
MOST_ERROR = 0.05
CPUCLOCK_SCHED = 2


def read_cpu_seconds(pid):
    """CPU time of all threads of a process, clock_getcpuclockid(3)."""
    return time.clock_gettime(~pid << 3 | CPUCLOCK_SCHED)


@contextlib.contextmanager
def before_others():
    """What begins in it gets the CPU before what else this machine does, which would slow down the guest."""
    usual = os.sched_getscheduler(0), os.sched_getparam(0)
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    try:
        yield
    finally:
        os.sched_setscheduler(0, *usual)


class Meter(threading.Thread):
    """A root folder with this machine's proc, and with a powercap tree that lives from a process.

    Its processor is none of AMD's, whose zone core is that of one core and of no use.
    """

    def __init__(self, root, pid):
        super().__init__(daemon=True)
        self.pid = pid
        self.ended = threading.Event()
        self.start_time, self.start_cpu = time.monotonic(), read_cpu_seconds(pid)
        powercap = os.path.join(root, "sys", "class", "powercap")
        self.zones = [(self.make_zone(powercap, "intel-rapl:0", "package-0"), PACKAGE),
                      (self.make_zone(powercap, "intel-rapl:0:0", "core"), CORE)]
        self.make_proc(os.path.join(root, "proc"))

    def make_proc(self, folder):
        os.mkdir(folder)
        for name in os.listdir("/proc"):
            if name == str(self.pid) or not name.isdigit() and name != "cpuinfo":
                os.symlink(os.path.join("/proc", name), os.path.join(folder, name))

    @staticmethod
    def make_zone(powercap, folder, name):
        path = os.path.join(powercap, folder)
        os.makedirs(path)
        for file, text in {"name": name, "max_energy_range_uj": RANGE, "energy_uj": RANGE // 10}.items():
            with open(os.path.join(path, file), "w") as zone:
                zone.write(f"{text}\n")
        return os.open(os.path.join(path, "energy_uj"), os.O_WRONLY)

    def run(self):
        while not self.ended.wait(STEP):
            try:
                cpu = read_cpu_seconds(self.pid) - self.start_cpu
            except OSError:
                return  # the guest has ended
            passed = time.monotonic() - self.start_time
            for file, law in self.zones:
                joules = law["idle"] * passed + law["per_cpu"] * cpu
                os.pwrite(file, b"%d\n" % (RANGE // 10 + joules * 1e6), 0)

    def stop(self):
        self.ended.set()
        self.join()
        for file, _ in self.zones:
            os.close(file)


def given(law, x):
    """Watts of a zone that are a guest's which uses @x CPUs: the host's share is one of all its CPUs."""
    return (law["idle"] + law["per_cpu"] * x) * x / os.cpu_count()


def solve(matrix, right):
    """The solution of a set of linear equations, by elimination."""
    rows = [list(row) + [value] for row, value in zip(matrix, right)]
    for i, pivot in enumerate(rows):
        pivot[:] = [value / pivot[i] for value in pivot]
        for row in rows:
            if row is not pivot:
                row[:] = [value - row[i] * other for value, other in zip(row, pivot)]
    return [row[-1] for row in rows]


def fit(xs, ys, degree=2):
    """Least squares of a polynomial. Returns: its coefficients, that of x⁰ first"""
    powers = [[x ** n for n in range(degree + 1)] for x in xs]
    matrix = [[sum(row[i] * row[j] for row in powers) for j in range(degree + 1)]
              for i in range(degree + 1)]
    right = [sum(row[i] * y for row, y in zip(powers, ys)) for i in range(degree + 1)]
    return solve(matrix, right)


class Pipeline(GuestTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = tempfile.mkdtemp(prefix="vmfc-pipeline-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        seconds = len(LOADS) * SECONDS_EACH
        options = ["--plugins", "cpu,load", "--stress-workload",
                   ",".join(f"load={load}:{SECONDS_EACH}" for load in LOADS)]
        root = os.path.join(cls.folder, "root")
        script = pair.make_script(seconds, options)
        with before_others(), guest.Guest(cls.image, script, cpus=1, icount=None) as machine:
            meter = Meter(root, machine.process.pid)
            meter.start()
            cls.files, cls.ahead = pair.collect(machine, cls.folder, seconds + 120, root)
            meter.stop()

    def merge(self, name, *options):
        """Returns: (the rows of the training set, the report)"""
        print("\n" + pair.merge(self.folder, name, *options))
        with open(os.path.join(self.folder, f"{name}.json")) as file:
            rows = json.load(file)
        with open(os.path.join(self.folder, f"{name}.report.json")) as file:
            return rows, json.load(file)

    def test_law_comes_back(self):
        self.assertEqual(self.files["status"].strip(), "0", self.files["log"])
        rows, report = self.merge("told", "--offset", f"{self.ahead:.3f}")
        self.assertEqual({row["power_method"] for row in rows}, {"energy"})
        self.assertEqual(report["rows"]["unmatched"], 0)
        steady = [row for row in rows if not row["stress_transition"]]
        self.assertGreaterEqual(len(steady), len(LOADS) * (SECONDS_EACH - 2))
        xs = [row["cpu_busy"] / 100 * row["core_count"] for row in steady]
        for zone, law in {"package": PACKAGE, "core": CORE}.items():
            found = fit(xs, [row[f"power_watts_{zone}"] for row in steady])
            most = given(law, 1)
            errors = [sum(value * x ** n for n, value in enumerate(found)) - given(law, x)
                      for x in (load / 100 for load in LOADS)]
            print(f"{zone}: {found[0]:.2f} + {found[1]:.2f} x + {found[2]:.2f} x²; off by "
                  f"{min(errors) / most:+.1%} to {max(errors) / most:+.1%} of {most:g} W")
            self.assertLess(max(map(abs, errors)), MOST_ERROR * most)

    def test_clocks_are_told_apart(self):
        _, report = self.merge("estimated", "--estimate-offset")
        self.assertTrue(report["offset"]["was_estimated"])
        self.assertAlmostEqual(report["offset"]["applied_seconds"], self.ahead, delta=0.3)


if __name__ == "__main__":
    main()
