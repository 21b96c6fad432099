# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""The pair that power models are made of: vmfc in a guest, and on the host the guest's QEMU process.

    pair.py IMAGE SECONDS FOLDER [VMFC_OPTION...]

boots IMAGE (see image.py), runs vmfc in it, and puts into FOLDER vmfc's files and host.csv: what the
CPU clock of the process showed (utime + stime of proc(5)), and when by the guest's wall clock. That is
set from an emulated clock which knows full seconds only, so it is compared with the host's at the start, to
within some 20 ms.
"""

import csv
import os
import re
import shlex
import sys
import threading
import time

import guest

# at the turn of a second the guest says so
TELL_CLOCK = """
second=$(date +%s)
while [ "$(date +%s)" = "$second" ]; do :; done
echo "clock $((second + 1))." >/dev/console
"""
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def read_cpu_seconds(pid):
    """CPU time of a process and all its threads, proc(5): utime and stime of /proc/PID/stat."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


class Watch(threading.Thread):
    """Reads a process's CPU clock in even steps until the process ends: self.rows, (when, seconds)."""

    def __init__(self, pid, step=0.1):
        super().__init__(daemon=True)
        self.pid, self.step, self.rows = pid, step, []
        self.ended = threading.Event()

    def run(self):
        deadline = time.monotonic()
        while not self.ended.is_set():
            try:
                self.rows.append((time.time(), read_cpu_seconds(self.pid)))
            except (FileNotFoundError, ProcessLookupError):
                return
            deadline += self.step
            time.sleep(max(0, deadline - time.monotonic()))

    def growth(self, begin, end):
        """CPU seconds between two instants of the wall clock, on straight lines between the rows."""
        return self.at(end) - self.at(begin)

    def at(self, when):
        for (before, low), (after, high) in zip(self.rows, self.rows[1:]):
            if before <= when <= after:
                return low + (high - low) * (when - before) / (after - before)
        raise ValueError(f"{when} is not between {self.rows[0][0]} and {self.rows[-1][0]}")


def run(image, seconds, options):
    """Returns: (what the guest left, the Watch of its process)"""
    quoted = " ".join(shlex.quote(option) for option in options)
    script = (TELL_CLOCK +
              f"vmfc --duration {seconds} --output /out/vm_features.json {quoted}\n")
    with guest.Guest(image, script, icount=None) as machine:
        watch = Watch(machine.process.pid)
        watch.start()
        machine.wait_for(r"clock \d+\.")
        seen = time.time()
        second = int(re.search(r"clock (\d+)\.", machine.read_console()).group(1))
        files = machine.finish(timeout=seconds + 120)
        watch.ended.set()
        watch.join()
    watch.rows = [(when + second - seen, value) for when, value in watch.rows]
    return files, watch


def main(image, seconds, folder, *options):
    files, watch = run(image, float(seconds), options)
    os.makedirs(folder, exist_ok=True)
    for name, content in files.items():
        with open(os.path.join(folder, name), "w") as file:
            file.write(content)
    with open(os.path.join(folder, "host.csv"), "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["timestamp", "qemu_cpu_seconds_total"])
        writer.writerows(watch.rows)
    print(files["log"], end="")
    return int(files["status"])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
