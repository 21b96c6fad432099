# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""vmfc train: models of machines that draw power by a known law, and what they say of themselves."""

import csv
import json
import math
import os
import signal
import time
import unittest

import laws
from training import SANITIZED, TOOLS, VMFC, TrainTest, main

LINEAR = ("--families", "mean,curve,linear")
NINE = [f"load {i}" for i in range(9)]


def has_trees():
    import subprocess
    done = subprocess.run([VMFC, "train", "--help"], stdout=subprocess.PIPE, text=True)
    return "without XGBoost" not in done.stdout


needs_trees = unittest.skipUnless(has_trees(), "vmfc was built without XGBoost")


class Law(TrainTest):
    """What comes out is the law that went in."""

    def test_model(self):
        self.write(laws.rows(workloads=NINE, noise=0.02))
        said = self.train(*LINEAR).stdout
        self.assertIn("package from perf,cpu", said)
        best, judgement = self.best(), self.judgement()
        self.assertEqual(best["name"], "perf,cpu")
        self.assertEqual([f["name"] for f in best["features"]],
                         ["busy", "cpu_cycles", "instructions"])
        self.assertEqual(best["features"][0]["form"], "cpus")
        # the noise is 2 %, of which the mean size is 1.6 %
        self.assertLess(judgement["mean_of_groups"]["mape_percent"], 4)
        self.assertGreater(judgement["mean_of_groups"]["mape_percent"], 1)
        self.assertEqual(judgement["left_out"], "workload")
        self.assertEqual([g["group"] for g in judgement["groups"]], NINE)
        self.assertTrue(judgement["interval_is_promise"])
        self.assertGreater(judgement["all_rows"]["held_percent"], 80)
        # without counters it cannot tell workloads apart, and is worse
        other = self.model()["zones"][0]["sub_models"][1]
        self.assertEqual(other["name"], "cpu")
        self.assertGreater(other["judgement"]["mean_of_groups"]["mape_percent"],
                           2 * judgement["mean_of_groups"]["mape_percent"])

    def test_other_size_and_interval(self):
        """Busy CPUs and rates: the same law on twice the CPUs, in windows of two seconds."""
        self.write(laws.rows(workloads=NINE, cpus=8, counters=False))
        self.write(laws.rows(workloads=NINE, cpus=4, dt=2.0, seed=2, counters=False), "test.csv")
        self.train(*LINEAR, "--test", "test.csv")
        test = self.judgement()["test"]
        self.assertLess(test["mean_of_groups"]["mape_percent"], 4)
        self.assertEqual(test["in_range_percent"], 100)
        self.assertIn("test.csv, which was kept back", self.read("m.md"))

    def test_without_core_count(self):
        """One row that does not say it: shares of this machine alone."""
        rows = laws.rows(workloads=NINE, counters=False)
        rows[7]["core_count"] = ""
        self.write(rows)
        self.train(*LINEAR)
        feature, = self.best()["features"]
        self.assertEqual((feature["form"], feature["unit"]), ("share", "1"))
        self.assertLessEqual(feature["maximum"], 1)
        self.assertFalse(self.model()["training"]["any_machine_size"])
        self.assertIn("of this size alone", self.read("m.md"))

    def test_curve(self):
        """Without noise a straight line is found again, to the end of the range and beyond."""
        law = lambda busy, _: 7 + 3 * busy
        self.write(laws.rows(workloads=NINE, noise=0, law=law, counters=False))
        self.write(laws.rows(workloads=["x"], cpus=6, noise=0, law=law, counters=False), "test.csv")
        done = self.train(*LINEAR, "--test", "test.csv")
        self.assertIn("to the last digits", done.stderr)
        self.assertLess(self.judgement()["test"]["mean_of_groups"]["mape_percent"], 0.01)

    def test_curve_below_its_rows(self):
        """Where no row was idle, the curve goes on as a constant: an idle machine draws more than 0 W."""
        law = lambda busy, _: 7 + 3 * busy
        self.write(laws.rows(workloads=NINE, low=3, seed=2, law=law, counters=False))
        self.write(laws.rows(workloads=["x"], low=0, high=0, noise=0, law=law, counters=False),
                   "test.csv")
        self.train("--families", "curve", "--test", "test.csv")
        self.assertLess(self.judgement()["test"]["mean_of_groups"]["mape_percent"], 5)

    def test_square(self):
        """A VM's part of its host: the more it works, the more of the host's power is its own. Loads
        between those that were recorded, each of few rows, are not pulled towards a concave law."""
        def made(loads, noise):
            return [row for load in loads for row in laws.rows(
                workloads=[f"load {load}"], n_each=8, low=load, high=load, noise=noise, seed=load, cpus=1,
                law=lambda busy, _: busy * (10 + 20 * busy), counters=False)]

        self.write(made(range(10, 100, 10), 0.01))
        self.write(made(range(15, 90, 10), 0), "test.csv")
        self.train(*LINEAR, "--test", "test.csv")
        test = self.judgement()["test"]
        self.assertEqual(len(test["groups"]), 8)
        self.assertLess(max(abs(group["energy_error_percent"]) for group in test["groups"]), 2.5)

    @needs_trees
    def test_trees(self):
        """A step is what trees are for; more work is not less power."""
        self.write(laws.rows(workloads=NINE, n_each=100, noise=0.01, counters=False,
                             law=lambda busy, _: 10.0 if busy < 2 else 30.0))
        self.train("--families", "mean,linear,trees")
        best = self.best()
        self.assertEqual(best["family"], "trees")
        self.assertLess(best["judgement"]["mean_of_groups"]["mape_percent"], 4)
        self.assertEqual(len(best["trees"]), 200)

    @needs_trees
    def test_average(self):
        self.write(laws.rows(workloads=NINE[:4] if SANITIZED else NINE, n_each=40))
        self.train("--families", "average")
        self.assertEqual(self.best()["family"], "average")
        self.assertIn("terms", self.best())

    def test_zones(self):
        rows = laws.rows(workloads=NINE, n_each=30)
        for row in rows:
            row["power_watts_core"] = repr(float(row["power_watts_package"]) / 2)
            row["power_watts_dram"] = "3.0"
        self.write(rows)
        said = self.train(*LINEAR).stdout
        self.assertEqual([z["zone"] for z in self.model()["zones"]], ["package", "core"])
        self.assertIn("no model of the zone dram", said)
        self.train(*LINEAR, "--zones", "core")
        self.assertEqual([z["zone"] for z in self.model()["zones"]], ["core"])

    def test_other_columns(self):
        """Any table with power in it."""
        rows = [{"cpu_busy": row["cpu_user_time"], "kind": row["stress_workload"],
                 "measured": row["power_watts_package"], "core_count": "4",
                 "time_delta_seconds": "1.0", "packets": str(100 * i)}
                for i, row in enumerate(laws.rows(workloads=NINE, n_each=30))]
        self.write(rows)
        self.train(*LINEAR, "--label", "measured", "--group", "kind", "--zones", "socket")
        self.assertEqual(self.model()["zones"][0]["zone"], "socket")
        self.assertEqual(self.judgement()["groups"][0]["group"], "load 0")
        self.train(*LINEAR, "--label", "measured", "--features", "busy,packets,cpu_busy")
        features = {f["name"]: f["form"] for f in self.best()["features"]}
        self.assertIn(features, ({"busy": "cpus", "cpu_busy": "cpus"},
                                 {"busy": "cpus", "cpu_busy": "cpus", "packets": "value"}))
        self.assertEqual(self.model()["zones"][0]["zone"], "measured")

    def test_kepler(self):
        rows = laws.rows(workloads=NINE, n_each=30)
        for row in rows:
            row["node_process_cpu_seconds_rate"] = repr(float(row["cpu_user_time"]) / 25)
        self.write(rows)
        self.train(*LINEAR)
        self.assertEqual(sorted(s["name"] for s in self.model()["zones"][0]["sub_models"]),
                         ["cpu", "cpu,kepler", "perf,cpu", "perf,cpu,kepler"])
        self.train(*LINEAR, "--exclude", "node_process_cpu_seconds_rate,instructions")
        self.assertEqual([[f["name"] for f in s["features"]] for s in
                          sorted(self.model()["zones"][0]["sub_models"], key=lambda s: s["name"])],
                         [["busy"], ["busy", "cpu_cycles"]])


