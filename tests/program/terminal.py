# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""On a terminal: one line that updates. Without one: nothing but warnings."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
import unittest

from common import VMFC, ProgramTest, main


class Terminal(ProgramTest):
    def on_terminal(self, *args, columns=80):
        """Runs vmfc with its stderr on a terminal; returns what was shown there."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 25, columns, 0, 0))
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
        begin = time.monotonic()
        shown = self.on_terminal("--plugins", "proc", "--interval", "0.1", "--duration", "1")
        lines = [part for part in shown.split("\r") if "records" in part]
        with self.timing():
            self.assertGreater(len(lines), 2)
        # not for each record, but five times a second
        self.assertLessEqual(len(lines), (time.monotonic() - begin) * 5 + 1)
        self.assertRegex(lines[-1], r"^\d\.\d of 1\.0 s: \d+ records, CPU \d+\.\d %, "
                                    r"late \d+\.\d\d ms, \d+ columns missing")
        # before it the line that says what will be where
        begin, progress = shown.split("vm_features.csv\r\n")
        self.assertIn("vmfc: collecting proc every 0.1 s for 1 s into data/vm_features.json and",
                      begin)
        self.assertNotIn("\n", progress.rstrip("\r\n\x1b[K"))
        # the line is gone at the end
        self.assertTrue(shown.endswith("\r\x1b[K"), repr(shown[-40:]))

    def test_progress_of_long_windows(self):
        """The line shows that vmfc is alive before there is a record, and between two."""
        shown = self.on_terminal("--plugins", "cpu", "--interval", "3", "--duration", "3")
        self.assertRegex(shown, r"\r[12]\.\d of 3\.0 s: the first window is open")
        self.assertRegex(shown, r"\r3\.0 of 3\.0 s: 1 record, ")

    def test_messages_are_wrapped(self):
        """At the width of the terminal and between words, the reason first."""
        shown = self.on_terminal("--plugins", "kepler,cpu", "--kepler-url", "http://127.0.0.1:1/",
                                 "--interval", "2", "--duration", "2", columns=50)
        lines = re.sub(r"\x1b\[K", "", shown).replace("\r\n", "\n").replace("\r", "\n").split("\n")
        warning = [i for i, line in enumerate(lines) if "warning: kepler" in line][0]
        self.assertTrue(lines[warning + 1].startswith("  "), lines)
        self.assertLessEqual(max(map(len, lines)), 50)
        words = " ".join(lines[warning:warning + 8])
        self.assertIn("Connection refused", re.sub(" +", " ", words))

    def test_check_in_colour(self):
        for environment, expected in ({}, True), ({"NO_COLOR": "1"}, False):
            master, slave = pty.openpty()
            done = subprocess.run([VMFC, "--check", "--plugins", "cpu"], stdout=slave, timeout=60,
                                  env={**os.environ, **environment}, check=True)
            os.close(slave)
            shown = os.read(master, 65536).decode()
            os.close(master)
            self.assertEqual("cpu: \x1b[32mok\x1b[0m" in shown, expected, shown)
            self.assertEqual(done.returncode, 0)
        self.assertNotIn("\x1b", self.vmfc("--check").stdout)

    def test_check_strict(self):
        """What a run would have take part must work."""
        self.vmfc("--check=strict", "--plugins", "cpu,mem")
        self.vmfc("--check=strict", "--plugins", "kepler", "--kepler-url", "http://127.0.0.1:1/",
                  code=1)
        done = self.vmfc("--check", "--plugins", "kepler,nosuch", code=2)
        self.assertIn("unknown plugin 'nosuch'", done.stderr)

    def test_progress_of_a_workload(self):
        shown = self.on_terminal("--plugins", "cpu", "--interval", "0.1", "--duration", "0.5",
                                 "--stress-workload", "load=0")
        self.assertRegex(shown, r"s: \d+ records?, load load=0, CPU ")

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
        self.assert_accounted(self.records(), 100)

    def test_quiet_without_terminal(self):
        done = self.vmfc("--plugins", "proc", "--interval", "0.1", "--duration", "0.5")
        self.assertEqual(done.stderr, "")
        self.assertIsNone(re.search("\r", done.stdout))


if __name__ == "__main__":
    main()
