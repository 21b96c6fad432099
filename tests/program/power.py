# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""Power estimated in the VM: what a model makes of the records, and when there is no estimate."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import unittest

TOP = os.path.join(os.path.dirname(__file__), "..")
sys.path += [os.path.join(TOP, "tools"), os.path.join(TOP, "plugins")]
from common import BUILD, MODULES, main
from modelling import (BUSY as PARTS, CYCLES, ModelTest, estimate, feature, make_model, make_rows,
                       sub_model, term)
from play import plugin_path

BUSY = feature("busy", "cpus", ["cpu_busy"])
CPU = sub_model("cpu", [BUSY], [term(0, scale=4.0, weight=24.0), term(0, "root", 4.0, 0.3)])
SHARE = sub_model("cpu", [BUSY | {"form": "share", "maximum": 1.0}], [term(0, weight=24.0)])
PAGES = sub_model("pages,cpu", [BUSY, feature("page_faults", "rate", ["page_faults"], maximum=1e9)],
                  [term(0, weight=5.0), term(1, scale=1e4)])
BOTH = sub_model("perf,cpu", [BUSY, CYCLES], [term(0, weight=15.0), term(1, scale=1e10)])
KEPLER = sub_model("kepler", [feature("rate", "value", ["node_process_cpu_seconds_rate"])],
                   [term(0)])
RUN = ("--interval", "0.1", "--duration", "0.5", "--output", "run.json")
COLUMNS = ("estimated_watts_package", "estimated_watts_package_low",
           "estimated_watts_package_high")
# of a CPU, as in the first lines of /proc/stat: user, system, idle
STAT = "cpu{0} {1} 0 {2} {3} 0 0 0 0 0 0\n"
STAT_END = "intr 5\nctxt 7\nbtime 1700000000\nprocesses 9\nprocs_running 1\nprocs_blocked 0\n"


def make_stat(user, system, idle, n_cpus=4):
    return STAT.format("", n_cpus * user, n_cpus * system, n_cpus * idle) + "".join(
        STAT.format(i, user, system, idle) for i in range(n_cpus)) + STAT_END


