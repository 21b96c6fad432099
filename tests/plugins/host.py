#!/usr/bin/env python3
# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""Plays hosts of VMs through vmfc's samplers rapl and qemu, and recounts energy, CPU time and shares
from the fixtures' text; what a value must be in certain windows a human has written down.

    host.py REPLAY BUILD FIXTURES
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

ZONES = ("package", "core", "dram", "uncore", "psys")
OPTIONS = ["--plugins", "rapl,qemu", "--format", "json"]
# what the clock of the test moves on between two readings of one tick
SLACK = 1e-4
EXACT = 1e-9
HZ = os.sysconf("SC_CLK_TCK")
# what the core itself adds, where there is no workload
CORE = ("stress_phase", "stress_target_load")
MOST_WATTS = {"psys": 10000}


def read(root, *path):
    try:
        with open(os.path.join(root, *path), "rb") as file:
            return file.read().decode("latin-1")
    except OSError:
        return ""


def number(text):
    return int(text) if re.fullmatch("[0-9]+\n", text) else None


class Host:
    """What the files say at one tick."""

    def __init__(self, root):
        self.meters = {}
        self.ranges = {}
        powercap = os.path.join(root, "sys/class/powercap")
        folders = os.listdir(powercap) if os.path.isdir(powercap) else []
        amd = "AuthenticAMD" in read(root, "proc/cpuinfo")
        for folder in folders:
            if not re.fullmatch("intel-rapl(:[0-9]+)+", folder):
                continue
            zone, _, socket = read(powercap, folder, "name").strip().partition("-")
            socket = socket or read(powercap, folder.rpartition(":")[0], "name").strip()[8:] or "0"
            if zone == "core" and amd:
                continue
            self.meters[zone, socket] = number(read(powercap, folder, "energy_uj"))
            self.ranges[zone, socket] = number(read(powercap, folder, "max_energy_range_uj"))
        cpu = [line.split() for line in read(root, "proc/stat").split("\n") if line[:3] == "cpu"]
        self.cpus = len(cpu) - 1
        ticks = [int(word) for word in cpu[0][1:]]
        self.busy = sum(ticks[:3]) + sum(ticks[5:7])
        self.n_fields = min(len(ticks), 8)
        self.processes = {}
        for pid in filter(str.isdigit, os.listdir(os.path.join(root, "proc"))):
            self.processes[pid] = self.read_process(os.path.join(root, "proc", pid))

    @staticmethod
    def read_process(folder):
        """(start, CPU ticks, ns of vCPUs by thread); None when it has ended."""
        fields = read(folder, "stat").rpartition(")")[2].split()
        if not fields or fields[0] == "Z":
            return None
        tasks = os.path.join(folder, "task")
        vcpus = {tid: int(read(tasks, tid, "schedstat").split()[0])
                 for tid in (os.listdir(tasks) if os.path.isdir(tasks) else [])
                 if re.match("CPU [0-9]+/", read(tasks, tid, "comm"))}
        return int(fields[19]), int(fields[11]) + int(fields[12]), vcpus


def meter_growth(before, after, key, seconds):
    """µJ; None when it is not known."""
    pair = before.meters.get(key), after.meters.get(key)
    if None in pair:
        return None
    growth = pair[1] - pair[0]
    growth += before.ranges[key] if growth < 0 else 0
    return growth if 0 <= growth <= MOST_WATTS.get(key[0], 2000) * 1e6 * seconds else None


def recount_energy(before, after, seconds):
    row = {}
    for zone in ZONES:
        keys = [key for key in after.meters if key[0] == zone]
        grown = {key: meter_growth(before, after, key, seconds) for key in keys}
        whole = None if not keys or None in grown.values() else sum(grown.values())
        shown = {"": whole}
        if len(keys) > 1:
            shown.update({"_" + key[1]: grown[key] for key in keys})
        for name, value in shown.items():
            joules = None if value is None else Fraction(value, 10**6)
            row["rapl_%s%s_joules" % (zone, name)] = joules
            row["rapl_%s%s_watts" % (zone, name)] = joules and joules / Fraction(seconds)
    return row


