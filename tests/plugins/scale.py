# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""
Large machines: 1,024 CPUs, 10,000 disks and interfaces, 100,000 processes.

Arguments: tests/replay, the folder of the build.
"""

import json
import os
import subprocess
import sys

import large
import play

REPLAY, BUILD = (os.path.abspath(path) for path in sys.argv[1:3])
MACHINE = large.Machine(1024, 10000, 10000, 100000)
STEPS = 6
TAKEN_OUT = (17, 4711, 9999)


def without(step):
    """Some are gone from one step to the next, and come back."""
    return TAKEN_OUT if step == 4 else ()


def expect(step):
    there = MACHINE.disks * (MACHINE.disks + 1) // 2
    changed = step in (4, 5)
    return {
        "core_count": MACHINE.cpus,
        "cpu_user_time": 20.0,
        "cpu_system_time": 10.0,
        "cpu_idle": 70.0,
        "memory_available_gb": 0.5,
        "process_count": MACHINE.processes,
        "load_average_15min": 0.02,
        # another set of devices is another counter
        "disk_io_read_mb": None if changed else float(there * large.STEP_SECTORS * 512 >> 20),
        "disk_io_write_mb": None if changed else float(MACHINE.disks),
        "network_bytes_recv": None if changed else there * large.STEP_BYTES,
        "network_bytes_sent": None if changed else 0,
    }


def main():
    failed = 0
    with large.temporary_folder() as folder:
        MACHINE.write(folder, STEPS, without)
        steps = ",".join(["-"] + play.steps_of(folder))
        subprocess.run([REPLAY, steps, "--root", f"{folder}/root", "--plugins", "proc",
                        "--plugin-path", play.plugin_path(BUILD), "--output", f"{folder}/out.json"],
                       check=True)
        with open(f"{folder}/out.json") as file:
            records = json.load(file)
    if len(records) != STEPS:
        sys.exit(f"{len(records)} records instead of {STEPS}")
    for step, record in enumerate(records, 1):
        for name, value in expect(step).items():
            if record[name] != value:
                print(f"FAIL window {step}: {name} is {record[name]} instead of {value}")
                failed += 1
    if failed:
        sys.exit(1)


main()
