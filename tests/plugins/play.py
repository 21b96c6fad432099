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
    return os.path.join(folder, "out")
