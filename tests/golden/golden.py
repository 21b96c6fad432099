#!/usr/bin/env python3
# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""Plays the fixture small-vm and compares the files that vmfc writes with those kept here, byte
for byte: numbers, their texts, the order of the columns and the shape of the files.

    golden.py REPLAY BUILD FIXTURES [--update]

With --update the files are kept as they are now written; look at the difference.
"""

import difflib
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "plugins"))

from play import play  # noqa: E402: it lies beside the other tests of the plugins

FORMATS = ("json", "csv", "jsonl")
OPTIONS = ["--plugins", "proc", "--interval", "5", "--format", ",".join(FORMATS)]


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""


def show_difference(name, kept, written):
    """repr() shows what an editor hides, such as the line ends of CSV."""
    lines = [[repr(line) for line in text.decode("utf-8", "replace").splitlines(True)]
             for text in (kept, written)]
    for line in difflib.unified_diff(lines[0], lines[1], "kept " + name, "written " + name,
                                     lineterm=""):
        print(line)


def compare(name, written, update):
    path = os.path.join(HERE, name)
    if update:
        with open(path, "wb") as file:
            file.write(written)
    kept = read(path)
    if kept != written or not kept:
        show_difference(name, kept, written)
        return False
    return True


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--update"]
    if len(arguments) != 3:
        sys.exit(__doc__)
    replay, build, fixtures = map(os.path.abspath, arguments)
    with tempfile.TemporaryDirectory() as folder:
        out = play(replay, build, os.path.join(fixtures, "small-vm"), folder, OPTIONS)
        same = [compare("proc." + suffix, read(out + "." + suffix), "--update" in sys.argv)
                for suffix in FORMATS]
    print("%d passed, %d failed" % (sum(same), len(same) - sum(same)))
    return 0 if all(same) else 1


if __name__ == "__main__":
    sys.exit(main())