class Groups(TrainTest):
    def test_few_workloads(self):
        self.write(laws.rows(workloads=NINE[:5]))
        self.train(*LINEAR)
        self.assertFalse(self.judgement()["interval_is_promise"])
        self.assertIn("the interval is not a promise", self.read("m.md"))
        self.assertIn("9 workloads or more", self.read("m.md"))

    def test_phases(self):
        self.write(laws.rows(workloads=["a", "b"], n_each=120, phase=lambda _, i: f"p{i // 40}"))
        done = self.train(*LINEAR)
        self.assertIn("judged by phases", done.stderr)
        self.assertEqual(self.judgement()["left_out"], "phase")
        self.assertEqual([g["group"] for g in self.judgement()["groups"]],
                         ["a p0", "a p1", "a p2", "b p0", "b p1", "b p2"])
        self.assertIn("says nothing of other workloads", self.read("m.md"))

    def test_blocks(self):
        self.write(laws.rows(workloads=["a"], n_each=200))
        self.assertIn("judged by blocks of time", self.train(*LINEAR).stderr)
        judgement = self.judgement()
        self.assertEqual((judgement["left_out"], judgement["gap_rows"], judgement["group_count"]),
                         ("block", 5, 10))

    def test_too_few_rows(self):
        self.write(laws.rows(workloads=["a"], n_each=59))
        self.train(*LINEAR)
        best = self.best()
        self.assertEqual((best["judgement"]["left_out"], best["family"]), ("none", "curve"))
        self.assertIsNone(best["interval"]["log_width"])
        self.assertIn("too few rows", self.read("m.md"))
        # and such a model can be used
        self.vmfc("train", "--evaluate", "m.json", "t.csv")

    def test_many_workloads(self):
        """More than ten are left out in ten parts."""
        self.write(laws.rows(workloads=[f"w{i:02}" for i in range(25)], n_each=20))
        self.train(*LINEAR)
        judgement = self.judgement()
        self.assertEqual((judgement["group_count"], judgement["fold_count"]), (25, 10))
        self.assertEqual(len(judgement["groups"]), 25)

    def test_unseen(self):
        """A workload that is unlike all others shows in its own figures, and in no model's fit: the
        shuffled figure hides it."""
        rows = laws.rows(workloads=NINE[:8], n_each=60, counters=False)
        rows += laws.rows(workloads=["odd"], n_each=60, counters=False, seed=3,
                          law=lambda busy, _: 2 * laws.watts(busy))
        self.write(rows)
        self.train(*LINEAR)
        judgement = self.judgement()
        self.assertEqual(judgement["worst_group"], "odd")
        self.assertGreater(judgement["worst_mape_percent"], 40)
        odd = next(g for g in judgement["groups"] if g["group"] == "odd")
        self.assertLess(odd["bias_watts"], 0)
        self.assertLess(odd["energy_error_percent"], -40)

    def test_runs(self):
        """Two files, whose runs have the same name."""
        self.write(laws.rows(workloads=NINE, n_each=20), "t1.csv")
        self.write(laws.rows(workloads=NINE, n_each=20, seed=5), "t2.csv")
        self.train(*LINEAR, files=("t1.csv", "t2.csv"))
        self.assertEqual([r["run"] for r in self.judgement()["runs_left_out"]], ["run", "run_2"])
        self.assertIn("Runs left out", self.read("m.md"))

    def test_max_rows(self):
        self.write(laws.rows(workloads=NINE, n_each=100))
        self.train(*LINEAR, "--max-rows", "180", "--predictions", "p.csv")
        judgement = self.judgement()
        self.assertEqual((judgement["trained_rows"], judgement["judged_rows"]), (900, 180))
        self.assertEqual([g["rows"] for g in judgement["groups"]], [20] * 9)
        self.assertIn("judged by 180 of them", self.read("m.md"))
        self.assertEqual(len(self.read("p.csv").splitlines()), 181)


