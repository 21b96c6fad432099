# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""
Runs that are killed with -9 at random moments: their files are valid and whole.

A thousand of them: VMFC_KILL_RUNS=1000 python3 tests/program/kill.py
"""

import csv
import errno
import glob
import json
import os
import random
import signal
import struct
import sys
import threading
import time
import unittest

from common import MODULES, SANITIZED, ProgramTest, main, with_faults

RUNS = int(os.environ.get("VMFC_KILL_RUNS", "30" if SANITIZED else "100"))
SEED = int(os.environ.get("VMFC_KILL_SEED", str(random.randrange(1 << 30))))
OLD_KERNEL = f"madvise,{errno.EINVAL},0,{1 << 30}"
EXTENSIONS = (".json", ".jsonl", ".csv", ".meta.json")


def read(path):
    with open(path, "rb") as file:
        return file.read()



def whole_lines(text):
    """Of a table: a last line without its line feed is no record; there are no empty ones."""
    return text[:text.rfind("\n") + 1].splitlines()


class Flusher(threading.Thread):
    """Lets the kernel take the pages of the files as fast as it can while they are written."""

    def __init__(self, paths):
        super().__init__()
        self.paths, self.over = paths, False
        self.start()

    def run(self):
        while not self.over:
            for path in self.paths:
                try:
                    fd = os.open(path, os.O_RDONLY)
                except FileNotFoundError:
                    continue
                os.fdatasync(fd)
                os.close(fd)
            time.sleep(0.0005)

    def end(self):
        self.over = True
        self.join()


class Kill(ProgramTest):
    def setUp(self):
        super().setUp()
        self.chance = random.Random(SEED)
        print(f"VMFC_KILL_SEED={SEED}", file=sys.stderr)

    def run_and_kill(self, after, columns, *args, begun=False, env=None):
        """
        Kills vmfc @after seconds from its start, or from the beginning of its run. Returns how many
        records all sinks took.
        """
        count = self.path("count")
        if os.path.exists(count):
            os.unlink(count)
        process = self.start("--interval", "0.001", "--duration", "0", "--output", "run.json",
                             "--plugin-path", MODULES, "--plugins", "proc,wide", "--set",
                             f"wide.columns={columns}", "--format", "json,jsonl,csv,tray", "--set",
                             f"tray.count={count}", *args, env={**os.environ, **(env or {})})
        while begun and not os.path.exists(self.path("run.meta.json")):
            self.assertIsNone(process.poll())
            time.sleep(0.001)
        time.sleep(after)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if not os.path.exists(count) or os.path.getsize(count) < 8:
            return 0
        return struct.unpack("q", read(count))[0]

    def wait_for_meta(self):
        """How long it takes until a run has begun, here and now."""
        begin = time.monotonic()
        process = self.start("--duration", "0", "--output", "run.json", "--plugin-path", MODULES,
                             "--plugins", "proc,wide")
        while not os.path.exists(self.path("run.meta.json")):
            self.assertIsNone(process.poll())
            time.sleep(0.001)
        process.kill()
        process.communicate()
        return time.monotonic() - begin

    def read_records(self, name):
        """The records of each format, of those files that there are."""
        found = {}
        if os.path.exists(self.path(name + ".json")):
            found[".json"] = self.records(name + ".json")
        if os.path.exists(self.path(name + ".jsonl")):
            with open(self.path(name + ".jsonl")) as file:
                found[".jsonl"] = [json.loads(line) for line in whole_lines(file.read())]
        if os.path.exists(self.path(name + ".csv")):
            with open(self.path(name + ".csv"), newline="") as file:
                header, *rows = csv.reader(whole_lines(file.read()))
            for row in rows:
                self.assertEqual(len(row), len(header))
            found[".csv"] = [dict(zip(header, row)) for row in rows]
        return found

    def check_run(self, n_taken):
        found = self.read_records("run")
        for extension, records in found.items():
            # what all sinks took is in each file; the one in hand may be
            self.assertIn(len(records), (n_taken, n_taken + 1), extension)
            for record in records:
                wide = {str(value) for name, value in record.items() if name.startswith("wide_")}
                self.assertLessEqual(len(wide), 1)  # of one tick
        if len(found) == 3:
            self.assertEqual(found[".json"][:n_taken], found[".jsonl"][:n_taken])
            for row, record in zip(found[".csv"], found[".json"]):
                self.assertEqual(list(row), list(record))
                self.assertEqual(float(row["timestamp"]), record["timestamp"])
                self.assertEqual(row["missed_ticks"], str(record["missed_ticks"]))
        elif n_taken > 0:
            self.fail(f"only {sorted(found)} are there")
        if os.path.exists(self.path("run.meta.json")):
            json.loads(read(self.path("run.meta.json")))
        return n_taken

    def clear(self):
        for path in glob.glob(self.path("run.*")):
            os.unlink(path)

    def test_while_it_writes(self):
        """
        Short records, and such as are longer than a page; the kernel writes pages meanwhile, and
        does not know how to make them ready (before Linux 5.14).
        """
        total = 0
        for run in range(RUNS):
            self.clear()
            flusher = run % 2 and Flusher([self.path("run" + extension)
                                           for extension in EXTENSIONS[:3]])
            columns = (0, 200, 1000)[run % 3]
            is_old = run % 5 == 0 and "thread" not in SANITIZED
            try:
                taken = self.run_and_kill(self.chance.uniform(0, 0.15), columns,
                                          *(("--fsync", "0") if run % 4 < 2 else ()), begun=True,
                                          env=with_faults(OLD_KERNEL) if is_old else None)
            finally:
                if flusher:
                    flusher.end()
            total += self.check_run(taken)
        print(f"{total} records in {RUNS} runs", file=sys.stderr)
        self.assertGreater(total, 5 * RUNS)

    def test_while_it_starts(self):
        """Between the files of the run before and its own; nothing of either is lost."""
        start = self.wait_for_meta()
        before = {}
        n_kept = 0
        for _run in range(RUNS):
            taken = self.run_and_kill(self.chance.uniform(0, 1.5 * start), 0)
            names = {os.stat(path).st_ino: path for path in glob.glob(self.path("run.*"))}
            renamed = set()
            for extension, (inode, text) in before.items():
                self.assertIn(inode, names, f"what was run{extension} is gone")
                self.assertEqual(read(names[inode]), text)
                if os.path.basename(names[inode]) != "run" + extension:
                    renamed.add(extension)
            n_kept += len(renamed)
            # how long a start takes changes with what else the machine does: the middle is wanted
            start *= 0.93 if renamed else 1.07
            if set(before) == renamed:
                self.check_run(taken)
            else:  # it did not come to files of its own
                self.assertEqual(taken, 0)
                self.read_records("run")
            before = {}
            for extension in EXTENSIONS:
                path = self.path("run" + extension)
                if os.path.exists(path):
                    before[extension] = os.stat(path).st_ino, read(path)
            # each time one more: names must not run out of the search for a free one
            for path in glob.glob(self.path("run.[0-9]*")) + glob.glob(self.path("run.*.??????")):
                if self.chance.random() < 0.5:
                    os.unlink(path)
        print(f"{n_kept} files kept in {RUNS} runs", file=sys.stderr)
        self.assertGreater(n_kept, RUNS / 4)


if __name__ == "__main__":
    main()
