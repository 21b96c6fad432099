# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""vmfc merge reads the meta files beside its inputs and writes one for the training set."""

import hashlib
import json
import os

import pair
from merging import MergeTest, main

MACHINE = {"host": "vm", "os": "Debian", "kernel": "6.1", "architecture": "x86_64",
           "hypervisor": "KVM", "container": "none", "cpu_model": "A CPU", "cpus": 2,
           "clock_source": "tsc"}
UNITS = {"cpu_utilization": ("percent", "gauge"), "page_faults": ("1", "counter"),
         "cpu_cycles": ("1", "counter"), "vm_cpu_joules_package": ("J", "gauge")}


def column(name, unit="", kind="label", **more):
    unit, kind = UNITS.get(name, (unit, kind))
    return {"name": name, "unit": unit, "kind": kind, "type": "float", "plugin": "some",
            "source": f"/proc/{name}", "description": f"what {name} is", "state": "ok", **more}


def describe(rows, machine=None, **changes):
    """The meta file of vmfc's own rows."""
    return {"generator": "vmfc", "version": "0.1.0", "machine": machine or MACHINE,
            "command_line": ["vmfc"], "start_time": pair.EPOCH, "interval": 1.0,
            "workload": "none", "seed": 7, "shuffle": False, "common_windows": True,
            "columns": [column(name) for name in rows[0]],
            "result": {"records": len(rows), "missed_windows": 0, "dropped_records": 0,
                       "unwritten_records": 0}, **changes}


