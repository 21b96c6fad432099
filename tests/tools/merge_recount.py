# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""vmfc merge against a recount of its labels: hundreds of windows of random files, whose times meet
at all edges (a point at a window's start, at the tolerance, at --max-gap), or at none."""

import random

import pair
import recounting
from merging import MergeTest, main

GRID = 0.125  # s: exact in floating point, so that equal times are equal
# of watts, relative: other times since 1970 have errors of 0.2 us
ON_GRID, OFF_GRID = 1e-9, 1e-5


def turned(rows, n):
    """With the columns in another order: each is the first of some file."""
    return [dict(cells[n % len(cells):] + cells[:n % len(cells)])
            for cells in (list(row.items()) for row in rows)]


class Files:
    """Random rows of a machine and of its host.

    @jitter: s, by which times leave the grid
    @zeros: the share of values that are 0"""

    def __init__(self, seed, zones, n=60, jitter=0.0, step=1.0, zeros=0.0, window=1.0, lost=0.08,
                 hold=0.3):
        self.chance, self.seed = random.Random(seed), seed
        self.zones, self.n, self.jitter, self.step = zones, n, jitter, step
        self.zeros, self.window, self.lost, self.hold = zeros, window, lost, hold

    def times(self, step, start):
        """Increasing, some steps of them long, some rows repeated, early or without a time."""
        chance, time, last, off = self.chance, pair.EPOCH + start, None, 0.0
        for _ in range(self.n):
            jump = chance.choice((1, 1, 1, 1, 1, 2, 3, 3.5, 5)) if chance.random() < 0.3 else 1
            length = max(GRID, round(step * chance.choice((0.5, 1, 1, 1, 1.5)) / GRID) * GRID)
            time += length * jump
            kind = chance.random() if last else 1
            if kind < 0.06:
                yield (None, last, last - GRID)[int(kind / 0.02)], length
                continue
            # windows join, or nearly so
            before, off = off, chance.uniform(-self.jitter, self.jitter)
            last = time + off
            yield last, length + off - before - abs(off) / 2

    def features(self):
        rows = []
        for time, length in self.times(self.window, self.chance.choice((-2, 0, 1.5)) + 3):
            row = {"timestamp": time, "time_delta_seconds": length, "collection_interval": 1.0,
                   "cpu_utilization": self.chance.choice((0.0, 9.875, 10.0, 55.5, None)),
                   "zeros": 0, "name": "a, b"}
            kind = self.chance.random()
            if kind < 0.05:
                row["time_delta_seconds"] = None
            if kind < 0.02:
                row["collection_interval"] = None
            rows.append(row)
        return turned(rows, self.seed)

    def value(self, zone, before, length):
        chance = self.chance
        kind = chance.random()
        if kind < self.lost:
            return None
        if kind < self.lost + 0.01:
            return chance.choice((-0.5, 20000.5 * max(length, 1)))
        if kind < self.lost + 0.02 and self.zones[zone] != "joules":
            return 20000.0
        if kind < self.lost + 0.02 + self.zeros:
            return 0.0
        if before is not None and chance.random() < self.hold:
            return before
        return chance.randrange(1, 4000) / 64

    def power(self):
        rows, age = [], 0.0
        values = dict.fromkeys(self.zones)
        for time, length in self.times(self.step, 2):
            row = {"timestamp": time, "time_delta_seconds": length, "collection_interval": None,
                   "vm_count": self.chance.choice((0,) + (1,) * 40),
                   "vm_cpu_seconds": self.chance.choice((0.0, 0.0, 0.25, None))}
            age = age + self.chance.choice((length, length / 2, length / 4)) \
                if self.chance.random() < 0.7 else self.chance.choice((0.125, 0.25))
            row["kepler_vm_age_seconds"] = None if self.chance.random() < 0.05 else age
            for zone, source in self.zones.items():
                values[zone] = self.value(zone, values[zone], length)
                row[recounting.SOURCES[source][0] + zone] = values[zone]
            rows.append(row)
        return turned(rows, self.seed + 5)


class Recounts(MergeTest):
    def check(self, features, power, zones, max_gap=1.5, tolerance=0.25, form="csv", shift=0.0,
              threshold=0.0, zone="package", slack=ON_GRID):
        self.write("f." + form, features)
        self.write("p." + form, power)
        self.merge("f." + form, "p." + form, "--max-gap", str(max_gap), "--format", "json",
                   "--time-tolerance", str(tolerance), "--offset", str(shift),
                   "--min-power-threshold", str(threshold), "--power-zone", zone,
                   itself=True, output="out.json")
        wanted = recounting.Recount(
            features, recounting.Power(power, zones, max_gap, shift), tolerance, threshold, zone)
        self.assert_rows(self.records("out.json"), wanted, zones, slack)
        report = self.report()
        self.assert_rows_reported(report["rows"], [wanted])
        self.assert_run_reported(report, wanted)
        return wanted

    def assert_rows(self, rows, wanted, zones, slack):
        self.assertEqual([row["timestamp"] for row in rows],
                         [row["timestamp"] for row, *_ in wanted.rows])
        for row, (feature, watts, method, distance, stale) in zip(rows, wanted.rows):
            self.assertEqual({key: row[key] for key in feature}, feature)
            for zone in zones:
                self.assertTrue(recounting.is_close(row["power_watts_" + zone], watts[zone],
                                                     slack),
                                (zone, watts, row))
            self.assertEqual(row["power_method"], method, row)
            self.assertAlmostEqual(row["time_diff"], distance, delta=2e-6)
            self.assertEqual(row["power_stale"], stale, row)

    def assert_rows_reported(self, rows, runs):
        """@runs: whose rows these are"""
        def total(counts):
            return {key: sum(count[key] for count in counts) for key in counts[0]}

        self.assertEqual(rows["unmatched_why"], total([run.why for run in runs]))
        self.assertEqual(rows["methods"], total([run.methods for run in runs]))
        counts = total([run.counts for run in runs])
        self.assertEqual({key: rows[key] for key in counts}, counts)
        self.assertEqual((rows["matched"], rows["unmatched"]),
                         (sum(len(run.rows) for run in runs),
                          sum(sum(run.why.values()) for run in runs)))
        distances = [row[3] for run in runs for row in run.rows]
        self.assertAlmostEqual(rows["time_diff_max"], max(distances), delta=1e-6)
        self.assertAlmostEqual(rows["time_diff_mean"], sum(distances) / len(distances), delta=1e-6)

    def assert_run_reported(self, report, wanted):
        power = report["power"]
        self.assertEqual(report["features"]["gaps"], wanted.gaps)
        self.assertAlmostEqual(report["features"]["longest_gap_seconds"], wanted.longest_gap, places=5)
        counts = dict(wanted.power.counts)
        self.assertAlmostEqual(power["longest_gap_seconds"], counts.pop("longest_gap_seconds"),
                               places=5)
        self.assertEqual({key: power[key] for key in counts}, counts)

    def test_two_runs(self):
        """Each has zones and columns that the other lacks; the sums are of both."""
        for seed in range(6):
            zones = [{"package": "joules", "psys": "watts"}, {"package": "watts", "dram": "watts"},
                     {"core": "joules"}]
            own = [zones[seed % 3], zones[(seed + 1) % 3]]
            files = [Files(seed + 10 * i, own[i], zeros=0.1) for i in (0, 1)]
            made = [(one.features(), one.power()) for one in files]
            for i, (features, power) in enumerate(made):
                self.write(f"f{i}.csv", features)
                self.write(f"p{i}.csv", power)
            self.merge(["f0.csv", "f1.csv"], ["p0.csv", "p1.csv"], "--max-gap", "1.5",
                       "--time-tolerance", "0.25", "--format", "json", output="out.json", itself=True)
            runs = [recounting.Recount(features, recounting.Power(power, own[i], 1.5), 0.25)
                    for i, (features, power) in enumerate(made)]
            rows, report = self.records("out.json"), self.report()
            self.assert_rows_reported(report["rows"], runs)
            for i, run in enumerate(runs):
                self.assert_rows([row for row in rows if row["run"] == f"f{i}"], run, own[i], ON_GRID)
                self.assert_run_reported(report["runs"][i], run)
                self.assert_rows_reported(report["runs"][i]["rows"], [run])
            for zone in own[0].keys() | own[1].keys():
                labels = [row["power_watts_" + zone] for row in rows
                          if row["power_watts_" + zone] is not None]
                self.assertEqual(report["columns"]["power_watts_" + zone],
                                 {"present": len(labels), "min": min(labels), "max": max(labels)})

    def try_seeds(self, seeds, zones, check=None, **kwargs):
        methods = set()
        for seed in seeds:
            with self.subTest(seed=seed, zones=zones, **kwargs):
                files = Files(seed, zones, **kwargs)
                wanted = self.check(files.features(), files.power(), zones,
                                    form=("csv", "jsonl")[seed % 2],
                                    slack=OFF_GRID if files.jitter else ON_GRID, **(check or {}))
                methods |= {method for method, n in wanted.methods.items() if n}
        return methods

    def test_points(self):
        """On the grid, off it by a little, and by a lot; a row for many windows, and many for one."""
        for source in recounting.POINTS:
            zones = {"package": source, "core": source}
            for kwargs in ({}, {"jitter": 0.004}, {"jitter": 0.05}, {"step": 0.25},
                           {"window": 0.25, "step": 2.0}):
                methods = self.try_seeds(range(3), zones, **kwargs)
                self.assertEqual(methods, {"points", "nearest"})

    def test_windows(self):
        """Of energy and of means, also mixed, and of other lengths than those of the features."""
        for zones in ({"package": "joules"}, {"package": "watts", "dram": "watts"},
                      {"package": "joules", "core": "watts", "psys": "joules"}):
            for kwargs in ({}, {"jitter": 0.004}, {"step": 0.25}, {"window": 0.375, "step": 1.5}):
                self.try_seeds(range(3), zones, **kwargs)

    def test_zeros(self):
        """0 W is a value, but not for a minute, not at work, and not of a busy machine."""
        for zones in ({"package": "total", "uncore": "total"}, {"package": "joules"},
                      {"core": "watts", "uncore": "watts"}):
            zone = next(iter(zones))
            for kwargs in ({"zeros": 0.3, "hold": 0}, {"zeros": 0.85, "n": 150, "lost": 0.02},
                           {"zeros": 0.97, "n": 250, "lost": 0, "hold": 0}):
                self.try_seeds(range(3), zones, {"zone": zone}, **kwargs)

    def test_options(self):
        """A threshold that values meet, a tolerance and a gap of many lengths, an offset."""
        zones = {"package": "total", "core": "total"}
        for check in ({"threshold": 20.0}, {"threshold": 31.25, "zone": "core"},
                      {"tolerance": 0}, {"tolerance": 2.0, "max_gap": 0.5}, {"max_gap": 30},
                      {"shift": 2.5}, {"shift": -1.125}):
            self.try_seeds(range(2), zones, check, hold=0.6)

    def test_threshold_is_met(self):
        """A row with just so much power stays."""
        features = pair.own_features(lambda t: 5.0, 20)
        power = pair.own_power(lambda t: 5.0, 21)
        for i, row in enumerate(power):
            row["vm_cpu_watts_package"] = row["vm_cpu_joules_package"] = 2.0 + (i % 3 - 1) / 64
        for row in features:
            row["timestamp"] = round(row["timestamp"])
            row["time_delta_seconds"] = 1.0
        self.write("f.csv", features)
        self.write("p.csv", power)
        self.merge("f.csv", "p.csv", "--min-power-threshold", "2")
        self.assertEqual([row["power_watts_package"] for row in self.records("out.json")],
                         [row["vm_cpu_watts_package"] for row in power[:20]
                          if row["vm_cpu_watts_package"] >= 2])

    def test_end_like_the_beginning(self):
        """The file is read more than once: what was last seen must not be known at its beginning."""
        for source in ("total", "kepler", "joules"):
            files = Files(1, {"package": source}, lost=0, hold=0)
            features, power = files.features(), files.power()
            column = recounting.SOURCES[source][0] + "package"
            for row in power:
                row.update(vm_count=1, vm_cpu_seconds=0.0, kepler_vm_age_seconds=0.125)
            power[-1][column] = power[0][column] = 17.0
            self.check(features, power, files.zones)
            for i, row in enumerate(power):
                if not 8 < i < 50:
                    row[column] = 0.0
                    row["vm_cpu_seconds"] = 0.25 if i in (0, 59) else 0.0
            self.check(features, power, files.zones, max_gap=100)


class Columns(MergeTest):
    TEXTS = {"floats": lambda i: repr(0.1 * (i - 20)), "zeros": lambda i: "0",
             "zeros_and_missing": lambda i: "0.0" if i % 3 else "", "missing": lambda i: "",
             "zero_but_once": lambda i: "0" if i != 39 else "-0.5",
             "zeros_and_a_text": lambda i: "0" if i != 7 else "none",
             "texts": lambda i: f"n{i}, \"x\"", "long": lambda i: repr(1 / 3 + i * 1e-17),
             "large": lambda i: str(2**60 + i), "flags": lambda i: ("true", "false")[i % 2],
             "cpu_cycles": lambda i: "0", "branches": lambda i: "0" if i else "1",
             "instructions": lambda i: "" if i % 2 else "0", "cache_misses": lambda i: "none"}

    def write_features(self, name, columns, n=40, start=0):
        with open(self.path(name), "w") as file:
            file.write(",".join(["timestamp", "time_delta_seconds", *columns]) + "\n")
            for i in range(n):
                cells = [self.TEXTS[column](i) for column in columns]
                cells = ['"' + cell.replace('"', '""') + '"' if '"' in cell else cell
                         for cell in cells]
                file.write(",".join([repr(pair.EPOCH + start + i + 1), "1.0", *cells]) + "\n")

    @staticmethod
    def number(text):
        try:
            return float(text)
        except ValueError:
            return None

    def assert_column(self, report, name, texts):
        texts = [text for text in texts if text]
        numbers = [number for number in map(self.number, texts) if number is not None]
        wanted = {"present": len(texts)}
        if numbers:
            wanted.update(min=min(numbers), max=max(numbers))
        self.assertEqual(report["columns"][name], wanted, name)
        zero = bool(texts) and len(numbers) == len(texts) and not any(numbers)
        never = not texts or (zero and name in ("cpu_cycles", "instructions", "branches"))
        self.assertEqual(name in report["columns_always_zero"], zero, name)
        self.assertEqual(name in report["columns_never_present"], never, name)

    def test_ranges(self):
        """Only of rows that are in the set: the first has no power, and is the extreme of many."""
        self.write_features("f.csv", self.TEXTS)
        self.write("p.csv", pair.own_power(lambda t: 50.0, 42)[1:])
        self.merge("f.csv", "p.csv", itself=True)
        report = self.report()
        self.assertEqual(report["rows"]["unmatched_why"]["before_power"], 1)
        for name, text in self.TEXTS.items():
            self.assert_column(report, name, [text(i) for i in range(1, 40)])
        labels = [float(row["power_watts_package"]) for row in self.rows("out.csv")]
        self.assertEqual(report["columns"]["power_watts_package"],
                         {"present": 39, "min": min(labels), "max": max(labels)})

    def test_not_finite(self):
        """What is no number counts as missing, and not as present or as an extreme."""
        with open(self.path("f.csv"), "w") as file:
            file.write("timestamp,time_delta_seconds,some,none\n")
            for i in range(1, 41):
                some = ("nan", "1.5", "Infinity", "-inf")[i % 4]
                file.write(f"{pair.EPOCH + i!r},1.0,{some},{'NaN' if i % 2 else ''}\n")
        self.write("p.csv", pair.own_power(lambda t: 50.0, 41))
        self.merge("f.csv", "p.csv", itself=True)
        report = self.report()
        self.assertEqual(report["columns"]["some"], {"present": 10, "min": 1.5, "max": 1.5})
        self.assertEqual(report["columns"]["none"], {"present": 0})
        self.assertIn("none", report["columns_never_present"])
        self.assertNotIn("some", report["columns_never_present"])

    def test_ranges_of_two_runs(self):
        """Each has columns that the other lacks, in another order."""
        names = list(self.TEXTS)
        own = names[:10], list(reversed(names[4:]))
        for i, columns in enumerate(own):
            self.write_features(f"f{i}.csv", columns, start=100 * i)
        self.write("p.csv", pair.own_power(lambda t: 50.0, 150))
        self.merge(["f0.csv", "f1.csv"], "p.csv", itself=True)
        report, rows = self.report(), self.rows("out.csv")
        self.assertEqual(len(rows), 80)
        for name, text in self.TEXTS.items():
            texts = [text(i % 40) if name in own[i // 40] else "" for i in range(80)]
            self.assert_column(report, name, texts)
            self.assertEqual([row[name] for row in rows], texts)
        self.assertEqual([run["columns_of_other_runs"] for run in report["runs"]],
                         [list(reversed(names[10:])), names[:4]])


class Summary(MergeTest):
    """What a user reads of a merge, line by line."""

    def summary(self, features):
        done = self.merge(features, "p.csv", "--format", "csv", itself=True)
        return [line for line in done.stdout.splitlines() if not line.startswith("out.")]

    def test_lines(self):
        rows = [{**row, **{f"n{i}": 0 for i in range(14)}}
                for row in pair.own_features(lambda t: 50.0, 20)]
        self.write("p.csv", pair.own_power(lambda t: 50.0, 30)[2:])
        self.write("f.csv", rows)
        self.write("g.jsonl", rows[5:])
        one, names = "18 of 20 rows matched", ", ".join(f"n{i}" for i in range(12))
        zeros = f"always 0: {names} and 2 more"
        lines = self.summary("f.csv")
        self.assertEqual(lines[:2], [one, "  left out: 2 begin before the power does"])
        self.assertIn("  18 from the energy of their window", lines)
        self.assertIn("never present: stress_phase, cpu_cycles", lines)
        self.assertIn(zeros, lines)
        self.assertFalse(any(line.startswith(("run ", "all ")) for line in lines))
        report = self.report()
        self.assertEqual((report["features"]["form"], report["power"]["form"]), ("csv", "csv"))
        self.assertEqual(list(report["power"]["zones"]), ["package", "core"])
        lines = self.summary(["f.csv", "g.jsonl"])
        self.assertEqual(lines[0], "run f: " + one)
        self.assertIn("run g: 15 of 15 rows matched", lines)
        self.assertIn("all 2 runs: 33 of 35 rows matched", lines)
        self.assertIn(zeros, lines)
        self.assertEqual([run["features"]["form"] for run in self.report()["runs"]],
                         ["csv", "json"])


    def test_methods(self):
        """How labels were made, with the number of each way."""
        self.write("f.csv", pair.own_features(lambda t: 50.0, 20))
        for column, way, measures in (
                ("vm_cpu_joules_package", "from the energy of their window", "energy of each window"),
                ("vm_cpu_watts_package", "from averages over their window", "average of each window"),
                ("total_cpu_watts_package", "integrated between points over their window",
                 "power at an instant")):
            rows = pair.own_power(lambda t: 50.0, 20)
            self.write("p.csv", [{"timestamp": row["timestamp"], "time_delta_seconds": 1,
                                  column: row["vm_cpu_joules_package"]} for row in rows])
            lines = [line for line in self.summary("f.csv") if line.endswith(" window")]
            self.assertEqual(len(lines), 1, lines)
            self.assertRegex(lines[0], rf"^  [12]\d {way}$")
            self.assertEqual(self.report()["power"]["zones"]["package"],
                             {"label": "power_watts_package", "from_column": column, "measures": measures})


class Parts(MergeTest):
    def made(self, seed, n=240):
        """Phases of unequal length that come again; a transition is the first window of each."""
        chance = random.Random(seed)
        names = [("w", f"load={i}") for i in range(5)] + [("v", None), (None, "load=1")]
        phases = []
        while len(phases) < n:
            length = chance.choice((1, 3, 8, 20, 30))
            phases += [(*chance.choice(names), i == 0) for i in range(length)]
        return phases[:n]

    def test_share(self):
        """Phases are whole, transitions are nowhere, and no phase more would be nearer the share."""
        power = pair.own_power(lambda t: 50.0, 250)
        self.write("p.csv", power)
        for seed in range(4):
            phases = self.made(seed)
            self.write("f.csv", turned(pair.own_features(lambda t: 50.0, 240,
                                                         phases=phases.__getitem__), seed + 3))
            for share in (0.01, 0.2, 0.5, 0.93):
                with self.subTest(seed=seed, share=share):
                    self.merge("f.csv", "p.csv", f"--split={share}", "--seed", str(seed),
                               "--format", "csv", itself=True)
                    self.assert_split(phases, share)

    def assert_split(self, phases, share):
        counts = {}
        for workload, phase, transition in phases:
            counts[workload, phase] = counts.get((workload, phase), 0) + (not transition)
        counts = {name: n for name, n in counts.items() if n}
        parts = [[(row["stress_workload"] or None, row["stress_phase"] or None)
                  for row in self.rows(f"out.{part}.csv")] for part in ("train", "test")]
        names = [set(part) for part in parts]
        self.assertFalse(names[0] & names[1])
        self.assertEqual(names[0] | names[1], set(counts))
        for part in parts:
            for name in set(part):
                self.assertEqual(part.count(name), counts[name])
        split = self.report()["split"]
        self.assertEqual((split["train"], split["test"]), tuple(map(len, parts)))
        self.assertEqual(split["left_out_as_transitions"], sum(phase[2] for phase in phases))
        wanted, n_test = share * sum(counts.values()), len(parts[1])
        if all(abs(n - wanted) >= wanted for n in counts.values()):
            self.assertEqual([counts[name] for name in names[1]], [min(counts.values())])
            return
        self.assertTrue(names[0] and names[1])
        for name in names[0] if len(names[0]) > 1 else ():
            self.assertGreaterEqual(abs(n_test + counts[name] - wanted), abs(n_test - wanted))
        if n_test > wanted:
            self.assertTrue(any(abs(n_test - wanted) < abs(n_test - counts[name] - wanted)
                                for name in names[1]))

    def test_smallest(self):
        """Where every phase is too much, the smallest is for testing."""
        self.write("p.csv", pair.own_power(lambda t: 50.0, 250))
        phases = [("w", "abc"[i % 3 if i < 60 else i % 2 + 1], False) for i in range(240)]
        self.write("f.csv", pair.own_features(lambda t: 50.0, 240, phases=phases.__getitem__))
        for seed in range(4):
            self.merge("f.csv", "p.csv", "--split=0.01", "--seed", str(seed), itself=True)
            self.assertEqual({row["stress_phase"] for row in self.rows("out.test.csv")}, {"a"})
        # of equal ones the seed decides
        phases = [("w", "ab"[i % 2], False) for i in range(240)]
        self.write("f.csv", pair.own_features(lambda t: 50.0, 240, phases=phases.__getitem__))
        chosen = set()
        for seed in range(8):
            self.merge("f.csv", "p.csv", "--split=0.5", "--seed", str(seed), itself=True)
            chosen |= {row["stress_phase"] for row in self.rows("out.test.csv")}
        self.assertEqual(chosen, {"a", "b"})

    def test_stretches(self):
        """A twentieth of the run's time each, whatever the steps of its rows."""
        chance, time, features = random.Random(1), 0.0, []
        for _ in range(300):
            step = chance.choice((0.25, 0.5, 2.0))
            time += step
            features.append({"timestamp": pair.EPOCH + time, "time_delta_seconds": step,
                             "cpu_utilization": 5.0})
        self.write("f.csv", features)
        self.write("p.csv", pair.own_power(lambda t: 50.0, round(time) + 2, step=1.0))
        first, length = features[0]["timestamp"], (time - features[0]["timestamp"] + pair.EPOCH) / 20
        apart = set()
        for seed in range(12):
            self.merge("f.csv", "p.csv", "--split=0.3", "--seed", str(seed), itself=True)
            parts = [{min(int((float(row["timestamp"]) - first) / length), 19)
                      for row in self.rows(f"out.{part}.csv")} for part in ("train", "test")]
            self.assertFalse(parts[0] & parts[1])
            self.assertEqual(parts[0] | parts[1], set(range(20)))
            apart |= {i for i in range(19) if (i in parts[0]) != (i + 1 in parts[0])}
        self.assertEqual(apart, set(range(19)))


if __name__ == "__main__":
    main()
