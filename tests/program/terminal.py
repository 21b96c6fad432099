# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""On a terminal: one line that updates. Without one: nothing but warnings."""

import os
import pty
import re
import select
import subprocess
import termios
import unittest

from common import VMFC, ProgramTest, main


class Terminal(ProgramTest):
    def on_terminal(self, *args):
        """Runs vmfc with its stderr on a terminal; returns what was shown there."""
        master, slave = pty.openpty()
        process = subprocess.Popen([VMFC, *args], cwd=self.folder, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=slave)
        os.close(slave)
        shown = b""
        while process.poll() is None or select.select([master], [], [], 0)[0]:
            if not select.select([master], [], [], 0.1)[0]:
                continue
            try:
                shown += os.read(master, 4096)
            except OSError:
                break
        process.stdout.close()
        os.close(master)
        self.assertEqual(process.wait(), 0)
        return shown.decode()

    def test_progress(self):
        shown = self.on_terminal("--plugins", "proc", "--interval", "0.1", "--duration", "1")
        lines = [part for part in shown.split("\r") if "records" in part]
        self.assertGreater(len(lines), 2)
        self.assertRegex(lines[-1], r"^\d\.\d of 1\.0 s: \d+ records, CPU \d+\.\d %, "
                                    r"late \d+\.\d\d ms, \d+ columns missing")
        self.assertNotIn("\n", shown.rstrip("\r\n\x1b[K"))
        # the line is gone at the end
        self.assertTrue(shown.endswith("\r\x1b[K"), repr(shown[-40:]))

    def test_progress_of_a_workload(self):
        shown = self.on_terminal("--plugins", "cpu", "--interval", "0.1", "--duration", "0.5",
                                 "--stress-workload", "load=0")
        self.assertRegex(shown, r"s: \d+ records, load load=0, CPU ")

    def test_terminal_that_stands_still(self):
        """Ctrl-S holds up neither ticks nor records."""
        master, slave = pty.openpty()
        process = subprocess.Popen([VMFC, "--plugins", "cpu", "--interval", "0.02", "--duration",
                                    "2"], cwd=self.folder, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=slave)
        termios.tcflow(slave, termios.TCOOFF)
        # the run ends by itself while the terminal still stands
        self.assertEqual(process.wait(timeout=30), 0)
        termios.tcflow(slave, termios.TCOON)
        os.close(master)
        os.close(slave)
        records = self.records()
        self.assertEqual(len(records) + sum(record["missed_ticks"] for record in records), 100)

    def test_quiet_without_terminal(self):
        done = self.vmfc("--plugins", "proc", "--interval", "0.1", "--duration", "0.5")
        self.assertEqual(done.stderr, "")
        self.assertIsNone(re.search("\r", done.stdout))


if __name__ == "__main__":
    main()
