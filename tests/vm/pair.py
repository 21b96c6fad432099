# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""The pair that power models are made of: vmfc in a guest, and vmfc on the host beside its QEMU process.

    pair.py IMAGE SECONDS FOLDER [VMFC_OPTION...]

boots IMAGE (see image.py), runs vmfc in it and on the host, and puts into FOLDER the guest's files, the
host's, power.*, and what both make together, training.*. The guest's clock is set from an emulated clock which
knows full seconds only, so it is compared with the host's at the start, to within some 20 ms, and the
difference given to the merge.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
import time

import guest
from common import BUILD

VMFC = os.path.join(BUILD, "vmfc")
# at the turn of a second the guest says so
TELL_CLOCK = """
second=$(date +%s)
while [ "$(date +%s)" = "$second" ]; do :; done
echo "clock $((second + 1))." >/dev/console
"""


class Failed(Exception):
    """A vmfc did not end well."""


class Power:
    """vmfc on the host, beside a guest's process. Used in a "with" statement, it ends with it."""

    def __init__(self, pid, folder, root="/"):
        self.log = os.path.join(folder, "power.log")
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [VMFC, "--plugins", "rapl,qemu,cpu", "--set", f"qemu.pid={pid}", "--root", root,
                 "--duration", "0", "--output", os.path.join(folder, "power.json")],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        if self.process.wait() != 0:
            with open(self.log) as log:
                raise Failed(log.read())


def collect(machine, folder, timeout, root="/"):
    """Has both sides record until the guest ends.

    root: where the host's vmfc finds proc and sys
    Returns: (what the guest left, how far the host's clock is ahead of the guest's, in seconds)
    """
    with Power(machine.process.pid, folder, root):
        machine.wait_for(r"clock \d+\.")
        seen = time.time()
        second = int(re.search(r"clock (\d+)\.", machine.read_console()).group(1))
        files = machine.finish(timeout)
    for name, content in files.items():
        with open(os.path.join(folder, name), "w") as file:
            file.write(content)
    return files, seen - second


def make_script(seconds, options):
    """What the guest does: vmfc with the options; then it lives on for the host's last windows."""
    quoted = " ".join(shlex.quote(option) for option in options)
    return (TELL_CLOCK +
            f"vmfc --duration {seconds} --output /out/vm_features.json {quoted}\n"
            "status=$?\nsleep 2\nexit $status\n")


def merge(folder, name, *options):
    """Makes a training set of that name of the two sides in the folder. Returns: what vmfc merge says"""
    done = subprocess.run(
        [VMFC, "merge", "--features", os.path.join(folder, "vm_features.json"),
         "--power", os.path.join(folder, "power.json"),
         "--output", os.path.join(folder, f"{name}.json"), *options],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise Failed(done.stdout)
    return done.stdout


def main(image, seconds, folder, *options):
    os.makedirs(folder, exist_ok=True)
    with guest.Guest(image, make_script(seconds, options), icount=None) as machine:
        files, offset = collect(machine, folder, float(seconds) + 120)
    print(files["log"], end="")
    if int(files["status"]) != 0:
        return int(files["status"])
    print(merge(folder, "training", "--offset", f"{offset:.3f}"), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
