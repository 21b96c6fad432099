# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What tests assert of times, on a machine that others may use as well."""

import contextlib
import os
import resource
import time
import unittest

# the share of all CPU time that others may use while tests measure what a machine does
BUSY = 0.25


def cpu_seconds():
    """What all CPUs have worked since boot, stolen time included, and what of it was ours."""
    with open("/proc/stat") as file:
        user, nice, system, _, _, irq, softirq, steal = map(int, file.readline().split()[1:9])
    ticks = user + nice + system + irq + softirq + steal
    ours = sum(usage.ru_utime + usage.ru_stime for usage in
               map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))
    return ticks / os.sysconf("SC_CLK_TCK"), ours


def share_of_others(before, seconds):
    """Of all CPU time since then, what others than the test have used."""
    total, ours = (now - then for now, then in zip(cpu_seconds(), before))
    return max(total - ours, 0) / (seconds * os.cpu_count())


class Timing:
    """Tells what is late because others use the machine from what is wrong. A test puts what it asserts of
    times, and nothing else, into "with self.timing():". It goes on after a failure there, because what is
    not about time must hold all the same."""

    def __init__(self):
        self.begin, self.before = time.monotonic(), cpu_seconds()
        self.failures = []

    @contextlib.contextmanager
    def __call__(self):
        try:
            yield
        except AssertionError as failure:
            self.failures.append(failure)

    def end(self):
        """For a test that cannot go on, and for each at its end: when the test's own processes have ended,
        because their work is known only then. A failure is one, or the test is skipped with what others
        used."""
        if not self.failures:
            return
        share = share_of_others(self.before, time.monotonic() - self.begin)
        if share <= BUSY:
            raise self.failures[0]
        raise unittest.SkipTest(f"while others used {share:.0%} of the CPU time of this machine: "
                                f"{self.failures[0]}")
