# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""The perf sampler on a machine with hardware counters, held against programs of known length.

The emulator counts instructions as they are: each CPU's counter counts those of all CPUs, because
there is one count for the machine (QEMU's docs/devel/tcg-icount.rst). What is counted on two CPUs and
added up is so twice what was run.
"""

import json
import operator

from common import GuestTest, main
from guest import NANOSECONDS_PER_INSTRUCTION

FREQUENCY = 1e9  # at which QEMU's cycle counter of 64-bit Arm runs, whatever the CPUs do
LOOPS = {"small": 25_000_000, "middle": 100_000_000, "large": 500_000_000}
PER_LOOP = 2  # instructions, see loop.S

SCRIPT = """
# counted NAME LOOPS
counted() {
	collect "$1" --plugins perf --interval 1 --duration 6
	sleep 1
	loop "$2"
	collected
}
sizes() {
	counted "$1-none" 0
""" + "".join(f'\tcounted "$1-{name}" {loops}\n' for name, loops in LOOPS.items()) + """
}
# what a machine does in its first seconds, and vmfc for the first time, is not what is counted here
counted first 0
sleep 20
sizes two
echo 0 >/sys/devices/system/cpu/cpu1/online
sizes one
echo 1 >/sys/devices/system/cpu/cpu1/online
# windows in which a CPU does nothing but to be read
collect idle --plugins perf --interval 0.016 --duration 4
collected
collect short --plugins perf --interval 0.001 --duration 1
collected
# a run that loses a CPU and gets it back
collect hotplug --plugins perf,cpu --interval 0.5 --duration 9
sleep 2; echo 0 >/sys/devices/system/cpu/cpu1/online
sleep 3; echo 1 >/sys/devices/system/cpu/cpu1/online
collected
occupy 6 &
occupier=$!
sleep 0.2
counted turns-none 0
counted turns-large """ + str(LOOPS["large"]) + """
kill $occupier && wait $occupier
vmfc --check --plugins perf >/out/check
"""


class Counters(GuestTest):
    script = SCRIPT

    def total(self, name, column):
        return sum(record[column] for record in self.records(name))

    def test_known_lengths(self):
        for cpus, n_cpus in (("one", 1), ("two", 2)):
            for size, loops in LOOPS.items():
                idle = self.total(f"{cpus}-none", "instructions")
                counted = self.total(f"{cpus}-{size}", "instructions") - idle
                expected = PER_LOOP * loops * n_cpus
                print(f"{cpus} CPU(s), {PER_LOOP * loops} instructions: counted "
                      f"{counted / n_cpus:.0f}, {100 * (counted / expected - 1):+.3f} %")
                self.assertAlmostEqual(counted / expected, 1, delta=0.01)

    def test_cycles_are_time(self):
        for name, n_cpus in (("one-large", 1), ("two-large", 2), ("two-none", 2)):
            records = self.records(name)
            cycles = [record["cpu_cycles"] for record in records]
            times = [n_cpus * FREQUENCY * record["time_delta_seconds"] for record in records]
            self.assertAlmostEqual(sum(cycles) / sum(times), 1, delta=0.001)
            # some milliseconds may pass between the reading of the clock and that of a counter
            for ratio in map(operator.truediv, cycles, times):
                self.assertAlmostEqual(ratio, 1, delta=0.01)

    def test_instructions_per_cycle(self):
        rate = 1e9 / NANOSECONDS_PER_INSTRUCTION / FREQUENCY
        for name in ("one-large", "two-large"):
            busiest = max(record["instructions_per_cycle"] for record in self.records(name))
            self.assertAlmostEqual(busiest, rate, delta=0.01 * rate)
            for record in self.records(name):
                self.assertEqual(record["instructions_per_cycle"],
                                 record["instructions"] / record["cpu_cycles"])
        idle = max(record["instructions_per_cycle"] for record in self.records("one-none")[1:])
        self.assertLess(idle, 0.1 * rate)

    def test_absent_events_are_missing(self):
        absent = ["cache_references", "cache_misses", "branches", "branch_misses",
                  "cache_miss_ratio", "branch_miss_ratio", "ref_cycles"]
        for record in self.records("two-large"):
            for column in absent:
                self.assertIsNone(record[column])
            self.assertEqual(record["pmc_running_ratio"], 1)
        events = self.columns("two-large")
        for column in absent[:4] + ["ref_cycles"]:
            self.assertEqual(events[column]["state"], "unsupported")
            self.assertIn("do not support this event", events[column]["reason"])
        for column in ("cpu_cycles", "instructions"):
            self.assertEqual(events[column]["state"], "ok")
        self.assertIn("cache_references", self.files["check"])
        self.assertIn("6 of 13 columns", self.files["check"])

    def test_turns(self):
        """With more events than counters the counts are scaled, and said to be."""
        records = self.records("turns-large")
        for record in records:
            self.assertGreater(record["pmc_running_ratio"], 0)
            self.assertLess(record["pmc_running_ratio"], 1)
        counted = (self.total("turns-large", "instructions") -
                   self.total("turns-none", "instructions"))
        expected = PER_LOOP * LOOPS["large"] * 2
        ratios = sorted(record["pmc_running_ratio"] for record in records)
        print(f"taking turns ({ratios[0]:.2f} to {ratios[-1]:.2f} of the time): "
              f"{100 * (counted / expected - 1):+.2f} %")
        self.assertAlmostEqual(counted / expected, 1, delta=0.1)
        self.assertEqual(self.columns("turns-large")["instructions"]["state"], "multiplexed")

    def test_idle(self):
        """No count of an idle machine is taken for one that stands still."""
        for name in ("idle", "short"):
            records = self.records(name)
            self.assertGreater(len(records), 200)
            for record in records:
                for column in ("cpu_cycles", "instructions", "instructions_per_cycle"):
                    self.assertIsNotNone(record[column])
            self.assertNotIn("lies", self.log(name))

    def test_hotplug(self):
        """A CPU that goes and comes costs the window in which it does, and no number is false."""
        records = self.records("hotplug")
        self.assert_ended_with("hotplug", 0)
        self.assert_joined(records)
        counts = [record["core_count"] for record in records]
        self.assertEqual(sorted(set(counts)), [1, 2])
        self.assertEqual([counts[0], counts[-1]], [2, 2])
        missing = [record for record in records if record["cpu_cycles"] is None]
        self.assertEqual(len(missing), 2, json.dumps(records))
        for record in records:
            shares = [record[column] for column in
                      ("cpu_user_time", "cpu_nice_time", "cpu_system_time", "cpu_idle",
                       "cpu_iowait", "cpu_irq", "cpu_softirq", "cpu_steal")]
            if None not in shares:
                self.assertAlmostEqual(sum(shares), 100, delta=0.001)
            if record["cpu_cycles"] is not None:
                time = record["core_count"] * FREQUENCY * record["time_delta_seconds"]
                self.assertAlmostEqual(record["cpu_cycles"] / time, 1, delta=0.01)


if __name__ == "__main__":
    main()
