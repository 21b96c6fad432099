# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""Each profile with a real stress-ng: its records show what its name promises.

VMFC_PROFILE_SECONDS says for how long each of them runs (default: 3); a table of what was seen is
printed.
"""

import os
import statistics
import unittest

from common import SANITIZED, Timing, WorkloadTest, main, needs_stress_ng

SECONDS = float(os.environ.get("VMFC_PROFILE_SECONDS", "3"))
N_CPUS = len(os.sched_getaffinity(0))
STEPS = {
    "cpu_cycling": 40,
    "cpu_intensive": 7,
    "memory_intensive": 6,
    "mixed_workload": 1,
    "bursty_workload": 2,
    "matrix_computation": 4,
    "branch_intensive": 6,
    "cache_thrashing": 6,
    "io_intensive": 4,
    "floating_point": 6,
    "vector_operations": 4,
    "syscall_intensive": 5,
    "process_intensive": 4,
    "random_load": 21,
    "partial_load": 5,
}


@needs_stress_ng
@unittest.skipIf(SANITIZED, "the same programs run in the other builds")
class Promises(WorkloadTest):
    def measure(self, workload, n_steps):
        # from the start of a step until it is at work it takes some 0.1 s
        seconds = max(SECONDS, 0.3 * n_steps)
        step = seconds / n_steps
        interval = min(0.5, step / 4)
        self.collect("--stress-workload", workload,
                     *([] if workload == "idle" else ["--set", f"stress_ng.step={step}"]),
                     duration=seconds, interval=interval, plugins="perf,proc")
        records = self.records()
        # where the machine stands still at its end, the last window is longer than the workload
        self.assertEqual({record["stress_workload"] for record in self.settled(records)}, {workload})
        self.assert_changes(records)
        seconds = sum(record["time_delta_seconds"] for record in records)

        def per_second(column):
            return sum(record[column] or 0 for record in records) / seconds

        return records, {
            "CPU %": statistics.mean(self.loads(records)),
            "system %": statistics.mean(record["cpu_system_time"] or 0 for record in records),
            "memory % max": max(record["memory_usage_percent"] for record in records),
            "faults/s": per_second("page_faults"),
            "switches/s": per_second("context_switches"),
            "new tasks/s": per_second("processes_created"),
            "read MiB/s": per_second("disk_io_read_mb"),
            "written MiB/s": per_second("disk_io_write_mb"),
        }

    def test_promises(self):
        listed = self.vmfc("--list-workloads").stdout
        self.assertEqual(listed.count("(plugin stress_ng)"), len(STEPS))
        _, idle = self.measure("idle", 1)
        print("\n" + "workload".ljust(20) + "".join(name.rjust(15) for name in idle), flush=True)
        print("idle".ljust(20) + "".join(f"{value:15.1f}" for value in idle.values()), flush=True)
        for workload, n_steps in STEPS.items():
            with self.subTest(workload):
                timing = Timing(late=0.5)  # of each, because each is judged for itself
                records, seen = self.measure(workload, n_steps)
                print(workload.ljust(20) + "".join(f"{value:15.1f}" for value in seen.values()),
                      flush=True)
                with timing():
                    self.check_promise(workload, records, seen, idle)
                timing.close()

    def check_promise(self, workload, records, seen, idle):
        settled = self.settled(records)
        if workload in ("cpu_intensive", "matrix_computation", "branch_intensive",
                        "cache_thrashing", "floating_point", "vector_operations"):
            self.assertGreater(statistics.mean(self.loads(settled)), 75)  # it takes time to begin
        elif workload == "memory_intensive":
            # how much of its half of the memory it fills in a step is the machine's
            self.assertGreater(seen["memory % max"], idle["memory % max"] + 2)
            self.assertGreater(seen["faults/s"], 10 * idle["faults/s"])
        elif workload == "mixed_workload":
            self.assertGreater(seen["CPU %"], 40)
            # a part of its time is for memory
            self.assertGreater(seen["memory % max"], idle["memory % max"] + 0.5)
            self.assertGreater(seen["switches/s"], idle["switches/s"] + 500)
        elif workload == "io_intensive":
            self.assertGreater(seen["written MiB/s"], idle["written MiB/s"] + 1)
        elif workload == "syscall_intensive":
            self.assertGreater(seen["system %"], 30)
            self.assertGreater(seen["switches/s"], 50 * idle["switches/s"])
        elif workload == "process_intensive":
            self.assertGreater(seen["new tasks/s"], idle["new tasks/s"] + 100)
            self.assertGreater(seen["faults/s"], 10 * idle["faults/s"])
        elif workload == "bursty_workload":
            high = self.loads(r for r in settled if r["stress_phase"] == "high")
            low = self.loads(r for r in settled if r["stress_phase"] == "low")
            self.assertGreater(statistics.mean(high), statistics.mean(low) + 50)
        elif workload == "partial_load":
            targets = {record["stress_target_load"] for record in settled}
            self.assertIn(100.0, targets)
            self.assertIn(100.0 / N_CPUS, targets)
        elif workload in ("cpu_cycling", "random_load"):
            targets = [record["stress_target_load"] for record in records]
            self.assertGreater(len(set(targets)), 10)
            if workload == "cpu_cycling":
                self.assertEqual(max(targets), 100)
                self.assertGreater(len(targets), targets.index(100.0) + 10)


if __name__ == "__main__":
    main()
