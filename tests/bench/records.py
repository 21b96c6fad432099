#!/usr/bin/env python3
# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What a record costs in each sink: its text, and its way into the file.

The floor writes as many bytes with one write a record: it knows them already, and a kill may tear
them. What is above both is the price of files that are valid whenever vmfc is killed, see
core/output/append-file.c. Paced is a record every 10 ms instead of one after the other: caches have forgotten
and CPUs have rested, as they have when vmfc writes. CPU time of the thread that writes. A bar that
is not reached is said and is no failure.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

from table import Table, spread

FORMATS = ('json', 'jsonl', 'csv')
MOST_US = 3


def measure(arguments, name, rounds):
    with tempfile.TemporaryDirectory(prefix='vmfc-records-', dir=arguments.folder) as folder:
        done = subprocess.run(
            [arguments.sink, str(rounds), '--plugins', 'perf,proc', '--format', name, '--fsync', '0',
             '--plugin-path', arguments.plugin_path, '--output', os.path.join(folder, 'run.json')],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return json.loads(done.stdout)


def tell(name, result):
    table = Table('%s: %d columns, %d bytes a record, all columns there' % (
        name, result['columns'], result['bytes']))
    texts, files, floors = [[1e-3 * costs[part] for costs in result['rounds']]
                            for part in ('format', 'write', 'floor')]
    ratios = [ours / floor for ours, floor in zip(files, floors)]
    beside = [(ours - text) / floor for ours, text, floor in zip(files, texts, floors)]
    table.row('its text (us)', spread(texts), statistics.median(texts), MOST_US)
    table.row('its text and the file (us)', spread(files), statistics.median(files), MOST_US)
    table.row('floor: as many bytes (us)', spread(floors))
    table.row('text and file beside the floor', spread(ratios))
    table.row('the file alone beside the floor', spread(beside))
    paced = result['paced']
    table.row('paced: text; text and file; floor (us)', '%.1f; %.1f; %.1f' % tuple(
        1e-3 * paced[part] for part in ('format', 'write', 'floor')))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--sink', required=True, metavar='PATH', help='what writes the records')
    parser.add_argument('--plugin-path', required=True, metavar='FOLDERS')
    parser.add_argument('--folder', default=tempfile.gettempdir(), help='on which disk to write')
    parser.add_argument('--quick', action='store_true', help='few rounds, and less sure')
    arguments = parser.parse_args()
    print(__doc__.split('\n\n', 1)[1].strip())
    try:
        for name in FORMATS:
            tell(name, measure(arguments, name, 3 if arguments.quick else 21))
    except (subprocess.CalledProcessError, OSError) as error:
        sys.exit('records: %s' % error)


if __name__ == '__main__':
    main()
