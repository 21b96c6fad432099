# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What the tests of the program share: running it in a folder of its own."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

from timing import Timing

BUILD = os.environ.get("VMFC_BUILD", os.path.join(os.path.dirname(__file__), "../../build"))
BUILD = os.path.abspath(BUILD)
VMFC = os.path.join(BUILD, "vmfc")
TOOLS = os.path.join(BUILD, "core", "tools")
# stands in for the system calls on files, see faulty-io.c
SHIM = os.path.join(BUILD, "tests", "libfaulty-io.so")
# unpacked from tests/fixtures/small-vm.txt
SMALL_VM = os.path.join(BUILD, "tests", "fixtures", "small-vm")
MODULES = os.path.join(BUILD, "tests", "modules")
STRESS_NG = shutil.which("stress-ng")
needs_stress_ng = unittest.skipUnless(STRESS_NG, "stress-ng is not installed")
# the name of a sanitizer, or nothing
SANITIZED = os.environ.get("VMFC_SANITIZED", "none").replace("none", "")


def can_mount():
    return os.geteuid() == 0 and subprocess.run(
        ("unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"), capture_output=True).returncode == 0


needs_mount = unittest.skipUnless(can_mount(), "nothing can be mounted here")


def with_faults(text):
    """The environment in which calls fail as @text says, see faulty-io.c."""
    return {"LD_PRELOAD": SHIM, "FAULTS": text, "ASAN_OPTIONS": "verify_asan_link_order=0"}


def plugin_abi():
    """Major and minor, as the public header has them."""
    header = os.path.join(os.path.dirname(__file__), "../../include/vmfc/vmfc-plugin.h")
    with open(header) as file:
        return tuple(int(number) for number in
                     re.findall(r"^#define VMFC_ABI_(?:MAJOR|MINOR) (\d+)$", file.read(), re.M))


def wait_until(condition, seconds=60):
    """Returns: whether it became true. The limit is for what never comes, and no measure of speed."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


class ProgramTest(unittest.TestCase):
    def setUp(self):
        self.started = []
        self.timing = Timing()
        self.folder = tempfile.mkdtemp(prefix="vmfc-test-")
        os.chmod(self.folder, 0o755)

    def tearDown(self):
        for process in self.started:  # those that a failed test did not come to end
            if process.poll() is None:
                process.kill()
                process.communicate()
        shutil.rmtree(self.folder)
        self.timing.close()

    def path(self, name):
        return os.path.join(self.folder, name)

    def vmfc(self, *args, code=0, env=None, prefix=(), timeout=60, program=VMFC):
        """Runs vmfc to its end and checks its exit code."""
        done = subprocess.run([*prefix, program, *args], cwd=self.folder, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              stdin=subprocess.DEVNULL, timeout=timeout,
                              env=None if env is None else {**os.environ, **env})
        self.assertEqual(done.returncode, code,
                         f"{os.path.basename(program)} {' '.join(map(str, args))} ended with {done.returncode}:\n"
                         f"{done.stdout}{done.stderr}")
        return done

    def start(self, *args, **kwargs):
        """Starts vmfc and does not wait for it."""
        process = subprocess.Popen([VMFC, *args], cwd=self.folder, text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, **kwargs)
        self.started.append(process)
        return process

    def records(self, name="data/vm_features.json"):
        """What the file holds so far. A read can see the first pages of what vmfc writes meanwhile: what
        is no JSON then is read again."""
        end = time.monotonic() + 5
        while True:
            try:
                with open(self.path(name)) as file:
                    return json.load(file)
            except json.JSONDecodeError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.01)

    def wait_for_file(self, name):
        """For as long as what was started runs."""
        self.assertTrue(wait_until(lambda: os.path.exists(self.path(name)) or
                                   all(process.poll() is not None for process in self.started)))
        self.assertTrue(os.path.exists(self.path(name)), name)

    def wait_for_records(self, n_least, name="data/vm_features.json"):
        self.wait_for_file(name)
        self.assertTrue(wait_until(lambda: len(self.records(name)) >= n_least))

    def assert_windows(self, records, n_windows):
        """Each window of the run has its record. None is missed where nobody else works."""
        self.assert_accounted(records, n_windows)
        with self.timing():
            self.assertEqual(sum(int(record["missed_ticks"]) for record in records), 0)

    def assert_accounted(self, records, n_windows):
        """Each window of the run has its record, or is counted as missed by the next."""
        missed = [int(record["missed_ticks"]) for record in records]
        self.assertGreater(len(records), 0)
        self.assertGreaterEqual(len(records) + sum(missed), n_windows)
        # those that are missed at the end can lie behind it
        self.assertLessEqual(len(records) + sum(missed[:-1]), n_windows)

    def rows(self, name="data/vm_features.csv"):
        """What the file holds so far, without the line that is being written."""
        with open(self.path(name), newline="") as file:
            return list(csv.DictReader(line for line in file if line.endswith("\n")))


class WorkloadTest(ProgramTest):
    def collect(self, *args, duration, plugins="cpu", interval=0.2, **kwargs):
        kwargs.setdefault("timeout", 120)
        return self.vmfc("--plugins", plugins, "--interval", str(interval), "--duration",
                         str(duration), "--format", "json", *args, **kwargs)

    def assert_changes(self, records):
        """Labels change only where a record says so, and then the next one has the new ones."""
        labels = ("stress_workload", "stress_phase", "stress_iteration")
        for record, following in zip(records, records[1:]):
            if any(record[label] != following[label] for label in labels):
                self.assertTrue(record["stress_transition"], record)

    def loads(self, records):
        """In percent. A window that follows a late one can be too short for the kernel's clock."""
        found = [record["cpu_utilization"] for record in records if record["cpu_utilization"] is not None]
        self.assertTrue(found)
        return found

    def settled(self, records):
        """The windows in which one thing ran from start to end."""
        return [record for record in records if not record["stress_transition"]]


class EveryNth(unittest.TestLoader):
    """Loads each N-th test, from the I-th on, so that several can do a file side by side."""

    def __init__(self, first, step):
        super().__init__()
        self.first, self.step, self.seen = first, step, 0

    def getTestCaseNames(self, test_case):
        names = super().getTestCaseNames(test_case)
        start = (self.first - self.seen) % self.step
        self.seen += len(names)
        return names[start::self.step]


def main():
    """Runs the tests of the file; with an argument I/N only each N-th."""
    loader = unittest.defaultTestLoader
    if len(sys.argv) > 1 and "/" in sys.argv[1]:
        loader = EveryNth(*map(int, sys.argv.pop(1).split("/")))
    unittest.main(argv=sys.argv, verbosity=2, testLoader=loader)
