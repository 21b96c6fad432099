# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""vmfc merge: the labels, the lag and the split that come out of files of both tools."""

import bisect
import datetime
import os
import unittest

import pair
from merging import LABELS, SANITIZED, MergeTest, main


def integrate(points, start, end):
    """The mean of a polyline from start to end, by its definition."""
    times = [t for t, _ in points]

    def at(t):
        i = max(1, min(bisect.bisect_right(times, t), len(points) - 1))
        (t0, v0), (t1, v1) = points[i - 1], points[i]
        return v0 + (v1 - v0) * (t - t0) / (t1 - t0)

    knots = [start] + [t for t in times if start < t < end] + [end]
    return sum((at(a) + at(b)) / 2 * (b - a) for a, b in zip(knots, knots[1:])) / (end - start)


class Labels(MergeTest):
    def test_old_files_in_all_forms(self):
        """The relative times of both sides are 1.4 s apart and must not matter."""
        features, power = self.old_pair()
        files = {(side, form): self.write(f"{side}.{form}", rows)
                 for side, rows in (("f", features), ("p", power)) for form in ("json", "csv")}
        # the old tool's power CSV says the time in local ISO only
        self.write("p.csv", power, without=["timestamp_absolute"])
        points = [(row["timestamp_absolute"], row["total_cpu_watts_package"]) for row in power]
        for forms in (("json", "json"), ("json", "csv"), ("csv", "json"), ("csv", "csv")):
            done = self.merge(files["f", forms[0]], files["p", forms[1]])
            rows = self.records("out.json")
            self.assertEqual(len(rows), len(features))
            for row, feature in zip(rows, features):
                end = feature["timestamp_absolute"]
                self.assertEqual({key: row[key] for key in feature}, feature)
                self.assertEqual(list(row), ["run", *feature, *LABELS])
                self.assertAlmostEqual(row["power_watts_package"],
                                       integrate(points, end - 1.0002, end), places=5)
                self.assertAlmostEqual(row["time_diff"],
                                       min(abs(t - end) for t, _ in points), places=5)
                self.assertEqual(row["power_method"], "points")
            table = self.rows("out.csv")
            self.assertEqual([float(row["power_watts_core"]) for row in table],
                             [row["power_watts_core"] for row in rows])
            self.assertEqual([row["cpu_utilization"] for row in table],
                             [repr(row["cpu_utilization"]) for row in features])
            if forms[1] == "csv":
                self.assertIn("UTC-04:00, as in the other file", done.stderr)

    def test_zone_of_the_machine(self):
        features, power = self.old_pair()
        self.write("f.csv", features, without=["timestamp_absolute"])
        self.write("p.csv", power, without=["timestamp_absolute"])
        done = self.merge("f.csv", "p.csv", env={"TZ": "America/New_York"})
        self.assertEqual(done.stderr.count("UTC-04:00, as on this machine"), 2)
        self.assertEqual(len(self.records("out.json")), len(features))

    def test_clocks_that_are_changed(self):
        """Local times around the beginning of summer time have two zones: neither is guessed."""
        change = 1741503600.0  # 2025-03-09T02:00:00-05:00
        features, power = self.old_pair()
        for rows in (features, power):
            for row in rows:
                row["timestamp_absolute"] += change - pair.EPOCH - 60
                zone = -5 if row["timestamp_absolute"] < change else -4
                row["timestamp_iso"] = pair.iso(row["timestamp_absolute"], datetime.timezone(
                    datetime.timedelta(hours=zone)))
        self.write("f.csv", features)
        self.write("p.csv", power, without=["timestamp_absolute"])
        done = self.merge("f.csv", "p.csv", code=1)
        self.assertIn("p.csv has local times without a zone, and the clock was changed by 60 "
                      "minutes within it", done.stderr)
        self.write("f.csv", features, without=["timestamp_absolute"])
        done = self.merge("f.csv", "p.csv", code=1, env={"TZ": "America/New_York"})
        self.assertIn("changed by 60 minutes", done.stderr)
        self.write("f.csv", features[:40])
        self.write("p.csv", power[:40], without=["timestamp_absolute"])
        self.merge("f.csv", "p.csv")

    def test_energy(self):
        """Windows on the host of another length than those in the machine."""
        load = pair.steps(seconds=0.5)
        features = pair.own_features(load, 60)
        power = pair.own_power(load, 610, step=0.1, kepler=True)
        for form in ("json", "jsonl", "array", "csv"):
            self.write("f." + form, features)
            self.write("p." + form, power)
            self.merge("f." + form, "p." + form)
            rows = self.records("out.json")
            self.assertEqual(len(rows), 60)
            for i, row in enumerate(rows):
                energy = sum(part["vm_cpu_joules_package"] for part in power[10 * i:10 * i + 10])
                self.assertAlmostEqual(row["power_watts_package"], energy, delta=0.002)
                self.assertAlmostEqual(row["power_watts_core"], 0.6 * energy, delta=0.002)
                self.assertNotIn("power_watts_dram", row)
                self.assertEqual(row["power_method"], "energy")
                self.assertIs(row["power_stale"], False)
                self.assertEqual(row["target_zones"], ["package", "core"])
                self.assertEqual(row["vm_hostname"], 'a "vm", here')
                self.assertIs(row["stress_transition"], False)
                self.assertIsNone(row["cpu_cycles"])
            self.assertEqual(self.rows("out.csv")[0]["target_zones"], "package;core")
            self.assertEqual(self.rows("out.csv")[0]["vm_hostname"], 'a "vm", here')
            zones = self.report()["power"]["zones"]
            self.assertEqual(zones["package"]["from_column"], "vm_cpu_joules_package")
            self.assertEqual(zones["core"]["from_column"], "vm_cpu_watts_core")
            self.assertIn("never", self.report()["power"]["zones_overlap"])
            self.assertEqual(self.report()["power"]["zones_without_value"], ["dram"])

    def test_zone_that_comes_late(self):
        """One value anywhere is enough for a label; a column without values is not used."""
        load = pair.steps(seconds=0.5)
        power = pair.own_power(load, 6000, step=0.01)
        for row in power:
            row["vm_cpu_joules_psys"] = None
        self.write("f.json", pair.own_features(load, 60))
        self.write("p.json", power)
        done = self.merge("f.json", "p.json")
        self.assertIn("none of psys, which has no value", done.stdout)
        self.assertNotIn("power_watts_psys", self.records("out.json")[0])
        done = self.merge("f.json", "p.json", "--power-zone", "psys", code=1)
        self.assertIn("has no power of that zone", done.stderr)
        power[-1]["vm_cpu_joules_psys"] = 0.5
        self.write("p.json", power)
        self.merge("f.json", "p.json")
        self.assertIsNone(self.records("out.json")[0]["power_watts_psys"])

    def test_sources(self):
        """Energy is best, then means, then Kepler's points; an option chooses another."""
        load = pair.steps()
        self.write("f.json", pair.own_features(load, 30))
        self.write("p.json", pair.own_power(load, 31, energy=False, kepler=True))
        for args, method in (((), "mean"), (("--power-source", "kepler"), "points")):
            self.merge("f.json", "p.json", *args)
            rows = self.records("out.json")
            self.assertEqual({row["power_method"] for row in rows[1:]}, {method})
            self.assertEqual(rows[5]["power_watts_package"] > 900, method == "points")
        self.merge("f.json", "p.json", "--power-source", "total", code=1)

    def test_columns_without_a_number(self):
        """A column without valid values is not preferred as the source of power."""
        self.write("f.json", pair.own_features(pair.steps(), 30))
        power = pair.own_power(pair.steps(), 31)
        for row in power:
            row["vm_cpu_joules_package"] = "nan"
        self.write("p.csv", power)
        self.merge("f.json", "p.csv")
        self.assertEqual({row["power_method"] for row in self.records("out.json")}, {"mean"})
        power = pair.own_power(pair.steps(), 31)
        self.write("p.csv", power, without=["time_delta_seconds", "collection_interval"])
        self.merge("f.json", "p.csv")
        rows = self.records("out.json")
        self.assertEqual([row["power_watts_package"] for row in rows],
                         [row["vm_cpu_watts_package"] for row in power[:30]])
        self.assertEqual({row["power_method"] for row in rows}, {"nearest"})

    def test_windows_of_unknown_length(self):
        """Columns for the length that are never filled in do not hide when power begins."""
        power = pair.own_power(pair.steps(), 31)
        for row in power:
            row["time_delta_seconds"] = row["collection_interval"] = None
        del power[10]
        self.write("f.json", pair.own_features(pair.steps(), 30))
        self.write("p.json", power)
        self.merge("f.json", "p.json")
        report = self.report()
        self.assertEqual(report["rows"]["unmatched_why"]["no_power"], 1)
        self.assertEqual(report["rows"]["unmatched_why"]["before_power"], 0)
        self.assertIsNotNone(report["power"]["begins"])

    def test_impossible_power(self):
        """It is not a label, and not a part of a mean."""
        self.write("f.json", pair.own_features(pair.steps(), 30))
        power = pair.own_power(pair.steps(), 31)
        old = self.old_pair(duration=30)
        self.write("g.json", old[0])
        for value, rows, features in ((1e300, power, "f.json"), (-5.0, power, "f.json"),
                                      (1.7e308, old[1], "g.json"), (-1.7e308, old[1], "g.json")):
            key = next(key for key in rows[0] if "package" in key)
            rows = [dict(row) for row in rows]
            rows[10][key] = rows[11][key] = value
            self.write("p.json", rows)
            done = self.merge(features, "p.json", "--max-gap", "1.5")
            self.assertIn("2 values of power that are below 0 or above", done.stderr)
            labels = [row["power_watts_package"] for row in self.records("out.json")]
            self.assertGreater(labels.count(None), 0)
            for label in labels:
                self.assertTrue(label is None or 0 < label < 5, label)

    def test_counter_that_started_over(self):
        """What a counter of 65 or 262 kJ shows when that was not seen is more than any machine takes."""
        self.write("f.json", pair.own_features(pair.steps(), 30))
        power = pair.own_power(pair.steps(), 31)
        for joules in (65535.9, 262143.9, -262143.9):
            rows = [dict(row) for row in power]
            rows[10]["vm_cpu_joules_package"] = joules
            self.write("p.json", rows)
            done = self.merge("f.json", "p.json")
            self.assertIn("1 values of power that are below 0 or above 20 kW", done.stderr)
            labels = [row["power_watts_package"] for row in self.records("out.json")]
            self.assertEqual([i for i, label in enumerate(labels) if label is None], [10])

    def test_zone_that_never_grows(self):
        """It was not measured, so it gets no label; if there is no other, there is no set."""
        self.write("f.json", pair.own_features(pair.steps(), 30))
        power = pair.own_power(pair.steps(), 31)
        for row in power:
            row["vm_cpu_watts_core"] = row["vm_cpu_joules_core"] = 0.0
        self.write("p.json", power)
        done = self.merge("f.json", "p.json")
        self.assertIn("none of core, which is 0 in every row", done.stdout)
        self.assertNotIn("power_watts_core", self.records("out.json")[0])
        self.assertEqual(self.report()["power"]["zones_standing_still"], ["core"])
        self.assertEqual(self.report()["power"]["zones_without_value"], ["dram"])
        done = self.merge("f.json", "p.json", "--power-zone", "core", code=1)
        self.assertIn("has no power of that zone", done.stderr)
        for row in power:
            row["vm_cpu_joules_package"] = row["vm_cpu_watts_package"] = 0
        self.write("p.json", power)
        for args in ((), ("--power-source", "joules")):
            done = self.merge("f.json", "p.json", *args, code=1)
            self.assertIn("p.json has 0 in every row that has power (vm_cpu_joules_package",
                          done.stderr)
            self.assertIn("the meter seems to be stuck", done.stderr)
        # a meter that moves is better than one that does not
        for row in power:
            row["kepler_vm_cpu_watts_package"] = 5.0
        self.write("p.json", power)
        self.merge("f.json", "p.json")
        self.assertEqual({row["power_watts_package"] for row in self.records("out.json")}, {5.0})

    def test_old_files_without_growth(self):
        features, power = self.old_pair()
        for row in power:
            row["total_cpu_watts_package"] = 0.0
        self.write("f.json", features)
        self.write("p.csv", power)
        self.merge("f.json", "p.csv")
        self.assertNotIn("power_watts_package", self.records("out.json")[0])
        for row in power:
            row["total_cpu_watts_core"] = 0.0
        self.write("p.csv", power)
        done = self.merge("f.json", "p.csv", code=1)
        self.assertIn("has 0 in every row that has power (total_cpu_watts_package", done.stderr)

    def meter_that_stops(self, load, n=200, first=50, last=180, **more):
        power = pair.own_power(load, n)
        for row in power[first:last]:
            row["vm_cpu_joules_package"] = row["vm_cpu_watts_package"] = 0.0
        for row in power:
            row.update({key: value(row) for key, value in more.items()})
        self.write("p.json", power)
        self.write("f.json", pair.own_features(load, n))
        done = self.merge("f.json", "p.json")
        return done, {round(row["timestamp"] - pair.EPOCH): row["power_watts_package"]
                      for row in self.records("out.json")}

    def test_meter_that_stops_at_work(self):
        """The host tells that the machine used CPU time: 0 J of it cannot be true, from the start."""
        done, labels = self.meter_that_stops(lambda t: 2.0, vm_cpu_seconds=lambda row: 0.02)
        self.assertEqual([second for second in range(1, 201) if labels.get(second) is None],
                         list(range(51, 181)))
        self.assertIn("130 values of power that stay at 0", done.stderr)
        self.assertEqual(self.report()["power"]["values_standing_still"], 130)
        # the machine was stopped: it used nothing
        done, labels = self.meter_that_stops(lambda t: 2.0, last=90,
                                             vm_cpu_seconds=lambda row:
                                             0.02 * (row["vm_cpu_joules_package"] > 0))
        self.assertEqual([second for second, watts in labels.items() if watts < 0.001],
                         list(range(51, 91)))
        self.assertNotIn("stay at 0", done.stderr)

    def test_meter_that_stops_while_busy(self):
        """The same where the features alone tell it."""
        done, labels = self.meter_that_stops(lambda t: 50.0 if 100 < t < 130 else 2.0, last=140)
        self.assertEqual([second for second in range(1, 201) if labels.get(second) is None],
                         list(range(101, 141)))
        self.assertIn("10 labels are missing for this reason", done.stderr)
        self.assertEqual(self.report()["rows"]["labels_of_zero_while_busy"], 10)
        # core continues, from watts
        rows = {round(row["timestamp"] - pair.EPOCH): row for row in self.records("out.json")}
        self.assertEqual(rows[105]["power_method"], "mean")

    def test_meter_that_stops_when_idle(self):
        """An idle machine may show 0 for a while, but not for minutes."""
        _, labels = self.meter_that_stops(lambda t: 2.0)
        self.assertEqual([second for second, watts in labels.items() if watts == 0],
                         list(range(51, 111)))
        self.assertEqual([second for second in range(1, 201) if labels[second] is None],
                         list(range(111, 181)))

    def test_nothing_is_left_of_it(self):
        features, power = self.old_pair()
        for row in power[5:]:
            row["total_cpu_watts_package"] = row["total_cpu_watts_core"] = 0.0
        for row in features:
            row["cpu_utilization"] = 50.0
        self.write("f.json", features)
        self.write("p.json", power)
        self.merge("f.json", "p.json")
        report = self.report()["rows"]
        self.assertGreater(report["unmatched_why"]["power_stood_still"], 50)
        self.assertEqual(report["matched"] + report["unmatched"], len(features))

    def test_zeros_that_are_true(self):
        """Kepler counts in ticks, a graphics unit may be off: no value is lost."""
        load = pair.steps(low=0, high=9)
        features = pair.old_features(load, 200)
        power = pair.old_power(load, 202, start=-1)
        for i, row in enumerate(power):
            row["total_cpu_watts_uncore"] = 1.0 if i < 20 else 0.0
            if i // 50 % 2:
                row["total_cpu_watts_package"] = row["total_cpu_watts_core"] = 0.0
        for row in features[150:]:
            row["cpu_utilization"] = 50.0
        self.write("f.json", features)
        self.write("p.json", power)
        self.merge("f.json", "p.json")
        rows = self.records("out.json")
        self.assertEqual(len(rows), len(features))
        zeros = [row for row in rows if row["power_watts_package"] == 0]
        self.assertGreater(len(zeros), 45)
        self.assertEqual({row["power_watts_uncore"] for row in rows[30:]}, {0.0})

    def test_gap_and_nearest(self):
        """Nothing is made up where power was not recorded; one that is near enough is taken."""
        load = pair.steps()
        features = pair.own_features(load, 60)
        power = [row for row in pair.own_power(load, 61)
                 if not 20 < row["timestamp"] - pair.EPOCH < 30]
        self.write("f.json", features)
        self.write("p.json", power)
        self.merge("f.json", "p.json")
        seconds = [round(row["timestamp"] - pair.EPOCH) for row in self.records("out.json")]
        self.assertEqual(seconds, [s for s in range(1, 61) if not 20 < s < 30])
        report = self.report()
        self.assertEqual(report["rows"]["unmatched_why"]["no_power"], 9)
        self.assertEqual(report["power"]["gaps"], 1)
        # windows without a known length cannot be integrated
        self.write("f.json", features, without=["time_delta_seconds", "collection_interval"])
        self.merge("f.json", "p.json", "--time-tolerance", "0.1")
        rows = self.records("out.json")
        self.assertEqual({row["power_method"] for row in rows}, {"nearest"})
        self.assertEqual(rows[0]["time_diff"], 0.0002)

    def test_points_far_apart(self):
        features, power = self.old_pair()
        del power[40:50]
        self.write("f.json", features)
        self.write("p.json", power)
        self.merge("f.json", "p.json")
        few = len(self.records("out.json"))
        self.assertLess(few, len(features) - 8)
        self.merge("f.json", "p.json", "--max-gap", "15")
        self.assertEqual(len(self.records("out.json")), len(features))

    def test_machine_that_is_not_found(self):
        """vm_count 0 with 0 watts is not a measurement of 0 watts."""
        features, power = self.old_pair()
        power[50].update(vm_count=0, vms=[], total_cpu_watts_core=0, total_cpu_watts_package=0)
        self.write("f.json", features)
        self.write("p.json", power)
        done = self.merge("f.json", "p.json")
        self.assertIn("no virtual machine was found", done.stderr)
        rows = self.records("out.json")
        self.assertEqual(len(rows), len(features))
        self.assertGreater(min(row["power_watts_package"] for row in rows), 0.19)

    def test_stale(self):
        features, power = self.old_pair(refresh=3.0)
        repeated = sum(a["total_cpu_watts_package"] == b["total_cpu_watts_package"]
                       for a, b in zip(power, power[1:]))
        self.write("f.json", features)
        self.write("p.json", power)
        done = self.merge("f.json", "p.json")
        self.assertEqual(self.report()["power"]["repeated_values"], repeated)
        self.assertIn(f"{repeated} of {len(power)} power values repeat", done.stdout)
        values = [(row["timestamp_absolute"], row["total_cpu_watts_package"]) for row in power]
        new = [t for (t, v), (_, before) in zip(values[1:], values) if v != before]
        for row in self.records("out.json"):
            end = row["timestamp_absolute"]
            within = [t for t, _ in values if end - 1.0002 < t <= end]
            if within:
                self.assertEqual(row["power_stale"], not set(within) & set(new), row)

    def test_threshold(self):
        features, power = self.old_pair()
        self.write("f.json", features)
        self.write("p.json", power)
        for zone in ("package", "core"):
            self.merge("f.json", "p.json", "--min-power-threshold", "1", "--power-zone", zone)
            rows = self.records("out.json")
            self.assertGreaterEqual(min(row["power_watts_" + zone] for row in rows), 1)
            left_out = self.report()["rows"]["unmatched_why"]["below_threshold"]
            self.assertEqual(left_out + len(rows), len(features))
            self.assertGreater(left_out, 0)

    def test_threshold_of_a_missing_zone(self):
        """What is not known is not said to be little."""
        features, power = self.old_pair()
        for row in power[20:40]:
            row["total_cpu_watts_core"] = None
        self.write("f.json", features)
        self.write("p.json", power)
        self.merge("f.json", "p.json", "--min-power-threshold", "1e-9", "--power-zone", "core")
        rows = self.report()["rows"]
        self.assertEqual(rows["unmatched_why"]["below_threshold"], 0)
        self.assertEqual(rows["unmatched_why"]["no_power"], rows["unmatched"])
        self.assertGreater(rows["unmatched"], 15)

    def test_report(self):
        features, power = self.old_pair()
        features[7]["cpu_utilization"] = 0.12345678901234568
        self.write("f.json", features)
        self.write("p.json", power)
        done = self.merge("f.json", "p.json")
        report = self.report()
        self.assertEqual(report["columns_never_present"],
                         ["cpu_cycles", "instructions", "instructions_per_cycle"])
        self.assertIn("never present: cpu_cycles, instructions, instructions_per_cycle\n"
                      "always 0: cpu_nice_time\n", done.stdout)
        for name in ("cpu_utilization", "timestamp_absolute"):
            values = [row[name] for row in features]
            self.assertEqual(report["columns"][name], {"present": len(features),
                                                       "min": min(values), "max": max(values)})
        self.assertEqual(report["rows"]["matched"], len(features))
        self.assertEqual(report["rows"]["inside_power"], len(features))


