# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""How the program and its plugins are built: what makes a fault in them hard to make use of."""

import glob
import os
import shutil
import subprocess
import unittest

from common import BUILD, SANITIZED, TOOLS, VMFC, main

PROGRAMS = [VMFC] + sorted(path for path in glob.glob(os.path.join(TOOLS, "vmfc-*"))
                           if os.path.isfile(path))
PLUGINS = sorted(glob.glob(os.path.join(BUILD, "plugins", "*", "*.so")))


def readelf(path, *options):
    return subprocess.run(["readelf", "-W", *options, path], check=True, text=True,
                          stdout=subprocess.PIPE).stdout


@unittest.skipUnless(shutil.which("readelf"), "readelf is not installed")
@unittest.skipIf(SANITIZED, "a sanitizer has ways of its own")
class Hardening(unittest.TestCase):
    def for_all(self, check):
        self.assertIn(os.path.join(TOOLS, "vmfc-merge"), PROGRAMS)
        self.assertGreater(len(PLUGINS), 10)
        for path in (*PROGRAMS, *PLUGINS):
            with self.subTest(os.path.basename(path)):
                check(path)

    def test_position_independent(self):
        self.for_all(lambda path: self.assertRegex(readelf(path, "-h"), r"Type:\s+DYN"))

    def test_read_only_after_start(self):
        def check(path):
            self.assertIn("GNU_RELRO", readelf(path, "-l"))
            self.assertRegex(readelf(path, "-d"), r"BIND_NOW|FLAGS.*NOW")
        self.for_all(check)

    def test_no_executable_stack(self):
        def check(path):
            self.assertRegex(readelf(path, "-l"), r"GNU_STACK.*\bRW\s")
            self.assertNotIn("RWE", readelf(path, "-l"))
        self.for_all(check)

    def test_stack_protector(self):
        """Where there is an array on the stack: that the compiler was asked is seen on programs."""
        for path in PROGRAMS:
            self.assertIn("__stack_chk_fail", readelf(path, "--dyn-syms"), path)

    def test_fortify(self):
        with open(os.path.join(BUILD, "build.ninja")) as file:
            if "-D_FORTIFY_SOURCE=" not in file.read():
                self.skipTest("only an optimizing build can")
        for path in PROGRAMS:
            self.assertRegex(readelf(path, "--dyn-syms"), r"__\w+_chk\b", path)

    def test_branch_targets(self):
        """Each object is marked; whether the program is depends on the C library's start files."""
        with open(os.path.join(BUILD, "build.ninja")) as file:
            if "-fcf-protection" not in file.read():
                self.skipTest("only for x86")
        objects = glob.glob(os.path.join(BUILD, "core", "**", "*.p", "*.o"), recursive=True)
        objects += glob.glob(os.path.join(BUILD, "plugins", "*", "*.so.p", "*.o"))
        self.assertGreater(len(objects), 60)
        for path in objects:
            with self.subTest(os.path.basename(path)):
                self.assertRegex(readelf(path, "-n"), r"IBT, SHSTK")

    def test_nothing_searched_for(self):
        """No folder that somebody else may fill is searched for libraries."""
        def check(path):
            self.assertNotRegex(readelf(path, "-d"), r"RPATH|RUNPATH")
        self.for_all(check)


if __name__ == "__main__":
    main()