class MetaTest(MergeTest):
    def setUp(self):
        super().setUp()
        load = pair.steps()
        self.features = pair.own_features(load, 120)
        self.power = pair.own_power(load, 120)
        self.write("f.json", self.features)
        self.write("p.csv", self.power)

    def put(self, name, meta):
        with open(self.path(name), "w") as file:
            file.write(meta if isinstance(meta, str) else json.dumps(meta))

    def meta(self, name="out.meta.json"):
        with open(self.path(name)) as file:
            return json.load(file)

    def columns(self, name="out.meta.json"):
        return {column["name"]: column for column in self.meta(name)["columns"]}

    def sha256(self, name):
        with open(self.path(name), "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()


class Described(MetaTest):
    """Inputs with meta files."""

    def setUp(self):
        super().setUp()
        described = describe(self.features)
        for item in described["columns"]:
            if item["name"] == "cpu_cycles":
                item.update(state="unsupported", reason="the CPU has no counters")
        self.put("f.meta.json", described)
        self.put("p.meta.json", describe(self.power, {**MACHINE, "host": "metal"}))

    def test_columns(self):
        done = self.merge("f.json", "p.csv")
        self.assertNotIn("meta.json is not used", done.stderr)
        self.assertIn("out.meta.json", done.stdout.splitlines())
        columns = self.columns()
        self.assertEqual(list(columns), list(self.records("out.json")[0]))
        for name in self.features[0]:
            self.assertEqual(columns[name]["known_from"], "meta file")
            for key in ("unit", "kind", "type", "plugin", "source", "description"):
                self.assertEqual(columns[name][key], column(name)[key])
        roles = {name: item["role"] for name, item in columns.items()}
        self.assertEqual(roles, {
            "run": "workload", "timestamp": "time", "timestamp_iso": "time",
            "vm_hostname": "workload", "target_zones": "workload", "stress_workload": "workload",
            "stress_phase": "workload", "stress_transition": "workload", "cpu_cycles": "feature",
            "page_faults": "feature", "cpu_utilization": "feature", "collection_interval": "time",
            "time_delta_seconds": "time", "power_watts_package": "label",
            "power_watts_core": "label", "time_diff": "label", "power_method": "label",
            "power_stale": "label"})
        label = columns["power_watts_package"]
        self.assertEqual((label["unit"], label["kind"], label["zone"], label["source"]),
                         ("W", "gauge", "package", "vm_cpu_joules_package"))

    def test_run(self):
        os.mkdir(self.path("in"))
        for name in ("f.json", "p.csv", "f.meta.json", "p.meta.json"):
            os.rename(self.path(name), self.path("in/" + name))
        self.merge("in/f.json", "in/p.csv")
        run, = self.meta()["runs"]
        for side, name, host in (("features", "f.json", "vm"), ("power", "p.csv", "metal")):
            given = run[side]
            self.assertEqual(given["file"], name)
            self.assertEqual(given["sha256"], self.sha256("in/" + name))
            self.assertEqual(given["meta_file"], f"{side[0]}.meta.json")
            self.assertNotIn("why_no_meta_file", given)
            self.assertEqual(given["machine"], {**MACHINE, "host": host})
            self.assertEqual((given["interval"], given["seed"], given["rows"]), (1.0, 7, 120))
        self.assertAlmostEqual(run["power"]["step_seconds"], 1)
        self.assertEqual(run["rows"]["matched"], 120)

    def test_left_out(self):
        """Rows, columns and zones, each with the reason."""
        self.write("p.csv", self.power[:100])
        self.merge("f.json", "p.csv")
        left_out = self.meta()["left_out"]
        self.assertEqual([(item["reason"], item["rows"]) for item in left_out["rows"]],
                         [("after_power", 20)])
        self.assertEqual({item["name"]: item["why"] for item in left_out["columns_never_present"]},
                         {"cpu_cycles": "the CPU has no counters",
                          "stress_phase": "no row has a value"})
        self.assertEqual([item["zone"] for item in left_out["zones"]], ["dram"])

    def test_same_bytes(self):
        """Neither the time of day nor a folder is in it."""
        self.merge("f.json", "p.csv", "--split", output="a.csv")
        self.merge(self.path("f.json"), self.path("p.csv"), "--split", output="b.csv")
        self.assertEqual(self.meta("a.meta.json"), self.meta("b.meta.json"))
        self.assertEqual(self.sha256("a.meta.json"), self.sha256("b.meta.json"))

    def test_output_over_it(self):
        """What is read is not renamed."""
        os.rename(self.path("f.json"), self.path("f"))
        done = self.merge("f", "p.csv", output="f.csv", code=2)
        self.assertIn("--output would write or rename f.meta.json, which is an input",
                      done.stderr)
        self.assertEqual(self.meta("f.meta.json")["generator"], "vmfc")

    def test_runs(self):
        """Each has its own; vmfc merge warns about different units; one power file is read once."""
        other = describe(self.features, {**MACHINE, "host": "other"})
        for item in other["columns"]:
            if item["name"] == "cpu_utilization":
                item["unit"] = "1"
            if item["name"] == "page_faults":
                item["kind"] = "gauge"
            if item["name"] == "cpu_cycles":
                item.update(state="unsupported", reason="the other CPU has none either")
        self.write("g.json", self.features)
        self.put("g.meta.json", other)
        self.put("p.meta.json", "{")
        done = self.merge(["f.json", "g.json"], "p.csv")
        self.assertIn("g.json: the column cpu_utilization is a gauge in '1', but a gauge in "
                      "'percent' in a previous run", done.stderr)
        self.assertIn("g.json: the column page_faults is a gauge in '1', but a counter in "
                      "'1' in a previous run", done.stderr)
        self.assertEqual(done.stderr.count(" in a previous run"), 2)
        # the first run that has a column describes it, whatever a later one says
        columns = self.columns()
        self.assertEqual((columns["cpu_utilization"]["unit"], columns["page_faults"]["kind"]),
                         ("percent", "counter"))
        why = {item["name"]: item["why"] for item in self.meta()["left_out"]["columns_never_present"]}
        self.assertEqual(why["cpu_cycles"], "the CPU has no counters")
        self.assertEqual(done.stderr.count("p.meta.json is not used"), 1)
        runs = self.meta()["runs"]
        self.assertEqual([run["features"]["machine"]["host"] for run in runs], ["vm", "other"])
        for run in runs:
            self.assertEqual(run["power"]["sha256"], self.sha256("p.csv"))
            self.assertIsNone(run["power"]["machine"])
            self.assertIn("p.meta.json is not valid JSON", run["power"]["why_no_meta_file"])

    def test_own_run(self):
        """A column `run` of the features is described under the name that it gets."""
        rows = [{"run": "x", **row} for row in self.features]
        self.write("f.json", rows)
        self.put("f.meta.json", describe(rows))
        self.merge("f.json", "p.csv")
        self.assertEqual(self.columns()["features_run"]["source"], "/proc/run")
        self.assertEqual(self.columns()["run"]["plugin"], "merge")


class Refused(MetaTest):
    """Meta files that cannot be used: vmfc merge warns with the reason, and continues."""

    def refuse(self, meta, reason, done=None):
        if meta is not None:
            self.put("f.meta.json", meta)
        done = self.merge("f.json", "p.csv")
        self.assertIn("f.meta.json is not used", done.stderr)
        self.assertIn(reason, done.stderr)
        features = self.meta()["runs"][0]["features"]
        self.assertIsNone(features["meta_file"])
        self.assertIsNone(features["machine"])
        self.assertIn(reason, features["why_no_meta_file"])
        self.assertEqual(self.columns()["cpu_utilization"]["known_from"], "name")
        self.assertEqual(len(self.records("out.json")), 120)

    def test_damaged(self):
        self.refuse("", "it is empty")
        self.refuse(json.dumps(describe(self.features))[:-20], "not valid JSON")
        self.refuse("[" * 100000, "more nested brackets")
        self.refuse("[1]", "not a meta file of vmfc")
        self.refuse(describe(self.features, generator="other"), "not a meta file")
        self.refuse(describe(self.features, columns=None), "not a meta file")
        self.refuse(describe(self.features, columns=[1]), "not a meta file")
        self.refuse(describe(self.features, start_time="now"), "not a meta file")
        self.refuse(describe(self.features, columns=[{"name": "timestamp", "unit": "s",
                                                      "kind": "other"}]), "not a meta file")
        self.refuse(json.dumps(describe(self.features)) + " " * (1 << 20), "larger than 1 MiB")

    def test_other_columns(self):
        meta = describe(self.features)
        self.refuse({**meta, "columns": meta["columns"][1:]},
                    "does not describe the column timestamp of f.json")
        self.refuse({**meta, "columns": [*meta["columns"], column("more")]},
                    "describes the column more, which f.json does not have")

    def test_other_time(self):
        self.refuse(describe(self.features, start_time=pair.EPOCH + 3), "of another run")
        self.refuse(describe(self.features, start_time=pair.EPOCH - 200), "of another run")

    def test_limits_of_time(self):
        """From a second before the start to a second after the last window that can be, each counted."""
        first = self.features[0]["timestamp"]
        result = {"records": 3, "missed_windows": 20, "dropped_records": 100,
                  "unwritten_records": 1000}
        for interval in (0.5, 4.0):
            length = (2 + sum(result.values())) * interval + 1
            for start, is_good in ((first + 0.99, True), (first + 1.01, False),
                                   (first - length + 0.01, True), (first - length - 0.01, False)):
                meta = describe(self.features, start_time=start, interval=interval, result=result)
                if is_good:
                    self.put("f.meta.json", meta)
                    self.assertNotIn("not used", self.merge("f.json", "p.csv").stderr)
                else:
                    self.refuse(meta, "of another run")

    def test_end_not_known(self):
        """A run that was killed has written no result."""
        meta = describe(self.features, start_time=pair.EPOCH - 200)
        del meta["result"]
        self.put("f.meta.json", meta)
        self.assertNotIn("not used", self.merge("f.json", "p.csv").stderr)

    def test_no_file(self):
        os.mkfifo(self.path("f.meta.json"))
        self.refuse(None, "is a pipe")
        os.remove(self.path("f.meta.json"))
        os.mkdir(self.path("f.meta.json"))
        self.refuse(None, "is a folder")


class Undescribed(MetaTest):
    """Files of other tools, and those whose meta file was not kept."""

    def test_names(self):
        rows = [{**row, "my_sensor": 1.5, "my_text": "a", "vm_cpu_watts_core": 1.0,
                 "estimated_watts_package": 2.0} for row in self.features]
        self.write("f.json", rows)
        done = self.merge("f.json", "p.csv")
        self.assertNotIn("meta.json is not used", done.stderr)
        columns = self.columns()
        found = {name: (item["unit"], item["kind"], item["role"], item["known_from"])
                 for name, item in columns.items() if "known_from" in item}
        for name, expected in {
                "cpu_cycles": ("1", "counter", "feature", "name"),
                "cpu_utilization": ("percent", "gauge", "feature", "name"),
                "timestamp": ("s", "label", "time", "name"),
                "stress_workload": ("", "label", "workload", "name"),
                "my_sensor": (None, "gauge", "feature", "nothing"),
                "my_text": (None, "label", "workload", "nothing"),
                "vm_cpu_watts_core": (None, "gauge", None, "nothing"),
                "estimated_watts_package": (None, "gauge", None, "nothing")}.items():
            self.assertEqual(found[name], expected, name)
        self.assertEqual(self.meta()["runs"][0]["features"]["why_no_meta_file"], "it does not exist")

    def test_known_names_are_vmfcs(self):
        """What is known by name is what the plugins declare."""
        self.vmfc("--plugins", "perf,proc", "--interval", "0.1", "--duration", "0.4",
                  "--output", "r.json", env={"VMFC_ROOT": ""})
        declared = self.meta("r.meta.json")["columns"]
        end = self.records("r.json")[-1]["timestamp"]
        self.write("p.csv", [{"timestamp": end - 2 + i / 10, "total_cpu_watts_package": 5 + i % 3}
                             for i in range(40)])
        os.remove(self.path("r.meta.json"))
        self.merge("r.json", "p.csv")
        columns = self.columns()
        for item in declared:
            known = columns[item["name"]]
            self.assertEqual((known["unit"], known["kind"], known["known_from"]),
                             (item["unit"], item["kind"], "name"), item["name"])

    def test_overlaps(self):
        names = ("package", "core", "dram", "uncore", "psys")
        self.write("p.csv", [{"timestamp": pair.EPOCH + i, **{
            f"total_cpu_watts_{zone}": 5 + i % 3 for zone in names}} for i in range(122)])
        self.merge("f.json", "p.csv")
        columns = self.columns()
        self.assertEqual({zone: [name.rsplit("_", 1)[1] for name in
                                 columns[f"power_watts_{zone}"]["overlaps"]] for zone in names},
                         {"package": ["core", "uncore", "psys"], "core": ["package", "psys"],
                          "dram": ["psys"], "uncore": ["package", "psys"],
                          "psys": ["package", "core", "dram", "uncore"]})


class Curve(MetaTest):
    def check(self, offset):
        curve = offset["curve"]
        self.assertEqual(len(curve["correlation"]), len(curve["correlation_of_changes"]))
        lags = [curve["first_lag_seconds"] + i * curve["step_seconds"]
                for i in range(len(curve["correlation"]))]
        known = [(value, lag) for value, lag in zip(curve["correlation_of_changes"], lags)
                 if value is not None]
        self.assertTrue(all(-1 <= value <= 1 for value, _ in known))
        self.assertAlmostEqual(max(known)[1], offset["lag_seconds"],
                               delta=2 * curve["step_seconds"])
        return curve

    def test_peak(self):
        """It is where the lag was found, also with --offset; where there is no power it is null."""
        for args in ((), ("--offset", "1")):
            features, power = self.old_pair(lag=3.0)
            self.write("f.json", features)
            self.write("p.json", power)
            self.merge("f.json", "p.json", *args)
            run, = self.meta()["runs"]
            self.assertAlmostEqual(run["offset"]["lag_seconds"], 3, delta=0.7)
            self.check(run["offset"])

    def test_runs(self):
        """Those of several runs wait in a file, and are the same."""
        curves = []
        for i in (1, 2, 3):
            load = pair.steps(i)
            self.write(f"f{i}.json", pair.old_features(load, 120, seed=i))
            self.write(f"p{i}.json", pair.old_power(load, 121, start=-1.4, lag=i, seed=i))
            self.merge(f"f{i}.json", f"p{i}.json", output=f"one{i}.csv")
            curves.append(self.check(self.meta(f"one{i}.meta.json")["runs"][0]["offset"]))
        self.merge([f"f{i}.json" for i in (1, 2, 3)], [f"p{i}.json" for i in (1, 2, 3)])
        self.assertEqual([run["offset"]["curve"] for run in self.meta()["runs"]], curves)

    def test_none(self):
        """Too few windows to try a lag."""
        self.write("f.json", self.features[:5])
        self.merge("f.json", "p.csv")
        offset = self.meta()["runs"][0]["offset"]
        self.assertNotIn("curve", offset)
        self.assertIn("there are only 5 windows", offset["why_no_lag"])


if __name__ == "__main__":
    main()
