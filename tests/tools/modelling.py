# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What the tests of finished models share: rows, models, and what a model estimates of a row, computed
once more from its file."""

import csv
import json
import math
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "program"))
from common import ProgramTest, main

WORKLOADS = ["alpha", "beta", "gamma, delta"]


def make_rows(n=300, seed=1, cores=4):
    """Power is 10 W, 4 W a busy CPU, and 1 W for 1e9 cycles a second."""
    numbers = random.Random(seed)
    rows = []
    for i in range(n):
        user, system = numbers.uniform(0, 80), numbers.uniform(0, 10)
        seconds = numbers.choice([1.0, 2.0])
        cycles = numbers.uniform(0.5, 3) * (user + system + 1) / 100 * cores * 1e9
        watts = 10 + 4 * (user + system) / 100 * cores + cycles / 1e9 + numbers.gauss(0, 0.1)
        rows.append({"run": "r1", "timestamp": 1700000000.25 + i,
                     "stress_workload": WORKLOADS[i % 3], "stress_transition": "false",
                     "cpu_user_time": user, "cpu_system_time": system,
                     "cpu_cycles": round(cycles * seconds), "instructions": round(cycles * seconds),
                     "core_count": cores, "time_delta_seconds": seconds,
                     "power_watts_package": watts})
    return rows


def feature(name, form, columns, minimum=0.0, maximum=4.0, **others):
    return {"name": name, "unit": None, "form": form, "columns": columns, "optional_columns": [],
            "sum_column": None, "is_positive": False, "minimum": minimum,
            "maximum": maximum} | others


BUSY = feature("busy", "cpus", ["cpu_user_time", "cpu_system_time"],
               optional_columns=["cpu_nice_time"], sum_column="cpu_busy")
CYCLES = feature("cpu_cycles", "rate", ["cpu_cycles"], maximum=12e9, is_positive=True)


def term(number, kind="linear", scale=1.0, weight=1.0, **others):
    return {"feature": number, "kind": kind, "scale": scale, "weight": weight} | others


def sub_model(name, features, terms, constant=10.0, **others):
    return {"name": name, "features": features, "family": "linear", "constant": constant,
            "terms": terms, "interval": {"share": 0.9, "log_width": 0.05, "floor": 2.0,
                                         "groups": 9}} | others


def make_model(*sub_models, zone="package", **machine):
    return {"format": "vmfc-model/1", "version": "0", "zones": [
        {"zone": zone, "sub_models": list(sub_models)}],
        "machine": {"cpu_model": None, "architecture": None, "hypervisor": None,
                    "cpus": None} | machine}


BOTH = sub_model("perf,cpu", [BUSY, CYCLES],
                 [term(0, scale=4.0, weight=15.0), term(1, scale=1e10, weight=10.0),
                  term(0, "root", 4.0, 0.5), term(1, "limit", 1e10, 0.25, to=0.1),
                  term(0, "square", 4.0, 0.5),
                  term(0, "segment", 4.0, 0.125, **{"from": 0.1, "to": 0.3, "is_open": False})])
CPU = sub_model("cpu", [BUSY], [term(0, scale=4.0, weight=24.0)])


def evaluate_term(one, x):
    z = max(x / one["scale"], 0)
    return {"linear": lambda: z, "square": lambda: z * z, "root": lambda: math.sqrt(z),
            "limit": lambda: min(z, one["to"]) / one["to"],
            "segment": lambda: (min(max(z, one["from"]), one["to"]) - one["from"]) /
                               (one["to"] - one["from"])}[one["kind"]]()


def estimate(model, row):
    """By the rules of the model's file: watts, low, high."""
    x = []
    for one in model["features"]:
        total = sum(float(row[column]) for column in one["columns"])
        if one["form"] == "cpus":
            total *= float(row["core_count"]) / 100
        if one["form"] == "rate":
            total /= float(row["time_delta_seconds"])
        x.append(total)
    watts = model["constant"] + sum(one["weight"] * evaluate_term(one, x[one["feature"]])
                                    for one in model["terms"])
    interval = model["interval"]
    middle = max(watts, interval["floor"])
    low = middle * math.exp(-interval["log_width"])
    return watts, low if low > interval["floor"] else 0, middle * math.exp(interval["log_width"])


class ModelTest(ProgramTest):
    def write_rows(self, rows, name="rows.csv"):
        with open(self.path(name), "w", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)

    def write_model(self, model, name="model.json"):
        with open(self.path(name), "w") as file:
            json.dump(model, file)

    def train(self, *args, **kwargs):
        done = self.vmfc("train", *args, **kwargs)
        self.assertNotIn("CRITICAL", done.stderr)
        return done

    def evaluate(self, *args, model="model.json", files=("rows.csv",), **kwargs):
        return self.train("--evaluate", model, *files, *args, **kwargs)

    def predictions(self, name="p.csv"):
        with open(self.path(name), newline="") as file:
            return list(csv.DictReader(file))

    def say(self, sentence, *args, code=1):
        """Nothing is written, and that is said."""
        before = sorted(os.listdir(self.folder))
        done = self.train(*args, code=code)
        self.assertIn(sentence, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertEqual(sorted(os.listdir(self.folder)), before)
