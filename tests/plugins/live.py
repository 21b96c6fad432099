#!/usr/bin/env python3
# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""Runs vmfc on this machine and reads /proc at the same instants: a value must lie within what
the readings just before and just after the ticks allow. Known work in certain windows (a write, a
niced spin, page faults, context switches, traffic on the loopback) must show, or must not.

    live.py BUILD

Real time is what it is about, so it sleeps, some five seconds. Exit code 77: cannot be told here.
"""

import ctypes
import json
import mmap
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections import namedtuple
from datetime import datetime

from play import plugin_path
from reading import CPU_FIELDS, Reading, Texts

SKIPPED = 77
WINDOWS = 3
# of a reading around each tick, in seconds; the outer ones are for when something is late
OFFSETS = (-0.050, -0.004, 0.004, 0.050)
MIB = 2**20
WRITTEN = 8 * MIB
PAGES = min(20000, 256 * MIB // mmap.PAGESIZE)
SWITCHES = 3000
FORKS = 50
SPIN = 0.7
# what may come and go within the milliseconds between two readings
MEMORY_SLACK = 4 * MIB
PR_SET_THP_DISABLE = 41
NEEDED = ("memory_total", "memory_available", "processes", "context_switches", "page_faults")

Capture = namedtuple("Capture", "start texts end")
Window = namedtuple("Window", "record opened closed")  # the ticks' readings (before, after)


class Skip(Exception):
    pass


# ------------------------------------------------------------------------------- known work


def write_file(folder):
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(os.urandom(WRITTEN))
        file.flush()
        os.fsync(file.fileno())


def touch_pages():
    """Each page one fault: no huge pages, which take hundreds of them in one."""
    ctypes.CDLL(None).prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0)
    with mmap.mmap(-1, PAGES * mmap.PAGESIZE,
                   flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
        for page in range(PAGES):
            memory[page * mmap.PAGESIZE] = 1


def talk_to_self():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here:
        here.bind(("127.0.0.1", 0))
        for _ in range(500):
            here.sendto(bytes(8000), here.getsockname())
            here.recv(8000)


def switch():
    """Two processes hand a byte to and fro: each turn is at least one switch to the other."""
    (read_a, write_a), (read_b, write_b) = os.pipe(), os.pipe()
    if os.fork() == 0:
        for _ in range(SWITCHES):
            os.write(write_b, os.read(read_a, 1))
        os._exit(0)
    for _ in range(SWITCHES):
        os.write(write_a, b"x")
        os.read(read_b, 1)
    os.wait()


def fork_often():
    for _ in range(FORKS):
        if os.fork() == 0:
            os._exit(0)
        os.wait()


def spin(until):
    os.nice(5)
    while time.time() < until:
        pass


def work_at(start, *steps):
    """A child does the steps one after the other."""
    if os.fork() != 0:
        return
    try:
        time.sleep(max(0, start - time.time()))
        for step in steps:
            step()
        os._exit(0)
    finally:
        os._exit(1)


# ----------------------------------------------------------------------------- running vmfc


def capture():
    start = time.time()
    return Capture(start, Texts("/"), time.time())


def capture_all(first):
    captures = []
    for tick in range(WINDOWS + 1):
        for offset in OFFSETS:
            time.sleep(max(0, first + tick + offset - time.time()))
            captures.append(capture())
    return captures


def run(build, folder):
    """Gives vmfc's records, the readings around their ticks and when the first tick was due."""
    output = os.path.join(folder, "live.json")
    first = int(time.time()) + 2
    time.sleep(first - 0.95 - time.time())
    vmfc = subprocess.Popen([os.path.join(build, "vmfc"), "--plugins", "perf,proc", "--duration",
                             str(WINDOWS), "--interval", "1", "--format", "json",
                             "--plugin-path", plugin_path(build), "--output", output],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    work_at(first + 0.3, lambda: write_file(folder))
    work_at(first + 1.2, touch_pages, talk_to_self)
    work_at(first + 2.1, switch, fork_often)
    # over the last tick, so that something certainly runs at it
    work_at(first + 3 - SPIN, lambda: spin(first + 3.1))
    captures = capture_all(first)
    said = vmfc.communicate()[0].decode()
    for _ in range(4):
        if os.WEXITSTATUS(os.wait()[1]) != 0:
            raise Skip("the known work could not be done")
    if vmfc.returncode != 0:
        sys.exit("vmfc ended with %d: %s" % (vmfc.returncode, said))
    with open(output) as file:
        return json.load(file), captures, first


def around(captures, start, end):
    """The last reading that was over before the tick, and the first that began after it."""
    before = [c for c in captures if c.end <= start]
    after = [c for c in captures if c.start >= end]
    if not before or not after:
        raise Skip("this machine was too busy to read at the right time")
    return Reading(before[-1].texts), Reading(after[0].texts)


def find_windows(records, captures, first):
    """Joins records and readings."""
    begins = [record["timestamp"] for record in records]
    begins.insert(0, begins[0] - records[0]["time_delta_seconds"])
    if len(records) != WINDOWS or not first <= begins[0] < first + 0.5:
        raise Skip("vmfc started late: this machine is too busy")
    took = [record["sample_duration_us"] / 1e6 for record in records]
    took.insert(0, 2 * max(took))
    ticks = [around(captures, begin, begin + length) for begin, length in zip(begins, took)]
    return [Window(record, *ticks[i:i + 2]) for i, record in enumerate(records)]


# ----------------------------------------------------------------------------------- bounds


def bounds(window, value):
    """The least and the most that a counter can have grown from tick to tick."""
    (opened_before, opened_after), (closed_before, closed_after) = window[1:]
    return value(closed_before) - value(opened_after), value(closed_after) - value(opened_before)


def within(shown, low, high, slack=0):
    return shown is not None and low - slack <= shown <= high + slack


class Checks:
    def __init__(self):
        self.passed = 0
        self.failed = 0

    def check(self, ok, what, *values):
        self.passed += bool(ok)
        self.failed += not ok
        if not ok:
            print("FAIL " + what % values)

    def result(self):
        print("%d passed, %d failed" % (self.passed, self.failed))
        return 1 if self.failed else 0

    def within(self, number, window, column, low, high, slack=0):
        shown = window.record[column]
        self.check(within(shown, low, high, slack), "window %d: %s is %s, not within %s to %s "
                   "(and %s)", number, column, shown, low, high, slack)


# ----------------------------------------------------------------------------------- checks


def check_grid(checks, records):
    """Deadlines are whole seconds of the wall clock; how late a tick was, vmfc says itself."""
    for record in records:
        deadline = record["timestamp"] - record["tick_lateness_us"] / 1e6
        checks.check(abs(deadline - round(deadline)) < 1e-3, "a tick was due at %s", deadline)


def ticks_of(field):
    return lambda reading: dict(zip(CPU_FIELDS, reading.cpu.ticks)).get(field, 0)


def share_bounds(window, fields, online):
    """Of the total: least when these fields have grown least and all others most, and so on; and
    each CPU may be one kernel tick ahead of or behind what it shows."""
    inside = [bounds(window, ticks_of(field)) for field in fields]
    outside = [bounds(window, ticks_of(field)) for field in CPU_FIELDS if field not in fields]
    low, high = (sum(pair[i] for pair in inside) for i in (0, 1))
    other_low, other_high = (sum(pair[i] for pair in outside) for i in (0, 1))
    low, other_low = max(0, low - online), max(0, other_low - online)
    high, other_high = max(0, high + online), max(0, other_high + online)
    return low / max(1, low + other_high), high / max(1, high + other_low)


def check_cpu(checks, number, window):
    record = window.record
    online = len(window.closed[1].cpu.online)
    checks.check(record["core_count"] == online, "window %d: core_count is %s, not %s", number,
                 record["core_count"], online)
    shares = {"cpu_%s_time" % field: [field] for field in ("user", "system", "nice")}
    shares.update({"cpu_" + field: [field] for field in ("irq", "softirq", "steal")})
    shares["cpu_busy"] = [field for field in CPU_FIELDS
                          if field not in ("idle", "iowait", "steal")]
    if record["cpu_idle"] is not None:
        shares.update({"cpu_idle": ["idle"], "cpu_iowait": ["iowait"]})
        checks.check(abs(record["cpu_utilization"] - (100 - record["cpu_idle"])) < 1e-9,
                     "window %d: cpu_utilization is not 100 - cpu_idle", number)
    for column, fields in shares.items():
        low, high = share_bounds(window, fields, online)
        checks.within(number, window, column, 100 * low, 100 * high, 1e-9)
    low, high = share_bounds(window, ["user", "system"], online)
    checks.within(number, window, "cpu_efficiency", low, high, 1e-9)


def check_memory(checks, number, window):
    sides = window.closed
    available = [1024 * side.memory_available for side in sides]
    total = 1024 * sides[0].memory_total
    record = window.record
    shown = record["memory_available_gb"]
    checks.check(within(shown and shown * 2**30, min(available), max(available), MEMORY_SLACK),
                 "window %d: memory_available_gb is %s, should be about %s", number, shown,
                 available[0] / 2**30)
    shown = record["memory_usage_percent"]
    checks.check(within(shown and total - shown * total / 100, min(available), max(available),
                        MEMORY_SLACK),
                 "window %d: memory_usage_percent is %s, should be about %s", number, shown,
                 100 - 100 * available[0] / total)


def summed(kind, i):
    def total(reading):
        devices = getattr(reading, kind)
        return sum(devices.values[name][i] for name in devices.counted)
    return total


def check_devices(checks, number, window):
    names = [getattr(reading, "interfaces").counted for pair in window[1:] for reading in pair]
    if all(counted == names[0] for counted in names):
        for column, i in (("network_bytes_recv", 0), ("network_bytes_sent", 1)):
            checks.within(number, window, column, *bounds(window, summed("interfaces", i)))
    if window.closed[0].disks is not None:
        for column, i in (("disk_io_read_mb", 0), ("disk_io_write_mb", 1)):
            low, high = bounds(window, summed("disks", i))
            checks.within(number, window, column, low / 2048, high / 2048)


def tasks_of(reading):
    return int(reading.texts.files["loadavg"].split()[3].split("/")[1])


def check_load(checks, number, window):
    before, after = window.closed
    record = window.record
    for i, minutes in enumerate((1, 5, 15)):
        shown = record["load_average_%dmin" % minutes]
        checks.check(shown in (before.loads[i], after.loads[i]),
                     "window %d: load_average_%dmin is %s, not %s", number, minutes, shown,
                     before.loads[i])
    born = after.processes - before.processes
    stayed = before.texts.processes & after.texts.processes
    seen = before.texts.processes | after.texts.processes
    checks.within(number, window, "process_count", len(stayed), len(seen) + born)
    checks.within(number, window, "processes_created",
                  *bounds(window, lambda reading: reading.processes))
    tasks = max(tasks_of(side) for side in window.closed)
    # vmfc itself runs
    checks.within(number, window, "procs_running", 1, tasks)
    checks.within(number, window, "procs_blocked", 0, tasks)


def check_perf(checks, number, window):
    for column in ("page_faults", "context_switches"):
        checks.within(number, window, column,
                      *bounds(window, lambda reading: getattr(reading, column)))
    for ratio, above, below in (("instructions_per_cycle", "instructions", "cpu_cycles"),
                                ("cache_miss_ratio", "cache_misses", "cache_references"),
                                ("branch_miss_ratio", "branch_misses", "branches")):
        above, below, shown = (window.record[name] for name in (above, below, ratio))
        wanted = above / below if above is not None and below else None
        checks.check(shown == wanted or (None not in (shown, wanted) and
                                         abs(shown - wanted) <= 1e-5 * wanted),
                     "window %d: %s is %s, not %s", number, ratio, shown, wanted)


def check_time(checks, number, window, due):
    record = window.record
    late = record["timestamp"] - due
    checks.check(0 <= late < 0.5 and abs(late * 1e6 - record["tick_lateness_us"]) < 1000,
                 "window %d: due at %s, began at %s, %s us late", number, due,
                 record["timestamp"], record["tick_lateness_us"])
    checks.check(abs(record["time_delta_seconds"] - 1) < 0.5 and record["missed_ticks"] == 0,
                 "window %d: it took %s s, %s missed", number, record["time_delta_seconds"],
                 record["missed_ticks"])
    iso = datetime.fromisoformat(record["timestamp_iso"])
    checks.check(iso.utcoffset() is not None and abs(iso.timestamp() - record["timestamp"]) < 2e-6,
                 "window %d: %s is not %s", number, record["timestamp_iso"], record["timestamp"])


def check_known_work(checks, windows):
    """The work of each window, if the kernel's own counts show it there."""
    disk, faults, spins = windows
    if disk.closed[0].disks is not None:
        low, _ = bounds(disk, summed("disks", 1))
        if low * 512 >= WRITTEN:
            checks.check(disk.record["disk_io_write_mb"] >= WRITTEN / MIB,
                         "%s MiB of %s written are seen", disk.record["disk_io_write_mb"],
                         WRITTEN / MIB)
        else:
            print("no counted disk below the folder for temporary files: not looked at")
    for window, column, reading, work in ((faults, "page_faults", "page_faults", PAGES),
                                          (spins, "context_switches", "context_switches", SWITCHES),
                                          (spins, "processes_created", "processes", FORKS)):
        low, _ = bounds(window, lambda at, name=reading: getattr(at, name))
        if low >= work:
            checks.check(window.record[column] >= work, "%s of %s, %s done", window.record[column],
                         column, work)
        else:
            print(f"{column}: {low} of {work} fit into the window on a machine that is busy")
    checks.check(spins.record["procs_running"] >= 2, "nothing but vmfc runs: %s",
                 spins.record["procs_running"])
    checks.check(any(window.record["cpu_idle"] is not None for window in windows),
                 "cpu_idle is never known")


def require(build):
    if not os.access(os.path.join(build, "vmfc"), os.X_OK):
        raise Skip("there is no vmfc in " + build)
    try:
        reading = Reading(Texts("/"))
    except OSError as error:
        raise Skip(str(error))
    missing = [name for name in NEEDED if getattr(reading, name) is None]
    if missing or None in (reading.cpu.ticks, reading.cpu.online):
        raise Skip("/proc does not tell " + ", ".join(missing or ["the CPUs' times"]))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    build = os.path.abspath(sys.argv[1])
    checks = Checks()
    try:
        require(build)
        # the usual folder for temporary files may be in memory
        with tempfile.TemporaryDirectory(dir=build) as folder:
            records, captures, first = run(build, folder)
        check_grid(checks, records)
        if checks.failed:
            return checks.result()
        windows = find_windows(records, captures, first)
    except Skip as reason:
        print("skipped: %s" % reason)
        return SKIPPED
    for number, window in enumerate(windows, 1):
        check_time(checks, number, window, first + number)
        for check in (check_cpu, check_memory, check_devices, check_load, check_perf):
            check(checks, number, window)
    check_known_work(checks, windows)
    return checks.result()


if __name__ == "__main__":
    sys.exit(main())
