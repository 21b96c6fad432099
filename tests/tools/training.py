# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What the tests of vmfc train share."""

import json
import os
import sys

import laws

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "program"))
from common import SANITIZED, TOOLS, VMFC, ProgramTest, main


class TrainTest(ProgramTest):
    def write(self, rows, name="t.csv"):
        return laws.write(self.path(name), rows)

    def train(self, *args, files=("t.csv",), output="m.json", **kwargs):
        kwargs.setdefault("timeout", 240)
        done = self.vmfc("train", *files, "--output", output, *args, **kwargs)
        self.assertNotIn("CRITICAL", done.stderr)
        return done

    def read(self, name):
        with open(self.path(name)) as file:
            return file.read()

    def model(self, name="m.json"):
        return json.loads(self.read(name))

    def best(self, name="m.json", zone=0):
        """The best sub-model of a zone."""
        return self.model(name)["zones"][zone]["sub_models"][0]

    def judgement(self, **kwargs):
        return self.best(**kwargs)["judgement"]

    def names(self):
        """What is in the folder, but for what the test wrote."""
        return sorted(name for name in os.listdir(self.folder)
                      if not name.startswith("t"))
