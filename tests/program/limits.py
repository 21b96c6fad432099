# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""Names that are too long and too few files: said before anything is left behind."""

import os
import shutil
import subprocess
import unittest

from common import SANITIZED, VMFC, ProgramTest, main

RUN = ("--interval", "0.1", "--duration", "0.2")


class Names(ProgramTest):
    def run_as(self, *args):
        """Returns: the exit code, what was said, and how many files there are, -1: no folder"""
        shutil.rmtree(self.path("d"), ignore_errors=True)
        done = subprocess.run([VMFC, "--plugins", "cpu", *RUN, *args], cwd=self.folder, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        there = os.path.exists(self.path("d"))
        return done.returncode, done.stderr, len(os.listdir(self.path("d"))) if there else -1

    def check(self, fits, n_files, *args):
        code, said, n_left = self.run_as(*args)
        if fits:
            self.assertEqual((code, n_left), (0, n_files), said)
        else:
            self.assertEqual((code, n_left), (2, -1), said)
            self.assertIn("choose a shorter one", said)

    def test_name(self):
        # NAME.meta.json.XXXXXX is the longest name of a run
        most = os.pathconf(self.folder, "PC_NAME_MAX") - len(".meta.json.XXXXXX")
        for length in (most, most + 1, most + 2, most + 12, most + 100):
            for extension in ("", ".json", ".csv"):
                with self.subTest(length, extension=extension):
                    self.check(length <= most, 3, "--output", "d/" + "n" * length + extension)

    def test_rotated(self):
        most = os.pathconf(self.folder, "PC_NAME_MAX") - len(".1000000.meta.json.XXXXXX")
        for length in (most, most + 1):
            self.check(length <= most, 6, "--rotate", "0.1", "--output", "d/" + "n" * length)

    def test_earlier_run(self):
        """It is not renamed for a run that cannot be."""
        most = os.pathconf(self.folder, "PC_NAME_MAX") - len(".meta.json.XXXXXX")
        name = "n" * (most + 1)
        os.mkdir(self.path("e"))
        for extension in (".json", ".meta.json"):
            with open(self.path(f"e/{name}{extension}"), "w"):
                pass
        self.vmfc("--plugins", "cpu", *RUN, "--output", f"e/{name}", code=2)
        self.assertEqual(set(os.listdir(self.path("e"))), {name + ".json", name + ".meta.json"})

    def test_meta(self):
        most = os.pathconf(self.folder, "PC_NAME_MAX") - len(".XXXXXX")
        for length in (most, most + 1):
            self.check(length <= most, 3, "--output", "d/x", "--meta", "d/" + "m" * length)
        self.check(False, 0, "--output", "-", "--format", "csv", "--meta", "d/" + "m" * 300)

    def test_folders(self):
        most = os.pathconf(self.folder, "PC_NAME_MAX")
        self.check(False, 0, "--output", f"d/{'f' * (most + 1)}/x")
        self.check(False, 0, "--output", "d/" + "f/" * 2100 + "x")
        self.check(True, 1, "--output", "d/" + ("f" * 200 + "/") * 10 + "x")


@unittest.skipIf(SANITIZED, "the sanitizers open files of their own")
class Descriptors(ProgramTest):
    def run_with(self, n_files, *args, hard=None):
        shutil.rmtree(self.path("d"), ignore_errors=True)
        return subprocess.run(["prlimit", f"--nofile={n_files}:{hard or n_files}", VMFC, *RUN,
                               "--output", "d/x", *args], cwd=self.folder, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def test_too_few(self):
        """However few they are: a whole run, or a sentence and nothing else."""
        # a VM of other tests would take files while it is there
        configurations = (("--plugins", "cpu", "--format", "json"),
                          ("--plugins", "perf,proc,host,kepler", "--format", "json,csv,jsonl",
                           "--stress-workload", "load:0.1,command=true:0.1",
                           "--set", "qemu.name=nobody"))
        for args in configurations:
            codes = []
            for n_files in range(6, 48, 2):
                with self.subTest(n_files, args=args):
                    done = self.run_with(n_files, *args)
                    codes.append(done.returncode)
                    if done.returncode == 0:
                        self.assertNotIn("Too many open files", done.stderr)
                        self.assertIn("x.meta.json", os.listdir(self.path("d")))
                    else:
                        self.assertRegex(done.stderr, rf"^vmfc: only {n_files} files may be open at "
                                         r"once, but vmfc needs at least \d+: allow more with ulimit")
                        self.assertFalse(os.path.exists(self.path("d")))
            self.assertEqual(codes, sorted(codes, reverse=True))
            self.assertEqual((codes[0], codes[-1]), (1, 0))

    def test_limit_that_may_be_raised(self):
        done = self.run_with(10, "--plugins", "cpu", hard=200)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_lists(self):
        for action in ("--check", "--list-plugins", "--list-workloads", "--list-features"):
            done = self.run_with(10, action)
            self.assertEqual(done.returncode, 1)
            self.assertIn("only 10 files may be open", done.stderr)


if __name__ == "__main__":
    main()