class Rows(TrainTest):
    def test_left_out(self):
        rows = laws.rows(workloads=NINE, n_each=40, counters=False)
        for row in rows[:10]:
            row["stress_transition"] = "true"
        for row in rows[10:13]:
            row["power_stale"] = "true"
        rows[20]["power_watts_package"] = ""
        rows[21]["power_watts_package"] = "-1.0"
        rows[30]["cpu_user_time"] = "6703554.0"
        rows[31]["cpu_irq"] = ""
        rows[32]["cpu_iowait"] = "6703554.0"  # which is not part of what is busy
        self.write(rows)
        self.train(*LINEAR)
        left = self.model()["training"]["rows"]
        self.assertEqual(left, {"read": 360, "in_transition": 10, "stale": 3,
                                "without_label": {"package": 2}, "by_power_method": {}})
        judgement = self.judgement()
        self.assertEqual((judgement["rows_without_features"], judgement["trained_rows"]), (2, 343))

    def test_counters_that_never_counted(self):
        rows = laws.rows(workloads=NINE, n_each=30)
        for row in rows:
            row["instructions"] = "0"
        self.write(rows)
        self.assertIn("most of them instructions", self.train(*LINEAR).stdout)
        self.assertEqual([s["name"] for s in self.model()["zones"][0]["sub_models"]], ["cpu"])

    def test_order(self):
        """Blocks are of time, also where the rows of the file are not in its order."""
        rows = laws.rows(workloads=["a"], n_each=100)
        self.write(rows)
        self.train(*LINEAR, "--predictions", "p.csv")
        self.write(rows[::-1])
        self.train(*LINEAR, "--predictions", "q.csv")
        self.assertEqual(self.read("p.csv"), self.read("q.csv"))

    def test_formats(self):
        """The same rows as CSV and JSON are the same model, but for the name and hash of the file."""
        rows = laws.rows(workloads=NINE, n_each=20)
        self.write(rows)
        def value(text):
            try:
                return json.loads(text)
            except ValueError:
                return text
        with open(self.path("t.json"), "w") as file:
            json.dump([{k: value(v) if v else None for k, v in row.items()} for row in rows], file)
        self.train(*LINEAR)
        zones = self.model()["zones"]
        self.train(*LINEAR, files=("t.json",))
        self.assertEqual(self.model()["zones"], zones)

    def test_predictions(self):
        rows = laws.rows(workloads=["a, b", "c", "d", "e"], n_each=30)
        self.write(rows)
        self.train(*LINEAR, "--predictions", "p.csv")
        with open(self.path("p.csv"), newline="") as file:
            told = list(csv.DictReader(file))
        self.assertEqual(list(told[0]), ["timestamp", "run", "group", "zone", "measured",
                                         "estimated", "low", "high", "busy"])
        self.assertEqual([(float(t["timestamp"]), t["group"], float(t["measured"])) for t in told],
                         [(float(r["timestamp"]), r["stress_workload"],
                           float(r["power_watts_package"])) for r in rows])
        judgement = self.judgement()
        for group in judgement["groups"]:
            errors = [float(t["estimated"]) - float(t["measured"]) for t in told
                      if t["group"] == group["group"]]
            self.assertAlmostEqual(sum(map(abs, errors)) / len(errors), group["mae_watts"], 5)
            self.assertAlmostEqual(sum(errors) / len(errors), group["bias_watts"], 5)
        held = sum(float(t["low"]) <= float(t["measured"]) <= float(t["high"]) for t in told)
        self.assertAlmostEqual(100 * held / len(told), judgement["all_rows"]["held_percent"], 5)


