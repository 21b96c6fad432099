#!/usr/bin/env python3
# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""Whether workloads do what they are asked for, and whether ticks are late because of them.

First the load that steps ask for beside the one that the records show. Then vmfc ticks while a
workload starts, stops and works, beside an empty loop that waits for a timer at the same time. A bar
that is not reached is said and is no failure. It takes an otherwise idle machine.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

from bench import percentile, verdict

BUSY = ['idle', 'load=50', 'load=100', 'cpu_intensive', 'memory_intensive', 'io_intensive',
        'mixed_workload', 'syscall_intensive', 'process_intensive']
MOST_RATIO = 1.1


def run_vmfc(vmfc, arguments):
    """Returns: its records"""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([vmfc, '--output', 'b.json', '--format', 'json', *arguments], cwd=folder,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=True)
        with open(os.path.join(folder, 'b.json'), encoding='utf-8') as file:
            return json.load(file)


def settled(records):
    """Returns: for each load that was asked for, those that were there in whole windows"""
    steps = {}
    for record in records:
        if not record['stress_transition'] and record['stress_target_load'] is not None:
            steps.setdefault(record['stress_target_load'], []).append(record['cpu_utilization'])
    return steps


def tell_accuracy(title, records, most):
    steps = settled(records)
    off = {target: statistics.mean(loads) - target for target, loads in steps.items()}
    worst = max(off, key=lambda target: abs(off[target]))
    print('%s: %d loads asked for, mean of each off by %.2f points on average,\n'
          '  %.2f at most (%g asked for, %.2f there)  <= %g %s' % (
              title, len(off), statistics.mean(map(abs, off.values())), abs(off[worst]), worst,
              worst + off[worst], most, verdict(abs(off[worst]), most)))


def bench_accuracy(vmfc, seconds):
    step = seconds
    levels = list(range(5, 101, 5))
    sequence = ','.join('load=%d:%g' % (level, step) for level in levels)
    common = ['--plugins', 'proc', '--duration']
    tell_accuracy('load', run_vmfc(vmfc, common + [str(step * len(levels)), '--stress-workload',
                                                   sequence]), 1)
    tell_accuracy('cpu_cycling', run_vmfc(vmfc, common + [
        str(step * 40), '--stress-workload', 'cpu_cycling', '--set',
        'stress_ng.step=%g' % step]), 2)


def run_beside_timer(vmfc, timer, workload, interval, seconds):
    """Returns: how late the ticks of both were, in microseconds"""
    with subprocess.Popen([timer, str(int(interval * 1e6)), str(int(seconds * 1e3))],
                          stdout=subprocess.PIPE, text=True) as loop:
        # it starts and stops within the run
        records = run_vmfc(vmfc, ['--plugins', 'perf,proc', '--interval', str(interval),
                                  '--duration', str(seconds), '--stress-workload',
                                  '%s:%g,idle:%g' % (workload, seconds / 5, seconds / 10)])
        bare = [int(line.split()[0]) for line in loop.stdout]
    return [record['tick_lateness_us'] for record in records], bare


def bench_lateness(vmfc, timer, interval, seconds, rounds):
    print('\nLateness at %g s, vmfc / an empty loop beside it, us; %d x %g s each:' % (
        interval, rounds, seconds))
    print('  %-20s %13s %13s %15s %7s' % ('workload', 'p50', 'p99', 'max', 'p99'))
    for workload in BUSY:
        ours, bare = [], []
        for _ in range(rounds):
            late = run_beside_timer(vmfc, timer, workload, interval, seconds)
            ours += late[0]
            bare += late[1]
        pairs = [(percentile(ours, percent), percentile(bare, percent))
                 for percent in (50, 99, 100)]
        ratio = pairs[1][0] / pairs[1][1]
        print('  %-20s %13s %13s %15s %7.2f  <= %g %s' % (
            workload, *['%d / %d' % pair for pair in pairs], ratio, MOST_RATIO,
            verdict(ratio, MOST_RATIO)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n\n')[0])
    parser.add_argument('--vmfc', required=True, metavar='PATH')
    parser.add_argument('--timer', required=True, metavar='PATH')
    parser.add_argument('--quick', action='store_true', help='shorter, and less sure')
    options = parser.parse_args()
    if shutil.which('stress-ng') is None:
        sys.exit('stress-ng is not installed')
    bench_accuracy(options.vmfc, 4 if options.quick else 8)
    bench_lateness(options.vmfc, options.timer, 0.1, 10 if options.quick else 30,
                   1 if options.quick else 2)


if __name__ == '__main__':
    main()
