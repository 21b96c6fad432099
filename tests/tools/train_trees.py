# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""The walk over trees returns the same bits as XGBoost itself, for models that XGBoost saved."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

# threads of OpenMP wait in a loop, and tests run side by side
os.environ["OMP_NUM_THREADS"] = "1"
try:
    import numpy
    import xgboost
except ImportError:
    print("no python3-xgboost, so there is nothing to compare with")
    sys.exit(77)

WALK = os.environ["VMFC_TEST_WALK_TREES"]
N_ROWS = 20000 if os.environ["VMFC_SANITIZED"] != "none" else 100000
COLUMNS = ["cpu_user_time", "cpu_cycles", "instructions", "context_switches", "disk_io_read_mb",
           "never_used"]


def make_rows(seed, n, missing):
    random = numpy.random.default_rng(seed)
    rows = random.uniform(0, 1, (n, len(COLUMNS)))
    rows *= [100, 1e10, 1e10, 1e5, 50, 1]
    # steps: values that are thresholds as well
    rows[:, 0] = numpy.round(rows[:, 0])
    rows[:, 4] = numpy.round(rows[:, 4] * 4) / 4
    rows[random.uniform(size=rows.shape) < missing] = numpy.nan
    return rows.astype(numpy.float32)


def make_watts(rows, seed):
    random = numpy.random.default_rng(seed)
    full = numpy.nan_to_num(rows.astype(float), nan=3)
    return (60 + full[:, 0] + 40 * numpy.sqrt(full[:, 1] / 1e10) + full[:, 4] * (full[:, 0] > 30) +
            random.normal(0, 2, len(rows)))


class Trees(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.rows = make_rows(1, 5000, 0.15)
        self.rows[:, 5] = 0
        self.watts = make_watts(self.rows, 2)
        self.tested = numpy.concatenate([make_rows(3, N_ROWS - 5000, 0.15), self.rows])

    def train(self, rounds=60, **parameters):
        matrix = xgboost.DMatrix(self.rows, self.watts, feature_names=COLUMNS, nthread=1)
        parameters = {"objective": "reg:squarederror", "nthread": 1, "seed": 1} | parameters
        return xgboost.train(parameters, matrix, rounds)

    def check(self, model, expected, name="model.json"):
        path = os.path.join(self.folder.name, name)
        model.save_model(path)
        done = subprocess.run([WALK, path] + COLUMNS, input=self.tested.tobytes(),
                              stdout=subprocess.PIPE, check=True)
        walked = numpy.frombuffer(done.stdout, numpy.float32)
        self.assertEqual(len(walked), N_ROWS)
        self.assertTrue(numpy.isfinite(walked).all())
        self.assertGreater(numpy.std(walked), 5)
        different = numpy.flatnonzero(walked.view(numpy.uint32) != expected.view(numpy.uint32))
        self.assertEqual(len(different), 0, f"{different[:5]}")
        return path

    def check_booster(self, **parameters):
        booster = self.train(**parameters)
        expected = booster.predict(xgboost.DMatrix(self.tested, feature_names=COLUMNS, nthread=1))
        self.check(booster, expected)
        return booster

    def test_histogram(self):
        self.check_booster(tree_method="hist", max_depth=6)

    def test_as_vmfc_trains(self):
        self.check_booster(rounds=200, tree_method="hist", max_depth=3, eta=0.05, base_score=97.3,
                           monotone_constraints="(1,1,1,1,1,0)")

    def test_exact(self):
        self.check_booster(rounds=10, tree_method="exact", max_depth=9)

    def test_pruned(self):
        """The nodes that are pruned stay in the file, and are no node's children."""
        booster = self.check_booster(rounds=10, tree_method="exact", max_depth=8, gamma=5000)
        trees = json.loads(booster.save_raw("json"))["learner"]["gradient_booster"]["model"]["trees"]
        self.assertTrue(any(int(tree["tree_param"]["num_deleted"]) > 0 for tree in trees))

    def test_grown_by_loss(self):
        self.check_booster(rounds=20, tree_method="hist", grow_policy="lossguide", max_leaves=60,
                           max_depth=0)

    def test_forest(self):
        self.check_booster(rounds=5, num_parallel_tree=8, subsample=0.5, colsample_bynode=0.7)

    def test_zero_is_not_missing(self):
        self.tested[:5000] = 0
        self.tested[5000:6000] = numpy.float32(-0.0)
        self.check_booster(tree_method="hist", max_depth=4)

    def test_stopped_early(self):
        """XGBRegressor takes the trees up to the best iteration, and so does vmfc of its file."""
        import pandas
        data = pandas.DataFrame(self.rows, columns=COLUMNS)
        model = xgboost.XGBRegressor(n_estimators=300, learning_rate=0.3, max_depth=6,
                                     early_stopping_rounds=5, n_jobs=1, random_state=1)
        held = make_rows(7, 5000, 0.15)
        model.fit(data, self.watts, verbose=False,
                  eval_set=[(pandas.DataFrame(held, columns=COLUMNS), make_watts(held, 8))])
        self.assertLess(model.best_iteration + 1, len(model.get_booster().get_dump()))
        self.check(model, model.predict(pandas.DataFrame(self.tested, columns=COLUMNS)))


if __name__ == "__main__":
    unittest.main()
