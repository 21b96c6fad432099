# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What vmfc merge tells of a merge: each number of the report, of the meta file and of the summary, of
files that differ in all of them, so that none stands where another belongs."""

import csv
import datetime
import json
import os
import random

import pair
from merging import ReportTest, features_of, main, points_of


class Report(ReportTest):
    def test_times(self):
        """When windows and power begin and end, on their own clocks, also with an offset."""
        self.write("f.csv", features_of(range(1, 31)))
        self.write("p.csv", points_of(range(-5, 48)))
        for offset in (0, 7, -2.5):
            self.merge("f.csv", "p.csv", "--offset", str(offset), itself=True)
            report, run = self.report(), self.meta()["runs"][0]
            self.assert_time(report["power"]["begins"], -5)
            self.assert_time(report["power"]["ends"], 47)
            for features in (report["features"], run["features"]):
                self.assert_time(features["first_window_begins"], 0)
                self.assert_time(features["last_window_ends"], 30)
                self.assertEqual(features["rows"], 30)
            self.assertEqual(report["offset"]["applied_seconds"], offset)
            self.assertIs(report["offset"]["was_estimated"], False)
            self.assertEqual(self.meta()["options"]["offset"], offset)

    def test_steps_and_gaps(self):
        self.write("f.csv", features_of([*range(1, 10), *range(14, 20), *range(26, 30)]))
        self.write("p.csv", points_of([i / 2 for i in range(-2, 40)] + [i / 2 for i in range(50, 62)]))
        for args, max_gap in (((), 1.5), (("--max-gap", "2"), 2)):
            done = self.merge("f.csv", "p.csv", *args, itself=True)
            report = self.report()
            self.assertEqual(report["power"]["step_seconds"], 0.5)
            self.assertEqual(report["power"]["longest_bridged_gap_seconds"], max_gap)
            self.assertEqual((report["power"]["gaps"], report["power"]["longest_gap_seconds"]), (1, 5.5))
            self.assertEqual((report["features"]["gaps"],
                              report["features"]["longest_gap_seconds"]), (2, 6))
            self.assertIn("gaps: 2 between windows (up to 6 s), 1 in the power (up to 5.5 s)\n",
                          done.stdout)
        # either kind alone is told
        self.write("p.csv", points_of([i / 2 for i in range(-2, 62)]))
        done = self.merge("f.csv", "p.csv", itself=True)
        self.assertIn("gaps: 2 between windows (up to 6 s), 0 in the power (up to 0 s)\n", done.stdout)
        self.write("f.csv", features_of(range(1, 30)))
        self.write("p.csv", points_of([*range(-1, 12), *range(20, 40)]))
        done = self.merge("f.csv", "p.csv", itself=True)
        self.assertIn("gaps: 0 between windows (up to 0 s), 1 in the power (up to 9 s)\n", done.stdout)
        self.write("p.csv", points_of(range(-1, 40)))
        self.assertNotIn("gaps:", self.merge("f.csv", "p.csv", itself=True).stdout)

    def test_gap_of_half_a_window(self):
        """It is none yet; a window of no length has no gap before it."""
        rows = features_of([1, 2, 3.5, 5.0625, 6.0625])
        rows.insert(3, {**rows[0], "timestamp": pair.EPOCH + 3.75, "time_delta_seconds": 0.0})
        self.write("f.csv", rows[:3] + rows[4:])
        self.write("p.csv", points_of([i / 4 for i in range(-4, 40)]))
        self.merge("f.csv", "p.csv", itself=True)
        features = self.report()["features"]
        self.assertEqual((features["gaps"], features["longest_gap_seconds"]), (1, 0.5625))
        self.write("f.csv", rows)
        self.merge("f.csv", "p.csv", itself=True)
        self.assertEqual(self.report()["features"]["gaps"], 0)

    def test_files(self):
        """Their form, their columns of time, and the rows that are no rows, of each side."""
        rows = features_of(range(1, 41))
        self.write("p.jsonl", [{"timestamp_absolute": row.pop("timestamp"), **row}
                               for row in points_of(range(-1, 60))])
        self.write("f.csv", rows)
        with open(self.path("f.csv"), newline="") as file:
            lines = file.read().split("\r\n")
        lines[20] += ",1"
        lines[30:32] = ["1,2", "3"]
        self.text("f.csv", "\r\n".join(lines) + "1757530")
        done = self.merge("f.csv", "p.jsonl", itself=True)
        self.assertIn("f.csv has 3 rows with more or fewer cells than its first line has names (first: "
                      "row 20)", done.stderr)
        report = self.report()
        features, power = report["features"], report["power"]
        self.assertEqual((features["file"], power["file"]), ("f.csv", "p.jsonl"))
        self.assertEqual((features["form"], power["form"]), ("csv", "json"))
        self.assertEqual((features["time_column"], power["time_column"]),
                         ("timestamp", "timestamp_absolute"))
        self.assertEqual((features["rows_of_wrong_length"], power["rows_of_wrong_length"]), (3, 0))
        self.assertEqual((features["rows_cut_off"], power["rows_cut_off"]), (1, 0))
        self.assertEqual((features["is_cut"], power["is_cut"]), (True, False))
        self.assertEqual((features["rows"], power["rows"]), (37, 61))
        for side in (features, power):
            self.assertNotIn("assumed_utc_offset_seconds", side)

    def test_array_that_ends_in_a_row(self):
        """Its last row is not one whose line feed is missing."""
        self.write("p.csv", points_of(range(-1, 60)))
        text = json.dumps(features_of(range(1, 31)))
        self.text("f.json", text[:-40])
        done = self.merge("f.json", "p.csv", itself=True)
        self.assertIn("1 row is left out, and the 29 complete rows before it are used", done.stderr)
        self.assertNotIn("line feed", done.stderr)

    def test_local_times(self):
        """The zone of a file without one is told, in hours and minutes, and all times are in UTC."""
        for minutes, text in ((330, "UTC+05:30"), (-210, "UTC-03:30"), (0, "UTC+00:00"), (765, "UTC+12:45"),
                              (-15, "UTC-00:15")):
            zone = datetime.timezone(datetime.timedelta(minutes=minutes))
            local = [{**row, "timestamp_iso": pair.iso(row["timestamp"], zone)}
                     for row in features_of(range(1, 41))]
            self.write("f.csv", local, without=["timestamp"])
            self.write("p.csv", [{**row, "timestamp_iso": pair.iso(row["timestamp"], zone)}
                                 for row in points_of(range(-1, 60))])
            done = self.merge("f.csv", "p.csv", "--split=0.3", itself=True)
            self.assertIn(f"f.csv has local times without a zone; vmfc takes them as {text}, as in the "
                          "other file", done.stderr)
            report = self.report()
            self.assertEqual(report["features"]["assumed_utc_offset_seconds"], 60 * minutes)
            self.assertNotIn("assumed_utc_offset_seconds", report["power"])
            self.assert_time(report["features"]["last_window_ends"], 40)
            self.assertEqual(report["split"]["train"] + report["split"]["test"], 40)
            self.assertEqual(report["split"]["test"], 12)

    def test_split(self):
        self.write("f.csv", [{**row, "stress_phase": f"p{i // 10}", "stress_transition": i % 10 < 2}
                             for i, row in enumerate(features_of(range(1, 101)))])
        self.write("p.csv", points_of(range(-1, 120)))
        for args, share, seed in ((["--split"], 0.2, 0), (["--split=0.3", "--seed", "17"], 0.3, 17)):
            done = self.merge("f.csv", "p.csv", *args, itself=True)
            wanted = {"by": "stress_workload and stress_phase, all iterations together",
                      "wanted_share": share, "seed": seed, "train": 80 - 80 * share,
                      "test": 80 * share, "left_out_as_transitions": 20}
            self.assertEqual(self.report()["split"], wanted)
            self.assertEqual(self.meta()["split"], wanted)
            self.assertIn(f"split: {80 - 80 * share:.0f} rows for training, {80 * share:.0f} for testing, "
                          "20 transitions in neither; by stress_workload and stress_phase", done.stdout)
            for name, rows in (("out.csv", 100), ("out.train.json", 80 - 80 * share),
                               ("out.test.csv", 80 * share)):
                self.assertIn(f"{name}: {rows:.0f} rows\n", done.stdout)
        self.merge("f.csv", "p.csv", itself=True)
        self.assertNotIn("split", self.report())
        self.assertNotIn("split", self.meta())

    def test_part_without_rows(self):
        """Whichever part it is."""
        self.write("p.csv", points_of(range(-1, 60)))
        for n_without, share, part in ((20, 0.1, "testing"), (75, 0.3, "training")):
            self.write("f.csv", [{**row, "stress_phase": "with" if i < 50 else "without"}
                                 for i, row in enumerate(features_of(
                                     [*range(1, 51), *range(100, 100 + n_without)]))])
            done = self.merge("f.csv", "p.csv", f"--split={share}", itself=True)
            self.assertIn(f"--split: no rows for {part}, because", done.stderr)

    def test_table_of_numbers(self):
        """The columns of the labels, as those of the list of objects."""
        zones = {f"total_cpu_watts_{zone}": 7.0 for zone in ("core", "psys")}
        power = points_of([i + 0.123456789 for i in range(-1, 60)], value=lambda i: 5 + i // 7, **zones)
        power[20]["total_cpu_watts_core"] = None
        self.write("p.csv", power)
        self.write("f.csv", features_of([i / 1.5 + 0.1 for i in range(1, 60)]))
        self.merge("f.csv", "p.csv", "--format", "csv,json,jsonl", "--max-gap", "1.2", itself=True)
        rows, table = self.records("out.json"), self.rows("out.csv")
        with open(self.path("out.jsonl")) as file:
            self.assertEqual([json.loads(line) for line in file], rows)
        self.assertEqual(len(rows), len(table))
        for row, cells in zip(rows, table):
            self.assertEqual(list(row), list(cells))
            for name in ("power_watts_package", "power_watts_core", "power_watts_psys", "time_diff"):
                self.assertEqual("" if row[name] is None else repr(row[name]).removesuffix(".0"),
                                 cells[name].removesuffix(".0"))
            self.assertEqual(cells["power_stale"], str(row["power_stale"]).lower())
            self.assertEqual(cells["power_method"], row["power_method"])
        self.assertEqual({cells["power_stale"] for cells in table}, {"true", "false"})
        self.assertTrue(all(round(row["time_diff"], 6) == row["time_diff"] for row in rows))

    def test_columns_in_another_order(self):
        """Of a second run with the same columns, in a table too."""
        odd = 'x, "y"\nz'  # names are cells too
        rows = features_of(range(1, 11), name="a, b", other=None, **{odd: 7})
        self.write("f.csv", rows)
        self.write("g.csv", [dict(reversed(row.items())) for row in rows])
        self.write("p.csv", points_of(range(-1, 20)))
        self.merge(["f.csv", "g.csv"], "p.csv", "--split=0.5", itself=True)
        for part in ("", ".train", ".test"):
            for row in self.rows(f"out{part}.csv"):
                self.assertEqual([row["name"], row["other"], row["cpu_utilization"], row[odd]],
                                 ["a, b", "", "5.0", "7"])


class Meta(ReportTest):
    def test_options(self):
        self.write("f.csv", features_of(range(1, 31)))
        self.write("p.csv", points_of(range(-1, 60)))
        self.merge("f.csv", "p.csv", itself=True)
        self.assertEqual(self.meta()["options"], {
            "tolerance": 0.2, "offset": 0, "estimate_offset": False, "max_lag": 60, "max_gap": 0,
            "min_power_threshold": 0})
        self.merge("f.csv", "p.csv", "--tolerance", "0.3", "--offset", "1.25", "--max-lag", "7", "--max-gap",
                   "9", "--min-power-threshold", "0.5", itself=True)
        self.assertEqual(self.meta()["options"], {
            "tolerance": 0.3, "offset": 1.25, "estimate_offset": False, "max_lag": 7, "max_gap": 9,
            "min_power_threshold": 0.5})

    def test_estimated(self):
        self.write("f.csv", pair.old_features(pair.steps(), 200))
        self.write("p.csv", pair.old_power(pair.steps(), 220, start=-12, lag=3.5))
        done = self.merge("f.csv", "p.csv", "--estimate-offset", itself=True)
        self.assertNotIn("corrects this", done.stderr)
        self.assertIs(self.meta()["options"]["estimate_offset"], True)
        for offset in (self.meta()["runs"][0]["offset"], self.report()["offset"]):
            self.assertIs(offset["was_estimated"], True)
            self.assertEqual(offset["applied_seconds"], offset["lag_seconds"])

    def test_rest_of_a_lag(self):
        """What a given offset leaves of the lag is told, with its own sign."""
        self.write("f.csv", pair.old_features(pair.steps(), 200))
        self.write("p.csv", pair.old_power(pair.steps(), 230, start=-15, lag=3.5))
        for offset, side in ((0, "lags"), (3.5, None), (6, "leads"), (-2, "lags"), (5, "leads")):
            done = self.merge("f.csv", "p.csv", "--offset", str(offset), itself=True)
            rest = self.report()["offset"]["lag_seconds"] - offset
            self.assertAlmostEqual(rest, 3.5 - offset, delta=0.4)
            if side is None:
                self.assertNotIn("corrects this", done.stderr)
            else:
                self.assertIn(f"f: power {side} the features by {abs(rest):.2f} s, with windows of 1.00 s: "
                              "--estimate-offset corrects this", done.stderr)

    def test_left_out(self):
        """Each reason of a row, a zone and a column, in words."""
        counters = {"page_faults": 0, "context_switches": None, "zeros": 0}
        rows = features_of([0.5, *range(1, 31), 29.5, 30, *range(70, 73)], **counters)
        rows[5]["timestamp"] = None
        self.write("f.csv", rows)
        power = points_of(range(61), total_cpu_watts_core=0, total_cpu_watts_dram=None)
        for row in power[20:23]:
            row["total_cpu_watts_package"] = None
        self.write("p.csv", power)
        self.merge("f.csv", "p.csv", "--max-gap", "1", "--min-power-threshold", "5.2", itself=True)
        left_out = self.meta()["left_out"]
        why = self.report()["rows"]["unmatched_why"]
        self.assertEqual({item["reason"]: item["rows"] for item in left_out["rows"]},
                         {reason: n for reason, n in why.items() if n})
        self.assertEqual({item["reason"]: item["why"] for item in left_out["rows"]}, {
            "no_time": "they have no valid time",
            "out_of_order": "they are earlier than the previous row",
            "duplicate_time": "they have the time of the previous row",
            "before_power": "they begin before the power does",
            "after_power": "they end after the power does",
            "no_power": "they have no power for a part of their window",
            **({"below_threshold": "they are below --min-power-threshold"}
               if why["below_threshold"] else {})})
        self.assertEqual({item["name"]: item["why"] for item in left_out["columns_never_present"]}, {
            "page_faults": "it is 0 in every row, which is impossible for a running machine",
            "context_switches": "no row has a value"})
        self.assertEqual({item["zone"]: item["why"] for item in left_out["zones"]}, {
            "core": "it is 0 in every row of the power file, so the meter seems to be stuck",
            "dram": "no row of the power file has a value"})

    def test_two_sources(self):
        """A label names all columns of power that it is from; a zone that one run has is not left out."""
        rows = features_of(range(1, 31))
        for name in "fg":
            self.write(name + ".csv", rows)
        windows = [{"vm_cpu_watts_package": 5 + i % 3, "timestamp": pair.EPOCH + i, "time_delta_seconds": 1,
                    "vm_cpu_watts_dram": 1.5} for i in range(1, 40)]
        self.write("p.csv", windows)
        self.write("q.csv", [{"vm_cpu_joules_package": 5, **row, "vm_cpu_watts_dram": None}
                             for row in windows])
        self.merge(["f.csv", "g.csv"], ["p.csv", "q.csv"], itself=True)
        meta = self.meta()
        columns = {column["name"]: column for column in meta["columns"]}
        self.assertEqual(columns["power_watts_package"]["source"],
                         "vm_cpu_joules_package, vm_cpu_watts_package")
        self.assertEqual(columns["power_watts_dram"]["source"], "vm_cpu_watts_dram")
        # zones that the set does not have are not told as parts of others
        self.assertEqual(columns["power_watts_package"]["overlaps"], [])
        self.assertEqual(meta["left_out"]["zones"], [])
        for runs in (meta["runs"], self.report()["runs"]):
            self.assertEqual([list(run["power"]["zones"]) for run in runs], [["package", "dram"], ["package"]])
        self.assertEqual([run["power"]["zones"]["package"]["from_column"] for run in meta["runs"]],
                         ["vm_cpu_watts_package", "vm_cpu_joules_package"])
        self.assertEqual(len({run["power"]["sha256"] for run in meta["runs"]}), 2)
        self.assertEqual(len({run["features"]["sha256"] for run in meta["runs"]}), 1)
        self.assertEqual([run["power"]["file"] for run in meta["runs"]], ["p.csv", "q.csv"])

    def describe(self, rows, **more):
        return {"generator": "vmfc", "version": "9.8", "machine": {"host": "h"}, "command_line": ["vmfc"],
                "start_time": pair.EPOCH, "interval": 1.5, "workload": "trace", "seed": 7, "shuffle": True,
                "common_windows": False, "columns": [
                    {"name": name, "unit": "1", "kind": "gauge", "type": "float", "plugin": "x",
                     "source": "s", "description": "d", "state": "ok"} for name in rows[0]],
                "result": {"records": len(rows), "missed_windows": 0, "dropped_records": 0,
                           "unwritten_records": 0}, **more}

    def test_facts_of_inputs(self):
        """All that is copied, of each run, also where one power file is for all."""
        keys = ("version", "start_time", "interval", "workload", "seed", "shuffle", "common_windows",
                "machine")
        rows, power = features_of(range(1, 31)), points_of(range(-1, 60))
        for name in "fg":
            self.write(name + ".csv", rows)
        self.write("p.csv", power)
        metas = {"f": self.describe(rows), "g": self.describe(rows, seed=8, interval=2, workload=None),
                 "p": self.describe(power, machine={"host": "metal"})}
        for name, meta in metas.items():
            self.text(name + ".meta.json", json.dumps(meta))
        self.merge(["f.csv", "g.csv"], "p.csv", itself=True)
        for name, run in zip("fg", self.meta()["runs"]):
            for side, meta in ((name, run["features"]), ("p", run["power"])):
                self.assertEqual({key: meta[key] for key in keys}, {key: metas[side][key] for key in keys})
                self.assertEqual(meta["meta_file"], side + ".meta.json")
        # no output may take the place of any of these files
        for name in ("p.csv", "p", "g.meta", "g"):
            output = {"p": "p.jsonl", "g": "g.json", "g.meta": "g.meta.json"}.get(name, name)
            done = self.merge(["f.csv", "g.csv"], "p.csv", output=output, code=2, itself=True)
            self.assertIn("which is an input: choose another name", done.stderr)
        self.assertEqual(sorted(name for name in os.listdir(self.folder) if "." in name and
                                not name.startswith("out.")),
                         sorted([f"{name}.csv" for name in "fgp"] + [f"{name}.meta.json" for name in "fgp"]))

    def test_meta_file_alone_is_an_input(self):
        """That of the power too, but none that was not read."""
        rows, power = features_of(range(1, 31)), points_of(range(-1, 60))
        self.write("f.csv", rows)
        self.write("p", power)
        with open(self.path("p"), "w", newline="") as file:
            table = csv.DictWriter(file, power[0])
            table.writeheader()
            table.writerows(power)
        self.text("p.meta.json", json.dumps(self.describe(power)))
        done = self.merge("f.csv", "p", output="p.csv", code=2, itself=True)
        self.assertIn("--output would write or rename p.meta.json, which is an input", done.stderr)
        self.text("p.meta.json", "{}")
        done = self.merge("f.csv", "p", output="p.csv", itself=True)
        self.assertIn("p.meta.json exists already; vmfc renamed it to p.1.meta.json", done.stderr)


    def test_files_without_meta_files(self):
        """Each input of each run is safe from the outputs, whatever part has its name."""
        rows, power = features_of(range(1, 31)), points_of(range(-1, 60))
        names = ("f.csv", "g.train.csv"), ("p.test.json", "q.report.json")
        for name in names[0]:
            self.write(name, rows)
        for name in names[1]:
            self.write(name, power)
        for name in ("f.csv", "g.train.csv", "p.test.json", "q.report.json"):
            done = self.merge(*names, output=name[0] + ".csv", code=2, itself=True)
            self.assertIn(f"--output would write or rename {name}, which is an input", done.stderr)
        self.assertEqual(sorted(os.listdir(self.folder)), sorted(names[0] + names[1]))

    def test_meta_files_of_two_powers(self):
        """Whichever of them is damaged, the other counts, and each is told once."""
        rows, power = features_of(range(1, 31)), points_of(range(-1, 60))
        for name in "fg":
            self.write(name + ".csv", rows)
        for name in "pq":
            self.write(name + ".csv", power)
        for damaged in "pq":
            for name in "pq":
                self.text(name + ".meta.json", "{" if name == damaged else json.dumps(self.describe(power)))
            done = self.merge(["f.csv", "g.csv"], ["p.csv", "q.csv"], itself=True)
            self.assertEqual(done.stderr.count(".meta.json is not used"), 1)
            self.assertIn(damaged + ".meta.json is not used", done.stderr)
            for name, run in zip("pq", self.meta()["runs"]):
                good = None if name == damaged else name + ".meta.json"
                self.assertEqual(run["power"]["meta_file"], good)
                self.assertEqual("why_no_meta_file" in run["power"], name == damaged)
                if name == damaged:
                    self.assertIn("is not valid JSON", run["power"]["why_no_meta_file"])


class Summary(ReportTest):
    def line(self, done, begin):
        return [line for line in done.stdout.splitlines() if line.startswith(begin)]

    def test_labels(self):
        """The range of each zone, and one that has no value where the features are."""
        power = points_of(range(-1, 60), value=lambda i: 5 + i % 3)
        for i, row in enumerate(power):
            row["total_cpu_watts_core"] = 1.5 if i > 50 else None
            row["total_cpu_watts_dram"] = None
            row["total_cpu_watts_psys"] = 0
        self.write("p.csv", power)
        self.write("f.csv", features_of(range(1, 31)))
        done = self.merge("f.csv", "p.csv", itself=True)
        self.assertEqual(self.line(done, "labels:"), [
            "labels: power_watts_package from total_cpu_watts_package (5.5 to 6.5 W); power_watts_core from "
            "total_cpu_watts_core (no value); none of dram, which has no value; none of psys, which is 0 in "
            "every row, so the meter seems to be stuck; zones overlap, never add them up"])

    def test_stale(self):
        """Values that repeat, of all values, and windows without a new one."""
        self.write("p.csv", points_of(range(-1, 60), value=lambda i: 5 + i // 4))
        self.write("f.csv", features_of(range(1, 31)))
        done = self.merge("f.csv", "p.csv", itself=True)
        rows = self.report()["rows"]
        self.assertEqual(self.line(done, "stale:"), [
            f"stale: 45 of 61 power values repeat the previous one; {rows['stale_labels']} windows have no "
            "new value (power_stale)"])
        self.assertEqual(rows["stale_labels"], sum(row["power_stale"] for row in self.records("out.json")))
        self.assertNotIn(rows["stale_labels"], (0, 30, 45))

    def test_offset(self):
        chance = random.Random(1)
        for lag in (3.5, -2.5):
            self.write("f.csv", pair.old_features(pair.ramp(200), 200))
            power = pair.old_power(pair.ramp(200), 220, start=-12, lag=lag)
            for row in power:
                row["total_cpu_watts_package"] += chance.uniform(0, 0.5)
            self.write("p.csv", power)
            for given in (0, 1.25):
                done = self.merge("f.csv", "p.csv", "--offset", str(given), itself=True)
                offset = self.report()["offset"]
                self.assertEqual(self.line(done, "offset:"), [
                    f"offset: {given:.2f} s applied; power {'lags' if lag > 0 else 'leads'} the features by "
                    f"{abs(offset['lag_seconds']):.2f} s (correlation {offset['correlation']:.2f})"])
                self.assertNotAlmostEqual(offset["correlation"], offset["correlation_of_changes"], places=1)
        self.write("f.csv", features_of(range(1, 31)))
        self.write("p.csv", points_of(range(-1, 60)))
        done = self.merge("f.csv", "p.csv", "--offset", "2", itself=True)
        self.assertEqual(self.line(done, "offset:"), [
            "offset: 2.00 s applied; lag not found: the load does not vary (standard deviation 0.00 %)"])
        # what fits best by chance is not what is applied
        self.write("f.csv", pair.old_features(pair.steps(), 200))
        self.write("p.csv", pair.old_power(pair.steps(99, 3.0), 220, start=-12))
        done = self.merge("f.csv", "p.csv", "--offset", "0.5", itself=True)
        self.assertRegex(self.line(done, "offset:")[0],
                         r"^offset: 0\.50 s applied; lag not found: power does not follow the load clearly "
                         r"enough \(correlation of their changes -?0\.\d\d\)$")

    def test_names(self):
        """Twelve of them are all told, of more the rest is counted."""
        self.write("p.csv", points_of(range(-1, 60)))
        for n in (11, 12, 13):
            names = [f"n{i}" for i in range(n)]
            for value, begin in ((None, "never present: "), (0, "always 0: ")):
                self.write("f.csv", features_of(range(1, 31), **dict.fromkeys(names, value)))
                done = self.merge("f.csv", "p.csv", itself=True)
                self.assertEqual(self.line(done, begin), [
                    begin + ", ".join(names[:12]) + (" and 1 more" if n == 13 else "")])

    def test_left_out(self):
        self.write("f.csv", features_of([0.5, *range(1, 31), 29, 30, *range(70, 72)]))
        self.write("p.csv", points_of(range(61)))
        done = self.merge("f.csv", "p.csv", itself=True)
        self.assertEqual(self.line(done, "  left out: "), [
            "  left out: 1 are earlier than the previous row", "  left out: 1 have the time of the previous row",
            "  left out: 1 begin before the power does", "  left out: 2 end after the power does"])

if __name__ == "__main__":
    main()
