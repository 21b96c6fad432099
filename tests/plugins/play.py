# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""Plays a fixture through tests/replay."""

import glob
import os
import shutil
import subprocess


class PlayError(Exception):
    pass


def steps_of(fixture):
    """The folders with what the files held at the ticks after the first one."""
    steps = []
    while os.path.isdir(os.path.join(fixture, "step%d" % (len(steps) + 1))):
        steps.append(os.path.join(fixture, "step%d" % (len(steps) + 1)))
    return steps


def plugin_path(build):
    modules = glob.glob(os.path.join(os.path.abspath(build), "plugins", "*", "*.so"))
    return ":".join(sorted({os.path.dirname(module) for module in modules}))


def copy_root(fixture, folder):
    """Steps are written over the root's files, so that each play needs one of its own."""
    root = os.path.join(folder, "root")
    shutil.copytree(os.path.join(fixture, "root"), root, symlinks=True)
    return root


def play(replay, build, fixture, folder, options):
    """Gives the path of the files without their extension; raises PlayError, also when a sanitizer
    or GLib has found fault with the program while it ran on."""
    steps = ",".join(["-"] + steps_of(fixture))
    done = subprocess.run([replay, steps, "--root", copy_root(fixture, folder),
                           "--plugin-path", plugin_path(build),
                           "--output", os.path.join(folder, "out.json")] + options,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    said = done.stderr.decode(errors="replace")
    if done.returncode != 0 or "runtime error:" in said or "CRITICAL" in said:
        raise PlayError("replay ended with %d and said: %s" % (done.returncode, said))
    with open(os.path.join(folder, "out.reasons"), "wb") as file:
        file.write(done.stdout)
    return os.path.join(folder, "out")


def read_reasons(out):
    """Why columns were missing, by window and name."""
    reasons = {}
    with open(out + ".reasons") as file:
        for line in file:
            window, column, reason = line.rstrip("\n").split("\t")
            reasons[int(window), column] = reason
    return reasons


def check_reasons(records, reasons, expected, besides=()):
    """What is wrong with them: whatever is missing has a reason, and nothing else.

    @expected: by window and column, a part of the reason
    @besides: columns that may be missing without one"""
    missing = {(window, column) for window, record in enumerate(records, 1)
               for column, value in record.items() if value is None and column not in besides}
    found = ["window %d: %s is missing without a reason" % key for key in missing - reasons.keys()]
    found += ["window %d: %s is there, but %s" % (*key, reasons[key])
              for key in reasons.keys() - missing if key[1] not in besides]
    found += ["window %d: %s has %s" % (*key, reason) for key, reason in reasons.items()
              if reason == "its plugin gives no reason"]
    found += ["window %s: of %s it says %r" % (window, column, reasons.get((int(window), column)))
              for window, row in expected.items() for column, part in row.items()
              if part not in reasons.get((int(window), column), "")]
    return found
