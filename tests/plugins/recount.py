#!/usr/bin/env python3
# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""Plays every fixture through vmfc's samplers and recounts each column from the fixture's text,
by the definitions of the data contract and in exact arithmetic.

    recount.py REPLAY BUILD FIXTURES [NAME...]
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from fractions import Fraction

from play import (PlayError, check_reasons, copy_root, play, plugin_path, read_reasons,
                  steps_of)
from reading import CPU_FIELDS, LARGEST, Reading, Texts

SHARES = {"cpu_%s_time" % name: name for name in ("user", "system", "nice")}
SHARES.update({"cpu_" + name: name for name in ("iowait", "irq", "softirq", "steal", "idle")})
HARDWARE = ["cpu_cycles", "instructions", "cache_references", "cache_misses", "branches",
            "branch_misses", "ref_cycles"]
RATIOS = ["instructions_per_cycle", "cache_miss_ratio", "branch_miss_ratio", "pmc_running_ratio"]
# whatever the machine of the test offers, only the substitutes count
OPTIONS = ["--plugins", "perf,proc", "--format", "json", "--set", "perf.use_events=false"]
# bytes of one device in a window of a second: 2^38 a second, and what a driver fetched late
MOST_GROWTH = 2 * 2**38
# differences that a line shows
SHOWN = 4
# what the core itself adds to a record; tests of the core look at those
CORE = {"timestamp", "timestamp_iso", "vm_hostname", "target_zones", "stress_workload",
        "stress_phase", "stress_target_load", "stress_iteration", "stress_transition",
        "collection_interval", "time_delta_seconds", "tick_lateness_us", "sample_duration_us",
        "missed_ticks"}


def growth(before, after):
    """Of a counter; None when it was not read on both sides or went backwards."""
    if before is None or after is None or after < before:
        return None
    return after - before


# ------------------------------------------------------------------------------ the recount


def count_cpu(before, after):
    row = dict.fromkeys(list(SHARES) + ["cpu_utilization", "cpu_efficiency", "cpu_busy"])
    row["core_count"] = len(after.online) if after.online else None
    ticks = cpu_growth(before, after)
    if ticks is None:
        return row
    total = Fraction(sum(ticks.values()))
    waiting = ticks["idle"] + ticks.get("iowait", 0)
    split_is_known = ticks["idle"] >= 0 and ticks.get("iowait", 0) >= 0
    for column, field in SHARES.items():
        if field in ticks and (split_is_known or field not in ("idle", "iowait")):
            row[column] = 100 * ticks[field] / total
    if split_is_known:
        row["cpu_utilization"] = 100 - row["cpu_idle"]
    row["cpu_efficiency"] = (ticks["user"] + ticks["system"]) / total
    if "steal" in ticks:
        row["cpu_busy"] = 100 * (total - waiting - ticks["steal"]) / total
    return row


def cpu_growth(before, after):
    """The growth of each field; None when the total of the window is not known.

    The kernel moves time between idle and iowait (proc(5) calls iowait not reliable): their sum
    is a counter even where one of them goes backwards. Any other field that goes backwards was
    reset, and nobody knows how much it has grown.
    """
    if None in (before.ticks, after.ticks, before.online, after.online):
        return None
    if len(before.ticks) != len(after.ticks) or before.online != after.online:
        return None
    if max(sum(before.ticks), sum(after.ticks)) > LARGEST:
        return None
    ticks = dict(zip(CPU_FIELDS, (b - a for a, b in zip(before.ticks, after.ticks))))
    busy = [value for field, value in ticks.items() if field not in ("idle", "iowait")]
    waiting = ticks["idle"] + ticks.get("iowait", 0)
    if min(busy) < 0 or waiting < 0 or sum(ticks.values()) == 0:
        return None
    return ticks


