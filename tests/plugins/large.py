# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""Makes machines of any size up, to be replayed by tests/replay."""

import os
import tempfile

STEP_SECTORS = 2048  # that the first disk reads in a window; the I-th I times as many
STEP_BYTES = 1000  # that the first interface receives; likewise


def rotate(lines, by):
    return lines[by % len(lines):] + lines[:by % len(lines)] if lines else []


class Machine:
    """Moves its disks and interfaces to other places in their lists at each step."""

    def __init__(self, cpus=4, disks=3, interfaces=3, processes=10):
        self.cpus, self.disks, self.interfaces, self.processes = cpus, disks, interfaces, processes

    def files(self, step, without=()):
        """What the files of /proc hold, but for the disks and interfaces of those numbers."""
        cpu = [20 * (step + 1), 0, 10 * (step + 1), 70 * (step + 1), 0, 0, 0, 0, 0, 0]
        stat = ["cpu  " + " ".join(str(self.cpus * value) for value in cpu)]
        stat += [f"cpu{i} " + " ".join(map(str, cpu)) for i in range(self.cpus)]
        stat += ["intr 1" + " 0" * 20 * self.cpus, "ctxt 1", "btime 1", "processes 1",
                 "procs_running 1", "procs_blocked 0", ""]
        disks = [f"   8 {i} disk{i} 1 0 {(i + 1) * STEP_SECTORS * (step + 1)} 0 1 0 "
                 f"{10 ** 9 + step * STEP_SECTORS} 0 0 0 0" for i in range(self.disks)
                 if i not in without]
        lines = [f"  eth{i}: {(i + 1) * STEP_BYTES * (step + 1)} 1 0 0 0 0 0 0 {10 ** 9} 1 0 0 0 0 0 0"
                 for i in range(self.interfaces) if i not in without]
        return {
            "stat": "\n".join(stat),
            "vmstat": "".join(f"nr_{i} 0\n" for i in range(150)) + "pgfault 1\n",
            "meminfo": "MemTotal: 1048576 kB\nMemFree: 1 kB\nMemAvailable: 524288 kB\n",
            "diskstats": "".join(line + "\n" for line in rotate(disks, 7 * step)),
            "net/dev": "Inter-|   Receive    |  Transmit\n face |bytes    |bytes\n" +
                       "".join(line + "\n" for line in rotate(lines, 7 * step)),
            "loadavg": "0.00 0.01 0.02 1/100 12345\n",
        }

    def write(self, folder, steps, without=lambda step: ()):
        """Writes folder/root and folder/step1 and so on."""
        for i in range(self.disks):
            os.makedirs(f"{folder}/root/sys/block/disk{i}")
        for i in range(self.interfaces):
            os.makedirs(f"{folder}/root/sys/class/net/eth{i}/device")
        for i in range(self.processes):
            os.makedirs(f"{folder}/root/proc/{i + 1}")
        for step in range(steps + 1):
            place = f"{folder}/root/proc" if step == 0 else f"{folder}/step{step}/proc"
            os.makedirs(f"{place}/net", exist_ok=True)
            for name, text in self.files(step, without(step)).items():
                with open(f"{place}/{name}", "w") as file:
                    file.write(text)


def temporary_folder():
    """In memory, if there is such: a hundred thousand folders are slow elsewhere."""
    place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    return tempfile.TemporaryDirectory(prefix="vmfc-large-", dir=place)
