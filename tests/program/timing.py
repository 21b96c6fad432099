# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What tests assert of times, on a machine that others may use as well."""

import contextlib
import os
import resource
import threading
import time
import unittest

# the share of all CPU time that others may use while tests measure what a machine does
BUSY = 0.25
LOOK = 0.02  # s between two looks at whether a test goes on
LATE = 0.04  # s that such a look can be late while nobody else has the CPUs


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


class Standstill(threading.Thread):
    """How long a test was kept from the CPUs at a time. Where the host of a virtual machine stops it, no
    count of CPU time shows that, not even the stolen one."""

    def __init__(self):
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.longest = 0

    def run(self):
        then, worked = time.monotonic(), time.process_time()
        is_over = False
        while not is_over:
            is_over = self.over.wait(LOOK)
            now, work = time.monotonic(), time.process_time()
            # what the test works itself keeps this thread waiting too
            self.longest = max(self.longest, now - then - LOOK - (work - worked))
            then, worked = now, work

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.over.set()
        self.join()


class Timing:
    """Tells what is late because others use the machine from what is wrong. A test puts what it asserts of
    times, and nothing else, into "with self.timing():". It goes on after a failure there, because what is
    not about time must hold all the same."""

    def __init__(self, late=LATE):
        """@late: how long a machine may stand still without an effect on what is asserted, in s"""
        self.late = late
        self.begin, self.before = time.monotonic(), cpu_seconds()
        self.failures = []
        self.standstill = Standstill()
        self.standstill.start()

    @contextlib.contextmanager
    def __call__(self):
        try:
            yield
        except AssertionError as failure:
            self.failures.append(failure)

    def end(self):
        """For a test that cannot go on. What others have used is known of processes that have ended."""
        if not self.failures:
            return
        share = share_of_others(self.before, time.monotonic() - self.begin)
        longest = self.standstill.longest
        if share <= BUSY and longest <= self.late:
            raise self.failures[0]
        raise unittest.SkipTest(f"while others used {share:.0%} of the CPU time of this machine, and it stood "
                                f"still for {longest:.3f} s: {self.failures[0]}")

    def close(self):
        """At the end of each test, when the test's own processes have ended. A failure is one, or the test
        is skipped with what others did."""
        self.standstill.stop()
        self.end()
