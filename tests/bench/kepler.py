#!/usr/bin/env python3
# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What it costs to read Kepler's page, and whether ticks are late because of it.

First a page of 100,000 processes is parsed beside a bare scan for its numbers. Then vmfc runs with
and without the sampler, in turn, against an exporter that hands that page out. Last comes the CPU time
of an answer, beside that of another vmfc where one is named. A bar that is not reached is said and
is no failure.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

import bench
from bench import percentile, verdict

LEAST_MEGABYTES_PER_SECOND = 500
MOST_BYTES_PER_SERIES = 100
MOST_MEMORY_MIB = 16
# of the exporter's small page
N_PROCESSES = 40
# the runs that the CPU time of an answer is taken from
COST = bench.Plan(interval=0.1, seconds=8, rounds=6)


def bench_page(page):
    result = json.loads(subprocess.run([page], stdout=subprocess.PIPE, check=True).stdout)
    speed, size = result['megabytes_per_second'], result['bytes_per_series']
    print('A page of %.1f MB, %d series, in pieces of 64 KiB:' % (
        result['megabytes'], result['series']))
    print('  parsed and accounted   %6d MB/s  >= %d %s' % (
        speed, LEAST_MEGABYTES_PER_SECOND, verdict(LEAST_MEGABYTES_PER_SECOND, speed)))
    print('  bare scan for numbers  %6d MB/s, %.1f times as fast (rounds %.1f to %.1f)' % (
        result['floor_megabytes_per_second'], statistics.median(result['ratios']),
        min(result['ratios']), max(result['ratios'])))
    print('  memory per series      %6.1f bytes  <= %d %s' % (
        size, MOST_BYTES_PER_SERIES, verdict(size, MOST_BYTES_PER_SERIES)))


def run_vmfc(vmfc, plugins, url, seconds):
    """Returns: its records, and its peak memory in MiB"""
    with tempfile.TemporaryDirectory() as folder:
        command = [vmfc, '--plugins', plugins, '--duration', str(seconds), '--output', 'b.json']
        if url is not None:
            command += ['--kepler-url', url]
        usage = bench.finish(bench.start(command, folder), command, folder)
        with open(os.path.join(folder, 'b.json'), encoding='utf-8') as file:
            return json.load(file), usage.ru_maxrss / 1024


def describe(title, records):
    late = [record['tick_lateness_us'] for record in records]
    print('  %-22s late p50 %4d us, p99 %4d us, max %4d us; %d windows missed' % (
        title, *[percentile(late, percent) for percent in (50, 99, 100)],
        sum(record['missed_ticks'] for record in records)))


def bench_run(vmfc, exporter, seconds, rounds):
    """How late ticks are, and how much memory it takes."""
    server = subprocess.Popen([exporter], stdout=subprocess.PIPE, text=True)
    url = 'http://localhost:%d' % int(server.stdout.readline())
    pages = {'small page': '/metrics', 'page of 100,000': '/huge'}
    records = {title: [] for title in ('without kepler', *pages)}
    peaks = {title: 0 for title in records}
    try:
        run_vmfc(vmfc, 'kepler', url + '/huge', 2)  # the page is made at first sight
        for _ in range(rounds):
            for title in records:
                page = pages.get(title)
                run, peak = run_vmfc(vmfc, 'perf,proc' if page is None else 'perf,proc,kepler',
                                     None if page is None else url + page, seconds)
                records[title] += run
                peaks[title] = max(peaks[title], peak)
    finally:
        server.terminate()
        server.wait()
    print('\nOne tick a second, %d x %d s each, in turn:' % (rounds, seconds))
    for title, run in records.items():
        describe(title, run)
    for title in pages:
        took = [record['kepler_scrape_seconds'] for record in records[title]
                if record['kepler_scrape_seconds'] is not None]
        print('  %-22s answers %d of %d, median %.4f s' % (
            title, len(took), len(records[title]), statistics.median(took) if took else 0))
    for title, peak in peaks.items():
        print('  %-22s peak memory %5.1f MiB  <= %d %s' % (
            title, peak, MOST_MEMORY_MIB, verdict(peak, MOST_MEMORY_MIB)))


def read_rows(folder):
    with open(os.path.join(folder, 'b.json'), encoding='utf-8') as file:
        rows = json.load(file)
    return len(rows), sum(row['missed_ticks'] for row in rows), []


def measure_answer(vmfc, url):
    """Returns: CPU time of an answer in us: that of a tick with it less that of one without"""
    command = [vmfc, '--interval', str(COST.interval), '--duration', str(COST.seconds), '--output',
               'b.json', '--plugins']
    asking = ['load,kepler', '--kepler-url', url, '--set',
              f'kepler.scrape_interval={COST.interval}']
    return bench.run(command + asking, read_rows, COST).steady_us - \
        bench.run(command + ['load'], read_rows, COST).steady_us


def bench_answer(vmfc, other, exporter, rounds):
    """What it costs to ask for a small page."""
    server = subprocess.Popen([exporter], stdout=subprocess.PIPE, text=True)
    url = 'http://localhost:%d/metrics' % int(server.stdout.readline())
    costs, others = [], []
    try:
        for _ in range(rounds):
            costs.append(measure_answer(vmfc, url))
            if other is not None:
                others.append(measure_answer(other, url))
    finally:
        server.terminate()
        server.wait()
    print('\nCPU time of an answer, %d processes, one each %g s:' % (N_PROCESSES, COST.interval))
    print('  vmfc                   %6.0f us (rounds %.0f to %.0f)' % (
        statistics.median(costs), min(costs), max(costs)))
    if other is not None:
        ratios = [cost / before for cost, before in zip(costs, others)]
        print('  the other              %6.0f us (rounds %.0f to %.0f)' % (
            statistics.median(others), min(others), max(others)))
        print('  vmfc / the other       %6.2f (rounds %.2f to %.2f)' % (
            statistics.median(ratios), min(ratios), max(ratios)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--vmfc', required=True, metavar='PATH', help='the program')
    parser.add_argument('--page', required=True, metavar='PATH', help='what parses a page')
    parser.add_argument('--exporter', required=True, metavar='PATH', help='the server')
    parser.add_argument('--other', metavar='PATH', help='another vmfc, to compare with')
    parser.add_argument('--seconds', type=int, default=20, help='length of a run')
    parser.add_argument('--rounds', type=int, default=3, help='runs of each kind')
    parser.add_argument('--quick', action='store_true', help='a run of 5 seconds of each kind')
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.seconds, arguments.rounds = 5, 1
    bench.adopt_orphans()
    bench_page(os.path.abspath(arguments.page))
    bench_run(os.path.abspath(arguments.vmfc), os.path.abspath(arguments.exporter),
              arguments.seconds, arguments.rounds)
    bench_answer(os.path.abspath(arguments.vmfc),
                 os.path.abspath(arguments.other) if arguments.other is not None else None,
                 os.path.abspath(arguments.exporter), 2 if arguments.quick else COST.rounds)
    return 0


if __name__ == '__main__':
    sys.exit(main())