def count_memory(now):
    row = {"memory_usage_percent": None, "memory_available_gb": None}
    if now.memory_available is not None:
        row["memory_available_gb"] = Fraction(now.memory_available, 2**20)
        if now.memory_total:
            used = now.memory_total - now.memory_available
            row["memory_usage_percent"] = Fraction(100 * used, now.memory_total)
    return row


def device_growth(before, after, unit):
    """The growth [in, out] of all that is counted; nothing is known when not the same devices were
    counted on both sides, or when one of them was reset, or grew by more than can be true."""
    sides = [side and side.counted_values(side.counted) for side in (before, after)]
    if None in sides or set(sides[0]) != set(sides[1]):
        return [None, None]
    if any(growth(*pair) is None for name in sides[0]
           for pair in zip(sides[0][name], sides[1][name])):
        return [None, None]
    if any(pair[1] - pair[0] > MOST_GROWTH // unit for name in sides[0]
           for pair in zip(sides[0][name], sides[1][name])):
        return [None, None]
    return [growth(*(total(values, i) for values in sides)) for i in (0, 1)]


def total(values, i):
    """A sum is a counter of 64 bits as well."""
    found = sum(value[i] for value in values.values())
    return found if found <= LARGEST else None


def count_disk(before, after):
    sectors = device_growth(before.disks, after.disks, 512)
    mebibytes = [None if n is None else Fraction(n * 512, 2**20) for n in sectors]
    return dict(zip(("disk_io_read_mb", "disk_io_write_mb"), mebibytes))


def count_net(before, after):
    counts = device_growth(before.interfaces, after.interfaces, 1)
    return dict(zip(("network_bytes_recv", "network_bytes_sent"), counts))


def count_load(before, after):
    row = dict(zip(("load_average_1min", "load_average_5min", "load_average_15min"), after.loads))
    row["process_count"] = after.process_count
    row["procs_running"] = after.procs_running
    row["procs_blocked"] = after.procs_blocked
    row["processes_created"] = growth(before.processes, after.processes)
    return row


def count_perf(before, after):
    row = dict.fromkeys(HARDWARE + RATIOS)
    for name in ("page_faults", "context_switches"):
        grown = growth(getattr(before, name), getattr(after, name))
        # more than the CPUs of any machine can do in a window of these tests
        row[name] = grown if grown is None or grown < 1e12 else None
    return row


def recount(before, after):
    return {"cpu": count_cpu(before.cpu, after.cpu), "mem": count_memory(after),
            "disk": count_disk(before, after), "net": count_net(before, after),
            "load": count_load(before, after), "perf": count_perf(before, after)}


# --------------------------------------------------------------------------- the comparison

FLOATS = set(SHARES) | set(RATIOS) | {
    "cpu_utilization", "cpu_efficiency", "cpu_busy", "memory_usage_percent",
    "memory_available_gb", "disk_io_read_mb", "disk_io_write_mb", "load_average_1min",
    "load_average_5min", "load_average_15min"}


def agrees(column, shown, exact):
    if shown is None or exact is None:
        return shown is exact
    if column not in FLOATS:
        return isinstance(shown, int) and shown == exact
    # 100 less a share close to 100 has the errors of that share
    scale = 100 if column == "cpu_utilization" else abs(exact)
    return isinstance(shown, float) and abs(Fraction(shown) - Fraction(exact)) <= scale * 1e-12


def describe(value):
    return "missing" if value is None else repr(float(value) if isinstance(value, Fraction)
                                                 else value)


def differences(window, record, row):
    return ["window %d: %s is %s, should be %s" % (window, column, describe(record.get(column)),
                                                   describe(exact))
            for column, exact in row.items()
            if column not in record or not agrees(column, record[column], exact)]


def refuse_constant(text):
    raise ValueError("%s is no JSON number" % text)


def load_records(path):
    with open(path) as file:
        return json.load(file, parse_constant=refuse_constant)


def read_all(fixture, folder):
    """One reading for each tick."""
    root = copy_root(fixture, folder)
    readings = [Reading(Texts(root))]
    for step in steps_of(fixture):
        for parent, _, names in os.walk(step):
            for name in names:
                source = os.path.join(parent, name)
                shutil.copyfile(source, os.path.join(root, os.path.relpath(source, step)))
        readings.append(Reading(Texts(root)))
    return readings


