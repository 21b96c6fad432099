# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""
The sampler kepler while processes change their names, end, and become zombies, and kernel workers are
renamed by the disk's work: what it adds up is what they have used. VMFC_KEPLER_SECONDS says how long.
"""

import os
import subprocess
import sys
import unittest

from common import ProgramTest, main
from kepler_sim import Kepler

SECONDS = int(os.environ.get("VMFC_KEPLER_SECONDS", "8"))
N_ATTEMPTS = 5  # of a run in which the machine is to go on
LATE = 50000  # us that a tick is late where it does not
CPUS = os.sysconf("SC_NPROCESSORS_ONLN")
# of one process that renames itself, writes to the disk, and has children that it reaps late
CHURN = """
import os, subprocess, sys, time
children = []
for n in range(1 << 30):
    with open("/proc/self/comm", "w") as file:
        file.write("churn/%d" % (n % 7))
    end = time.process_time() + 0.01
    while time.process_time() < end:
        pass
    with open(sys.argv[1], "wb") as file:
        file.write(bytes(1 << 20))
        os.fsync(file.fileno())
    children.append(subprocess.Popen(["sh", "-c", "i=0; while [ $i -lt 4000 ]; do i=$((i+1)); done"]))
    if len(children) > 30:
        children.pop(0).wait()
    time.sleep(0.01)
"""


class Churn(ProgramTest):
    def setUp(self):
        super().setUp()
        self.churn = subprocess.Popen([sys.executable, "-c", CHURN, self.path("written")])

    def tearDown(self):
        self.churn.kill()
        self.churn.wait()
        super().tearDown()

    def collect(self, kepler):
        done = self.vmfc("--plugins", "kepler", "--kepler-url", kepler.url, "--interval", "1",
                         "--duration", str(SECONDS), timeout=SECONDS + 60)
        kepler.stop()
        records = self.records()
        self.assert_windows(records, SECONDS)
        if len(records) == SECONDS:
            self.assertEqual(len(kepler.answers), len(records) + 1)
        self.assertGreater(kepler.n_renamed, 0)  # or nothing was tried
        span = 0
        for record in records:
            span += record["time_delta_seconds"]
            delta = record["node_process_cpu_seconds_delta"]
            if delta is None:
                continue
            # looks may be 5 % further apart than answers, and each growth has its rounding
            longest = span * 1.05 + record["kepler_scrape_seconds"]
            self.assertLessEqual(delta, CPUS * longest * 1.02 + 0.05)
            span = 0
        return records, done.stderr

    def test_look_when_asked(self):
        """Kepler as the plugin's README sets it up: every window is there, and true."""
        kepler = Kepler()
        records, said = self.collect(kepler)
        deltas = [record["node_process_cpu_seconds_delta"] for record in records]
        with self.timing():
            self.assertEqual(said, "")
            self.assertNotIn(None, deltas)
        if None in deltas:
            return
        true = kepler.answers[-1] - kepler.answers[0]
        print(f"{sum(deltas):.2f} CPU seconds, {true:.2f} are true; {kepler.n_renamed} renamed, "
              f"{len(records)} windows", file=sys.stderr)
        self.assertLess(abs(sum(deltas) - true), max(0.001 * true, 0.005))

    def test_own_looks(self):
        """Kepler as it is by default, but for its timer: some windows are missing, and nothing is lost."""
        for _ in range(N_ATTEMPTS):
            kepler = Kepler(2.3, 0.5)
            records, said = self.collect(kepler)
            # else its answers are those of other windows, or of another moment than vmfc takes them for
            if len(kepler.answers) == len(records) + 1 and \
                    max(record["tick_lateness_us"] for record in records) < LATE:
                break
        deltas = [record["node_process_cpu_seconds_delta"] for record in records]
        told = [i for i, delta in enumerate(deltas) if delta is not None]
        self.assertGreater(len(told), len(deltas) // 3, said)
        # growth counts from the first answer that was not an early look
        true = [kepler.answers[told[-1] + 1] - kepler.answers[i] for i in range(told[0] + 1)]
        total = sum(delta for delta in deltas if delta is not None)
        print(f"{total:.2f} CPU seconds, {true[0]:.2f} are true; {len(told)} of {len(deltas)} windows",
              file=sys.stderr)
        self.assertLess(min(abs(total - each) for each in true), max(0.001 * true[0], 0.005))


if __name__ == "__main__":
    main()
