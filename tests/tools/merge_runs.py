# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""vmfc merge with several runs in one call."""

import os

import pair
from merging import LABELS, SANITIZED, MergeTest, main


class Runs(MergeTest):
    def own(self, name, n=30, start=0.0, seed=1, **kwargs):
        """Writes a pair of vmfc's own; returns its rows."""
        load = pair.steps(seed)
        features = pair.own_features(load, n, start, **kwargs)
        power = pair.own_power(load, n, start)
        self.write(f"{name}.json", features)
        self.write(f"{name}-power.csv", power)
        return features, power

    def test_two_runs(self):
        """The n-th features with the n-th power, in that order, whatever form a file has."""
        first, first_power = self.own("b", seed=1)
        second, second_power = self.own("a", n=20, seed=2)
        self.write("a.csv", second)
        self.merge(["b.json", "a.csv"], ["b-power.csv", "a-power.csv"], "--format",
                   "json,jsonl,csv")
        rows = self.records("out.json")
        self.assertEqual([row["run"] for row in rows], ["b"] * 30 + ["a"] * 20)
        for row, power in zip(rows, first_power + second_power):
            self.assertAlmostEqual(row["power_watts_package"], power["vm_cpu_joules_package"],
                                   delta=0.002)
        for row, feature in zip(rows, first + second):
            self.assertEqual({key: row[key] for key in feature}, feature)
            self.assertEqual(list(row), ["run", *feature, *LABELS])
        table = self.rows("out.csv")
        self.assertEqual([row["run"] for row in table], [row["run"] for row in rows])
        self.assertEqual([row["vm_hostname"] for row in table], ['a "vm", here'] * 50)
        report = self.report()
        self.assertEqual(report["rows"]["matched"], 50)
        self.assertEqual([run["rows"]["matched"] for run in report["runs"]], [30, 20])
        self.assertEqual([run["features"]["file"] for run in report["runs"]], ["b.json", "a.csv"])
        self.assertEqual(report["columns"]["page_faults"], {"present": 50, "min": 17, "max": 46})

    def test_same_as_one_by_one(self):
        """What comes out of two runs is what comes out of each, to the byte."""
        self.own("a", seed=1)
        self.own("b", seed=2)
        tables = []
        for name in "ab":
            self.merge(f"{name}.json", f"{name}-power.csv", output=name + "-set.csv")
            with open(self.path(name + "-set.csv"), newline="") as file:
                tables.append(file.read().splitlines(keepends=True))
        self.merge(["a.json", "b.json"], ["a-power.csv", "b-power.csv"])
        with open(self.path("out.csv"), newline="") as file:
            self.assertEqual(file.read().splitlines(keepends=True), tables[0] + tables[1][1:])

    def test_columns_that_differ(self):
        """All columns of all runs, in the order in which they are met; what a run lacks is missing."""
        first, _ = self.own("a")
        second, _ = self.own("b")
        for i, row in enumerate(second):
            del row["cpu_cycles"]
            row["more"] = f'{i}, "quoted"'
        names = ["run", *first[0], "more", *LABELS]
        for forms in (("json", "csv"), ("csv", "json"), ("csv", "csv"), ("jsonl", "csv")):
            self.write("a." + forms[0], first)
            # another order in the second file
            self.write("b." + forms[1], [dict(reversed(row.items())) for row in second])
            done = self.merge(["a." + forms[0], "b." + forms[1]], ["a-power.csv", "b-power.csv"])
            rows, table = self.records("out.json"), self.rows("out.csv")
            self.assertEqual([list(rows[0]), list(rows[40]), list(table[0])], [names] * 3)
            self.assertEqual([row["more"] for row in rows],
                             [None] * 30 + [row["more"] for row in second])
            self.assertEqual([row["more"] for row in table],
                             [""] * 30 + [row["more"] for row in second])
            for row, feature in zip(rows[30:], second):
                self.assertEqual({key: row[key] for key in feature}, feature)
            for row, feature in zip(table[30:], second):
                self.assertEqual(row["page_faults"], str(feature["page_faults"]))
                self.assertEqual(row["target_zones"], "package;core")
            self.assertEqual([run["columns_of_other_runs"] for run in self.report()["runs"]],
                             [["more"], ["cpu_cycles"]])
            self.assertIn("never present: stress_phase, cpu_cycles\n", done.stdout)

    def test_zones_that_differ(self):
        self.own("a")
        _, power = self.own("b")
        self.write("b-power.csv", power, without=["vm_cpu_joules_core", "vm_cpu_watts_core"])
        self.merge(["a.json", "b.json"], ["a-power.csv", "b-power.csv"])
        rows = self.records("out.json")
        self.assertEqual([row["power_watts_core"] is None for row in rows],
                         [False] * 30 + [True] * 30)
        self.assertEqual(self.report()["columns"]["power_watts_core"]["present"], 30)
        self.assertEqual([list(run["power"]["zones"]) for run in self.report()["runs"]],
                         [["package", "core"], ["package"]])

    def test_one_power_for_all(self):
        """One record of the host, during which the machine was recorded three times."""
        load = pair.steps()
        for i in range(3):
            self.write(f"r{i}.json", pair.own_features(load, 20, start=40.0 * i))
        power = pair.own_power(load, 130)
        self.write("p.json", power)
        self.merge([f"r{i}.json" for i in range(3)], "p.json")
        rows = self.records("out.json")
        self.assertEqual([row["run"] for row in rows], ["r0"] * 20 + ["r1"] * 20 + ["r2"] * 20)
        for row in rows:
            second = round(row["timestamp"] - pair.EPOCH)
            self.assertAlmostEqual(row["power_watts_package"],
                                   power[second - 1]["vm_cpu_joules_package"], delta=0.002)

    def test_other_counts(self):
        for n_features, n_power in ((1, 2), (3, 2), (2, 3)):
            done = self.merge(["f.json"] * n_features, ["p.json"] * n_power, code=2)
            self.assertIn(f"--features names {n_features} files and --power {n_power}: give one "
                          "--power for each --features, in the same order, or one for all",
                          done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1)
        self.assertEqual(os.listdir(self.folder), [])
        self.assertIn("--power is missing", self.merge("f.json", ["", "p"], code=2).stderr)

    def test_old_names_count_as_well(self):
        self.own("a")
        self.own("b")
        self.vmfc("merge", "--vm-features", "a.json", "--features", "b.json", "--bm-power",
                  "a-power.csv", "--power-data", "b-power.csv", "-o", "out.csv")
        self.assertEqual({row["run"] for row in self.rows("out.csv")}, {"a", "b"})

    def test_names(self):
        """The name of the file without extension; a name that is taken gets a number."""
        names = {"one/vm_features.json": "vm_features", "two/vm_features.json": "vm_features_2",
                 "vm_features.1.csv": "vm_features.1", "vm_features_2.csv": "vm_features_2_2",
                 "node-10.0.0.1": "node-10.0.0.1", ".hidden": ".hidden", 'a, "b".json': 'a, "b"',
                 "\u00e4.jsonl": "\u00e4"}
        features, _ = self.own("x", n=3)
        for name in names:
            os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
            self.write(name, features)
        self.merge(list(names), "x-power.csv")
        for rows in (self.records("out.json"), self.rows("out.csv")):
            self.assertEqual([row["run"] for row in rows[::3]], list(names.values()))
        self.assertEqual([run["run"] for run in self.report()["runs"]], list(names.values()))

    def test_column_run_of_the_features(self):
        """It stays under another name, and vmfc merge reports this."""
        features, _ = self.own("a")
        for i, row in enumerate(features):
            row["run"] = f"mine {i}"
        for form in ("json", "csv"):
            self.write("a." + form, features)
            done = self.merge("a." + form, "a-power.csv")
            self.assertIn(f"a.{form} already has a column run, which is renamed to features_run in "
                          "the training set", done.stderr)
            for rows in (self.records("out.json"), self.rows("out.csv")):
                self.assertEqual({row["run"] for row in rows}, {"a"})
                self.assertEqual([row["features_run"] for row in rows],
                                 [row["run"] for row in features])
        for row in features:
            row["features_run"] = "before"
        self.write("a.csv", features)
        self.merge("a.csv", "a-power.csv")
        self.assertEqual(self.rows("out.csv")[3]["features_run"], "before")
        self.assertEqual(self.rows("out.csv")[3]["features_run_"], "mine 3")

    def test_power_of_two_origins(self):
        """Kepler's watts and those of energy meters in one column: said, as they are not alike."""
        self.own("a")
        _, power = self.own("b")
        self.write("b-power.csv", [{"timestamp": row["timestamp"],
                                    "kepler_vm_cpu_watts_package": row["vm_cpu_watts_package"]}
                                   for row in power])
        done = self.merge(["a.json", "b.json"], ["a-power.csv", "b-power.csv"])
        self.assertIn("the labels of a are from vm_cpu_joules_package, those of b from "
                      "kepler_vm_cpu_watts_package", done.stderr)
        done = self.merge(["a.json", "b.json"], ["a-power.csv", "a-power.csv"])
        self.assertNotIn("the labels of", done.stderr)

    def test_lag_of_each(self):
        for name, lag in (("a", 3.5), ("b", -8.0)):
            self.write(f"{name}.csv", pair.old_features(pair.steps(), 200))
            self.write(f"{name}-power.csv", pair.old_power(pair.steps(), 220, start=-12, lag=lag))
        files = ["a.csv", "b.csv"], ["a-power.csv", "b-power.csv"]
        done = self.merge(*files)
        lags = [run["offset"]["lag_seconds"] for run in self.report()["runs"]]
        self.assertAlmostEqual(lags[0], 3.5, delta=0.5)
        self.assertAlmostEqual(lags[1], -8.0, delta=0.5)
        self.assertIn("a: power lags the features by 3.", done.stderr)
        self.assertRegex(done.stderr, r"b: power leads the features by [78]\.\d\d s")
        self.merge(*files, "--estimate-offset")
        self.assertEqual([run["offset"]["applied_seconds"] for run in self.report()["runs"]], lags)
        for row in self.rows("out.csv"):
            if row["power_method"] == "points":
                self.assertAlmostEqual(float(row["power_watts_package"]),
                                       pair.watts(float(row["cpu_utilization"])), delta=0.9)

    def test_file_that_is_given_twice(self):
        self.own("a")
        os.link(self.path("a.json"), self.path("b.json"))
        done = self.merge(["a.json", "b.json"], "a-power.csv")
        self.assertIn("b.json is given twice: its rows are in the training set twice", done.stderr)
        self.assertEqual(len(self.rows("out.csv")), 60)

    def test_run_that_does_not_fit(self):
        """One pair of other times: the error names it, and no file is written."""
        self.own("a")
        self.own("b", start=7200.0)
        done = self.merge(["a.json", "b.json"], "a-power.csv", code=1)
        self.assertIn("b.json (", done.stderr)
        self.assertIn("have no time in common", done.stderr)
        self.assertFalse([name for name in os.listdir(self.folder) if name.startswith("out")])

    def test_output_is_none_of_the_inputs(self):
        self.own("a")
        self.own("b")
        done = self.merge(["a.json", "b.json"], "a-power.csv", output="b.json", code=2)
        self.assertIn("b.json, which is an input", done.stderr)

    def test_split(self):
        """A phase is on one side in all runs; transitions are on none."""
        def phases(i):
            return "cpu_cycling", f"load={i // 10 % 8}", i % 10 == 0
        self.own("a", n=400, phases=phases)
        self.own("b", n=400, seed=2, phases=phases)
        self.merge(["a.json", "b.json"], ["a-power.csv", "b-power.csv"], "--split=0.25")
        parts = [self.records(f"out.{part}.json") for part in ("train", "test")]
        names = [{row["stress_phase"] for row in part} for part in parts]
        self.assertFalse(names[0] & names[1])
        self.assertEqual([len(part) for part in parts], [540, 180])
        for part in parts:
            self.assertEqual({row["run"] for row in part}, {"a", "b"})

    def test_split_by_time(self):
        self.own("a", n=200)
        self.own("b", n=200, seed=2)
        self.merge(["a.json", "b.json"], ["a-power.csv", "b-power.csv"], "--split=0.25")
        train, test = (self.records(f"out.{part}.json") for part in ("train", "test"))
        self.assertEqual(len(train) + len(test), 400)
        stretches = [{(row["run"], int((row["page_faults"] - 17) / (199 / 20))) for row in part}
                     for part in (train, test)]
        # rounding of times may put a row at the border of two stretches into either
        self.assertLess(len(stretches[0] & stretches[1]), 3)
        self.assertAlmostEqual(len(test) / 400, 0.25, delta=0.04)

    def test_many_runs(self):
        """More than there are file descriptors at first, in the memory of one."""
        features, _ = self.own("x", n=3)
        names = [f"r{i}.jsonl" for i in range(300)]
        for name in names:
            self.write(name, features)
        prefix = ["prlimit", "--nofile=64:4096"] + ([] if SANITIZED else [f"--data={24 << 20}"])
        self.merge(names, "x-power.csv", "--split", prefix=prefix, timeout=120)
        self.assertEqual([row["run"] for row in self.rows("out.csv")],
                         [f"r{i}" for i in range(300) for _ in range(3)])

    def test_too_many_columns_in_all(self):
        for name in "ab":
            with open(self.path(name + ".csv"), "w") as file:
                file.write("timestamp," + ",".join(f"{name}{i}" for i in range(3000)) + "\n")
                file.write(f"{pair.EPOCH + 1}," + ",".join("1" for _ in range(3000)) + "\n")
        _, _ = self.own("x")
        done = self.merge(["a.csv", "b.csv"], "x-power.csv", code=1)
        self.assertIn("with b.csv the features have more than 4096 different columns", done.stderr)


if __name__ == "__main__":
    main()
