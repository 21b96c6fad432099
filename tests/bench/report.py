#!/usr/bin/env python3
# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""vmfc report beside pandas, which merely reads the same file.

    report.py --vmfc BUILD/vmfc [--rows 1000000] [--quick]

The file has 50 columns, as wide as vmfc's own. Time is of the clock on the wall, memory the peak of the process,
which is never less than what this script had when it started it (some 15 MiB).
Ends with 1 when vmfc takes longer than pandas, or more than 64 MiB, or the page has 2 MB. Without pandas
(python3-pandas) there is nothing to compare with; then memory and size alone are looked at.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile

from measuring import measure

EPOCH = 1757530800
MOST_MEMORY = 64
MOST_SIZE = 2000000
SKIPPED = 77  # as meson has it
HEAD = ["timestamp", "stress_workload", "cpu_utilization", "cpu_user_time", "cpu_system_time",
        "memory_usage_percent", "page_faults", "tick_lateness_us", "collection_interval",
        "time_delta_seconds"] + [f"column_{i}" for i in range(40)]
N_DIFFERENT = 4999


def tails(n):
    chance = random.Random(1)
    for i in range(n):
        cells = [f"workload {i // 500}", *(repr(chance.uniform(0, 100)) for _ in range(4)),
                 str(chance.randrange(10**6)), str(chance.randrange(5000)), "1.0",
                 repr(1 + chance.uniform(-1e-4, 1e-4))]
        cells += [repr(chance.uniform(0, 100)) if k % 2 else str(chance.randrange(10**9))
                  for k in range(40)]
        yield ",".join(cells)


def make_file(n):
    rows = list(tails(min(n, N_DIFFERENT)))
    with open("run.csv", "w") as file:
        file.write(",".join(HEAD) + "\n")
        for i in range(n):
            file.write(f"{EPOCH + i}.000141,{rows[i % len(rows)]}\n")


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
    with tempfile.TemporaryDirectory(prefix="vmfc-bench-") as folder:
        os.chdir(folder)
        make_file(n)
        print(f"{n} rows of {len(HEAD)} columns ({os.path.getsize('run.csv') / 1e6:.0f} MB)\n")
        print("| | time | memory | of pandas' time |\n|---|---|---|---|")
        theirs = None
        if has_pandas:
            theirs, memory = measure(sys.executable, "-c",
                                     "import pandas; pandas.read_csv('run.csv')")
            print(f"| pandas, reads | {theirs:.2f} s | {memory:.0f} MiB | 1 |")
        seconds, memory = measure(vmfc, "report", "run.csv")
        share = f"1/{theirs / seconds:.1f}" if theirs else "?"
        print(f"| vmfc report | {seconds:.2f} s | {memory:.1f} MiB | {share} |")
        size = os.path.getsize("report.html")
        print(f"\nthe page has {size / 1e6:.2f} MB")
    failed = memory > MOST_MEMORY or size > MOST_SIZE or (theirs is not None and seconds > theirs)
    if not has_pandas:
        print("\nskipped: pandas is not installed (apt-get install python3-pandas), so there is "
              "nothing to compare with")
    sys.exit(1 if failed else 0 if has_pandas else SKIPPED)


if __name__ == "__main__":
    main()