class Power(ModelTest):
    def run_with(self, model, *args, plugins="cpu", code=0):
        """Records with a model that is an object, or the text of its file."""
        with open(self.path("model.json"), "w") as file:
            file.write(model if isinstance(model, str) else json.dumps(model))
        done = self.vmfc("--model", "model.json", "--plugins", plugins, *RUN, *args, code=code)
        self.assertNotIn("CRITICAL", done.stderr)
        return done

    def assert_estimates(self, record, model, seconds, zone="package"):
        for name, expected in zip(COLUMNS, estimate(model, record)):
            self.assertAlmostEqual(record[name.replace("package", zone)], expected, delta=1e-9)
        joules = record[f"estimated_joules_{zone}"]
        self.assertAlmostEqual(joules, record[f"estimated_watts_{zone}"] * seconds, delta=1e-9)

    def assert_missing(self, record, zone="package"):
        for name in (*COLUMNS, "estimated_joules_package"):
            self.assertIsNone(record[name.replace("package", zone)], name)
        self.assertAlmostEqual(record["estimate_missing_seconds"], record["time_delta_seconds"],
                               delta=1e-9)

    # ------------------------------------------------------------------ estimates

    def test_estimates(self):
        done = self.run_with(make_model(CPU))
        self.assertIn("package is estimated from cpu (linear)", done.stderr)
        self.assertIn("does not say which machine it was trained on", done.stderr)
        with open(self.path("model.json"), "rb") as file:
            digits = hashlib.sha256(file.read()).hexdigest()
        records = self.records("run.json")
        self.assert_windows(records, 5)
        for record in records:
            self.assert_estimates(record, CPU, record["time_delta_seconds"])
            self.assertEqual(record["estimate_model"], digits[:12])
            self.assertEqual(record["estimate_missing_seconds"], 0)
            self.assertIs(record["estimate_in_range"], True)
        meta = self.records("run.meta.json")
        columns = {column["name"]: column for column in meta["columns"]}
        self.assertEqual(columns["estimate_model"]["sha256"], digits)
        self.assertEqual(columns["estimate_model"]["file"], "model.json")
        self.assertEqual(columns["estimated_watts_package"]["sub_model"], "cpu")
        self.assertIn("not measured", columns["estimated_watts_package"]["description"])

    def test_zones(self):
        """Each zone has its own sub-models; they are never added up."""
        model = make_model(CPU)
        model["zones"].append({"zone": "core", "sub_models": [PAGES]})
        self.run_with(model, plugins="cpu,perf")
        for record in self.records("run.json"):
            self.assert_estimates(record, CPU, record["time_delta_seconds"])
            self.assert_estimates(record, PAGES, record["time_delta_seconds"], zone="core")
        self.run_with(model)
        for record in self.records("run.json"):
            self.assertAlmostEqual(record["estimated_watts_package"], estimate(CPU, record)[0],
                                   delta=1e-9)
            self.assert_missing(record, zone="core")

    def assert_same_as_evaluate(self, name, *args, said="", table="run.csv"):
        done = self.vmfc("train", "--evaluate", "model.json", name, "--predictions", "p.csv", *args)
        self.assertEqual(done.stderr.count("\n"), bool(said), done.stderr)
        self.assertIn(said, done.stderr)
        rows = self.rows(table)
        predictions = self.predictions()
        self.assertEqual(len(predictions), len(rows))
        for row, one in zip(rows, predictions):
            self.assertEqual((one["estimated"], one["low"], one["high"]),
                             tuple(row[column] for column in COLUMNS))
            self.assertEqual(one["measured"], "")
        os.unlink(self.path("p.csv"))

    def test_trained(self):
        """A model as vmfc train makes it, from training to watts: 10 W, and 5.75 W a busy CPU."""
        rows = make_rows(600)
        for row in rows:
            del row["cpu_cycles"], row["instructions"]
        self.write_rows(rows)
        self.train("rows.csv", "--output", "model.json")
        with open(self.path("model.json")) as file:
            self.run_with(file.read())
        for record in self.records("run.json"):
            law = 10 + 5.75 * record["cpu_busy"] / 100 * record["core_count"]
            self.assertAlmostEqual(record["estimated_watts_package"], law, delta=0.15 * law)
            self.assertLess(record["estimated_watts_package_low"], law)
            self.assertGreater(record["estimated_watts_package_high"], law)
        self.assert_same_as_evaluate("run.csv")
        self.assert_figures_of_card()

    def assert_figures_of_card(self):
        """The meta file has them: who has the files alone knows how wrong the watts are."""
        with open(self.path("model.json")) as file:
            best = json.load(file)["zones"][0]["sub_models"][0]
        columns = {column["name"]: column for column in self.records("run.meta.json")["columns"]}
        said = columns["estimated_watts_package"]
        self.assertEqual((said["sub_model"], said["family"]), (best["name"], best["family"]))
        mean = best["judgement"]["mean_of_groups"]
        for figure in ("mape_percent", "mae_watts", "energy_error_percent", "held_percent"):
            self.assertEqual(float(said[figure]), mean[figure], figure)
        self.assertEqual(float(said["worst_mape_percent"]), best["judgement"]["worst_mape_percent"])
        self.assertEqual(float(said["interval_share"]), 0.9)

    def test_same_as_evaluate(self):
        """To the last digit, also after the way through the file, and of trees."""
        trees = CPU | {"features": [PARTS], "family": "average", "base": 9.3, "trees": [
            {"feature": [0, -1, -1], "value": [0.7, 3.3, 7.7], "left": [1, 0, 0],
             "right": [2, 0, 0], "missing_left": [1, 0, 0]}]}
        for sub in (PAGES, trees):
            self.run_with(make_model(sub), plugins="cpu,perf")
            for name in ("run.json", "run.csv"):
                self.assert_same_as_evaluate(name)

    def test_evaluate_takes_recorded_sub_model(self):
        """The plugin chose at the start, whatever the columns of the file show afterwards."""
        first = CPU | {"name": "first"}
        other = CPU | {"name": "other", "constant": 40.0}
        self.run_with(make_model(first, other))
        with open(self.path("run.meta.json")) as file:
            text = file.read()
        self.assert_same_as_evaluate("run.csv")
        with open(self.path("run.meta.json"), "w") as file:
            file.write(text.replace('"first"', '"other"'))
        said = self.vmfc("train", "--evaluate", "model.json", "run.csv").stdout
        self.assertIn("package from other (linear)", said)

    def test_no_interval(self):
        model = CPU | {"interval": {"share": 0.9, "log_width": None, "floor": 0.0, "groups": 0}}
        self.run_with(make_model(model))
        for record in self.records("run.json"):
            self.assertIsNotNone(record["estimated_watts_package"])
            self.assertIsNone(record["estimated_watts_package_low"])
            self.assertIsNone(record["estimated_watts_package_high"])

    def test_same_as_xgboost(self):
        """Bit for bit, from a model that XGBoost itself has saved."""
        os.environ["OMP_NUM_THREADS"] = "1"  # others wait in a loop, and tests run side by side
        try:
            import numpy
            import xgboost
        except ImportError:
            self.skipTest("python3-xgboost is not installed")
        names = ["cpu_user_time", "cpu_system_time", "procs_running", "memory_usage_percent"]
        random = numpy.random.default_rng(1)
        x = random.uniform(0, [100, 20, 9, 100], (2000, 4)).astype(numpy.float32)
        watts = 20 + x[:, 0] * 0.3 + numpy.sqrt(x[:, 1]) + x[:, 2] * (x[:, 3] > 20)
        booster = xgboost.train({"max_depth": 3, "nthread": 1}, xgboost.DMatrix(
            x, watts, feature_names=names, nthread=1), 200)
        booster.save_model(self.path("saved.json"))
        self.vmfc("train", "--import=xgboost", "saved.json", "--zones", "package", "--output",
                  "model.json")
        with open(self.path("model.json")) as file:
            self.run_with(file.read(), plugins="proc")
        # a window that follows a late one can be too short for the kernel's clock
        rows = [row for row in self.rows("run.csv") if all(row[name] for name in names)]
        self.assertTrue(rows)
        read = numpy.array([[float(row[name]) for name in names] for row in rows], numpy.float32)
        expected = booster.predict(xgboost.DMatrix(read, feature_names=names, nthread=1))
        self.assertEqual([float(row["estimated_watts_package"]) for row in rows],
                         [float(watts) for watts in expected])
        self.assertEqual({row["estimate_in_range"] for row in rows}, {""})

    # ----------------------------------------------------------------- sub-models

    def test_chooses_sub_model(self):
        done = self.run_with(make_model(BOTH, PAGES, CPU))
        self.assertIn("package is estimated from cpu (linear); it cannot be from perf,cpu: the "
                      "feature cpu_cycles needs the column cpu_cycles, which is missing; pages,cpu: "
                      "the feature page_faults needs", done.stderr)
        self.run_with(make_model(PAGES, CPU), plugins="cpu,perf")
        for record in self.records("run.json"):
            self.assert_estimates(record, PAGES, record["time_delta_seconds"])

    def test_no_sub_model(self):
        done = self.run_with(make_model(PAGES, BOTH))
        self.assertIn("no sub-model of the model can be used here; perf,cpu: the feature "
                      "cpu_cycles needs the column cpu_cycles, which is missing. Name the plugins",
                      done.stderr)
        for record in self.records("run.json"):
            self.assert_missing(record)
            self.assertIsNone(record["estimate_in_range"])
        columns = {column["name"]: column for column in self.records("run.meta.json")["columns"]}
        self.assertEqual([one["reason"] for one in columns["estimate_in_range"]["missing"]],
                         ["no sub-model of a zone can be used here"])

    def test_units(self):
        """A model that takes a column for what it is not cannot be used."""
        for wrong, reason in ((BUSY | {"form": "rate"}, "as rate, and that column is a gauge"),
                              (feature("load", "share", ["load_average_1min"]), "as share"),
                              (feature("host", "value", ["vm_hostname"]), "label or an estimate"),
                              (feature("own", "value", ["estimated_watts_package"]), "an estimate"),
                              (feature("free", "value", ["memory_available_gb"], unit="MiB"),
                               "its feature free was trained with memory_available_gb in 'MiB', and "
                               "that column is in 'GiB'")):
            with self.subTest(reason):
                done = self.run_with(make_model(sub_model("cpu", [wrong], [term(0)])), plugins="proc")
                self.assertIn(reason, done.stderr)
                self.assert_missing(self.records("run.json")[0])

    def test_same_unit(self):
        """Earlier models say that each column has the unit 1."""
        for unit in ("GiB", "1", None):
            free = feature("free", "value", ["memory_available_gb"], maximum=1e9, unit=unit)
            self.run_with(make_model(sub_model("mem", [free], [term(0)])), plugins="mem")
            for record in self.records("run.json"):
                self.assertIsNotNone(record["estimated_watts_package"], unit)

    def test_kepler_that_does_not_run(self):
        """What shows only after the start: the next sub-model is taken, and that is said."""
        done = self.run_with(make_model(KEPLER, CPU), "--kepler-url", "http://localhost:1/metrics",
                             "--set", "kepler.scrape_interval=0.05", "--duration", "1",
                             plugins="cpu,kepler")
        self.assertEqual(done.stderr.count("package: the first 5 windows lack what the sub-model "
                                           "kepler needs: it is estimated from cpu"), 1)
        records = self.records("run.json")
        columns = {column["name"]: column for column in self.records("run.meta.json")["columns"]}
        said = columns["estimated_watts_package"]
        self.assertEqual((said["sub_model"], said["better"]), (
            "cpu", "kepler: node_process_cpu_seconds_rate is missing, which it is estimated from"))
        for record in records[:5]:
            self.assert_missing(record)
        for record in records[5:]:
            self.assertAlmostEqual(record["estimated_watts_package"], estimate(CPU, record)[0],
                                   delta=1e-9)

    # --------------------------------------------------------------- the machine

    def test_other_machine(self):
        model = make_model(CPU, cpu_model="Abacus 9", hypervisor="Clouds")
        done = self.run_with(model)
        self.assertEqual(done.stderr.count("trained on another machine: CPU model 'Abacus 9', this "
                                           "machine has '"), 1, done.stderr)
        self.assertIn("hypervisor 'Clouds', this machine has '", done.stderr)
        for record in self.records("run.json"):
            self.assert_missing(record)
            self.assertIs(record["estimate_in_range"], False)
        done = self.vmfc("train", "--evaluate", "model.json", "run.csv", code=1)
        self.assertIn("trained on another machine: CPU model 'Abacus 9'", done.stderr)
        done = self.run_with(model, "--set", "power.other_machine=true")
        self.assertEqual(done.stderr.count("Abacus 9"), 1)
        self.assert_same_as_evaluate("run.csv", "--other-machine", said="Abacus 9")
        for record in self.records("run.json"):
            self.assert_estimates(record, CPU, record["time_delta_seconds"])
            self.assertIs(record["estimate_in_range"], False)

    def test_unknown_machine(self):
        """What the kernel did not tell where the model was trained is not another machine."""
        done = self.run_with(make_model(CPU, cpu_model="unknown", hypervisor="unknown"))
        self.assertIn("does not say which machine it was trained on", done.stderr)
        self.assertIsNotNone(self.records("run.json")[0]["estimated_watts_package"])
        said = self.vmfc("--check", "--plugins", "cpu", "--model", "model.json").stdout
        self.assertIn("machine: the model does not name it", said)
        self.write_model(make_model(CPU, cpu_model="Abacus 9"))
        for option in ("true", "false"):
            said = self.vmfc("--check", "--plugins", "cpu", "--model", "model.json", "--set",
                             f"power.other_machine={option}").stdout
            self.assertIn("machine: the model was trained on another machine: CPU model 'Abacus 9'",
                          said)

    def test_same_machine(self):
        self.run_with(make_model(CPU))
        machine = self.records("run.meta.json")["machine"]
        names = {name: machine[name] for name in ("cpu_model", "architecture", "hypervisor")}
        done = self.run_with(make_model(CPU, **names))
        self.assertNotIn("machine", done.stderr)
        self.assertIs(self.records("run.json")[0]["estimate_in_range"], True)

    def test_other_number_of_cpus(self):
        """A share of a machine says nothing of another one; busy CPUs do, within their range."""
        done = self.run_with(make_model(SHARE, cpus=512))
        self.assertEqual(done.stderr.count("the model holds for a machine with 512 CPUs alone"), 1)
        for record in self.records("run.json"):
            self.assert_missing(record)
            self.assertIs(record["estimate_in_range"], False)
        said = self.vmfc("--check", "--plugins", "cpu", "--model", "model.json").stdout
        self.assertIn("missing (unsupported): estimated_watts_package", said)
        self.assertIn("the model holds for a machine with 512 CPUs alone", said)
        self.run_with(make_model(CPU, cpus=512))
        for record in self.records("run.json"):
            self.assert_estimates(record, CPU, record["time_delta_seconds"])
        self.run_with(make_model(SHARE, cpus=512), "--set", "power.other_machine=true")
        for record in self.records("run.json"):
            self.assertIsNotNone(record["estimated_watts_package"])
            self.assertIs(record["estimate_in_range"], False)

    # ---------------------------------------------------------- window by window

    def replay(self, model, stats, *args):
        """Lets a machine with 4 CPUs tick with one text of /proc/stat after the other."""
        self.write_model(model)
        shutil.rmtree(self.path("root"), ignore_errors=True)
        os.makedirs(self.path("root/proc"))
        steps = []
        for i, text in enumerate(stats):
            os.makedirs(self.path(f"step{i}/proc"), exist_ok=True)
            for folder in (f"step{i}", *(["root"] if i == 0 else [])):
                with open(self.path(f"{folder}/proc/stat"), "w") as file:
                    file.write(text)
            steps.append(self.path(f"step{i}"))
        done = subprocess.run([os.path.join(BUILD, "tests", "replay"), ",".join(steps), "--root",
                               self.path("root"), "--plugin-path", plugin_path(BUILD), "--output",
                               self.path("out.json"), "--format", "json", "--plugins", "cpu",
                               "--model", self.path("model.json"), *args],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.records("out.json"), done.stderr

    def test_missing_window(self):
        """Missing is not 0, and no other sub-model jumps in."""
        texts = [make_stat(100 + 30 * i, 10, 1000 + 70 * i) for i in range(6)]
        texts[3] = "cpu garbage\n"
        records, said = self.replay(make_model(CPU), texts)
        for i in (0, 1, 4):
            self.assert_estimates(records[i], CPU, 1.0)
            self.assertEqual(records[i]["estimate_missing_seconds"], 0)
        for i in (2, 3):
            self.assert_missing(records[i])
            self.assertIsNone(records[i]["estimate_in_range"])

    def test_window_of_counter(self):
        """With --no-sync a counter grows over the window of a failed reading too: that is no rate."""
        model = sub_model("load", [feature("forks", "rate", ["processes_created"], maximum=99)],
                          [term(0)])
        texts = [make_stat(100 + 30 * i, 10, 1000 + 70 * i).replace(
            "processes 9", f"processes {9 + 5 * i}") for i in range(7)]
        texts[3] = "cpu garbage\n"
        records, said = self.replay(make_model(model), texts, "--plugins", "cpu,load", "--no-sync")
        self.assertEqual([record["processes_created"] for record in records],
                         [None, 5, 5, None, 10, 5, 5], said)
        self.assertEqual([record["estimated_watts_package"] for record in records],
                         [None, 15, 15, None, None, 15, 15])

    def test_range(self):
        """Flagged beyond 5 % of the range, missing beyond the margin."""
        busy = [95, 75, 70, 50, 2, 0]  # of 100 CPU ticks a second and CPU
        model = CPU | {"features": [BUSY | {"minimum": 0.8, "maximum": 2.8}]}
        user, idle, texts = 100, 1000, [make_stat(100, 10, 1000)]
        for ticks in busy:
            user, idle = user + ticks, idle + 100 - ticks
            texts.append(make_stat(user, 10, idle))
        records, _ = self.replay(make_model(model), texts)
        self.assertEqual([record["estimate_in_range"] for record in records],
                         [False, False, True, True, False, False])
        # 2.8 and 20 % of 2 is 3.2; 0.8 without it is 0.4
        for record, is_there in zip(records, (False, True, True, True, False, False)):
            if is_there:
                self.assert_estimates(record, model, 1.0)
            else:
                self.assert_missing(record)
        records, _ = self.replay(make_model(model), texts, "--set", "power.margin=60")
        self.assertNotIn(None, [record["estimated_watts_package"] for record in records])
        # with a narrow margin too, what is too far is out of range
        records, _ = self.replay(make_model(model), texts, "--set", "power.margin=0", "--format",
                                 "json,csv")
        self.assert_same_as_evaluate("out.csv", "--margin", "0", table="out.csv")
        for record in records:
            self.assertIs(record["estimate_in_range"],
                          record["estimated_watts_package"] is not None)

    def test_range_of_some(self):
        """A feature without a range does not switch off the margin of the others."""
        load = feature("procs", "value", ["core_count"], minimum=None, maximum=None)
        model = sub_model("cpu", [BUSY | {"maximum": 0.5}, load], [term(0)])
        texts = [make_stat(100 + 30 * i, 10, 1000 + 70 * i) for i in range(4)]
        records, _ = self.replay(make_model(model), texts)
        for record in records:  # 1.2 busy CPUs
            self.assert_missing(record)
            self.assertIs(record["estimate_in_range"], False)

    def test_cpus_off_and_on(self):
        """The busy CPUs are what counts; the window of the change cannot be told."""
        texts = [make_stat(100 + 30 * i, 10, 1000 + 70 * i, 2 if 3 <= i < 6 else 4)
                 for i in range(9)]
        records, _ = self.replay(make_model(CPU, cpus=4), texts)
        counts = [record["core_count"] for record in records]
        self.assertEqual(counts, [4, 4, 2, 2, 2, 4, 4, 4])
        for i, record in enumerate(records):
            if record["cpu_busy"] is None:
                self.assertIn(i, (2, 5))
                self.assert_missing(record)
                continue
            self.assert_estimates(record, CPU, 1.0)
        self.assertAlmostEqual(records[4]["estimated_watts_package"], estimate(
            CPU, {"cpu_busy": 30, "core_count": 2})[0], delta=1e-9)

    def test_check(self):
        """Which sub-model would work, and what a better one lacks."""
        self.write_model(make_model(BOTH, PAGES, CPU))
        said = self.vmfc("--check", "--plugins", "cpu", "--model", "model.json").stdout
        self.assertIn("power: ok, 7 of 7 columns\n    estimated_watts_package:\n      sub_model: cpu\n",
                      said)
        self.assertIn("      better: perf,cpu: the feature cpu_cycles needs the column cpu_cycles, which "
                      "is missing; pages,cpu: the feature page_faults needs", said)
        # whoever does not want it is not told that it is broken
        self.assertIn("power: not set up: it needs a model: name one that vmfc train has made with "
                      "--model\n", self.vmfc("--check").stdout)
        self.assertIn("power: does NOT work: it needs a model",
                      self.vmfc("--check=strict", "--plugins", "cpu,power", code=1).stdout)
        self.write_model(make_model(PAGES))
        said = self.vmfc("--check=strict", "--plugins", "cpu", "--model", "model.json", code=1).stdout
        self.assertIn("power: works in part, 3 of 7 columns\n    missing (unsupported): "
                      "estimated_watts_package", said)

    # ------------------------------------------------------------------- refusals

    def test_needs_model(self):
        done = self.vmfc("--plugins", "power,cpu", *RUN, code=2)
        self.assertEqual(done.stderr, "vmfc: power: it needs a model: name one that vmfc train has "
                                      "made with --model\n")
        self.assertEqual(os.listdir(self.folder), [])

    def test_refuses(self):
        tree = {"feature": [0, 0, -1], "value": [1.0, 2.0, 3.0], "left": [1, 0, 0],
                "right": [2, 2, 0], "missing_left": [0, 0, 0]}
        cyclic = CPU | {"family": "trees", "base": 0.0, "trees": [tree]}
        whole = json.dumps(make_model(CPU))
        cases = {
            "cut": (whole[:-9], "model.json is not a model that vmfc can use"),
            "empty": ("", "model.json is not a model that vmfc can use"),
            "deep": ("[" * 100000, "model.json is not a model that vmfc can use"),
            "cyclic": (make_model(cyclic), "zone 1: sub-model 1: "),
            "nan": (whole.replace("24.0", "NaN"), "model.json is not a model"),
            "infinite": (whole.replace("24.0", "1e999"), "model.json is not a model"),
            "newer": (whole.replace("vmfc-model/1", "vmfc-model/2"), "its format is vmfc-model/2"),
            "raw": (whole.replace("vmfc-model/1", "vmfc-model/\\u001b[31m\\u0007"),
                    "name a file that vmfc train wrote"),
            "clash": ({**make_model(CPU), "zones": [
                {"zone": zone, "sub_models": [CPU]} for zone in ("package", "package_low")]},
                "model.json has the zones package and package_low, whose columns would have one name"),
            "other": ("{}", "name a file that vmfc train wrote"),
            "twice": (make_model(CPU, CPU), "zone 1: sub-model 2: cpu is there twice"),
            "zone": (make_model(CPU, zone="Package 0"), "has the zone 'Package 0'"),
            "control": (make_model(CPU, zone="a\x1b[2J"), "model.json is not a model"),
            "huge": (whole + " " * (33 << 20), "larger than 32 MiB"),
        }
        for name, (model, reason) in cases.items():
            with self.subTest(name):
                done = self.run_with(model, code=2)
                self.assertIn(reason, done.stderr)
                self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
                self.assertNotIn("\x1b", done.stderr)
                self.assertEqual(os.listdir(self.folder), ["model.json"])

    def test_refuses_no_file(self):
        for path, reason in (("nothing.json", "No such file"), (".", "is a folder")):
            done = self.vmfc("--model", path, "--plugins", "cpu", *RUN, code=2)
            self.assertIn(reason, done.stderr)

    def test_bad_margin(self):
        self.assertIn("power.margin is '-1'", self.run_with(
            make_model(CPU), "--set", "power.margin=-1", code=2).stderr)

    def test_columns_of_others(self):
        """A sampler of somebody else has columns of these names: no file mixes the two."""
        for plugins in ("cpu,estimates", "estimates,cpu,power"):
            done = self.run_with(make_model(CPU), "--plugin-path", MODULES, plugins=plugins, code=2)
            self.assertEqual(done.stderr, (
                "vmfc: estimates: plugin estimates declares the column estimated_watts_package, "
                "which belongs to power: remove one of the two from --plugins\n"))
            self.assertEqual(os.listdir(self.folder), ["model.json"])
        model = make_model(CPU, zone="dram")  # the columns of all zones are taken too
        done = self.run_with(model, "--plugin-path", MODULES, plugins="cpu,estimates", code=2)
        self.assertIn("declares the column estimate_missing_seconds, which belongs to power",
                      done.stderr)

    def test_names_of_zones(self):
        """Two zones never share a column; each gets a row of columns of its own."""
        for zones in (("package_high", "package"), ("package", "package_low")):
            model = {**make_model(CPU), "zones": [
                {"zone": zone, "sub_models": [CPU]} for zone in zones]}
            self.assertIn("whose columns would have one name: train it with --zones",
                          self.run_with(model, code=2).stderr)
        zones = ("x_low", "x_high", "joules_x", "0")
        self.run_with({**make_model(CPU), "zones": [
            {"zone": zone, "sub_models": [CPU]} for zone in zones]})
        for record in self.records("run.json"):
            for zone in zones:
                self.assert_estimates(record, CPU, record["time_delta_seconds"], zone=zone)

    @unittest.skipUnless(os.geteuid() == 0, "only root is refused what others could write")
    def test_writable_by_others(self):
        self.write_model(make_model(CPU))
        os.chmod(self.path("model.json"), 0o666)
        done = self.vmfc("--model", "model.json", "--plugins", "cpu", *RUN, code=2)
        self.assertIn("is writable by users other than root and the owner of vmfc", done.stderr)


if __name__ == "__main__":
    main()
