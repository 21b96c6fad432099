# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""From a guest to a model of its power, and back into a guest: recorded inside, recorded outside, merged, trained.

The host's meter is a powercap tree whose energy this test advances by a law that it knows, of the CPU time that
the guest's process uses. A least-squares fit of the merged set has to give that law back. Then the model of
vmfc train estimates in a second guest, under loads that it has not seen, and must give what the law does.
"""

import bisect
import collections
import contextlib
import json
import os
import shutil
import subprocess
import sys
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
# of one boot and the next, because the emulator's own work differs from boot to boot, and an interval tells
# what it has seen; together nine, which an interval needs
LOADS = [[10, 70, 30, 80, 50], [60, 20, 90, 40]]
# not below 40 %: there OWN_WORK alone is more than MOST_ERROR
UNSEEN = [75, 45, 85, 55, 65]
SECONDS_EACH = 8
MOST_ERROR = 0.05
# CPUs that the emulator may use more in one boot than in another, which no guest sees
OWN_WORK = 0.01
LEAST_HELD = 0.8  # of the windows whose power is within the interval
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


@contextlib.contextmanager
def busy_machine():
    """Every CPU has something to do, after all others: an emulator needs more CPU for the same work while
    what it shares its core with works, so that it would need another share of it from one minute to the next."""
    idlers = [subprocess.Popen([sys.executable, "-c", "while True: pass"],
                               preexec_fn=lambda: os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0)))
              for _ in range(os.cpu_count())]
    try:
        yield
    finally:
        for idler in idlers:
            idler.kill()
            idler.wait()


class Meter(threading.Thread):
    """A root folder with this machine's proc, and with a powercap tree that lives from a process.

    Its processor is none of AMD's, whose zone core is that of one core and of no use.
    """

    def __init__(self, root, pid):
        super().__init__(daemon=True)
        self.pid = pid
        self.ended = threading.Event()
        self.start_time, self.start_cpu = time.monotonic(), read_cpu_seconds(pid)
        self.times, self.cpu_seconds = [], []  # of each step; on the wall clock, as records have it
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
            self.times.append(time.time())
            self.cpu_seconds.append(cpu)
            for file, law in self.zones:
                joules = law["idle"] * passed + law["per_cpu"] * cpu
                os.pwrite(file, b"%d\n" % (RANGE // 10 + joules * 1e6), 0)

    def find_busy(self, begin, end):
        """CPUs that the process used between two times, on average."""
        def at(when):
            i = min(max(bisect.bisect(self.times, when), 1), len(self.times) - 1)
            before, after = self.times[i - 1:i + 1]
            part = (when - before) / (after - before)
            return self.cpu_seconds[i - 1] + part * (self.cpu_seconds[i] - self.cpu_seconds[i - 1])

        return (at(end) - at(begin)) / (end - begin)

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


def find_inner(rows):
    """The windows that the next load has no part in, although the two clocks agree to some 50 ms only."""
    return [row for row, following in zip(rows, rows[1:])
            if not row["stress_transition"] and row["stress_phase"] == following["stress_phase"] and
            not following["stress_transition"]]


def error_of(phase):
    """Of the energy that was estimated, relative to that of the law."""
    return phase["estimated"] / phase["joules"] - 1


def make_sequence(loads):
    return ",".join(f"load={load}:{SECONDS_EACH}" for load in loads)


class Pipeline(GuestTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.boots = []  # of each: folder, what it left, how far the host's clock is ahead
        for loads in LOADS:
            folder = cls.make_folder()
            left, ahead, _ = cls.record(folder, loads)
            cls.boots.append((folder, left, ahead))

    @classmethod
    def make_folder(cls):
        folder = tempfile.mkdtemp(prefix="vmfc-pipeline-")
        cls.addClassCleanup(shutil.rmtree, folder)
        return folder

    @classmethod
    def record(cls, folder, loads, *options, files=None):
        """A guest under these loads. Returns: what it left, how far the host's clock is ahead, the meter"""
        seconds = len(loads) * SECONDS_EACH
        root = os.path.join(folder, "root")
        script = pair.make_script(seconds, ["--plugins", "cpu,load", "--stress-workload",
                                            make_sequence(loads), *options])
        with busy_machine(), before_others(), guest.Guest(cls.image, script, files, cpus=1, icount=None) as machine:
            meter = Meter(root, machine.process.pid)
            meter.start()
            left, ahead = pair.collect(machine, folder, seconds + 120, root)
            meter.stop()
        return left, ahead, meter

    @staticmethod
    def merge(folder, name, *options):
        """Returns: (the rows of the training set, the report)"""
        print("\n" + pair.merge(folder, name, *options))
        with open(os.path.join(folder, f"{name}.json")) as file:
            rows = json.load(file)
        with open(os.path.join(folder, f"{name}.report.json")) as file:
            return rows, json.load(file)

    def test_law_comes_back(self):
        steady = []
        for folder, left, ahead in self.boots:
            self.assertEqual(left["status"].strip(), "0", left["log"])
            rows, report = self.merge(folder, "told", "--offset", f"{ahead:.3f}")
            self.assertEqual({row["power_method"] for row in rows}, {"energy"})
            self.assertEqual(report["rows"]["unmatched"], 0)
            steady += [row for row in rows if not row["stress_transition"]]
        loads = sum(LOADS, [])
        self.assertGreaterEqual(len(steady), len(loads) * (SECONDS_EACH - 2))
        xs = [row["cpu_busy"] / 100 * row["core_count"] for row in steady]
        for zone, law in {"package": PACKAGE, "core": CORE}.items():
            found = fit(xs, [row[f"power_watts_{zone}"] for row in steady])
            most = given(law, 1)
            errors = [sum(value * x ** n for n, value in enumerate(found)) - given(law, x)
                      for x in (load / 100 for load in loads)]
            print(f"{zone}: {found[0]:.2f} + {found[1]:.2f} x + {found[2]:.2f} x²; off by "
                  f"{min(errors) / most:+.1%} to {max(errors) / most:+.1%} of {most:g} W")
            self.assertLess(max(map(abs, errors)), 3 * MOST_ERROR * most)
            with self.timing():
                self.assertLess(max(map(abs, errors)), MOST_ERROR * most)

    def test_clocks_are_told_apart(self):
        for folder, _, ahead in self.boots:
            _, report = self.merge(folder, "estimated", "--estimate-offset")
            self.assertTrue(report["offset"]["was_estimated"])
            self.assertAlmostEqual(report["offset"]["applied_seconds"], ahead, delta=0.3)

    # ------------------------------------------------------------ the model at work

    def train(self):
        """Returns: the text of a model of the merged sets"""
        inner = []
        for folder, _, _ in self.boots:
            # where others keep the machine busy, the difference that was seen is wrong by a tenth of a second
            rows, _ = self.merge(folder, "training", "--estimate-offset")
            inner.append(os.path.join(folder, "inner.json"))
            with open(inner[-1], "w") as file:
                json.dump(find_inner(rows), file)
        path = os.path.join(folder, "model.json")
        done = subprocess.run([pair.VMFC, "train", *inner, "--group", "stress_phase", "--output", path],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)
        print(done.stdout)
        with open(path) as file:
            return file.read()

    def assert_law(self, rows, zone, law, busy):
        """@rows: steady windows; @busy: CPUs that the guest's process used in each"""
        phases = {}
        held = 0
        for row, x in zip(rows, busy):
            seconds, watts = row["time_delta_seconds"], given(law, x)
            phase = phases.setdefault(row["stress_phase"], collections.Counter())
            phase.update(seconds=seconds, joules=watts * seconds, estimated=row[f"estimated_joules_{zone}"],
                         outside=x * seconds, inside=row["cpu_busy"] / 100 * seconds)
            held += row[f"estimated_watts_{zone}_low"] <= watts <= row[f"estimated_watts_{zone}_high"]
        for name, phase in phases.items():
            print(f"{zone} {name}: {phase['joules']:.1f} J by the law, estimated {error_of(phase):+.1%}; "
                  f"{phase['outside']:.2f} CPU seconds outside, {phase['inside']:.2f} inside")
        print(f"{zone}: {held} of {len(rows)} windows within the interval")
        whole = sum(phases.values(), collections.Counter())
        self.assertLess(abs(error_of(whole)), 3 * MOST_ERROR, (zone, phases))
        self.assertGreater(held, len(rows) / 2)
        # an emulated guest uses more or less CPU for the same work where others use the machine
        with self.timing():
            self.assertLess(abs(error_of(whole)), MOST_ERROR, (zone, phases))
            self.assertGreaterEqual(held, LEAST_HELD * len(rows), phases)
            for name, phase in phases.items():
                x = phase["outside"] / phase["seconds"]
                own = given(law, x + OWN_WORK) / given(law, x) - 1
                self.assertLess(abs(error_of(phase)), MOST_ERROR + own, (zone, name, phases))

    def test_model_at_work(self):
        """Under loads that it has not seen."""
        folder = self.make_folder()
        left, ahead, meter = self.record(folder, UNSEEN, "--model", "model.json",
                                         files={"model.json": self.train()})
        self.assertEqual(left["status"].strip(), "0", left["log"])
        records = json.loads(left["vm_features.json"])
        self.assertEqual({record["estimate_missing_seconds"] for record in records}, {0})
        self.assertEqual({record["estimate_in_range"] for record in records}, {True})
        steady = find_inner(records)
        self.assertGreaterEqual(len(steady), len(UNSEEN) * (SECONDS_EACH - 3))
        _, report = self.merge(folder, "unseen", "--estimate-offset")
        found = report["offset"]["applied_seconds"]
        self.assertAlmostEqual(found, ahead, delta=0.3)
        ends = [record["timestamp"] + found for record in steady]
        busy = [meter.find_busy(end - record["time_delta_seconds"], end)
                for end, record in zip(ends, steady)]
        for zone, law in {"package": PACKAGE, "core": CORE}.items():
            self.assert_law(steady, zone, law, busy)


if __name__ == "__main__":
    main()
