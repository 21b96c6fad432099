# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What tests of the sink powercap share: vmfc with energy from a plugin of the tests, and its tree."""

import os
import re
import shutil
import signal
import time
import unittest

from common import MODULES, ProgramTest

LIMIT = 60  # seconds, for a condition that must come true
RANGE = 2**53 - 1
ENERGY = re.compile(rb"(0|[1-9][0-9]{0,15}) *\n")
ZONES = {"package": "intel-rapl:0", "core": "intel-rapl:0:0", "uncore": "intel-rapl:0:1",
         "dram": "intel-rapl:0:2", "psys": "intel-rapl:1"}
NAMES = {"package": "package-0"}
NODE_EXPORTER = shutil.which("prometheus-node-exporter")
POWERCAP_INFO = shutil.which("powercap-info")
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
needs_root = unittest.skipUnless(os.geteuid() == 0, "only root can do this")


def in_namespace(script):
    """A command that runs what follows it where @script has mounted something."""
    return ("unshare", "--mount", "sh", "-c", f'{script} && exec "$@"', "sh")


class PowercapTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.tree = self.path("tree")

    def arguments(self, *args, interval=0.1, tree=None, plugins="cpu,meter,powercap"):
        return ("--plugin-path", MODULES, "--plugins", plugins, "--set",
                f"powercap.path={tree or self.tree}", "--interval", str(interval), "--format", "csv", *args)

    def collect(self, *args, duration=0.5, code=0, prefix=(), env=None, **kwargs):
        return self.vmfc(*self.arguments("--duration", str(duration), *args, **kwargs), code=code,
                         prefix=prefix, env=env)

    def run_on(self, *args, **kwargs):
        """Starts vmfc, until the test ends it."""
        return self.start(*self.arguments("--duration", "0", *args, **kwargs))

    def end(self, process):
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=LIMIT)
        self.assertEqual(process.returncode, 0, said)

    def wait_for(self, condition, what):
        end = time.monotonic() + LIMIT
        while not condition():
            self.assertLess(time.monotonic(), end, f"{what} has not happened")
            time.sleep(0.005)

    def link(self, zone="package"):
        return os.path.join(self.tree, "class", "powercap", ZONES[zone])

    def zone_file(self, name, zone="package"):
        return os.path.join(self.link(zone), name)

    def nested(self, zone="package"):
        """The nested folder, which stays when the link goes."""
        above = "" if ZONES[zone].count(":") == 1 else "intel-rapl:0"
        return os.path.join(self.tree, "devices/virtual/powercap/intel-rapl", above, ZONES[zone])

    def read(self, zone="package"):
        """Microjoules; None where the zone is not shown."""
        try:
            with open(self.zone_file("energy_uj", zone), "rb") as file:
                text = file.read()
        except FileNotFoundError:
            return None
        if not text:  # the link went in between
            return None
        self.assertRegex(text, ENERGY)
        return int(text)

    def wait_for_energy(self, at_least=1, zone="package"):
        self.wait_for(lambda: (self.read(zone) or 0) >= at_least, f"{at_least} uJ in {zone}")
        return self.read(zone)

    def totals(self):
        with open(os.path.join(self.tree, "totals")) as file:
            lines = file.read().split("\n")
        return {name: int(number) for name, number in map(str.split, lines[1:-1])}

    def written(self, column="estimated_joules_package"):
        return sum(float(row[column] or 0) for row in self.rows())
