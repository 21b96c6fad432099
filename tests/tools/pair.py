# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""Pairs of files as `vmfc merge` gets them, with a known load, power and lag.

Generated in the form of the old tool (relative and absolute times, power at an instant that repeats
until Kepler has a new one) and in that of vmfc (windows that join, on a common grid).
"""

import csv
import datetime
import json
import math
import random

EPOCH = 1757530800.0
ZONE = datetime.timezone(datetime.timedelta(hours=-4))


def steps(seed=1, seconds=8.0, low=0.0, high=100.0):
    """A load that takes another level every so many seconds."""
    def load(time):
        return random.Random(seed * 1000003 + math.floor(time / seconds)).uniform(low, high)
    return load


def bursts(seconds=15.0):
    return lambda time: 95.0 if math.floor(time / seconds) % 2 else 3.0


def ramp(duration, noise=12.0, seed=1):
    level = steps(seed, 2.0, -noise, noise)
    return lambda time: min(100.0, max(0.0, 70.0 * time / duration + level(time)))


def average(function, start, end, n=20):
    return sum(function(start + (end - start) * (i + 0.5) / n) for i in range(n)) / n


def watts(load):
    """What the machine takes at a load in percent."""
    return 0.2 + 0.02 * load


def iso(time, zone=None):
    """As the old tool writes it: local, and not saying so."""
    return datetime.datetime.fromtimestamp(time, zone).replace(tzinfo=None).isoformat()


def old_features(load, duration, start=0.0, step=1.003, seed=1):
    rows, noise, time = [], random.Random(seed), start + 1.0002
    first = EPOCH + time
    while time < start + duration:
        rows.append({"timestamp": EPOCH + time - first, "timestamp_absolute": EPOCH + time,
                     "timestamp_iso": iso(EPOCH + time, ZONE), "cpu_cycles": 0, "instructions": 0,
                     "cpu_utilization": average(load, time - 1.0002, time),
                     "cpu_nice_time": 0.0, "instructions_per_cycle": 0.0,
                     "collection_interval": 1.0, "time_delta_seconds": 1.0002,
                     "vm_hostname": "fedora"})
        time += step + noise.uniform(0, 0.001)
    return rows


def old_power(load, duration, start=0.0, step=1.0, refresh=0.0, lag=0.0, seed=2):
    """@refresh: after how many seconds there is a new value; 0: at each reading"""
    rows, noise, time, seen, value = [], random.Random(seed), start + 0.1, None, 0.0
    first = EPOCH + start
    while time < start + duration:
        at = math.floor(time / refresh) * refresh if refresh else time
        if at != seen:
            seen, value = at, watts(load(at - lag)) + noise.uniform(0, 0.01)
        rows.append({"timestamp": EPOCH + time - first, "timestamp_absolute": EPOCH + time,
                     "timestamp_iso": iso(EPOCH + time, ZONE),
                     "total_cpu_watts_core": value * 0.6, "total_cpu_watts_package": value,
                     "vm_count": 1,
                     "vms": [{"vm_id": "1", "zone": zone, "watts": value, "of": {"a": [1, {}]}}
                             for zone in ("core", "package")],
                     "collection_interval": step, "vm_filter": "{'fedora40'}"})
        time += step + noise.uniform(-0.05, 0.05)
    return rows


def own_features(load, n, start=0.0, step=1.0, phases=None):
    """@phases: gives workload, phase and whether it changes, by row"""
    rows = []
    for i in range(n):
        time = start + (i + 1) * step + 0.0002
        workload, phase, transition = phases(i) if phases else ("none", None, False)
        rows.append({"timestamp": EPOCH + time,
                     "timestamp_iso": datetime.datetime.fromtimestamp(
                         EPOCH + time, datetime.timezone.utc).isoformat(),
                     "vm_hostname": "a \"vm\", here", "target_zones": ["package", "core"],
                     "stress_workload": workload, "stress_phase": phase,
                     "stress_transition": transition, "cpu_cycles": None,
                     "page_faults": 17 + i, "cpu_utilization": average(load, time - step, time),
                     "collection_interval": step, "time_delta_seconds": step - 0.000003})
    return rows


def own_power(load, n, start=0.0, step=1.0, energy=True, kepler=False):
    """As vmfc's samplers of the host write it, window by window."""
    rows = []
    for i in range(n):
        time = start + (i + 1) * step
        mean = average(lambda t: watts(load(t)), time - step, time)
        row = {"timestamp": EPOCH + time, "vm_cpu_joules_package": mean * step if energy else None,
               "vm_cpu_watts_package": mean, "vm_cpu_joules_core": None,
               "vm_cpu_watts_core": mean * 0.6, "vm_cpu_watts_dram": None,
               "collection_interval": step, "time_delta_seconds": step}
        if kepler:
            row["kepler_vm_cpu_watts_package"] = 1000.0 + i
        rows.append(row)
    return rows


def flat(row):
    """A row as the CSV files have it."""
    cells = {}
    for key, value in row.items():
        if key == "vms":
            continue
        if isinstance(value, bool):
            value = str(value).lower()
        cells[key] = ";".join(value) if isinstance(value, list) else value
    return cells


def write(path, rows, without=()):
    """In the form that the path's end says: .json indented, .jsonl, .array a line each, .csv."""
    rows = [{key: row[key] for key in row if key not in without} for row in rows]
    with open(path, "w", newline="") as file:
        if path.endswith(".csv"):
            table = csv.DictWriter(file, flat(rows[0]))
            table.writeheader()
            table.writerows(flat(row) for row in rows)
        elif path.endswith(".jsonl"):
            file.writelines(json.dumps(row) + "\n" for row in rows)
        elif path.endswith(".array"):
            # as vmfc leaves it while it runs
            file.write("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n" + " " * 5000)
        else:
            json.dump(rows, file, indent=2)
    return path
