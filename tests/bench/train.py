#!/usr/bin/env python3
# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""vmfc train beside scikit-learn, which fits the same families to the same folds with as many threads.

    train.py --vmfc BUILD/vmfc [--rows 1400] [--threads 2] [--long] [--quick]

Both read the same CSV, fit every family without each of nine workloads and without each two of them,
estimate the rows that were left out, and fit the one that is best to all rows: once from what can be
told with hardware counters, and once without.
--long: also a million rows with 40 columns, which vmfc alone reads, with its time and memory.
Ends with 1 when vmfc takes longer, or more than 2 GiB.
Without scikit-learn (python3-sklearn) there is nothing to compare with.
"""

import argparse
import os
import subprocess
import sys
import tempfile

from measuring import measure

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
import laws

WORKLOADS = [f"workload_{i}" for i in range(9)]
MOST_MEMORY = 2048
SKIPPED = 77  # as meson has it
PEER = """
import itertools, os, sys
for name in ("OMP", "OPENBLAS", "MKL"):
    os.environ[name + "_NUM_THREADS"] = "1"
import numpy, pandas
from joblib import Parallel, delayed
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression

d = pandas.read_csv("training.csv")
x = numpy.stack([(d.cpu_user_time + d.cpu_system_time) / 100 * d.core_count,
                 d.cpu_cycles / d.time_delta_seconds, d.instructions / d.time_delta_seconds], 1)
y, g = d.power_watts_package.values, d.stress_workload.values
names = sorted(set(g))
KNOTS = [0, .02, .05, .1, .2, .4, .7, 1]

def curve(x, scale):
    z = x[:, 0] / scale[0]
    return numpy.stack([(numpy.clip(z, a, b if b < 1 else None) - a) / (b - a)
                        for a, b in zip(KNOTS, KNOTS[1:])], 1)

def terms(x, scale):
    return numpy.concatenate([t for z in (x / scale).T for t in [numpy.stack(
        [z, z * z, numpy.sqrt(z), numpy.minimum(z, .1) * 10, numpy.minimum(z, .3) / .3], 1)]], 1)

def fit(x, out):
    left = numpy.isin(g, out)
    a, b, p = x[~left], y[~left], x[left]
    n = len(b)
    scale = numpy.quantile(a, .999, axis=0)
    weight = 1 / b ** 2
    weight /= weight.sum()
    DummyRegressor().fit(a, b, weight)
    LinearRegression(positive=True).fit(curve(a, scale), b, weight).predict(curve(p, scale))
    t, s = terms(a, scale), terms(p, scale)
    q = t.shape[1]
    for penalty in (.03, .01, .003, .0003):
        more = numpy.concatenate([t, numpy.eye(q) - 1 / q])
        LinearRegression(positive=True).fit(more, numpy.r_[b, numpy.zeros(q)], numpy.r_[
            weight, numpy.full(q, penalty)]).predict(s)
    HistGradientBoostingRegressor(max_iter=200, max_depth=3, learning_rate=.05, max_bins=255,
        min_samples_leaf=max(n // 100, 1), l2_regularization=.001 * n, early_stopping=False,
        monotonic_cst=[1] * x.shape[1]).fit(a, b, numpy.full(n, 1.0)).predict(p)

folds = [[name] for name in names] + [list(two) for two in itertools.combinations(names, 2)] + [[]]
folds[-1] = [names[0]]  # the model itself, of about all
Parallel(n_jobs=int(sys.argv[1]))(delayed(fit)(f, out) for f in (x, x[:, :1]) for out in folds)
"""


def make_long(n, columns=40):
    """A row a line, as wide as asked for."""
    made = laws.rows(n_each=500, workloads=WORKLOADS)
    more = columns - len(made[0])
    with open("long.csv", "w") as file:
        file.write(",".join(made[0]) + "".join(f",more_{i}" for i in range(more)) + "\n")
        rest = "".join(f",{(i + 1) * 1234.56789}" for i in range(more))
        lines = [",".join(list(row.values())[2:]) + rest for row in made]
        for i in range(n):
            file.write(f"run,{laws.EPOCH + i},{lines[i * len(lines) // n]}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vmfc", required=True)
    parser.add_argument("--rows", type=int, default=1400, help="of each of nine workloads")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--quick", action="store_true", help="300 rows of each workload")
    args = parser.parse_args()
    vmfc = os.path.abspath(args.vmfc)
    has_peer = subprocess.run([sys.executable, "-c", "import sklearn, pandas"],
                              stderr=subprocess.DEVNULL).returncode == 0
    n = 300 if args.quick else args.rows
    failed = False
    with tempfile.TemporaryDirectory(prefix="vmfc-bench-") as folder:
        os.chdir(folder)
        laws.write("training.csv", laws.rows(n_each=n, workloads=WORKLOADS))
        train = (vmfc, "train", "--output", "model.json", "--threads", str(args.threads))
        print(f"{9 * n} rows, {args.threads} threads\n\n| | time | memory |\n|---|---|---|")
        ours, memory = measure(*train, "training.csv")
        print(f"| vmfc train | {ours:.2f} s | {memory:.0f} MiB |")
        failed |= memory > MOST_MEMORY
        if has_peer:
            theirs, memory = measure(sys.executable, "-c", PEER, str(args.threads))
            print(f"| scikit-learn | {theirs:.2f} s | {memory:.0f} MiB |")
            print(f"\nvmfc takes {ours / theirs:.2f} of scikit-learn's time")
            failed |= ours > theirs
        if args.long:
            make_long(1000000)
            seconds, memory = measure(*train, "long.csv")
            print(f"\na million rows with 40 columns: {seconds:.1f} s, {memory:.0f} MiB")
            failed |= memory > MOST_MEMORY
    if not has_peer:
        print("\nskipped: scikit-learn is not installed (apt-get install python3-sklearn "
              "python3-pandas), so there is nothing to compare with")
    sys.exit(1 if failed else 0 if has_peer else SKIPPED)


if __name__ == "__main__":
    main()
