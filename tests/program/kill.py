# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""Runs that are killed with -9 at random moments: their files are valid and whole."""

import json
import os
import random
import signal
import sys
import time
import unittest

from common import SANITIZED, ProgramTest, main

RUNS = int(os.environ.get("VMFC_KILL_RUNS", "40" if SANITIZED else "100"))
SEED = int(os.environ.get("VMFC_KILL_SEED", str(random.randrange(1 << 30))))


class Kill(ProgramTest):
    def check_files(self, name):
        """Returns the number of records, after comparing the three files with each other."""
        records = self.records(name + ".json")
        with open(self.path(name + ".jsonl")) as file:
            lines = [json.loads(line) for line in file if line.strip()]
        rows = [row for row in self.rows(name + ".csv")]
        # the sinks are written one after the other: the last record may not be in all of them
        shortest = min(len(records), len(lines), len(rows))
        self.assertLessEqual(max(len(records), len(lines), len(rows)) - shortest, 1)
        self.assertEqual(records[:shortest], lines[:shortest])
        for row, record in zip(rows, records):
            self.assertNotIn(None, row)
            self.assertEqual(len(row), len(record))
            self.assertEqual(float(row["timestamp"]), record["timestamp"])
            self.assertEqual(row["missed_ticks"], str(record["missed_ticks"]))
        # every finished record is there: no deadline between first and last is unaccounted for
        for record in records[1:]:
            self.assertLess(record["time_delta_seconds"],
                            0.001 * (record["missed_ticks"] + 1) + 0.5)
        return len(records)

    def test_kill(self):
        chance = random.Random(SEED)
        print(f"VMFC_KILL_SEED={SEED}", file=sys.stderr)
        total = 0
        for run in range(RUNS):
            name = f"run{run}"
            process = self.start("--interval", "0.001", "--duration", "0", "--output",
                                 name + ".json", "--format", "json,jsonl,csv")
            while not os.path.exists(self.path(name + ".meta.json")):
                self.assertIsNone(process.poll())
                time.sleep(0.001)
            time.sleep(chance.uniform(0, 0.15))
            process.send_signal(signal.SIGKILL)
            process.communicate()
            total += self.check_files(name)
            for extension in (".json", ".jsonl", ".csv", ".meta.json"):
                os.unlink(self.path(name + extension))
        print(f"{total} records in {RUNS} runs", file=sys.stderr)
        self.assertGreater(total, 10 * RUNS)


if __name__ == "__main__":
    main()
