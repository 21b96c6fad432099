# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""A run with a model, while something changes: another model is taken over, features go and come back."""

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import time

TOP = os.path.join(os.path.dirname(__file__), "..")
sys.path.append(os.path.join(TOP, "tools"))
from common import BUILD, VMFC, main
from kepler import Exporter
from modelling import CYCLES, ModelTest, estimate, feature, make_model, sub_model, term

FAKE_PMU = os.path.join(BUILD, "tests", "libfake-pmu.so")
BUSY = feature("busy", "cpus", ["cpu_busy"])
CPU = sub_model("cpu", [BUSY], [term(0, scale=4.0, weight=24.0)])
FAULTS = feature("page_faults", "rate", ["page_faults"], maximum=1e9)
PAGES = sub_model("perf,cpu", [BUSY, FAULTS], [term(0, weight=5.0), term(1, scale=1e4)])
KEPLER = sub_model("kepler", [feature("rate", "value", ["node_process_cpu_seconds_rate"], maximum=99)],
                   [term(0)])
# on the PMU of fake-pmu.c, which counts 250 million cycles in 20 ms
COUNTED = sub_model("perf", [CYCLES | {"maximum": 1e13}], [term(0, scale=1e9)])
UNCOUNTED = sub_model("faults", [FAULTS], [term(0)], constant=3.0)
RUN = ("--interval", "0.1", "--duration", "0.5", "--output", "run.json")
COLUMNS = ("estimated_watts_package", "estimated_watts_package_low",
           "estimated_watts_package_high")


