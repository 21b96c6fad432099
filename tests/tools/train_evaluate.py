# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""vmfc train --evaluate: a model judged by files that it was not trained on."""

import hashlib
import json
import os

from modelling import BOTH, BUSY, CPU, ModelTest, estimate, main, make_model, make_rows


class Evaluate(ModelTest):
    def setUp(self):
        super().setUp()
        self.rows = make_rows()
        self.write_rows(self.rows)
        self.write_model(make_model(BOTH, CPU))

    def compare(self, predictions, rows, model):
        self.assertEqual(len(predictions), len(rows))
        for got, row in zip(predictions, rows):
            for name, expected in zip(("estimated", "low", "high"), estimate(model, row)):
                self.assertAlmostEqual(float(got[name]), expected, delta=1e-9)

    def test_estimates(self):
        done = self.evaluate("--predictions", "p.csv")
        predictions = self.predictions()
        self.compare(predictions, self.rows, BOTH)
        for got, row in zip(predictions, self.rows):
            self.assertEqual(got["measured"], str(row["power_watts_package"]))
            self.assertEqual(got["timestamp"], str(row["timestamp"]))
            self.assertAlmostEqual(float(got["busy"]), (row["cpu_user_time"] +
                                   row["cpu_system_time"]) * row["core_count"] / 100, delta=1e-9)
            self.assertEqual((got["run"], got["group"], got["zone"]),
                             ("r1", row["stress_workload"], "package"))
        self.assertIn("package from perf,cpu (linear): 300 of 300 rows estimated, 100.0 % of them "
                      "in range", done.stdout)
        self.assertIn("gamma, delta", done.stdout)

    def test_figures(self):
        text = self.evaluate("--predictions", "p.csv").stdout
        got = [row for row in self.predictions() if row["group"] == "beta"]
        errors = [float(row["estimated"]) - float(row["measured"]) for row in got]
        relative = [abs(error) / float(row["measured"]) for error, row in zip(errors, got)]
        line = next(line for line in text.splitlines() if line.startswith("  beta ")).split()
        self.assertEqual(line[:5], ["beta", "100", f"{sum(map(abs, errors)) / 100:.2f}",
                                    f"{sum(relative):.1f}", f"{sum(errors) / 100:.2f}"])

    def recount(self, rows, floor, idle):
        """@rows: predictions, with the seconds of each. Returns: the figures of a line of the table"""
        def mean(values):
            values = list(values)
            return sum(values) / len(values) if values else None

        errors = [row["estimated"] - row["measured"] for row in rows]
        above = [(row, error) for row, error in zip(rows, errors) if row["measured"] >= floor]
        energy = [sum(row[name] * row["seconds"] for row in rows) for name in ("estimated", "measured")]
        return [mean(map(abs, errors)), mean(100 * abs(error) / row["measured"] for row, error in above),
                mean(errors), mean(error for row, error in zip(rows, errors) if row["busy"] <= idle),
                100 * (energy[0] / energy[1] - 1),
                mean(100 * (row["low"] <= row["measured"] <= row["high"]) for row in rows),
                mean(50 * (row["high"] - row["low"]) / row["measured"] for row, _ in above)]

    def test_table(self):
        """Each figure of each workload, their means, and those of all rows."""
        floor = 16.0
        interval = {"share": 0.8, "log_width": 0.03, "floor": floor, "groups": 9}
        self.write_model(make_model(BOTH | {"interval": interval, "constant": 10.4}))
        text = self.evaluate("--predictions", "p.csv").stdout
        rows = [{**{name: float(row[name]) for name in ("measured", "estimated", "low", "high", "busy")},
                 "group": row["group"], "seconds": given["time_delta_seconds"]}
                for row, given in zip(self.predictions(), self.rows)]
        # the least twentieth, of groups with as many rows each
        idle = sorted(row["busy"] for row in rows)[14]
        lines = {name: self.recount([row for row in rows if row["group"] == name], floor, idle)
                 for name in ("alpha", "beta", "gamma, delta")}
        groups = list(lines.values())
        lines["mean of the workloads"] = [
            sum(values) / len(values) for values in
            ([group[i] for group in groups if group[i] is not None] for i in range(7))]
        lines["all rows"] = self.recount(rows, floor, idle)
        for name, figures in lines.items():
            line = next(line for line in text.splitlines() if line.startswith(f"  {name} "))
            shown = line[2 + len(name):].split()
            self.assertEqual(shown[0], "100" if name in ("alpha", "beta", "gamma, delta") else "300")
            for got, wanted, digits in zip(shown[1:], figures, (2, 1, 2, 2, 1, 1, 1)):
                if wanted is None:
                    self.assertEqual(got, "-", line)
                else:
                    self.assertAlmostEqual(float(got), wanted, delta=0.51 * 10 ** -digits, msg=line)
        self.assertIn("MAPE: rows of 16 W and more; held: rows within the interval, which is to hold 80 %",
                      text)

    def test_rows_left_out(self):
        """Rows in transition, with stale power and without power are not judged by."""
        self.rows[0]["stress_transition"] = "true"
        self.rows[1]["power_watts_package"] = ""
        for row in self.rows:
            row["power_stale"] = "true" if row is self.rows[2] else "false"
        self.write_rows(self.rows)
        self.evaluate("--predictions", "p.csv")
        self.compare(self.predictions(), self.rows[3:], BOTH)

    def test_without_labels(self):
        """All rows are estimated, also those that none would be trained from."""
        self.rows[0]["stress_transition"] = "true"
        for row in self.rows:
            del row["power_watts_package"]
        self.write_rows(self.rows)
        done = self.evaluate("--predictions", "p.csv")
        self.compare(self.predictions(), self.rows, BOTH)
        self.assertEqual({row["measured"] for row in self.predictions()}, {""})
        self.assertIn("there is no measured power", done.stdout)

    def test_label_of_another_name(self):
        for row in self.rows:
            row["wall"] = row.pop("power_watts_package")
        self.write_rows(self.rows)
        self.evaluate("--predictions", "p.csv", "--label", "wall", "--group", "run")
        self.assertEqual(self.predictions()[0]["measured"], str(self.rows[0]["wall"]))
        self.assertEqual({row["group"] for row in self.predictions()}, {"r1"})

    def test_counters_not_there(self):
        """The sub-model is chosen that the rows have the features of."""
        for row in self.rows:
            row["cpu_cycles"] = 0
        self.write_rows(self.rows)
        done = self.evaluate("--predictions", "p.csv")
        self.assertIn("package from cpu (linear): 300 of 300 rows", done.stdout)
        self.compare(self.predictions(), self.rows, CPU)
        for row in self.rows:
            del row["cpu_cycles"]
        self.write_rows(self.rows)
        self.evaluate("--predictions", "p2.csv")
        self.compare(self.predictions("p2.csv"), self.rows, CPU)

    def test_some_counters_missing(self):
        for row in self.rows[:100]:
            row["cpu_cycles"] = ""
        self.write_rows(self.rows)
        done = self.evaluate("--predictions", "p.csv")
        self.assertIn("package from perf,cpu (linear): 200 of 300 rows", done.stdout)
        predictions = self.predictions()
        self.compare(predictions[100:], self.rows[100:], BOTH)
        for row in predictions[:100]:  # as the record of a run
            self.assertEqual((row["estimated"], row["low"], row["high"]), ("", "", ""))
            self.assertNotEqual(row["measured"], "")

    def test_range(self):
        for row in self.rows[:30]:
            row["cpu_user_time"], row["core_count"] = 50, 64
        self.write_rows(self.rows)
        self.assertIn("270 of 300 rows estimated, 100.0 % of them in range", self.evaluate().stdout)
        self.assertIn("300 of 300 rows estimated, 90.0 % of them in range",
                      self.evaluate("--margin", "1000").stdout)
        for row in self.rows:
            row["cpu_user_time"], row["core_count"] = 50, 64
        self.write_rows(self.rows)
        self.say("beyond --margin of the range", "--evaluate", "model.json", "rows.csv")
        self.say("--margin", "--evaluate", "model.json", "rows.csv", "--margin", "-1", code=2)

    def test_another_machine(self):
        """A share of a machine says nothing of one of another size."""
        self.write_model(make_model(CPU | {"features": [BUSY | {"form": "share"}]}, cpus=8))
        self.say("the model holds for a machine with 8 CPUs alone", "--evaluate", "model.json",
                 "rows.csv")
        done = self.evaluate("--other-machine", "--margin", "9999")
        self.assertIn("300 rows are of another machine: the model holds for a machine with 8 CPUs "
                      "alone", done.stderr)
        self.assertIn(", 0.0 % of them in range", done.stdout)

    def test_seconds_of_some_rows(self):
        """Where the length of one window is not known, the energy is that of windows of one length."""
        for unknown in (0, 150, 299):
            rows = [dict(row) for row in self.rows]
            rows[unknown]["time_delta_seconds"] = ""
            self.write_rows(rows)
            self.write_model(make_model(CPU))
            text = self.evaluate("--predictions", "p.csv").stdout
            got = [(float(row["estimated"]), float(row["measured"])) for row in self.predictions()]
            energy = 100 * (sum(one for one, _ in got) / sum(other for _, other in got) - 1)
            line = next(line for line in text.splitlines() if line.startswith("  all rows "))
            self.assertAlmostEqual(float(line.split()[-3]), energy, delta=0.051)
            os.remove(self.path("p.csv"))

    def test_one_workload(self):
        """It has one line, and characters that move a cursor are not shown."""
        for row in self.rows:
            row["stress_workload"] = "a\x1b[2Jb"
        self.write_rows(self.rows)
        text = self.evaluate().stdout
        self.assertEqual([line.split("  ")[1] for line in text.splitlines()[1:3]], ["workload", "all rows"])
        self.assertNotIn("mean of the workloads", text)
        self.rows[0]["stress_workload"] = "other"
        self.write_rows(self.rows)
        text = self.evaluate().stdout
        self.assertIn("\n  a?[2Jb  ", text)
        self.assertNotIn("\x1b", text)

    def test_mean_without_labels(self):
        """It is that of the rows that are estimated."""
        for row in self.rows[:100]:
            row["cpu_cycles"] = ""
        for row in self.rows:
            del row["power_watts_package"]
        self.write_rows(self.rows)
        text = self.evaluate("--predictions", "p.csv").stdout
        watts = [float(row["estimated"]) for row in self.predictions() if row["estimated"]]
        self.assertEqual(len(watts), 200)
        self.assertIn(f"200 of 300 rows estimated, 100.0 % of them in range, {sum(watts) / 200:.2f} W in the "
                      "mean", text)

    def test_machine_of_each_file(self):
        """What the meta file of a file says of its machine counts for its rows."""
        self.write_model(make_model(CPU, cpu_model="Abacus", architecture="x86_64"))
        self.write_rows(make_rows(50, 2), "more.csv")
        for name, model in (("rows", "Abacus"), ("more", "Sliderule")):
            with open(self.path(name + ".meta.json"), "w") as file:
                json.dump({"generator": "vmfc merge", "columns": [
                    {"name": name, "unit": None, "kind": "gauge"} for name in self.rows[0]],
                    "runs": [{"features": {"machine": {"cpu_model": model, "architecture": "x86_64",
                                                       "cpus": 4}}}]}, file)
        done = self.evaluate(files=("rows.csv", "more.csv"))
        self.assertNotIn("meta.json is not used", done.stderr)
        self.assertIn("50 rows are of another machine", done.stderr)
        self.assertIn("CPU model 'Abacus', this machine has 'Sliderule'", done.stderr)
        self.assertIn("300 of 350 rows estimated", done.stdout)
        self.say("CPU model 'Abacus', this machine has 'Sliderule'", "--evaluate", "model.json", "more.csv")

    def test_half_of_the_rows(self):
        """The first sub-model counts if half of the rows have its features, and with one row less it does not."""
        for row in self.rows[:150]:
            row["cpu_cycles"] = ""
        self.write_rows(self.rows)
        self.assertIn("package from perf,cpu (linear): 150 of 300 rows", self.evaluate().stdout)
        self.rows[150]["cpu_cycles"] = ""
        self.write_rows(self.rows)
        self.assertIn("package from cpu (linear): 300 of 300 rows", self.evaluate().stdout)

    def sha256(self):
        with open(self.path("model.json"), "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()

    def test_rows_of_another_model(self):
        """They are counted by the first digits of the model that worked when they were recorded."""
        for i, row in enumerate(self.rows):
            row["estimate_model"] = "0123456789ab" if i < 70 else "" if i < 80 else self.sha256()[:12]
        self.write_rows(self.rows)
        self.assertIn("70 of 300 rows were recorded with another model", self.evaluate().stderr)
        self.write_rows(self.rows[70:])
        self.assertNotIn("another model", self.evaluate().stderr)

    def test_recorded_sub_model(self):
        """That with which all files were recorded, if it was one of this model, and the same in all."""
        for names, sha256, used in ((("cpu", "cpu"), self.sha256(), "cpu"),
                                    (("cpu", "perf,cpu"), self.sha256(), "perf,cpu"),
                                    (("perf,cpu", "cpu"), self.sha256(), "perf,cpu"),
                                    (("cpu", None), self.sha256(), "perf,cpu"),
                                    (("other", "other"), self.sha256(), "perf,cpu"),
                                    (("cpu", "cpu"), "0" * 64, "perf,cpu")):
            with self.subTest(names=names, sha256=sha256):
                for name, sub_model in zip(("one", "two"), names):
                    rows = [row | {"estimate_model": "", "estimated_watts_package": ""}
                            for row in make_rows(40)]
                    self.write_rows(rows, name + ".csv")
                    facts = {"estimate_model": {"sha256": sha256},
                             "estimated_watts_package": {"sub_model": sub_model}}
                    with open(self.path(name + ".meta.json"), "w") as file:
                        json.dump({"generator": "vmfc", "columns": [
                            {"name": key, "unit": None, "kind": "gauge"} | facts.get(key, {})
                            for key in rows[0]]}, file)
                done = self.evaluate(files=("one.csv", "two.csv"))
                self.assertNotIn("is not used", done.stderr)
                self.assertIn(f"package from {used} (linear): 80 of 80 rows", done.stdout)

    def test_several_files(self):
        self.write_rows(make_rows(50, 2), "more.csv")
        self.evaluate("--predictions", "p.csv", files=("rows.csv", "more.csv"))
        self.assertEqual({row["run"] for row in self.predictions()}, {"r1", "r1_2"})
        self.assertEqual(len(self.predictions()), 350)

    def test_mistakes(self):
        arguments = ["--evaluate", "model.json", "rows.csv"]
        self.say("--zones", *arguments, "--zones", "pakage", code=2)
        self.say("--predictions would write or rename model.json, which is to be read",
                 *arguments, "--predictions", "model.json", code=2)
        self.say("rows.csv is not a model that vmfc can use", "--evaluate", "rows.csv", "rows.csv")
        self.say("nothing.json cannot be read", "--evaluate", "nothing.json", "rows.csv")
        for row in self.rows:
            del row["core_count"]
        self.write_rows(self.rows, "few.csv")
        self.say("few.csv: no row can be estimated for the zone package: the feature busy needs "
                 "the column core_count, which is missing", "--evaluate", "model.json", "few.csv")
        self.write_model(make_model(BOTH) | {"format": "vmfc-model/9"}, "later.json")
        self.say("its format is vmfc-model/9, and this vmfc reads vmfc-model/1",
                 "--evaluate", "later.json", "rows.csv")


if __name__ == "__main__":
    main()
