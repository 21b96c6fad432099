# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""The other half of the users: a virtual machine of x86-64 without hardware counters."""

from common import GuestTest, main

SCRIPT = """
vmfc --check >/out/check 2>&1
collect run --plugins perf,proc,kepler --interval 0.5 --duration 4
collected
"""
HARDWARE = ["cpu_cycles", "instructions", "cache_references", "cache_misses", "branches",
            "branch_misses", "instructions_per_cycle", "cache_miss_ratio", "branch_miss_ratio",
            "pmc_running_ratio", "ref_cycles"]


class WithoutCounters(GuestTest):
    architecture = "amd64"
    script = SCRIPT
    # instructions cannot be counted here: this kernel does not start its second CPU then
    options = {"icount": None}

    def test_hardware_is_missing(self):
        records = self.records("run")
        self.assert_ended_with("run", 0)
        self.assertEqual(len(records), 8)
        for record in records:
            self.assertEqual([record[column] for column in HARDWARE], [None] * len(HARDWARE))
            self.assertGreater(record["context_switches"], 0)
            self.assertGreaterEqual(record["page_faults"], 0)
        self.assertIn("virtual PMU", self.log("run"))
        for column in HARDWARE:
            self.assertEqual(self.columns("run")[column]["state"], "unsupported")
            self.assertIn("no such hardware counter", self.columns("run")[column]["reason"])

    def test_the_rest_is_there(self):
        for record in self.records("run"):
            for column in ("cpu_utilization", "memory_usage_percent", "disk_io_read_mb",
                           "network_bytes_sent", "process_count", "load_average_1min"):
                self.assertIsNotNone(record[column])
            self.assertEqual(record["core_count"], 2)
            self.assertIsNone(record["node_process_cpu_seconds_total"])

    def test_check(self):
        check = self.files["check"]
        self.assertIn("perf: works in part, 2 of 13 columns", check)
        self.assertIn("Connection refused", check)
        for sampler in ("cpu", "mem", "disk", "net", "load"):
            self.assertRegex(check, rf"(?m)^{sampler}: ok")


if __name__ == "__main__":
    main()
