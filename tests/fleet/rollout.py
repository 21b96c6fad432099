# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What data/doc/fleet.md and container.md tell users to roll out is understood by vmfc, and has what it needs."""

import os
import re
import subprocess
import sys
import unittest

from queries import HERE

sys.path.insert(0, os.path.join(HERE, "../program"))
from common import VMFC

DOCUMENTS = os.path.join(HERE, "../../data/doc")
PACKAGES = {"packages: [", "ansible.builtin.apt: {name: ["}


def read(name):
    with open(os.path.join(DOCUMENTS, name), encoding="utf-8") as file:
        return file.read()


def option_lists(text):
    """Returns: of each unit and of each pod the options of vmfc"""
    units = [line.split() for line in re.findall(r'VMFC_OPTIONS=(--[^"]*)"', text)]
    pods = [re.findall(r"[^\s,']*'[^']*'|[^\s,]+", args) for args in re.findall(r"args: \[(.*?)\]", text, re.S)]
    return units + [[word.strip("'") for word in words] for words in pods]


class Rollout(unittest.TestCase):
    def test_options(self):
        lists = option_lists(read("fleet.md"))
        self.assertEqual(len(lists), 3)
        for options in lists:
            self.assertIn("remote_write.labels=job=", " ".join(options))
            text = " ".join(options).replace(" --model /etc/vmfc/model.json", "").replace("--root /host ", "")
            done = subprocess.run([VMFC, "--check", *text.split()], capture_output=True, text=True, timeout=120,
                                  check=False)
            self.assertEqual(done.returncode, 0, text + done.stderr)

    def test_packages(self):
        """Whoever installs vmfc for remote_write needs the package of that plugin too."""
        text = read("fleet.md")
        for start in PACKAGES:
            names = text.partition(start)[2].partition("]")[0]
            self.assertEqual(names.split(", "), ["vmfc", "vmfc-remote-write"], start)

    def test_container(self):
        """The image starts vmfc by itself: its name is no argument."""
        with open(os.path.join(HERE, "../../data/packaging/Containerfile"), encoding="utf-8") as file:
            self.assertIn('ENTRYPOINT ["/usr/bin/vmfc"]', file.read())
        for name in "container.md", "fleet.md":
            self.assertNotRegex(read(name), r"IMAGE vmfc\b|args: \[vmfc\b", name)


if __name__ == "__main__":
    unittest.main(verbosity=2)