class Lag(MergeTest):
    def lag(self, load, lag, duration, refresh=0.0, args=()):
        self.write("f.csv", pair.old_features(load, duration))
        self.write("p.csv", pair.old_power(load, duration + 2, start=-1, refresh=refresh, lag=lag))
        done = self.merge("f.csv", "p.csv", "--format", "csv", *args)
        return done, self.report()["offset"]

    def test_known_lags(self):
        """Until there is a new value, and until that is read, power is a little older."""
        cases = ((pair.steps(), 200, 0.0), (pair.steps(2, 3.0), 600, 2.0),
                 (pair.ramp(200), 200, 0.0), (pair.ramp(900), 900, 2.0),
                 (pair.steps(3, 20.0), 1200, 5.0), (pair.bursts(), 300, 0.0))
        for load, duration, refresh in cases:
            for lag in (3.5,) if SANITIZED else (0.0, 3.5, -2.0, 8.25):
                with self.subTest(duration=duration, refresh=refresh, lag=lag):
                    done, offset = self.lag(load, lag, duration, refresh)
                    self.assertGreater(offset["lag_seconds"], lag - 0.5)
                    self.assertLess(offset["lag_seconds"], lag + 0.5 + refresh * 0.75)
                    self.assertGreater(offset["correlation"], 0.7)
                    self.assertEqual("--estimate-offset corrects this" in done.stderr,
                                     abs(offset["lag_seconds"]) > 0.5)

    def test_longest_lag(self):
        """The maximum lag is limited by the length of the run."""
        for longest in ("20", "3600", "1e9"):
            _, offset = self.lag(pair.steps(), 3.5, 200, args=["--max-lag", longest])
            self.assertAlmostEqual(offset["lag_seconds"] or 0, 3.5, delta=0.5)

    def test_windows_told_by_the_interval(self):
        features = pair.old_features(pair.steps(), 200)
        for row in features:
            row["time_delta_seconds"] = None
        self.write("f.csv", features)
        self.write("p.csv", pair.old_power(pair.steps(), 202, start=-1, lag=5.0))
        done = self.merge("f.csv", "p.csv", "--format", "csv")
        self.assertRegex(done.stderr, r"power lags the features by \d.\d\d s, with windows of 1.00 s")

    @unittest.skipIf(SANITIZED, "long files are those of other tests, and the sum is the same in each build")
    def test_short_windows(self):
        """Many a second on either side: the sample still spans more than the lag."""
        load = pair.steps()
        for step, power_step in ((0.01, 1.0), (1.0, 0.002), (0.01, 0.01)):
            with open(self.path("f.csv"), "w") as file:
                file.write("timestamp,cpu_utilization,time_delta_seconds\n")
                file.writelines(f"{pair.EPOCH + i * step!r},{load(i * step - step / 2)!r},{step}\n"
                                for i in range(1, round(200 / step)))
            with open(self.path("p.csv"), "w") as file:
                file.write("timestamp,total_cpu_watts_package\n")
                file.writelines(f"{pair.EPOCH + i * power_step!r},"
                                f"{pair.watts(load(i * power_step - 2.5)) + i % 7 / 1000}\n"
                                for i in range(1, round(500 / power_step)))
            self.merge("f.csv", "p.csv", "--format", "csv")
            self.assertAlmostEqual(self.report()["offset"]["lag_seconds"], 2.5, delta=0.5)

    def test_estimate_and_offset(self):
        load = pair.steps()
        _, offset = self.lag(load, 5.0, 300, args=["--estimate-offset"])
        self.assertEqual(offset["applied_seconds"], offset["lag_seconds"])
        estimated = self.rows("out.csv")
        for row in estimated:
            expected = pair.watts(float(row["cpu_utilization"]))
            if row["power_method"] == "points" and 0.4 < expected:
                self.assertAlmostEqual(float(row["power_watts_package"]), expected, delta=0.9)
        errors = [abs(float(row["power_watts_package"]) - pair.watts(float(row["cpu_utilization"])))
                  for row in estimated]
        self.assertLess(sorted(errors)[len(errors) // 2], 0.02)
        _, given = self.lag(load, 5.0, 300, args=["--offset", repr(offset["lag_seconds"])])
        self.assertEqual(self.rows("out.csv"), estimated)
        self.assertAlmostEqual(given["lag_seconds"], offset["lag_seconds"], delta=0.3)

    def test_clocks_far_apart(self):
        load = pair.steps()
        self.write("f.csv", pair.old_features(load, 200))
        power = pair.old_power(load, 200)
        for row in power:
            row["timestamp_absolute"] += 7200
        self.write("p.csv", power)
        done = self.merge("f.csv", "p.csv", code=1)
        self.assertIn("no time in common", done.stderr)
        self.assertIn("--offset 7200", done.stderr)
        self.merge("f.csv", "p.csv", "--offset", "7200")
        self.assertAlmostEqual(self.report()["offset"]["lag_seconds"], 7200, delta=0.6)

    def test_nothing_to_tell_it_from(self):
        for load, reason in ((lambda t: 50.0, "load does not vary"),
                             (pair.steps(), "does not follow the load")):
            self.write("f.csv", pair.old_features(load, 200))
            self.write("p.csv", pair.old_power(pair.steps(99, 3.0), 200))
            done = self.merge("f.csv", "p.csv")
            self.assertIn("lag not found", done.stdout)
            self.assertIsNone(self.report()["offset"]["lag_seconds"])
            os.remove(self.path("out.csv"))
            done = self.merge("f.csv", "p.csv", "--estimate-offset", code=1)
            self.assertIn(reason, done.stderr)
            self.assertFalse(os.path.exists(self.path("out.csv")))


class Split(MergeTest):
    def phases(self, i):
        number = i // 10 % 8
        return "cpu_cycling", f"load={5 * number}", i % 10 == 0

    def test_by_phase(self):
        self.write("f.json", pair.own_features(pair.steps(), 800, phases=self.phases))
        self.write("p.json", pair.own_power(pair.steps(), 800))
        chosen = set()
        for seed in range(4):
            self.merge("f.json", "p.json", "--split=0.25", "--seed", str(seed))
            parts = [self.records(f"out.{part}.json") for part in ("train", "test")]
            names = [{(row["stress_workload"], row["stress_phase"]) for row in part}
                     for part in parts]
            self.assertFalse(names[0] & names[1])
            self.assertEqual([len(part) for part in parts], [540, 180])
            self.assertFalse(any(row["stress_transition"] for part in parts for row in part))
            self.assertEqual(self.report()["split"]["left_out_as_transitions"], 80)
            self.assertEqual(len(self.records("out.json")), 800)
            test = self.rows("out.test.csv")
            self.assertEqual([row["page_faults"] for row in test],
                             [str(row["page_faults"]) for row in parts[1]])
            self.merge("f.json", "p.json", "--split", "0.25", "--seed", str(seed))
            self.assertEqual(self.rows("out.test.csv"), test)
            chosen.add(frozenset(names[1]))
        self.assertGreater(len(chosen), 1)

    def test_phase_without_power(self):
        """It is the smaller one, and so is chosen, but has no row."""
        self.write("f.json", pair.own_features(
            pair.steps(), 200, phases=lambda i: ("one", "a" if i < 160 else "b", False)))
        self.write("p.json", pair.own_power(pair.steps(), 150))
        done = self.merge("f.json", "p.json", "--split")
        self.assertIn("--split: no rows for testing", done.stderr)
        self.assertEqual(self.records("out.test.json"), [])

    def test_by_time(self):
        """Files without phases; a phase alone cannot be split either."""
        features, power = self.old_pair(duration=300)
        alone = pair.own_features(pair.steps(), 290)
        for rows in (features, alone):
            self.write("f.json", rows)
            self.write("p.json", power)
            done = self.merge("f.json", "p.json", "--split")
            self.assertIn("stretches of time", done.stdout)
            train, test = (self.records(f"out.{part}.json") for part in ("train", "test"))
            self.assertEqual(len(train) + len(test), len(self.records("out.json")))
            self.assertAlmostEqual(len(test) / len(rows), 0.2, delta=0.06)


if __name__ == "__main__":
    main()
