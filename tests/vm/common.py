# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What the tests in guests share: one boot for all tests of a class, and reading what it left."""

import fcntl
import json
import os
import shutil
import sys
import tempfile
import unittest

import guest
import image

sys.path.append(os.path.join(os.path.dirname(__file__), "..", "program"))
from timing import Timing

BUILD = os.path.abspath(os.environ.get("VMFC_BUILD", os.path.join(image.SOURCE, "build")))
SKIPPED = 77  # what meson takes for "skipped"
# goes before every job: a run of vmfc beside which something happens
PRELUDE = """\
# collect NAME OPTIONS...: starts vmfc, which writes /out/NAME.json, and waits for its first window
collect() {
	name=$1
	shift
	vmfc --format json --output "/out/$name.json" "$@" >"/out/$name.log" 2>&1 &
	vmfc=$!
	until [ -s "/out/$name.meta.json" ] || ! kill -0 $vmfc; do sleep 0.05; done
	sleep 0.5
}
# collected: waits for vmfc's end and keeps its exit code
collected() {
	wait $vmfc
	echo $? >"/out/$name.code"
}
"""


def make_image(architecture, with_systemd=False):
    """The image with this build's vmfc; without what that takes, the test is skipped."""
    if not guest.is_here(architecture):
        raise unittest.SkipTest(f"{guest.MACHINES[architecture][0]} is not installed")
    folder = os.path.join(BUILD, "tests", "vm")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            return image.make(architecture, BUILD, folder, with_systemd)
        except image.Unavailable as reason:
            raise unittest.SkipTest(str(reason)) from reason


class GuestTest(unittest.TestCase):
    architecture = "arm64"
    with_systemd = False  # whether it is the first process
    script = None  # what is run in the guest; its files in /out are then in self.files
    options = {}   # of guest.Guest
    timeout = 180

    @classmethod
    def setUpClass(cls):
        cls.image = make_image(cls.architecture, cls.with_systemd)
        if cls.script is None:
            return
        with guest.Guest(cls.image, PRELUDE + cls.script, **cls.options) as machine:
            cls.files = machine.finish(cls.timeout)

    def setUp(self):
        self.timing = Timing(late=0.2)

    def tearDown(self):
        self.timing.close()

    def records(self, name):
        return json.loads(self.files[name + ".json"])

    def meta(self, name):
        return json.loads(self.files[name + ".meta.json"])

    def columns(self, name):
        return {column["name"]: column for column in self.meta(name)["columns"]}

    def log(self, name):
        return self.files[name + ".log"]

    def assert_ended_with(self, name, code):
        self.assertEqual(self.files[name + ".code"].strip(), str(code), self.log(name))

    def assert_joined(self, records):
        """Windows follow each other without a gap, each as long as the clock says it is."""
        for before, after in zip(records, records[1:]):
            length = after["collection_interval"] * (1 + after["missed_ticks"])
            self.assertAlmostEqual(after["time_delta_seconds"], length,
                                   delta=0.01 * length + 0.005, msg=after["timestamp_iso"])


class DiskTest(GuestTest):
    """With a disk of its own that lives as long as the test, of ext4, /dev/vdc in the guest."""

    def setUp(self):
        super().setUp()
        self.folder = tempfile.mkdtemp(prefix="vmfc-disk-")
        self.disk = os.path.join(self.folder, "disk")
        self.make_disk(self.disk)

    def tearDown(self):
        shutil.rmtree(self.folder)
        super().tearDown()

    @staticmethod
    def make_disk(path, size=16 << 20):
        with open(path, "wb") as file:
            file.truncate(size)
        try:
            image.run("mkfs.ext4", "-q", "-b", "4096", path)  # as on any disk that is not tiny
        except image.Unavailable as reason:
            raise unittest.SkipTest(str(reason)) from reason


def main():
    program = unittest.main(argv=sys.argv, verbosity=2, exit=False)
    result = program.result
    if result.wasSuccessful() and result.skipped and result.testsRun == len(
            [test for test, _ in result.skipped if isinstance(test, unittest.TestCase)]):
        print("skipped:", result.skipped[0][1])
        sys.exit(SKIPPED)
    sys.exit(not result.wasSuccessful())
