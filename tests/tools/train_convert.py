# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""vmfc train --export and --import: models as Kepler reads them, and as XGBoost saves them."""

import json
import os

from modelling import (BOTH, BUSY, CPU, CYCLES, ModelTest, feature, main, make_model, make_rows, sub_model,
                       term)


class ExportKepler(ModelTest):
    def export(self, model, **kwargs):
        self.write_model(model)
        return self.train("--export", "kepler", "model.json", "--output", "weights.json", **kwargs)

    def refuse(self, model, sentence):
        self.write_model(model)
        self.say("model.json cannot be exported without loss: " + sentence, "--export", "kepler",
                 "model.json", "--output", "weights.json")

    def test_same_power(self):
        """Kepler: bias, and the weight times growth per second by scale, of each metric."""
        rows = make_rows(50)
        self.write_rows(rows)
        cycles = term(1, scale=1e10, weight=10.0)
        # two lines through 0 are one
        open_segment = term(0, "segment", 2.0, 3.0, **{"from": 0.0, "to": 0.5, "is_open": True})
        none = term(1, "square", 1e10, 0.0)
        self.export(make_model(sub_model("perf,cpu", [BUSY, CYCLES],
                                         [term(0, scale=4.0, weight=15.0), cycles, open_segment,
                                          none])))
        with open(self.path("weights.json")) as file:
            weights = json.load(file)["package"]["All_Weights"]
        self.assertEqual(weights["Categorical_Variables"], {})
        self.evaluate("--predictions", "p.csv")
        for row, got in zip(rows, self.predictions()):
            seconds = row["time_delta_seconds"]
            busy = (row["cpu_user_time"] + row["cpu_system_time"]) / 100 * row["core_count"]
            growth = {"bpf_cpu_time_ms": 1000 * busy, "cpu_cycles": row["cpu_cycles"] / seconds}
            watts = weights["Bias_Weight"] + sum(
                one["weight"] * growth.pop(name) / one["scale"]
                for name, one in weights["Numerical_Variables"].items())
            self.assertEqual(growth, {})
            self.assertAlmostEqual(watts, float(got["estimated"]), delta=1e-9)

    def test_mean(self):
        self.export(make_model(sub_model("cpu", [BUSY], [], 42.5, family="mean"), zone="dram"))
        with open(self.path("weights.json")) as file:
            self.assertEqual(json.load(file), {"dram": {"All_Weights": {
                "Bias_Weight": 42.5, "Categorical_Variables": {}, "Numerical_Variables": {}}}})

    def test_not_the_best(self):
        done = self.export(make_model(BOTH, CPU))
        self.assertIn("exported as it is estimated from cpu, which is not the best", done.stderr)

    def test_refused(self):
        self.refuse(make_model(BOTH), "the model of the zone package from perf,cpu: it has a weight "
                    "for the square root of busy, and Kepler has weights for values alone")
        self.refuse(make_model(CPU, zone="psys"), "Kepler has no zone psys")
        self.refuse(make_model(CPU | {"features": [BUSY | {"form": "share"}]}),
                    "the model of the zone package from cpu: busy is a share of one machine")
        self.refuse(make_model(CPU | {"features": [feature("load", "value", ["load"])]}),
                    "the model of the zone package from cpu: Kepler has no metric for load")
        rate = feature("node_process_cpu_seconds_rate", "value", ["node_process_cpu_seconds_rate"])
        self.refuse(make_model(sub_model("cpu,kepler", [BUSY, rate], [term(0), term(1)])),
                    "the model of the zone package from cpu,kepler: two of its features are "
                    "bpf_cpu_time_ms of Kepler")
        model = make_model(CPU)
        model["zones"].append(make_model(CPU, zone="platform")["zones"][0])
        self.refuse(model, "Kepler reads the zone platform in a file of its own")


class ImportXgboost(ModelTest):
    """With models that XGBoost saves here; tests/unit has the refusals that need none."""

    def setUp(self):
        super().setUp()
        try:
            import pandas
            import xgboost
        except ImportError:
            self.skipTest("no python3-xgboost, which writes the models")
        self.pandas, self.xgboost = pandas, xgboost
        self.rows = make_rows()
        self.data = pandas.DataFrame(self.rows)[["cpu_user_time", "cpu_cycles", "cpu_system_time"]]
        self.watts = [row["power_watts_package"] for row in self.rows]

    def save(self, name="x.json", data=None, **parameters):
        regressor = self.xgboost.XGBRegressor(n_estimators=20, max_depth=4, n_jobs=1, **parameters)
        regressor.fit(self.data if data is None else data, self.watts)
        regressor.save_model(self.path(name))
        return regressor

    def test_estimates(self):
        regressor = self.save()
        self.train("--import", "xgboost", "x.json", "--zones", "package", "--output", "model.json")
        # a row with a missing feature has no estimate, however XGBoost would guess it
        self.rows[7]["cpu_cycles"] = ""
        self.write_rows(self.rows)
        done = self.evaluate("--predictions", "p.csv")
        self.assertIn("package from xgboost (trees): 299 of 300 rows estimated, range not known",
                      done.stdout)
        expected = [float(watts) for watts in regressor.predict(self.data)]
        del expected[7]
        got = self.predictions()
        self.assertEqual(got.pop(7)["estimated"], "")
        self.assertEqual([float(row["estimated"]) for row in got], expected)
        self.assertEqual({row["low"] + row["high"] for row in got}, {""})

    def test_refused(self):
        arguments = ["--import", "xgboost", "x.json", "--zones", "package", "--output", "m.json"]
        self.save(booster="gblinear")
        self.say("its booster is gblinear, not gbtree", *arguments)
        self.save(booster="dart")
        self.say("its booster is dart, not gbtree", *arguments)
        self.save(objective="reg:gamma")
        self.say("its objective is reg:gamma, not reg:squarederror", *arguments)
        self.save(data=self.data.to_numpy())
        self.say("x.json cannot be imported: its features have no names", *arguments)
        self.save("y.ubj")
        os.rename(self.path("y.ubj"), self.path("x.json"))
        self.say('save it as JSON, with save_model("NAME.json")', *arguments)
        self.save()
        self.say("--import needs the zone that the model estimates", *arguments[:3], "--output",
                 "m.json", code=2)
        self.say("--import takes one file", *arguments, "x.json", code=2)
        self.say("--output would write or rename x.json, which is to be read", *arguments[:5],
                 "--output", "x.json", code=2)


if __name__ == "__main__":
    main()
