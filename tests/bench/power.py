#!/usr/bin/env python3
# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What an estimate of power costs, beside what a tick of perf and proc costs in the same run.

CPU time of ticks that are paced 0.1 s apart: caches have forgotten and CPUs have rested, as they have between the ticks
of vmfc. The tick is that of the whole process, as costs.md has it; what the ticking thread alone takes is told beside
it. The linear model has all terms of three features; the trees are whole to their depth. Warm, an estimate takes a
tenth: most of it is waiting for memory. A bar that is not reached is said and is no failure.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile

from table import Table, spread

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'tools'))
from modelling import feature, make_model, sub_model, term

FEATURES = [feature('busy', 'cpus', ['cpu_busy'], maximum=1e3),
            feature('page_faults', 'rate', ['page_faults'], maximum=1e9),
            feature('context_switches', 'rate', ['context_switches'], maximum=1e9)]
SCALES = (4.0, 1e5, 1e4)
MOST_LINEAR = 2  # percent of a tick
MOST_TREES = 10
N_TREES = 200
DEPTH = 3
ROUNDS = 9
TICKS = 60


def make_linear():
    terms = [one for i, scale in enumerate(SCALES) for one in (
        term(i, 'linear', scale), term(i, 'square', scale), term(i, 'root', scale),
        term(i, 'limit', scale, to=0.1), term(i, 'limit', scale, to=0.3))]
    return sub_model('perf,proc', FEATURES, terms)


def make_tree(numbers):
    n_splits = 2 ** DEPTH - 1
    n = 2 * n_splits + 1
    features = [numbers.randrange(len(SCALES)) if i < n_splits else -1 for i in range(n)]
    return {'feature': features,
            'value': [numbers.uniform(0, SCALES[feature]) if feature >= 0 else numbers.uniform(-1, 1)
                      for feature in features],
            'left': [2 * i + 1 if i < n_splits else 0 for i in range(n)],
            'right': [2 * i + 2 if i < n_splits else 0 for i in range(n)],
            'missing_left': [0] * n}


def make_trees():
    numbers = random.Random(1)
    model = sub_model('perf,proc', FEATURES, [], base=20.0,
                      trees=[make_tree(numbers) for _ in range(N_TREES)])
    return {key: value for key, value in model.items() if key not in ('terms', 'constant')} | {
        'family': 'trees'}


def make_both(model):
    """For two zones."""
    both = make_model(model)
    both['zones'].append({'zone': 'core', 'sub_models': [model]})
    return both


def measure(arguments, model):
    with tempfile.TemporaryDirectory(prefix='vmfc-power-') as folder:
        path = os.path.join(folder, 'model.json')
        with open(path, 'w', encoding='utf-8') as file:
            json.dump(model, file)
        done = subprocess.run(
            [arguments.estimate, str(TICKS), '--plugins', 'perf,proc', '--interval', '0.1',
             '--fsync', '0', '--plugin-path', arguments.plugin_path, '--model', path, '--output',
             os.path.join(folder, 'run.json')],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
        with open(os.path.join(folder, 'run.json'), encoding='utf-8') as file:
            records = json.load(file)
    n_missing = sum(record['estimated_watts_package'] is None for record in records)
    if n_missing > 0.1 * TICKS:
        sys.exit(f'power: {n_missing} of {TICKS} records have no estimate')
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--estimate', required=True, metavar='PATH', help='what ticks')
    parser.add_argument('--plugin-path', required=True, metavar='FOLDERS')
    parser.add_argument('--quick', action='store_true', help='few rounds, and less sure')
    arguments = parser.parse_args()
    print(__doc__.split('\n\n', 1)[1].strip())
    models = {'linear, 15 terms': (make_model(make_linear()), MOST_LINEAR),
              f'{N_TREES} trees of depth {DEPTH}': (make_model(make_trees()), MOST_TREES),
              'linear, two zones': (make_both(make_linear()), None),
              f'{N_TREES} trees, two zones': (make_both(make_trees()), None)}
    table = Table('an estimate, beside a tick of perf,proc')
    for name, (model, most) in models.items():
        runs = [measure(arguments, model) for _ in range(3 if arguments.quick else ROUNDS)]
        table.row(f'{name} (us)', spread([1e-3 * run['estimate'] for run in runs]))
        for part, what, bar in (('process', 'tick', most), ('tick', 'ticking thread', None)):
            shares = [100 * run['estimate'] / run[part] for run in runs]
            table.row(f'  {what} without it (us)', spread([1e-3 * run[part] for run in runs]))
            table.row('  share of that (%)', spread(shares), statistics.median(shares), bar)


if __name__ == '__main__':
    main()