def recount_vm(before, after, seconds, pid, energy):
    """What the VM's columns are where they are not missing."""
    first, last = before.processes[pid], after.processes[pid]
    if first is None or last is None or first[0] != last[0]:
        return {}
    cpu = Fraction(last[1] - first[1], HZ)
    row = {"vm_cpu_seconds": cpu}
    if after.busy > before.busy and after.n_fields == before.n_fields:
        row["vm_cpu_share"] = min(cpu / Fraction(after.busy - before.busy, HZ), 1)
    if first[2] and first[2].keys() == last[2].keys():
        row["vm_vcpu_seconds"] = Fraction(sum(last[2].values()) - sum(first[2].values()), 10**9)
    if before.cpus != after.cpus:
        return row
    for zone in ZONES:
        joules = energy["rapl_%s_joules" % zone]
        if joules is not None:
            joules *= cpu / (after.cpus * Fraction(seconds))
            row["vm_cpu_joules_" + zone] = joules
            row["vm_cpu_watts_" + zone] = joules / Fraction(seconds)
    return row


def agrees(column, shown, exact):
    if shown is None or exact is None:
        return shown is exact
    slack = SLACK if "watts" in column or "vm_cpu_joules" in column else EXACT
    return isinstance(shown, float) and abs(shown - exact) <= abs(exact) * slack + 1e-9


def differences(window, record, row):
    return ["window %d: %s is %r, should be %s" % (window, column, record.get(column),
                                                   exact if exact is None else float(exact))
            for column, exact in row.items()
            if column not in record or not agrees(column, record[column], exact)]


def read_all(fixture, folder):
    root = copy_root(fixture, folder)
    readings = [Host(root)]
    for step in steps_of(fixture):
        for parent, _, names in os.walk(step):
            for name in names:
                source = os.path.join(parent, name)
                shutil.copyfile(source, os.path.join(root, os.path.relpath(source, step)))
        readings.append(Host(root))
    return readings


def followed(record, before, after, pids):
    """The VM's rows that could be meant: of whichever process is a VM."""
    energy = recount_energy(before, after, record["time_delta_seconds"])
    return energy, [recount_vm(before, after, record["time_delta_seconds"], pid, energy)
                    for pid in pids]


def check_window(window, record, before, after, pids):
    energy, rows = followed(record, before, after, pids)
    found = differences(window, record, energy)
    shown = {column: value for column, value in record.items()
             if column.startswith("vm_") and column != "vm_hostname" and value is not None}
    # a window without the VM may be one in which it was not found yet; expect.json knows
    if shown and not any(shown.keys() == row.keys() and not differences(window, record, row)
                         for row in rows):
        found.append("window %d: %s is none of %s" % (window, shown, [
            {column: float(value) for column, value in row.items()} for row in rows]))
    return found


def check(replay, build, fixture):
    with open(os.path.join(fixture, "expect.json")) as file:
        expected = json.load(file)
    with tempfile.TemporaryDirectory() as played, tempfile.TemporaryDirectory() as read_folder:
        try:
            out = play(replay, build, fixture, played, OPTIONS)
            with open(out + ".json") as file:
                records = json.load(file)
            reasons = read_reasons(out)
        except (PlayError, ValueError, OSError) as error:
            return [str(error)]
        readings = read_all(fixture, read_folder)
    found = [] if len(records) == len(readings) - 1 else ["%d records" % len(records)]
    vms = [pid for pid in readings[0].processes
           if re.search("qemu|kworker", read(fixture, "root/proc", pid, "comm"))]
    for window, record in enumerate(records, 1):
        found += check_window(window, record, readings[window - 1], readings[window], vms)
        found += differences(window, record, expected["windows"].get(str(window), {}))
    found += check_reasons(records, reasons, expected.get("reasons", {}), CORE)
    return found + check_sentences(replay, build, fixture, expected["says"])


def check_sentences(replay, build, fixture, sentences):
    with tempfile.TemporaryDirectory() as folder:
        said = subprocess.run(
            [replay, ",".join(["-"] + steps_of(fixture)), "--root", copy_root(fixture, folder),
             "--plugin-path", plugin_path(build), "--output", os.path.join(folder, "out.json")] +
            OPTIONS, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True).stderr
    return ["it does not say '%s' but: %s" % (sentence, said) for sentence in sentences
            if sentence not in said]


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    replay, build, fixtures = map(os.path.abspath, sys.argv[1:])
    failed = 0
    names = sorted(os.listdir(fixtures))
    for name in names:
        found = check(replay, build, os.path.join(fixtures, name))
        failed += bool(found)
        for what in found:
            print("FAIL %s: %s" % (name, what))
    print("%d passed, %d failed" % (len(names) - failed, failed))
    return 1 if failed or not names else 0


if __name__ == "__main__":
    sys.exit(main())
