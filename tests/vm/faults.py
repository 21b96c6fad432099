# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What goes wrong in a machine while vmfc runs: its files stay valid, and what is lost is said."""

import common
import guest
from common import DiskTest, GuestTest, main

SCRIPT = """
# the clock is set while vmfc runs, forward and back
collect clock --plugins perf,proc --interval 0.5 --duration 8
sleep 1; date -s "$(date -d @$(($(date +%s) + 3600)) +'%Y-%m-%d %H:%M:%S')" >/dev/null
sleep 2; date -s "$(date -d @$(($(date +%s) - 7200)) +'%Y-%m-%d %H:%M:%S')" >/dev/null
collected

# the memory runs out: others are ended for it, vmfc goes on
collect memory --plugins perf,proc --interval 0.1 --duration 6
sleep 1; tail /dev/zero; echo $? >/out/memory.tail
collected

# the memory runs out: vmfc is ended for it
collect killed --plugins perf,proc --interval 0.1 --duration 60
echo 1000 >/proc/$vmfc/oom_score_adj
sleep 1; tail /dev/zero
collected

# a small file system runs full
mount -t tmpfs -o size=256k small /mnt
vmfc --plugins perf,proc --interval 0.02 --duration 8 --format json,csv,jsonl --output /mnt/full.json \\
	>/out/full.log 2>&1
echo $? >/out/full.code
cp /mnt/full.* /out

# kill -9
collect minus9 --plugins perf,proc --interval 0.01 --duration 60
sleep 2; kill -9 $vmfc
collected

dmesg | grep -i 'killed process' >/out/dmesg
"""


class Faults(GuestTest):
    script = "mkdir -p /mnt\n" + SCRIPT

    def test_clock_step(self):
        records = self.records("clock")
        self.assert_ended_with("clock", 0)
        self.assert_joined(records)
        steps = [after["timestamp"] - before["timestamp"] - after["time_delta_seconds"]
                 for before, after in zip(records, records[1:])]
        forward, back = [step for step in steps if abs(step) > 60]
        self.assertAlmostEqual(forward, 3600, delta=2)
        self.assertAlmostEqual(back, -7200, delta=2)
        self.assertEqual(self.log("clock").count("wall clock"), 2, self.log("clock"))
        for record in records:
            self.assertAlmostEqual(record["cpu_cycles"] / (2e9 * record["time_delta_seconds"]), 1,
                                   delta=0.01)

    def test_memory_runs_out(self):
        """The kernel ends who took it, and vmfc's windows go on, late at worst."""
        self.assertNotEqual(self.files["memory.tail"].strip(), "0")
        self.assert_ended_with("memory", 0)
        records = self.records("memory")
        available = [record["memory_available_gb"] for record in records]
        self.assertLess(min(available), 0.7 * max(available))
        for before, after in zip(records, records[1:]):
            self.assertAlmostEqual(after["timestamp"] - before["timestamp"],
                                   after["time_delta_seconds"], delta=0.001)
        total = sum(record["time_delta_seconds"] for record in records)
        self.assertAlmostEqual(total, 6, delta=0.3)

    def test_killed_for_memory(self):
        self.assert_ended_with("killed", 137)
        self.assertIn("(vmfc)", self.files["dmesg"])
        records = self.records("killed")
        self.assertGreater(len(records), 10)
        self.assert_joined(records[:10])

    def test_full(self):
        self.assert_ended_with("full", 1)
        self.assertIn("No space left on device", self.log("full"))
        self.assertIn("free some space", self.log("full"))
        records = self.records("full")
        self.assertGreater(len(records), 20)
        lines = [line for line in self.files["full.jsonl"].split("\n") if line]
        self.assertLessEqual(abs(len(lines) - len(records)), 5)
        rows = self.files["full.csv"].strip().split("\n")
        self.assertTrue(self.files["full.csv"].endswith("\r\n"))
        self.assertEqual(len({row.count(",") for row in rows}), 1)

    def test_kill(self):
        self.assert_ended_with("minus9", 137)
        records = self.records("minus9")
        self.assertGreater(len(records), 150)
        total = sum(record["time_delta_seconds"] for record in records)
        self.assertAlmostEqual(records[-1]["timestamp"] - records[0]["timestamp"],
                               total - records[0]["time_delta_seconds"], delta=0.001)


class ReadOnly(DiskTest):
    """A file system becomes read-only under vmfc, as ext4 does by itself after an error."""
    SCRIPT = """
mount -t ext4 /dev/vdc /disk
vmfc --plugins perf,proc --interval 0.1 --duration 90 --format json,csv --output /disk/run.json \\
	>/out/run.log 2>&1 &
vmfc=$!
# the guest's time does not wait for its disk
until [ -s /disk/run.json ] && [ "$(grep -o timestamp_iso /disk/run.json | wc -l)" -gt 20 ]; do sleep 0.1; done
echo u >/proc/sysrq-trigger; sleep 2; kill $vmfc
wait $vmfc; echo $? >/out/run.code
cp /disk/run.* /out
# and from the start
vmfc --plugins perf --duration 1 --output /disk/second.json >/out/second.log 2>&1
echo $? >/out/second.code
"""

    def test_read_only(self):
        with guest.Guest(self.image, common.PRELUDE + self.SCRIPT, disk=self.disk) as machine:
            self.files = machine.finish()
        self.assert_ended_with("run", 1)
        self.assertIn("Read-only file system", self.log("run"))
        self.assertGreater(len(self.records("run")), 10)
        self.assert_ended_with("second", 1)
        self.assertIn("choose a writable place with --output", self.log("second"))


if __name__ == "__main__":
    main()
