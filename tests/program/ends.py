# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What a run does before its first window, and with the record that it has in hand at its end."""

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
        self.assertRegex(process.stderr.readline(),
                         r"^vmfc: the first window opens in 9\d\d\.\d{3} s and is 0\.100 s long\n$")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        self.assertEqual((process.returncode, said), (0, ""))
        self.assertEqual(self.records(), [])


if __name__ == "__main__":
    main()
