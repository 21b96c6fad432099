#!/usr/bin/env python3
# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What it costs to read Kepler's page, and whether ticks are late because of it.

First a page of 100,000 processes is parsed beside a bare scan for its numbers. Then vmfc runs with
and without the sampler, in turn, against an exporter that hands that page out. A bar that is not
reached is said and is no failure.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

from bench import percentile, verdict

LEAST_MEGABYTES_PER_SECOND = 500
MOST_BYTES_PER_SERIES = 100


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
    """Returns: its records"""
    with tempfile.TemporaryDirectory() as folder:
        command = [vmfc, '--plugins', plugins, '--duration', str(seconds), '--output', 'b.json']
        if url is not None:
            command += ['--kepler-url', url]
        subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=True)
        with open(os.path.join(folder, 'b.json'), encoding='utf-8') as file:
            return json.load(file)


def describe(title, records):
    late = [record['tick_lateness_us'] for record in records]
    print('  %-22s late p50 %4d us, p99 %4d us, max %4d us; %d windows missed' % (
        title, *[percentile(late, percent) for percent in (50, 99, 100)],
        sum(record['missed_ticks'] for record in records)))


def bench_lateness(vmfc, exporter, seconds, rounds):
    server = subprocess.Popen([exporter], stdout=subprocess.PIPE, text=True)
    url = 'http://localhost:%d' % int(server.stdout.readline())
    pages = {'small page': '/metrics', 'page of 40 MB': '/huge'}
    records = {title: [] for title in ('without kepler', *pages)}
    try:
        run_vmfc(vmfc, 'kepler', url + '/huge', 2)  # the page is made at first sight
        for _ in range(rounds):
            records['without kepler'] += run_vmfc(vmfc, 'perf,proc', None, seconds)
            for title, path in pages.items():
                records[title] += run_vmfc(vmfc, 'perf,proc,kepler', url + path, seconds)
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


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--vmfc', required=True, metavar='PATH', help='the program')
    parser.add_argument('--page', required=True, metavar='PATH', help='what parses a page')
    parser.add_argument('--exporter', required=True, metavar='PATH', help='the server')
    parser.add_argument('--seconds', type=int, default=20, help='length of a run')
    parser.add_argument('--rounds', type=int, default=3, help='runs of each kind')
    arguments = parser.parse_args()
    bench_page(os.path.abspath(arguments.page))
    bench_lateness(os.path.abspath(arguments.vmfc), os.path.abspath(arguments.exporter),
                   arguments.seconds, arguments.rounds)
    return 0


if __name__ == '__main__':
    sys.exit(main())
