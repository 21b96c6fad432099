#!/usr/bin/env python3
# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""Keeps a sample of every format that this version writes, for the tests of all later versions.

    make.py BUILD

Runs the vmfc of the folder BUILD for half a minute and writes tests/formats/VERSION.txt. Do that once
for each version that changes a format, and never change the sample of an earlier one.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.join(HERE, "../..")
sys.path.insert(0, os.path.dirname(HERE))
import archive

WORKLOADS = "command=sleep 60:8,idle:8,none:8"
# what a config file of this version looks like when every key has a value; some would hinder the test
VALUE = re.compile(r"^#(?!(?:model|plugin-path|meta|start-time|rotate|rotate-keep|root)=)([a-z_-]+=.+)$", re.M)


def make(vmfc, folder):
    def run(*args):
        # the files have the name under which it was started: not that of a folder of whoever makes the sample
        subprocess.run(["vmfc", *args], executable=vmfc, check=True, cwd=folder, stdin=subprocess.DEVNULL)

    ended = threading.Event()
    with tempfile.TemporaryDirectory() as root:
        os.mkdir(os.path.join(root, "proc"))
        write_stat(root, 0)
        machine = threading.Thread(target=turn, args=(root, ended))
        machine.start()
        record(run, root)
        ended.set()
        machine.join()
    learn(run, folder)


def write_stat(root, seconds, busy=0.0):
    """A machine of one CPU that has been busy for so many of its seconds."""
    ticks = f"{round(100 * busy)} 0 0 {round(100 * (seconds - busy))} 0 0 0 0 0 0"
    text = (f"cpu  {ticks}\ncpu0 {ticks}\nctxt 1\nbtime 1700000000\nprocesses 1\n"
            "procs_running 1\nprocs_blocked 0\n")
    # in one write, because vmfc reads it at any time; the text never becomes shorter
    descriptor = os.open(os.path.join(root, "proc/stat"), os.O_WRONLY | os.O_CREAT)
    os.pwrite(descriptor, text.encode(), 0)
    os.close(descriptor)


def turn(root, ended):
    """Its load goes up and down, whatever this machine does."""
    begin = last = time.monotonic()
    busy = 0.0
    while not ended.is_set():
        time.sleep(0.01)
        now = time.monotonic()
        busy += (now - last) * (0.1 + 0.8 * abs((now - begin) % 8 - 4) / 4)
        last = now
        write_stat(root, now - begin, busy)


def record(run, root):
    run("--root", root, "--plugins", "cpu", "--stress-workload", WORKLOADS, "--duration", "24", "--interval", "0.5",
        "--output", "run.json", "--format", "json,jsonl,csv")


def learn(run, folder):
    with open(os.path.join(folder, "run.json")) as file:
        rows = json.load(file)
    with open(os.path.join(folder, "power.json"), "w") as file:
        # a host of 10 W and 0.2 W for each percent
        json.dump([{"timestamp": row["timestamp"], "time_delta_seconds": row["time_delta_seconds"],
                    "vm_cpu_joules_package": round((10 + 0.2 * row["cpu_utilization"]) *
                                                   row["time_delta_seconds"], 3)}
                   for row in rows if row["cpu_utilization"] is not None], file)
    run("merge", "--features", "run.json", "--power", "power.json", "--output", "set.csv", "--format", "csv")
    run("train", "set.csv", "--output", "model.json", "--families", "mean,curve,linear")
    run("train", "set.csv", "--output", "trees.json", "--families", "trees")
    for model in ("model", "trees"):
        run("train", "--evaluate", f"{model}.json", "set.csv", "--predictions", f"{model}.csv")
    with open(os.path.join(TOP, "data/vmfc.conf")) as file:
        text = VALUE.sub(r"\1", file.read())
    with open(os.path.join(folder, "vmfc.conf"), "w") as file:
        file.write(text)


def main(build):
    vmfc = os.path.join(os.path.abspath(build), "vmfc")
    version = subprocess.run([vmfc, "--version"], check=True, text=True,
                             stdout=subprocess.PIPE).stdout.split()[1]
    with tempfile.TemporaryDirectory() as folder:
        make(vmfc, folder)
        text = archive.pack(pathlib.Path(folder))
    with open(os.path.join(HERE, version + ".txt"), "wb") as file:
        file.write(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
