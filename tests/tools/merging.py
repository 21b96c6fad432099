# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What the tests of vmfc merge share: two files, and what comes out of them."""

import datetime
import json
import os
import sys

import pair

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "program"))
from common import SANITIZED, TOOLS, VMFC, ProgramTest, main, with_faults

LABELS = ["power_watts_package", "power_watts_core", "time_diff", "power_method", "power_stale"]


class MergeTest(ProgramTest):
    def write(self, name, rows, **kwargs):
        return pair.write(self.path(name), rows, **kwargs)

    def merge(self, features, power, *args, output="out.csv", itself=False, **kwargs):
        """@features, @power: a file each, or lists of them; @itself: without vmfc, which removes
        LD_PRELOAD from root's environment"""
        files = [] if itself else ["merge"]
        program = os.path.join(TOOLS, "vmfc-merge") if itself else VMFC
        for option, names in (("--features", features), ("--power", power)):
            for name in [names] if isinstance(names, str) else names:
                files += [option, name]
        done = self.vmfc(*files, "--output", output, *args, program=program, **kwargs)
        self.assertNotIn("CRITICAL", done.stderr)
        return done

    def report(self, name="out.report.json"):
        with open(self.path(name)) as file:
            return json.load(file)

    def old_pair(self, load=None, duration=120, **kwargs):
        load = load or pair.steps()
        features = pair.old_features(load, duration)
        power = pair.old_power(load, duration + 1.5, start=-1.4, **kwargs)
        return features, power


def features_of(times, **more):
    return [{"timestamp": pair.EPOCH + time, "time_delta_seconds": 1.0, "cpu_utilization": 5.0, **more}
            for time in times]


def points_of(times, value=lambda i: 5 + i % 3, **more):
    return [{"timestamp": pair.EPOCH + time, "total_cpu_watts_package": value(i), **more}
            for i, time in enumerate(times)]


class ReportTest(MergeTest):
    def meta(self, name="out.meta.json"):
        with open(self.path(name)) as file:
            return json.load(file)

    def text(self, name, text):
        with open(self.path(name), "w", newline="") as file:
            file.write(text)

    def assert_time(self, shown, seconds):
        time = datetime.datetime.fromisoformat(shown.replace("Z", "+00:00"))
        if time.tzinfo is None:
            time = time.replace(tzinfo=datetime.timezone.utc)
        self.assertAlmostEqual(time.timestamp() - pair.EPOCH, seconds, delta=0.002)
