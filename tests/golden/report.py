#!/usr/bin/env python3
# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""Compares plots of small files with those kept in report-plots.txt, byte for byte, without their style.

    report.py VMFC [--update]

With --update the plots are kept as they are now drawn; look at the difference, and at the plots.
"""

import difflib
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ARCHIVE = os.path.join(HERE, "report-plots.txt")
TOOL = os.path.join(HERE, "..", "archive.py")
# plot to the file of which it is
PLOTS = {"cpu": "run.csv", "power-estimated": "run.csv", "lateness": "run.csv",
         "power-by-cpu-package": "training.csv", "before-lag-1": "training.csv",
         "lag-1": "training.csv", "error-by-group-package": "predictions.csv",
         "response-busy-package": "model.json"}


def draw(vmfc, folder, name):
    done = subprocess.run([vmfc, "report", PLOTS[name], "--plot", name, "--output", "-"], cwd=folder,
                          stdout=subprocess.PIPE, check=True, text=True)
    return re.sub("<style>.*?</style>\n", "", done.stdout, flags=re.S)


def main():
    vmfc = os.path.abspath(sys.argv[1])
    update = "--update" in sys.argv
    failed = False
    with tempfile.TemporaryDirectory() as top:
        subprocess.run([sys.executable, TOOL, "unpack", ARCHIVE, top], check=True)
        folder = os.path.join(top, "report-plots")
        for name in PLOTS:
            path = os.path.join(folder, name + ".svg")
            drawn = draw(vmfc, folder, name)
            kept = open(path, encoding="utf-8").read() if os.path.exists(path) else ""
            if update:
                with open(path, "w", encoding="utf-8") as file:
                    file.write(drawn)
            elif drawn != kept:
                failed = True
                print("\n".join(difflib.unified_diff(kept.split("\n"), drawn.split("\n"),
                                                     "kept " + name, "drawn " + name, lineterm="")))
        if update:
            subprocess.run([sys.executable, TOOL, "pack", folder, HERE], check=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
