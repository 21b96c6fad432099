# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""A long run, in a guest whose time passes as fast as it can: half an hour in a minute.

VMFC_GUEST_SECONDS=86400 makes it a day, VMFC_GUEST_SECONDS=100000 more ticks than a day has seconds.
"""

import os

from common import GuestTest, main

SECONDS = int(os.environ.get("VMFC_GUEST_SECONDS", "1800"))
EARLY = min(1000, SECONDS // 3)

SCRIPT = f"""
collect long --plugins perf,proc --interval 1 --duration {SECONDS} --format json,csv
memory() {{
	grep -E '^(VmHWM|VmRSS|RssAnon|VmData|Threads)' /proc/$vmfc/status >"/out/$1.memory"
	ls /proc/$vmfc/fd | wc -l >"/out/$1.files"
}}
sleep {EARLY}; memory early
sleep {SECONDS - EARLY - 10}; memory late
collected
"""


class Hours(GuestTest):
    script = SCRIPT
    options = {"memory": 512 + SECONDS * 4096 // (1 << 20)}
    timeout = 180 + SECONDS // 20

    def test_every_second_is_there(self):
        records = self.records("long")
        self.assert_ended_with("long", 0)
        self.assertEqual(len(records), SECONDS)
        self.assertEqual([record["missed_ticks"] for record in records], [0] * SECONDS)
        first, last = records[0]["timestamp"], records[-1]["timestamp"]
        print(f"\n{len(records)} records, {last - first - (SECONDS - 1):+.6f} s of drift, "
              f"lateness at most {max(record['tick_lateness_us'] for record in records)} us")
        self.assertAlmostEqual(last - first, SECONDS - 1, delta=0.005)
        self.assert_joined(records)
        for before, after in zip(records, records[1:]):
            self.assertAlmostEqual(after["timestamp"] - before["timestamp"],
                                   after["time_delta_seconds"], delta=0.0001)
        self.assertEqual(self.files["long.csv"].count("\r\n"), SECONDS + 1)

    def test_memory_stays(self):
        early, late = ({line.split(":")[0]: int(line.split()[1])
                        for line in self.files[f"{when}.memory"].splitlines()}
                       for when in ("early", "late"))
        print(f"\nafter {EARLY} s and {SECONDS - 10} s: {early}, {late}")
        self.assertEqual(self.files["early.files"], self.files["late.files"])
        for what in ("RssAnon", "VmData", "Threads"):
            self.assertEqual(early[what], late[what], what)
        self.assertLess(late["VmHWM"], early["VmHWM"] + 256)  # kB; the mapped end of the files


if __name__ == "__main__":
    main()
