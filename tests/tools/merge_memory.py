# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""vmfc merge takes little memory, whatever it is given."""

import os
import subprocess
import unittest

import pair
from merging import SANITIZED, VMFC, MergeTest, main

HEAD = "timestamp,time_delta_seconds,cpu_utilization"
# A process has had at least as much as the one that started it, which is this one: some 20 MiB.
MOST = 32


@unittest.skipIf(SANITIZED, "memory is not as it is without a sanitizer")
class Memory(MergeTest):
    """Each of these took far more than MOST, and more the longer the input was."""

    def lines(self, name, head, lines):
        """@lines: a generator, because the memory of this process counts too"""
        with open(self.path(name), "w", newline="") as file:
            file.write(head + "\n")
            file.writelines(line + "\n" for line in lines)

    def rows(self, cells, head=""):
        self.lines("f.csv", HEAD + head, (f"{pair.EPOCH + 1 + i},1,{i * 37 % 100}{text}"
                                          for i, text in enumerate(cells)))

    def power(self, n):
        self.lines("p.csv", "timestamp,total_cpu_watts_package",
                   (f"{pair.EPOCH + i},{10 + i % 7}" for i in range(n)))

    def peak(self, *args, features=("f.csv",), code=0):
        """Merges. Returns: MiB, what it said"""
        command = [VMFC, "merge", "--power", "p.csv", "--output", "out.csv", *args]
        for name in features:
            command += ["--features", name]
        with open(self.path("said"), "w") as said:
            process = subprocess.Popen(command, cwd=self.folder, stdout=said, stderr=said)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        with open(self.path("said")) as said:
            text = said.read()
        self.assertEqual(process.returncode, code, text)
        return usage.ru_maxrss / 1024, text

    def test_power_that_gets_rare(self):
        """What is rarer than at first is taken for gaps, and the lag is looked for in all of it."""
        n = 1500000
        self.lines("p.csv", "timestamp,total_cpu_watts_package",
                   (f"{pair.EPOCH + (i * 0.1 if i < 5000 else i - 4500):.1f},{10 + i % 7}"
                    for i in range(n)))
        self.lines("f.csv", HEAD, (f"{pair.EPOCH + 1 + i * (n // 2000)},1,{i * 37 % 100}"
                                   for i in range(2000)))
        self.assertLess(self.peak("--format", "csv")[0], MOST)

    def test_names_of_phases(self):
        self.rows((f",w,{i}" + "x" * 100000 for i in range(600)),
                  ",stress_workload,stress_phase")
        self.power(602)
        peak, said = self.peak("--split", "--format", "csv")
        self.assertLess(peak, MOST)
        self.assertIn("by stress_workload and stress_phase", said)

    def test_cells_that_grow(self):
        """A control character takes six bytes in JSON."""
        self.rows(["," + "\1" * (2 << 20)] * 3, ",stress_phase")
        self.power(200)
        self.assertLess(self.peak("--split", "--format", "json,jsonl,csv")[0], MOST)

    def test_many_runs(self):
        names = [f"r{i}.csv" for i in range(300)]
        for i, name in enumerate(names):
            self.lines(name, HEAD + "".join(f",column_{i % 2}_{j}" for j in range(2000)),
                       [f"{pair.EPOCH + 1},1,5" + ",1" * 2000])
        self.power(30)
        self.assertLess(self.peak("--format", "csv", features=names)[0], MOST)
        # each run lacks one of these; the report is not held here either
        for i in (0, 1):
            with open(self.path("out.report.json")) as file:
                self.assertEqual(sum(line.strip() in (f'"column_{i}_77"', f'"column_{i}_77",')
                                     for line in file), 150)

    def test_long_names(self):
        """Rows whose keys are new in each, and long."""
        with open(self.path("f.csv"), "w") as file:
            for i in range(40):
                keys = "".join(f', "{i}_{j}{"y" * 10000}": 1' for j in range(10))
                file.write(f'{{"timestamp": {pair.EPOCH + 1 + i}{keys}}}\n')
        self.power(30)
        peak, said = self.peak(code=1)
        self.assertLess(peak, MOST)
        self.assertIn("column names of more than 256 KiB", said)

    def test_long_window(self):
        """Two windows with more power values than the buffer can contain."""
        n = 300000
        self.lines("p.csv", "timestamp," + ",".join(
            f"total_cpu_watts_{zone}" for zone in ("package", "core", "dram", "uncore", "psys")),
            (f"{pair.EPOCH + i * 0.001:.3f},{9 + i % 7},3,2,2,9" for i in range(n)))
        self.lines("f.csv", HEAD, (f"{pair.EPOCH + i * n // 2000},{n // 2000},{i * 50}"
                                   for i in (1, 2)))
        self.assertLess(self.peak("--max-gap", "1e9")[0], MOST)


class Runs(MergeTest):
    def test_too_many(self):
        """The error comes before any file is read."""
        done = self.merge(["none"] * 4097, "none", code=2)
        self.assertIn("names 4097 files, but the maximum is 4096", done.stderr)


if __name__ == "__main__":
    main()
