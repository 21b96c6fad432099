# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What workloads do when, with a real stress-ng. Runs alone, because what it looks at is who uses the machine."""

import json
import os
import statistics
import time
import unittest

from common import SANITIZED, WorkloadTest, main, needs_stress_ng, wait_until
from workload_processes import N_CPUS, RunningTest, descendants, processes


@needs_stress_ng
class Sequences(RunningTest):
    def test_loops(self):
        self.collect("--stress-workload", "cpu_cycling:1.8,cpu_intensive:1.2", duration=9,
                     interval=0.3)
        records = self.records()
        self.assert_windows(records, 30)
        self.assert_changes(records)
        number = -1
        numbers = []  # each record's window
        for record in records:
            number += 1 + record["missed_ticks"]
            numbers.append(number)
        with self.timing():
            for number, record in zip(numbers, records):
                # the window in which a part begins still has the name of the one before
                at = number - (1 if number % 10 in (0, 6) and number > 0 else 0)
                self.assertEqual(record["stress_workload"],
                                 "cpu_cycling" if at % 10 < 6 else "cpu_intensive", number)
                self.assertEqual(record["stress_iteration"], at // 10, number)
                if number > 0 and number % 10 in (0, 6):
                    self.assertTrue(record["stress_transition"])
        # a workload goes on where it was
        settled = self.settled(records)
        steps = {record["stress_phase"] for record in settled}
        every = {"int64", "load=0", "load=10", "load=5", "matrix_product", "prime"}
        self.assertLessEqual(steps, every)
        with self.timing():
            self.assertEqual(steps, every)
        self.assertLessEqual({(record["stress_phase"], record["stress_target_load"])
                              for record in settled if record["stress_workload"] == "cpu_cycling"},
                             {("load=0", 0.0), ("load=5", 5.0), ("load=10", 10.0)})

    def test_shuffle(self):
        parts = "idle:0.2,none:0.2,load=10:0.2,load=20:0.2,load=30:0.2"
        courses = []
        for seed in (5, 5, 6):
            self.collect("--stress-workload", parts, "--seed", str(seed), "--shuffle",
                         duration=2.2, plugins="load")
            courses.append([(record["stress_workload"], record["stress_phase"])
                            for record in self.records()])
            with open(self.path("data/vm_features.meta.json")) as file:
                meta = json.load(file)
            self.assertEqual((meta["workload"], meta["seed"], meta["shuffle"]),
                             (parts, seed, True))
        self.assertNotEqual(*courses[1:])
        with self.timing():
            self.assertEqual(*courses[:2])

    def test_idle(self):
        self.collect("--stress-workload", "idle", duration=1)
        for record in self.records():
            self.assertEqual(record["stress_workload"], "idle")
            self.assertIsNone(record["stress_phase"])
            self.assertIsNone(record["stress_target_load"])
            self.assertFalse(record["stress_transition"])

    def test_start_time(self):
        """A workload begins ahead of the first window, not when vmfc is started."""
        begin = int(time.time()) + 3
        process = self.start_run("--stress-workload", "cpu_intensive", "--start-time", str(begin),
                                 "--duration", "1")
        while time.time() < begin - 1:
            guards = [number for number in descendants(process.pid)
                      if processes().get(number, (0, ""))[1] == "workload-guard"]
            if time.time() < begin - 1:
                self.assertEqual(guards, [])
            time.sleep(0.05)
        self.assertTrue(wait_until(lambda: len(descendants(process.pid)) >= 2 + N_CPUS or
                                   process.poll() is not None))
        with self.timing():
            self.assertLess(time.time(), begin)
        process.communicate(timeout=60)
        records = self.records()
        self.assert_windows(records, 5)
        self.assertEqual(records[-1]["stress_workload"], "cpu_intensive")
        with self.timing():
            for record in records:
                self.assertEqual(record["stress_workload"], "cpu_intensive")
                self.assertFalse(record["stress_transition"])


class Others(WorkloadTest):
    def test_load(self):
        self.collect("--stress-workload", "load=20:2,load=70:2,load=100:1", duration=5,
                     plugins="cpu", interval=0.5)
        for target in (20, 70, 100):
            # the exact figures are the benchmark's: here others may be at work as well
            with self.timing():
                loads = self.loads(record for record in self.settled(self.records())
                                   if record["stress_target_load"] == target)
                self.assertGreater(statistics.mean(loads), target - 10)
                if not SANITIZED:  # then others are at work for certain
                    self.assertLess(statistics.mean(loads), target + 25)

    @unittest.skipIf(SANITIZED, "its own cost is that of the sanitizer")
    def test_own_cost(self):
        """The work is not counted as what vmfc costs."""
        done = self.collect("--stress-workload", "load=100", duration=2)
        cost = [line.split()[2] for line in done.stdout.splitlines() if "vmfc itself" in line]
        with self.timing():
            self.assertLess(float(cost[0]), 0.5)

    @unittest.skipIf(N_CPUS < 2, "it takes two CPUs")
    def test_load_of_some(self):
        self.collect("--stress-workload", "load=80", "--set", "cpu_load.cpus=1", duration=2)
        self.assertEqual(self.records()[0]["stress_target_load"], 80 / N_CPUS)
        self.assertEqual(self.records()[0]["stress_phase"], "load=80")

    def test_trace(self):
        with open(self.path("t.csv"), "w") as file:
            file.write("time,cpu\n0,0.1\n10,0.8\n20,\n30,0.5\n")
        done = self.collect("--stress-workload", "trace=t.csv", "--set", "trace.full=1", "--set",
                            "trace.speed=10", "--set", "trace.load_column=cpu", duration=5)
        self.assertIn("t.csv: 1 of 4 lines have no load from 0 to 1 and keep the previous one",
                      done.stderr)
        targets = [record["stress_target_load"] for record in self.settled(self.records())]
        self.assertEqual(targets, sorted(targets, key=[10.0, 80.0, 50.0, None].index))
        with self.timing():
            self.assertEqual(set(targets), {10.0, 80.0, 50.0, None})
            # the trace is over after 4 of the 5 s
            self.assertEqual(self.records()[-1]["stress_workload"], "none")

    def test_trace_that_repeats(self):
        with open(self.path("t.csv"), "w") as file:
            file.write("0,10\n1,20\n")
        self.collect("--stress-workload", "trace", "--set", "trace.file=t.csv", "--set",
                     "trace.repeat=true", duration=5)
        self.assertEqual(self.records()[-1]["stress_workload"], "trace")
        targets = [record["stress_target_load"] for record in self.settled(self.records())]
        self.assertEqual(set(targets), {10.0, 20.0})
        with self.timing():
            self.assertGreaterEqual(sum(a != b for a, b in zip(targets, targets[1:])), 3)

    def test_command(self):
        """To its end, which is that of a run without one."""
        done = self.collect("--stress-workload", "command=sh -c 'echo out; exec sleep 1'",
                            duration=0)
        self.assertIn("out\n", done.stdout)
        with self.timing():
            self.assertLess(len(self.records()), 6)
        self.assertEqual({record["stress_phase"] for record in self.settled(self.records())},
                         {"sh"})
        done = self.collect("--stress-workload", "command=sh -c 'echo out; exec sleep 9'", "--set",
                            "command.quiet=true", duration=0.6)
        self.assertNotIn("out\n", done.stdout)

    def test_command_fails(self):
        done = self.collect("--stress-workload", "command=sh -c 'sleep 0.3; exit 3'", duration=1,
                            code=1)
        self.assertIn("workload command ended too early: sh failed with exit status 3",
                      done.stderr)
        with open(self.path("broken"), "w") as file:
            file.write("#!/nowhere/interpreter\n")
        os.chmod(self.path("broken"), 0o755)
        done = self.collect("--stress-workload", "command=./broken", "--set", "command.quiet=true",
                            duration=1, code=1)
        self.assertIn("broken cannot be run: No such file or directory", done.stderr)
        self.assertEqual(self.records()[-1]["stress_workload"], "none")


if __name__ == "__main__":
    main()