class Same(TrainTest):
    """The same inputs, options, seed and build: the same bytes."""

    def test_threads(self):
        # fits are as many as workloads; a sanitizer sees what threads do to each other in a few as well
        self.write(laws.rows(workloads=NINE[:3] if SANITIZED else NINE, n_each=30))
        texts = set()
        for threads in ("1", "7") if SANITIZED else ("1", "2", "7"):
            folder = f"with-{threads}"
            self.train("--threads", threads, "--predictions", folder + "/p.csv",
                       output=folder + "/m.json")
            texts.add(tuple(self.read(f"{folder}/{name}") for name in ("m.json", "m.md", "p.csv")))
        self.assertEqual(len(texts), 1)

    def test_place_and_language(self):
        self.write(laws.rows(workloads=NINE, n_each=20))
        self.train(*LINEAR)
        os.mkdir(self.path("below"))
        os.rename(self.path("t.csv"), self.path("below/t.csv"))
        self.train(*LINEAR, files=("below/t.csv",), output="below/m.json",
                   env={"LC_ALL": "de_DE.UTF-8", "TZ": "Asia/Tokyo"})
        for name in ("m.json", "m.md"):
            self.assertEqual(self.read(name), self.read("below/" + name))
        self.assertNotIn(self.folder, self.read("m.json"))

    def test_seed(self):
        """It changes the shuffled figure and nothing else."""
        self.write(laws.rows(workloads=NINE, n_each=20, counters=False))
        models = []
        for seed in ("0", "1"):
            self.train(*LINEAR, "--seed", seed, output=seed + ".json")
            models.append(self.model(seed + ".json"))
        figures = [m["zones"][0]["sub_models"][0]["judgement"].pop("shuffled_rows_mape_percent")
                   for m in models]
        self.assertNotEqual(*figures)
        self.assertEqual([m["training"].pop("seed") for m in models], [0, 1])
        self.assertEqual(*models)


