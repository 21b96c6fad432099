# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""How the cost of a tick grows with the machine: CPUs, disks, interfaces, processes, each alone.

A quarter of the machine is the floor of the whole: where cost is linear the ratio is below 4. At
each tick all disks and interfaces are at other places in their lists than before, which is the
most that can be to do. A bar that is not reached is said and is no failure.
"""

import argparse
import os
import resource
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "plugins"))
import large  # noqa: E402
import play  # noqa: E402

SIZES = {"cpus": 1024, "disks": 10000, "interfaces": 10000, "processes": 100000}
PLUGINS = {"cpus": "cpu", "disks": "disk", "interfaces": "net", "processes": "load"}
STEPS = 20
ROUNDS = 5
MOST_RATIO = 5


def measure(arguments, folder, what, steps):
    """The CPU seconds of so many ticks."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([arguments.replay, steps, "--root", f"{folder}/root", "--plugins", PLUGINS[what],
                    "--plugin-path", play.plugin_path(arguments.build), "--output",
                    f"{folder}/out.json"], check=True, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def cost(arguments, what, size):
    """CPU ms of a tick, less what it costs to begin and end."""
    with large.temporary_folder() as folder:
        large.Machine(**{what: size}).write(folder, STEPS)
        steps = play.steps_of(folder)
        short, long = ",".join(["-"] + steps[:1]), ",".join(["-"] + steps)
        return min(measure(arguments, folder, what, long) - measure(arguments, folder, what, short)
                   for _ in range(ROUNDS)) / (len(steps) - 1) * 1e3


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replay", required=True)
    parser.add_argument("--build", required=True)
    arguments = parser.parse_args()
    print(f"{'':12}{'size':>8}{'ms/tick':>9}{'a quarter':>11}{'ratio':>7}")
    for what, size in SIZES.items():
        whole = cost(arguments, what, size)
        quarter = cost(arguments, what, size // 4)
        ratio = whole / quarter
        print(f"{what:12}{size:8}{whole:9.2f}{quarter:11.2f}{ratio:7.1f}"
              f"{'' if ratio <= MOST_RATIO else '   more than linear'}")


main()
