# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What a run tells of itself before its first window, and the record that it has in hand at its end."""

import json
import select
import signal
import time

from common import MODULES, ProgramTest, main


class Ends(ProgramTest):
    def test_record_in_hand(self):
        """Ctrl-C while a plugin still owes an answer: the record is written without it."""
        done = self.vmfc("--plugin-path", MODULES, "--plugins", "cpu,unruly", "--set", "unruly.does=interrupts",
                         "--interval", "0.5", "--duration", "0")
        records = self.records()
        self.assertEqual([record["unruly"] for record in records], [7, None])
        self.assertIsNotNone(records[1]["cpu_busy"])
        self.assertIn("2 records", done.stdout)

    def test_long_wait(self):
        """The user reads that nothing happens for a while; Ctrl-C ends that, and no record is missed."""
        process = self.start("--plugins", "cpu", "--interval", "0.1", "--duration", "0", "--start-time",
                             f"{time.time() + 1000:.6f}")
        self.assertTrue(select.select([process.stderr], [], [], 60)[0], "vmfc says nothing")
        self.assertRegex(process.stderr.readline(),
                         r"^vmfc: the first window opens in 9\d\d\.\d{3} s and is 0\.100 s long\n$")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        self.assertEqual((process.returncode, said), (0, ""))
        self.assertEqual(self.records(), [])

    def test_grace(self):
        """A plugin is told how long its answers may take: without windows that is no part of one."""
        for options, seconds in ((), 0.08), (("--grace", "0.05"), 0.05), (("--no-sync",), 10):
            done = self.vmfc("--plugin-path", MODULES, "--plugins", "unruly", "--set", "unruly.does=tells-grace",
                             "--interval", "0.1", "--duration", "0.1", *options)
            self.assertIn(f"an answer may take {seconds} s\n", done.stderr)

    def test_late_begin(self):
        """A run whose first ticks were missed says when it really began."""
        process = self.start("--plugins", "cpu", "--start-time", f"{time.time() + 1:.6f}", "--interval", "0.1",
                             "--duration", "0.3")
        self.wait_for_file("data/vm_features.meta.json")
        process.send_signal(signal.SIGSTOP)
        time.sleep(1.5)
        process.send_signal(signal.SIGCONT)
        process.communicate(timeout=60)
        first = self.records()[0]
        with open(self.path("data/vm_features.meta.json")) as file:
            begin = json.load(file)["start_time"]
        self.assertAlmostEqual(first["timestamp"] - first["tick_lateness_us"] / 1e6,
                               begin + 0.1 * (1 + first["missed_ticks"]), delta=0.02)


if __name__ == "__main__":
    main()