class Files(TrainTest):
    def test_earlier_ones_stay(self):
        self.write(laws.rows(workloads=NINE, n_each=20, counters=False))
        self.train(*LINEAR)
        first = self.read("m.json")
        self.train(*LINEAR, "--interval-share", "0.8")
        self.assertEqual(self.read("m.1.json"), first)
        self.assertEqual(self.names(), ["m.1.json", "m.1.md", "m.json", "m.md"])

    def test_meta(self):
        """What vmfc merge says of the machine goes into the model."""
        rows = laws.rows(workloads=NINE, n_each=20, counters=False)
        self.write(rows)
        machine = {"cpu_model": "Model | of *one*", "architecture": "x86_64", "hypervisor": "kvm",
                   "cpus": 4}
        meta = {"generator": "vmfc merge",
                "columns": [{"name": name, "unit": None, "kind": "gauge", "role": "feature"}
                            for name in rows[0]],
                "runs": [{"run": "run", "features": {"machine": machine, "interval": 1.0},
                          "offset": {"seconds": 0.1, "curve": {"correlation": [0.5] * 99}}}]}
        with open(self.path("t.meta.json"), "w") as file:
            json.dump(meta, file)
        self.train(*LINEAR)
        self.assertEqual(self.model()["machine"], machine)
        self.assertNotIn("correlation", self.read("m.json"))
        self.assertIn(r"Model \| of \*one\*", self.read("m.md"))
        meta["columns"].pop()
        with open(self.path("t.meta.json"), "w") as file:
            json.dump(meta, file)
        self.assertIn("t.meta.json is not used", self.train(*LINEAR).stderr)
        self.assertIsNone(self.model()["machine"]["cpu_model"])

    def write_units(self, name, rows, unit):
        """A training set with a column that has a unit, if its meta file tells it."""
        self.write([row | {"heat": float(row["cpu_user_time"]) / 2} for row in rows], name)
        with open(self.path(name.replace(".csv", ".meta.json")), "w") as file:
            json.dump({"generator": "vmfc merge", "runs": [], "columns": [
                {"name": column, "unit": unit if column == "heat" else None, "kind": "gauge",
                 "role": "feature"} for column in [*rows[0], "heat"]]}, file)

    def test_units(self):
        """What a feature was trained in, so that a run in another unit is not estimated."""
        rows = laws.rows(workloads=NINE, n_each=20, counters=False)
        for unit in ("mm Hg", None, "a\x1b[2J", "x" * 300):
            self.write_units("t.csv", rows, unit)
            self.train(*LINEAR, "--features", "busy,heat")
            found = {one["name"]: one["unit"] for one in self.best()["features"]}
            self.assertEqual(found, {"busy": "CPUs", "heat": unit if unit == "mm Hg" else None})
            self.assertNotIn("(null)", self.read("m.md"))
        self.write_units("t.csv", rows, "K")
        self.write_units("t2.csv", rows, "mm Hg")
        said = self.train(*LINEAR, "--features", "busy,heat", files=("t.csv", "t2.csv"), code=1)
        self.assertIn("t2.csv: the column heat is in 'mm Hg', and in 'K' in the files before it",
                      said.stderr)

    def test_unknown_machine(self):
        """What the kernel did not tell is no name: the model holds for any such machine."""
        rows = laws.rows(workloads=NINE, n_each=20, counters=False)
        self.write(rows)
        columns = [{"name": name, "unit": None, "kind": "gauge", "role": "feature"}
                   for name in rows[0]]
        known = {"cpu_model": "Abacus", "architecture": "x86_64", "hypervisor": "kvm", "cpus": 4}
        unknown = known | {"cpu_model": "unknown", "hypervisor": "unknown"}
        for machines, expected in (([unknown], [None, "x86_64", None, 4]),
                                   ([known, unknown], [None, "x86_64", None, 4]),
                                   ([known, None], [None] * 4),
                                   ([known, known | {"cpus": 8, "hypervisor": "xen"}],
                                    ["Abacus", "x86_64", None, None])):
            runs = [{"run": "run", "features": {"machine": machine}} for machine in machines]
            with open(self.path("t.meta.json"), "w") as file:
                json.dump({"generator": "vmfc merge", "columns": columns, "runs": runs}, file)
            self.train(*LINEAR)
            self.assertEqual(list(self.model()["machine"].values()), expected)

    def test_labels(self):
        """How good the labels were, and which hosts they are of."""
        rows = laws.rows(workloads=NINE, n_each=20, counters=False)
        for i, row in enumerate(rows):
            row["power_method"] = "points" if i < 30 else "energy"
            row["vm_hostname"] = f"vm{i % 2}"
        self.write(rows)
        self.train(*LINEAR)
        training = self.model()["training"]
        self.assertEqual(training["rows"]["by_power_method"], {"energy": 150, "points": 30})
        self.assertEqual(training["hosts"], ["vm0", "vm1"])

    @unittest.skipIf(SANITIZED, "it takes too long, and then is over too soon")
    def test_interrupt(self):
        """Ctrl-C leaves nothing."""
        self.write(laws.rows(workloads=NINE, n_each=2000))
        process = self.start("train", "t.csv", "--output", "m.json", "--threads", "1",
                             "--max-rows", "18000")
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:  # until it computes
            with open(f"/proc/{process.pid}/stat") as file:
                if int(file.read().rsplit(")", 1)[1].split()[11]) > 50:
                    break
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, -signal.SIGINT)
        self.assertEqual(self.names(), [])


if __name__ == "__main__":
    main()