class PowerChanges(ModelTest):
    def wait(self, condition, what):
        deadline = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), deadline, what)
            time.sleep(0.02)

    def said(self):
        with open(self.path("log")) as file:
            return file.read()

    def count_records(self):
        with contextlib.suppress(FileNotFoundError):
            with open(self.path("run.jsonl")) as file:
                return len(file.readlines())
        return 0

    @contextlib.contextmanager
    def running(self, model, *options, plugins="cpu"):
        """A run that continues until the test has seen enough."""
        self.write_model(model)
        with open(self.path("log"), "w") as log:
            process = subprocess.Popen(
                [VMFC, "--model", "model.json", "--plugins", plugins, "--interval", "0.1",
                 "--duration", "0", "--format", "jsonl", "--output", "run.jsonl", *options],
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            self.wait(lambda: self.count_records() > 2, "records")
            yield process
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(timeout=60), 0, self.said())
        finally:
            process.kill()
            process.wait()

    def hand_over(self, process, model, sentence):
        """Has another model read. Returns: how many records there were when it was said"""
        before = self.said().count(sentence)
        if isinstance(model, str):
            with open(self.path("model.json"), "w") as file:
                file.write(model)
        else:
            self.write_model(model)
        process.send_signal(signal.SIGUSR1)
        self.wait(lambda: self.said().count(sentence) > before, sentence)
        seen = self.count_records()
        self.wait(lambda: self.count_records() > seen + 2, "more records")
        return seen

    def hash_model(self):
        with open(self.path("model.json"), "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()

    def run_records(self):
        with open(self.path("run.jsonl")) as file:
            return [json.loads(line) for line in file]

    def test_new_model(self):
        """From one record to the next, which says so; the joules continue."""
        more = CPU | {"constant": 50.0}
        without = more | {"interval": CPU["interval"] | {"log_width": None}}
        with self.running(make_model(CPU, cpus=77)) as process:
            first = self.hash_model()
            self.hand_over(process, make_model(without), "the model is now ")
            second = self.hash_model()
        records = self.run_records()
        models = [record["estimate_model"] for record in records]
        change = models.index(second[:12])
        self.assertGreater(change, 2)
        self.assertEqual(models, [first[:12]] * change + [second[:12]] * (len(models) - change))
        for i, record in enumerate(records):
            watts = estimate(CPU if i < change else more, record)[0]
            self.assertAlmostEqual(record["estimated_watts_package"], watts, delta=1e-9)
            self.assertAlmostEqual(record["estimated_joules_package"],
                                   watts * record["time_delta_seconds"], delta=1e-6)
            self.assertEqual(record["estimated_watts_package_high"] is None, i >= change)
        columns = {column["name"]: column for column in self.records("run.meta.json")["columns"]}
        said = columns["estimate_model"]
        self.assertEqual((said["sha256"], said["sha256_before"]), (second, first))
        self.assertNotIn("cpus", said)
        self.assertNotIn("interval_share", columns["estimated_watts_package"])

    def test_evaluates_after_change(self):
        """All rows with the model that is named; vmfc says how many another one estimated."""
        models = [make_model(CPU), make_model(CPU | {"constant": 50.0})]
        with self.running(models[0]) as process:
            self.hand_over(process, models[1], "the model is now ")
        records = self.run_records()
        for model in models:
            self.write_model(model)
            digits = self.hash_model()[:12]
            done = self.evaluate("--predictions", "p.csv", files=("run.jsonl",))
            others = [record for record in records if record["estimate_model"] != digits]
            self.assertIn(f"{len(others)} of {len(records)} rows were recorded with another model "
                          "(estimate_model): their estimates here are those of " + digits,
                          done.stderr)
            for record, row in zip(records, self.predictions(), strict=True):
                self.assertAlmostEqual(float(row["estimated"]), estimate(
                    model["zones"][0]["sub_models"][0], record)[0], delta=1e-9)
                if record["estimate_model"] == digits:
                    self.assertEqual(float(row["estimated"]), record["estimated_watts_package"])
            os.unlink(self.path("p.csv"))

    def test_same_model(self):
        """Is not another one, and no more of the models before are kept than anybody reads."""
        with self.running(make_model(CPU)) as process:
            self.hand_over(process, make_model(CPU), "the model is still ")
            for i in range(18):
                sentence = "the model is now "
                before = self.said().count(sentence)
                self.write_model(make_model(CPU | {"constant": 10.0 + i + 1}))
                process.send_signal(signal.SIGUSR1)
                self.wait(lambda: self.said().count(sentence) > before, sentence)
        columns = {column["name"]: column for column in self.records("run.meta.json")["columns"]}
        before = columns["estimate_model"]["sha256_before"].split(" ")
        self.assertEqual([len(one) for one in before], [64] * 16)
        self.assertNotIn(columns["estimate_model"]["sha256"], before)

    def test_new_model_with_other_features(self):
        """Those that the first one did not look at, and the way back from no sub-model at all."""
        with self.running(make_model(sub_model("io", [feature("io", "rate", ["io"])], [term(0)])),
                          plugins="cpu,perf") as process:
            self.hand_over(process, make_model(PAGES), "the model is now ")
        records = self.run_records()
        digits = self.hash_model()[:12]
        self.assert_missing_watts(records[0])
        for record in records:
            if record["estimate_model"] == digits:
                self.assert_estimates_of(record, PAGES)
            else:
                self.assertIsNone(record["estimated_watts_package"])
        self.assertEqual(records[-1]["estimate_model"], digits)

    def assert_estimates_of(self, record, model):
        watts = estimate(model, record)[0]
        self.assertAlmostEqual(record["estimated_watts_package"], watts, delta=1e-9)
        self.assertAlmostEqual(record["estimated_joules_package"],
                               watts * record["time_delta_seconds"], delta=1e-6)

    def test_new_model_is_refused(self):
        refused = "is not taken over, and vmfc continues with the model "
        two = make_model(CPU)
        two["zones"].append({"zone": "core", "sub_models": [CPU]})
        with self.running(make_model(CPU)) as process:
            digits = self.hash_model()[:12]
            for model, reason in ((json.dumps(make_model(CPU))[:-9], "is not a model that vmfc"),
                                  (two, "its zones are package, core, and this run has columns for "
                                        "package: start vmfc again with it"),
                                  (make_model(CPU, zone="dram"), "its zones are dram")):
                self.hand_over(process, model, refused + digits)
                self.assertIn(reason, self.said().splitlines()[-1])
            os.unlink(self.path("model.json"))
            process.send_signal(signal.SIGUSR1)
            self.wait(lambda: "No such file" in self.said(), "No such file")
        for record in self.run_records():
            self.assert_estimates_of(record, CPU)
            self.assertEqual(record["estimate_model"], digits)

    def test_new_model_is_for_another_machine(self):
        """What holds at the start holds here."""
        with self.running(make_model(CPU)) as process:
            self.hand_over(process, make_model(CPU, cpu_model="Abacus 9"), "the model is now ")
        self.assertIn("trained on another machine: CPU model 'Abacus 9'", self.said())
        last = self.run_records()[-1]
        self.assert_missing_watts(last)
        self.assertIs(last["estimate_in_range"], False)

    def assert_missing_watts(self, record):
        self.assertEqual([record[name] for name in COLUMNS], [None] * len(COLUMNS))

    def test_asked_often(self):
        """While a model is read, others can be asked for; the last one is taken, no tick is lost."""
        with self.running(make_model(CPU)) as process:
            for i in range(20):
                self.write_model(make_model(CPU | {"constant": 10.0 + i}), "next.json")
                os.rename(self.path("next.json"), self.path("model.json"))
                process.send_signal(signal.SIGUSR1)
            digits = self.hash_model()[:12]
            self.wait(lambda: f"the model is now {digits}" in self.said(), digits)
            self.wait(lambda: self.run_records()[-1]["estimate_model"] == digits, digits)

    def test_asked_before_and_after(self):
        """The signal never ends a run, whenever it comes: while the model is read, and at the end."""
        self.write_model(make_model(CPU))
        with open(self.path("model.json"), "a") as file:
            file.write(" " * (8 << 20))  # takes a while to read
        process = subprocess.Popen(
            [VMFC, "--model", "model.json", "--plugins", "cpu", "--interval", "0.1", "--duration",
             "0", "--format", "jsonl", "--output", "run.jsonl"], cwd=self.folder,
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)

        def has(name):
            with open(f"/proc/{process.pid}/status") as file:
                status = dict(line.split(":\t") for line in file if line.startswith("Sig"))
            return int(status[name], 16) >> signal.SIGUSR1 - 1 & 1

        self.wait(lambda: has("SigIgn") or has("SigCgt"), "what is done at SIGUSR1")
        self.assertTrue(has("SigIgn"))
        process.send_signal(signal.SIGUSR1)
        self.wait(lambda: self.count_records() > 2, "records")
        process.send_signal(signal.SIGINT)
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            process.send_signal(signal.SIGUSR1)
        self.assertEqual(process.returncode, 0)

    # ------------------------------------------------ features that are taken away

    def run_on(self, faults, n_windows=10):
        """Records on a PMU with these faults, see fake-pmu.c. Returns: the records, what is said"""
        for path, text in {"stat": "cpu  1 2 3 4 5 6 7 8 9 10\nctxt 5\n",
                           "vmstat": "pgfault 7\n"}.items():
            os.makedirs(self.path("root/proc"), exist_ok=True)
            with open(self.path("root/proc/" + path), "w") as file:
                file.write(text)
        online = self.path("root/sys/devices/system/cpu/online")
        os.makedirs(os.path.dirname(online), exist_ok=True)
        with open(online, "w") as file:
            file.write("0-1\n")
        self.write_model(make_model(COUNTED, UNCOUNTED))
        done = self.vmfc("--plugins", "perf", "--root", "root", "--interval", "0.02", "--duration",
                         str(0.02 * n_windows), "--format", "json", "--output", "o.json", "--model",
                         "model.json", env={"LD_PRELOAD": FAKE_PMU, "FAKE_PMU": faults,
                                            "ASAN_OPTIONS": "verify_asan_link_order=0"})
        return self.records("o.json"), done.stderr

    def test_counters_are_refused(self):
        """The next sub-model works from the first record on, and vmfc says why."""
        for faults, reason in (("absent:*:0:0:99999", "do not support this event"),
                               ("still:*:*:0:99999", "the PMU lies")):
            records, said = self.run_on(faults)
            self.assertIn("package is estimated from faults (linear); it cannot be from perf: "
                          "cpu_cycles is missing: ", said)
            self.assertIn(reason, said)
            for record in records:
                self.assertEqual(record["estimated_watts_package"], 3)

    def test_counters_are_lost(self):
        """In mid-run: missing with the reason, and no other sub-model stands in."""
        records, said = self.run_on("still:*:*:6:8")  # readings; the fourth one ends the first window
        self.assertIn("package is estimated from perf (linear)", said)
        self.assertNotIn("estimated from faults", said)
        missing = [n for n, record in enumerate(records) if record["cpu_cycles"] is None]
        self.assertEqual(missing, [3, 4, 5, 6])
        for n, record in enumerate(records):
            if n in missing:
                self.assert_missing_watts(record)
            else:
                self.assertAlmostEqual(record["estimated_watts_package"],
                                       estimate(COUNTED, record)[0], delta=1e-9)
        columns = {column["name"]: column for column in self.records("o.meta.json")["columns"]}
        self.assertEqual(columns["estimated_watts_package"]["missing"], [
            {"reason": "cpu_cycles is missing, which it is estimated from", "windows": 4}])

    def test_not_at_every_tick(self):
        """Kepler is read every second: most windows of a shorter interval would have no estimate."""
        self.write_model(make_model(KEPLER, CPU))
        exporter = Exporter()
        self.addCleanup(exporter.stop)
        for interval, sub in (("0.3", "cpu"), ("1", "kepler"), ("2", "kepler")):
            said = self.vmfc("--check", "--plugins", "cpu,kepler", "--model", "model.json", "--interval",
                             interval, "--kepler-url", exporter.url()).stdout
            self.assertIn(f"sub_model: {sub}\n", said)
            self.assertEqual("better: kepler: node_process_cpu_seconds_rate is read every 1.2 s, not "
                             "at every tick" in said, sub == "cpu", said)

    def test_kepler_is_lost(self):
        """It ends and comes back in mid-run."""
        exporter = Exporter()
        self.addCleanup(lambda: exporter.stop())
        with self.running(make_model(KEPLER, CPU), "--kepler-url", exporter.url(), "--set",
                          "kepler.scrape_interval=0.1", plugins="cpu,kepler"):
            def has_watts():
                return self.run_records()[-1]["estimated_watts_package"] is not None

            self.wait(has_watts, "an estimate")
            exporter.stop()
            self.wait(lambda: not has_watts(), "no estimate")
            seen = self.count_records()
            self.wait(lambda: self.count_records() > seen + 8, "records without Kepler")
            exporter = Exporter(exporter.port)
            self.wait(has_watts, "an estimate again")
        self.assertNotIn("it is estimated from cpu", self.said())
        for record in self.run_records():
            if record["node_process_cpu_seconds_rate"] is None:
                self.assert_missing_watts(record)
            else:
                self.assertAlmostEqual(record["estimated_watts_package"],
                                       estimate(KEPLER, record)[0], delta=1e-9)

    def test_config_file(self):
        self.write_model(make_model(CPU))
        with open(self.path("vmfc.conf"), "w") as file:
            file.write("[vmfc]\nmodel=model.json\nplugins=cpu\n")
        self.vmfc("--config", "vmfc.conf", *RUN)
        self.assertIn("estimated_watts_package", self.records("run.json")[0])
        # of its group alone it serves runs that have the plugin
        with open(self.path("vmfc.conf"), "w") as file:
            file.write("[power]\nmodel=model.json\n[vmfc]\nplugins=cpu\n")
        self.vmfc("--config", "vmfc.conf", *RUN)
        self.assertNotIn("estimated_watts_package", self.records("run.json")[0])

    def test_lists_columns(self):
        said = self.vmfc("--list-features").stdout
        for zone in ("package", "core"):
            self.assertIn(f"estimated_watts_{zone}_low ", said)
        self.write_model(make_model(CPU, zone="dram"))
        said = self.vmfc("--list-features", "--model", "model.json").stdout
        self.assertIn("estimated_joules_dram ", said)
        self.assertNotIn("estimated_joules_core ", said)


if __name__ == "__main__":
    main()
