#!/usr/bin/env python3
# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""vmfc merge beside pandas, which reads both files, joins them on the nearest time and writes CSV.

    merge.py --vmfc BUILD/vmfc [--rows 1000000] [--quick]

The files are as wide as vmfc's own. Time is of the clock on the wall, memory the peak of the process,
which is never less than what this script had when it started it (some 15 MiB).
Ends with 1 when vmfc takes more than a fifth of pandas' time for the same, or more than 64 MiB.
Without pandas (python3-pandas) there is nothing to compare with; then memory alone is looked at.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile

from measuring import measure

EPOCH = 1757530800
MOST_SHARE = 1 / 5
TURNS = 3  # of which the quickest counts: a process that others interrupt is not slow by itself
MOST_MEMORY = 64
SKIPPED = 77  # as meson has it
PANDAS = """
import pandas
features = pandas.read_csv("features.csv")
power = pandas.read_csv("power.csv")
merged = pandas.merge_asof(features, power, on="timestamp", direction="nearest", tolerance=0.5)
merged.to_csv("pandas.csv", index=False)
"""
HEAD = ("timestamp,timestamp_iso,vm_hostname,target_zones,stress_workload,stress_phase,"
        "stress_target_load,stress_iteration,stress_transition")
N_EMPTY, N_WHOLE, N_FLOATS = 9, 10, 15


def middles(n):
    """What stands between the time and the end of a row, with the load of each."""
    chance, rows = random.Random(1), []
    load = 50.0
    for _ in range(n):
        load = min(100.0, max(0.0, load + chance.uniform(-15, 15)))
        cells = [""] * N_EMPTY + [str(chance.randrange(10**9)) for _ in range(N_WHOLE)]
        cells += [repr(chance.uniform(0, 100)) for _ in range(N_FLOATS)]
        rows.append((load, f"vm,package;core,cpu_cycling,load={int(load)},{int(load)},0,false,"
                           f"{','.join(cells)},{load!r},0.999996746"))
    return rows


def make_files(n):
    rows = middles(min(n, 4999))
    names = [f"column_{i}" for i in range(N_EMPTY + N_WHOLE + N_FLOATS)]
    with open("features.csv", "w", newline="") as features, open("power.csv", "w") as power:
        features.write(f"{HEAD},{','.join(names)},cpu_utilization,time_delta_seconds\r\n")
        power.write("timestamp,timestamp_iso,total_cpu_watts_core,total_cpu_watts_package,"
                    "vm_count,collection_interval\r\n")
        for i in range(n):
            load, middle = rows[i % len(rows)]
            features.write(f"{EPOCH + i}.000141,2025-09-10T15:00:01.356158+00:00,{middle}\r\n")
            power.write(f"{EPOCH + i}.2,2025-09-10T15:00:01.356158+00:00,{0.1 + load * 0.012!r},"
                        f"{0.2 + load * 0.02!r},1,1.0\r\n")


def measure_merge(vmfc, formats):
    """Time in s, memory in MiB"""
    figures = measure(vmfc, "merge", "--features", "features.csv", "--power", "power.csv",
                      "--output", "out", "--format", formats)
    for name in os.listdir("."):
        if name.startswith("out"):
            os.remove(name)
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vmfc", required=True)
    parser.add_argument("--rows", type=int, default=1000000)
    parser.add_argument("--quick", action="store_true", help="50,000 rows")
    args = parser.parse_args()
    n = 50000 if args.quick else args.rows
    vmfc = os.path.abspath(args.vmfc)
    has_pandas = subprocess.run([sys.executable, "-c", "import pandas"],
                                stderr=subprocess.DEVNULL).returncode == 0
    failed = False
    with tempfile.TemporaryDirectory(prefix="vmfc-bench-") as folder:
        os.chdir(folder)
        make_files(n)
        print(f"{n} rows of features ({os.path.getsize('features.csv') / 1e6:.0f} MB), "
              f"{n} of power ({os.path.getsize('power.csv') / 1e6:.0f} MB)\n")
        print("| | time | memory | of pandas' time |\n|---|---|---|---|")
        theirs = None
        if has_pandas:
            theirs, memory = measure(sys.executable, "-c", PANDAS)
            print(f"| pandas, CSV | {theirs:.2f} s | {memory:.0f} MiB | 1 |")
            os.remove("pandas.csv")
        for formats in ("csv", "json,csv"):
            seconds, memory = min(measure_merge(vmfc, formats) for _ in range(TURNS))
            share = f"1/{theirs / seconds:.1f}" if theirs else "?"
            print(f"| vmfc merge, {formats.upper().replace(',', ' and ')} | {seconds:.2f} s | "
                  f"{memory:.1f} MiB | {share} |")
            failed |= memory > MOST_MEMORY
            if formats == "csv" and theirs and seconds > MOST_SHARE * theirs:
                failed = True
    if not has_pandas:
        print("\nskipped: pandas is not installed (apt-get install python3-pandas), so there is "
              "nothing to compare with")
    sys.exit(1 if failed else 0 if has_pandas else SKIPPED)


if __name__ == "__main__":
    main()