class Fixture:
    """One fixture's findings: a list of failures for each group of columns."""

    def __init__(self, path):
        self.path = path
        self.failures = {}
        try:
            with open(os.path.join(path, "expect.json")) as file:
                self.expected = json.load(file)
        except FileNotFoundError:
            self.expected = {}

    def interval(self):
        """A machine counts as much CPU time as passes, about."""
        return ["--interval", str(self.expected.get("interval", 1))]

    def note(self, group, found):
        self.failures.setdefault(group, []).extend(found)

    def check(self, replay, build):
        with tempfile.TemporaryDirectory() as played, tempfile.TemporaryDirectory() as read:
            try:
                out = play(replay, build, self.path, played, OPTIONS + self.interval())
                records = load_records(out + ".json")
                reasons = read_reasons(out)
            except (PlayError, ValueError, OSError) as error:
                self.note("replay", [str(error)])
                return
            readings = read_all(self.path, read)
        self.note("replay", [] if len(records) == len(readings) - 1 else
                  ["%d records of %d readings" % (len(records), len(readings))])
        for window, record in enumerate(records, 1):
            rows = recount(readings[window - 1], readings[window])
            for group, row in rows.items():
                self.note(group, differences(window, record, row))
            self.check_names(window, record, rows)
        self.check_expected(records, readings[0])
        self.note("reasons", check_reasons(records, reasons, self.expected.get("reasons", {}), CORE))
        self.check_reasons(build)

    def check_names(self, window, record, rows):
        known = CORE.union(*rows.values())
        self.note("names", ["window %d: nobody recounts %s" % (window, name)
                            for name in record if name not in known])

    def check_expected(self, records, first):
        """What a human wrote down, lest vmfc and the recount be wrong together."""
        counted = self.expected.get("counted", {})
        for kind, devices in (("disks", first.disks), ("interfaces", first.interfaces)):
            if kind in counted and sorted(devices.counted) != counted[kind]:
                self.note("expected", ["the recount counts %s" % sorted(devices.counted)])
        for window, record in enumerate(records, 1):
            row = dict(self.expected.get("normal", {}))
            row.update(self.expected.get("windows", {}).get(str(window), {}))
            self.note("expected", differences(window, record, row))

    def check_reasons(self, build):
        """A plugin that cannot work on the machine says why."""
        for plugin, reason in self.expected.get("missing", {}).items():
            said = subprocess.run([os.path.join(build, "vmfc"), "--check", "--root",
                                   os.path.join(self.path, "root"),
                                   "--plugin-path", plugin_path(build)],
                                  stdout=subprocess.PIPE, universal_newlines=True).stdout
            about = section(said, plugin)
            self.note("reasons", [] if reason in about else
                      ["%s does not say '%s': %s" % (plugin, reason, about)])


def section(text, plugin):
    """What is said of a plugin: its line and those below it that are set in."""
    found = re.search("^%s:.*\n([ \t].*\n)*" % re.escape(plugin), text, re.MULTILINE)
    return found.group(0) if found else ""


def shorten(found):
    more = len(found) - SHOWN
    return "; ".join(found[:SHOWN]) + ("; and %d more" % more if more > 0 else "")


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    replay, build, fixtures = sys.argv[1:4]
    names = sys.argv[4:] or sorted(os.listdir(fixtures))
    passed = failed = 0
    for name in names:
        if not os.path.isdir(os.path.join(fixtures, name, "root")):
            continue
        fixture = Fixture(os.path.join(fixtures, name))
        fixture.check(os.path.abspath(replay), os.path.abspath(build))
        for group, found in fixture.failures.items():
            passed += not found
            failed += bool(found)
            if found:
                print("FAIL %s %s: %s" % (name, group, shorten(found)))
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
