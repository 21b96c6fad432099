# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What the tests of vmfc merge share: two files, and what comes out of them."""

import json

import pair
from common import ProgramTest

LABELS = ["power_watts_package", "power_watts_core", "time_diff", "power_method", "power_stale"]


class MergeTest(ProgramTest):
    def write(self, name, rows, **kwargs):
        return pair.write(self.path(name), rows, **kwargs)

    def merge(self, features, power, *args, output="out.csv", **kwargs):
        done = self.vmfc("merge", "--features", features, "--power", power, "--output", output,
                         *args, **kwargs)
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
