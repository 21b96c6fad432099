# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What vmfc merge tells when nothing, or not all, of its files can be used."""

import datetime
import os
import re

import pair
from merging import ReportTest, features_of, main, points_of


class Messages(ReportTest):
    def test_no_time_in_common(self):
        """When each begins and ends; the hint leads to the features whatever offset was given."""
        self.write("f.csv", features_of(range(1, 31)))
        for apart in (7200, -7200):
            self.write("p.csv", points_of(range(apart, apart + 50)))
            for given in (0, 100, -40):
                done = self.merge("f.csv", "p.csv", "--offset", str(given), code=1, itself=True)
                found = re.search(r"f\.csv \((\S+) to (\S+)\) and p\.csv \((\S+) to (\S+)\) have no time in "
                                  r"common: .* or --offset (-?\d+) --estimate-offset", done.stderr)
                for shown, second in zip(found.groups(), (0, 30, apart - given, apart + 49 - given)):
                    self.assert_time(shown, second)
                self.assertEqual(int(found[5]), apart)

    def test_clocks_at_the_maximum(self):
        """Files that begin as far apart as the maximum are near enough for a search; the offset counts."""
        self.write("f.csv", features_of(range(1, 31)))
        for apart, offset, is_far in ((10, 0, False), (10.5, 0, True), (-10, 0, False), (-10.5, 0, True),
                                      (12, 2, False), (12.5, 2, True), (-10, 2, True), (8.5, -2, True)):
            self.write("p.csv", points_of([1 + apart + i for i in range(60)]))
            done = self.merge("f.csv", "p.csv", "--estimate-offset", "--max-lag", "10", "--offset",
                              str(offset), code=1, itself=True)
            self.assertEqual("but the maximum of the lag is 10 s (--max-lag)" in done.stderr, is_far,
                             (apart, offset, done.stderr))
            self.assertEqual("give it with --offset, or omit --estimate-offset" in done.stderr, not is_far)

    def test_no_values(self):
        """The remedy depends on whether the user has named the source, whichever it is."""
        self.write("f.csv", features_of(range(1, 31)))
        for name, prefix in (("joules", "vm_cpu_joules_"), ("watts", "vm_cpu_watts_"),
                             ("kepler", "kepler_vm_cpu_watts_"), ("total", "total_cpu_watts_")):
            self.write("p.csv", [{"timestamp": row["timestamp"], "time_delta_seconds": 1,
                                  prefix + "package": None} for row in points_of(range(-1, 60))])
            for args, remedy in (((), "vmfc --check on the host says what is missing and why"),
                                 (("--power-source", name), "omit --power-source to use other columns too")):
                done = self.merge("f.csv", "p.csv", *args, code=1, itself=True)
                self.assertIn(f"p.csv has no value of power in any of its 61 rows: {remedy}\n", done.stderr)

    def test_each_number_of_the_power(self):
        """Rows without a machine, values out of range, at 0 for too long and without a number."""
        self.write("f.csv", features_of(range(1, 151)))
        power = points_of(range(-1, 160), total_cpu_watts_core=1.5, vm_count=1)
        for i, value in ((3, -1), (5, 30000), (7, "x"), (8, None), (9, None)):
            power[i]["total_cpu_watts_package"] = value
        for row in power[10:12]:
            row["vm_count"] = 0
        for row in power[20:95]:
            row["total_cpu_watts_package"] = 0
        power[9]["total_cpu_watts_core"] = None
        self.write("p.csv", power)
        done = self.merge("f.csv", "p.csv", itself=True)
        for sentence in ("p.csv: in 2 rows no virtual machine was found (vm_count 0)",
                         "p.csv has 2 values of power that are below 0 or above 20 kW",
                         "p.csv line 9: total_cpu_watts_package is 'x'",
                         "p.csv has 15 values of power that stay at 0"):
            self.assertIn(sentence, done.stderr)
        report = self.report()["power"]
        self.assertEqual({key: report[key] for key in (
            "rows_without_virtual_machine", "rows_without_power", "impossible_values",
            "values_standing_still", "values_without_number")},
            {"rows_without_virtual_machine": 2, "rows_without_power": 3, "impossible_values": 2,
             "values_standing_still": 15, "values_without_number": 1})

    def test_zone_that_is_missing(self):
        """A zone that the user names is not replaced by another one, whichever it is."""
        zones = ("package", "core", "dram", "uncore", "psys")
        self.write("f.csv", features_of(range(1, 31)))
        for only in zones:
            self.write("p.csv", [{"timestamp": row["timestamp"], f"total_cpu_watts_{only}": 5.0}
                                 for row in points_of(range(-1, 60))])
            self.merge("f.csv", "p.csv", itself=True)
            for name in zones:
                done = self.merge("f.csv", "p.csv", "--power-zone", name, code=int(name != only), itself=True)
                self.assertEqual(f"--power-zone {name}: p.csv has no power of that zone" in done.stderr,
                                 name != only)

    def test_clock_that_is_changed(self):
        """Either way, while the file without a zone was recorded, which does not tell it."""
        change = pair.EPOCH
        for before, after in ((-4, -5), (-5, -4)):
            zones = [datetime.timezone(datetime.timedelta(hours=hours)) for hours in (before, after)]
            self.write("f.csv", [{**row, "timestamp_iso": pair.iso(row["timestamp"], zones[
                row["timestamp"] >= change])} for row in features_of(range(-9000, 9000, 60))])
            self.write("p.csv", [{**row, "timestamp_iso": pair.iso(row["timestamp"], zones[0])}
                                 for row in points_of(range(-9000, -4000, 60))])
            with open(self.path("p.csv"), newline="") as file:
                head, *rows = file.read().splitlines()
            self.text("p.csv", "\n".join(["timestamp_iso,total_cpu_watts_package"] + [
                ",".join(row.split(",")[:0:-1]) for row in rows]) + "\n")
            self.assertEqual(head, "timestamp,total_cpu_watts_package,timestamp_iso")
            done = self.merge("f.csv", "p.csv", code=1, itself=True)
            self.assertIn("p.csv has local times without a zone, and the clock was changed by 60 minutes "
                          "within it", done.stderr)

    def test_threshold_above_all(self):
        self.write("f.csv", features_of(range(1, 31)))
        self.write("p.csv", points_of(range(-1, 60)))
        done = self.merge("f.csv", "p.csv", "--min-power-threshold", "7.5", code=1, itself=True)
        self.assertIn("no row is left: all are below --min-power-threshold 7.5\n", done.stderr)

    def test_nothing_near(self):
        """Points that are too far apart for a line, and from each window's end."""
        self.write("f.csv", features_of([i + 0.5 for i in range(1, 31)]))
        self.write("p.csv", points_of(range(-1, 60)))
        done = self.merge("f.csv", "p.csv", "--max-gap", "0.5", "--tolerance", "0.25", code=1, itself=True)
        self.assertIn("no row is left: no power value is within --tolerance 0.25 s of a window of f.csv\n",
                      done.stderr)

    def test_texts_once(self):
        """A number in a text is told once for a file, whatever the phase is called."""
        names = {"vm_hostname": "12", "stress_workload": "5", "stress_phase": "1,5", "target_zones": "0"}
        rows = features_of(range(1, 31), **names, one="7", other="8,5")
        for row in rows[:3]:
            row["timestamp"] -= 30
        self.write("f.json", rows)
        self.write("p.csv", points_of(range(-1, 60)))
        done = self.merge("f.json", "p.csv", itself=True)
        self.assertEqual(done.stderr.count("in quotes"), 1, done.stderr)
        self.assertIn("one is '7'", done.stderr)
        self.assertIn("texts stay texts in the training set (columns: 2)", done.stderr)
        self.write("f.json", features_of(range(1, 31), **names))
        self.assertEqual(self.merge("f.json", "p.csv", itself=True).stderr.count("texts stay"), 0)

    def test_rows_of_power_twice(self):
        """The numbers of each file, and not those of the other."""
        self.write("f.csv", features_of([1, 2, 2, 3, 2.5, 2.5, 2.5, *range(4, 31)]))
        self.write("p.csv", points_of([-1, 0, 1, 1, 1, 2, 1.5, *range(3, 60)]))
        done = self.merge("f.csv", "p.csv", itself=True)
        for sentence in ("f.csv has 3 rows that are earlier than a previous row (first: row 5)",
                         "f.csv has 1 rows with the time of the previous row",
                         "p.csv has 1 rows that are earlier than a previous row (first: row 7)",
                         "p.csv has 2 rows with the time of the previous row"):
            self.assertIn(sentence, done.stderr)

    def test_each_time_three_times(self):
        """Rows of one time are left out, but a file of many of them is in order."""
        self.write("f.csv", features_of([i // 3 for i in range(3, 93)]))
        self.write("p.csv", points_of([i // 3 for i in range(-3, 180)]))
        done = self.merge("f.csv", "p.csv", itself=True)
        self.assertIn("f.csv has 60 rows with the time of the previous row", done.stderr)
        self.assertIn("p.csv has 122 rows with the time of the previous row", done.stderr)
        self.assertEqual(len(self.rows("out.csv")), 30)

    def test_labels_in_features(self):
        """Each column of a training set tells that it is one."""
        self.write("p.csv", points_of(range(-1, 60)))
        for name in ("power_method", "power_stale", "time_diff", *(
                f"power_watts_{zone}" for zone in ("package", "core", "dram", "uncore", "psys"))):
            self.write("f.csv", features_of(range(1, 31), **{name: 1}))
            done = self.merge("f.csv", "p.csv", code=1, itself=True)
            self.assertIn(f"f.csv has the column {name}, so it seems to be merged already", done.stderr)

    def test_file_of_another_user(self):
        """A part that no earlier merge wrote stays where it is, if this one does not write it."""
        self.write("f.csv", features_of(range(1, 31)))
        self.write("p.csv", points_of(range(-1, 60)))
        self.text("out.train.csv", "mine")
        self.text("out.jsonl", "mine")
        done = self.merge("f.csv", "p.csv", itself=True)
        self.assertNotIn("renamed", done.stderr)
        self.merge("f.csv", "p.csv", itself=True)
        self.assertTrue(os.path.exists(self.path("out.1.train.csv")))
        self.assertTrue(os.path.exists(self.path("out.1.jsonl")))


if __name__ == "__main__":
    main()
