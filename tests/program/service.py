# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""The unit for systemd, as far as it can be judged where that does not run; in a guest, where it
does, tests/vm/service.py looks at the rest."""

import os
import re
import shutil
import subprocess
import unittest

from common import BUILD, VMFC, ProgramTest, main

EXPOSURE = 1.7  # with less the records would be wrong, or wrong for a second, as the unit says
FIRST_WITH_OFFLINE = 250


def analyze(*args):
    return subprocess.run(["systemd-analyze", *args], text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


@unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
class Service(ProgramTest):
    def setUp(self):
        super().setUp()
        version = int(re.search(r"\d+", analyze("--version").stdout).group())
        if version < FIRST_WITH_OFFLINE:
            self.skipTest(f"systemd-analyze {version} cannot judge a unit that is not loaded")
        with open(os.path.join(BUILD, "data", "vmfc.service")) as file:
            text = file.read()
        # the program need not be installed here
        text, n_programs = re.subn(r"^ExecStart=/\S*/vmfc ", f"ExecStart={VMFC} ", text, flags=re.M)
        self.assertEqual(n_programs, 1, text)
        self.unit = self.path("vmfc.service")
        with open(self.unit, "w") as file:
            file.write(text)

    def test_understood(self):
        done = analyze("verify", "--man=no", self.unit)
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_exposure(self):
        done = analyze("security", "--no-pager", "--offline=true",
                       f"--threshold={round(10 * EXPOSURE)}", self.unit)
        self.assertEqual(done.returncode, 0, done.stdout)


if __name__ == "__main__":
    main()
