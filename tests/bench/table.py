# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""The table in which a benchmark tells what it has measured and which bars it reaches."""

import statistics
import sys


def spread(values, form='%.2f'):
    """The median, and between which values it lies."""
    return ('%s (%s to %s)' % (form, form, form)) % (
        statistics.median(values), min(values), max(values))


class Table:
    """Prints a line for each row as soon as it is known."""

    def __init__(self, title):
        print('\n%s\n%-44s  %-32s %-9s %s' % (title, 'what', 'measured', 'bar', 'reached'))

    def row(self, what, measured, value=None, most=None, form='%g'):
        """
        measured: as text
        value, most: by which it is judged; without a bar it is told and not judged
        """
        bar, verdict = '-', ''
        if most is not None:
            bar = '<= ' + form % most
            verdict = 'reached' if value <= most else 'NOT reached'
        print(('%-44s  %-32s %-9s %s' % (what, measured, bar, verdict)).rstrip())
        sys.stdout.flush()
