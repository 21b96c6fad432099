# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""The lag that vmfc merge finds, against a recount of the whole search: correlations at all lags, the
best one, the second best, and why there is none. With lags at and beyond either end of the search."""

import json
import random

import pair
import recounting
import recounting_lag
from merging import MergeTest, main


def made(load, n=100, lag=0.0, step=1.0, power_step=1.0, jitter=0.0, refresh=1, noise=0.1, seed=1,
         source="total", column="cpu_utilization", margin=0):
    """Rows of features and of power that lags them; @refresh: rows until there is a new value"""
    chance = random.Random(seed)
    features = [{"timestamp": pair.EPOCH + i * step + chance.uniform(0, jitter),
                 "time_delta_seconds": step, column: load((i - 0.5) * step) + chance.uniform(0, 1)}
                for i in range(1, n + 1)]
    power, value = [], None
    prefix = recounting.SOURCES[source][0]
    for i in range(round(-margin / power_step), round((n * step + margin) / power_step) + 1):
        time = i * power_step
        at = time if source in recounting.POINTS else time - power_step / 2
        if value is None or i % refresh == 0:
            value = 1 + load(at - lag) / 50 + chance.uniform(0, noise)
        power.append({"timestamp": pair.EPOCH + time + chance.uniform(0, jitter),
                      "time_delta_seconds": power_step, prefix + "package": value})
    return features, power


class Lags(MergeTest):
    unsaid = 0  # other lags of those that were not found

    def check(self, features, power, source="total", max_lag=10.0, offset=0.0, args=(), code=0):
        self.write("f.csv", features)
        self.write("p.csv", power)
        steps = sorted(round(b["timestamp"] - a["timestamp"], 9) for a, b in zip(power, power[1:]))
        step = steps[len(steps) // 2]
        counted = recounting.Power(power, {"package": source}, 3 * step, offset)
        found, reason = recounting_lag.find_lag(features, counted, "package", max_lag, step,
                                                source in recounting.POINTS)
        done = self.merge("f.csv", "p.csv", "--max-lag", str(max_lag), "--offset", str(offset),
                          "--format", "csv", *args, itself=True, code=code)
        if code == 0:
            self.assert_lag(self.report()["offset"], found, reason, offset)
            # of a lag that was not found there is no other one
            self.assertEqual("the load is periodic" in done.stderr,
                             reason is None and found.other is not None, done.stderr)
            self.unsaid += reason is not None and found is not None and found.other is not None
            if found is not None:
                self.assert_curve(0, found, offset)
        elif reason is not None:
            self.assertIn(reason, done.stderr)
        return found, reason, done

    def assert_lag(self, shown, found, reason, offset):
        if reason is not None:
            self.assertIsNone(shown["lag_seconds"])
            self.assertIn(reason, shown["why_no_lag"])
        else:
            self.assertAlmostEqual(shown["lag_seconds"], found.seconds + offset, places=6)
            self.assertAlmostEqual(shown["correlation"], found.result["whole"], places=6)
            self.assertAlmostEqual(shown["correlation_of_changes"], found.result["detail"], places=6)
            self.assertEqual(shown["windows_looked_at"], found.result["n"])
            self.assertEqual(shown["another_lag_seconds"] is None, found.other is None)
            if found.other is not None:
                self.assertAlmostEqual(shown["another_lag_seconds"], found.other + offset, places=6)

    def assert_curve(self, run, found, offset):
        with open(self.path("out.meta.json")) as file:
            curve = json.load(file)["runs"][run]["offset"]["curve"]
        self.assertAlmostEqual(curve["first_lag_seconds"], found.first + offset, places=6)
        self.assertAlmostEqual(curve["step_seconds"], found.step, places=6)
        for key, i in (("correlation", 0), ("correlation_of_changes", 1)):
            self.assertEqual(len(curve[key]), len(found.curve))
            for value, exact in zip(curve[key], found.curve):
                self.assertEqual(value is None, exact[i] is None)
                if value is not None:
                    self.assertAlmostEqual(value, exact[i], delta=0.000051)

    def test_within(self):
        """Of points and of windows, on the grid of the search and between its steps."""
        for lag in (0.0, 3.5, -2.3, 7.25):
            for source in ("total", "joules"):
                found, reason, _ = self.check(*made(pair.steps(), lag=lag, source=source),
                                              source=source)
                self.assertIsNone(reason)
                self.assertAlmostEqual(found.seconds, lag, delta=0.6)

    def test_at_either_end(self):
        """The last lag that is tried is no peak, nor is one beyond it."""
        for lag in (9.5, 10.0, -9.5, -10.0, 10.5, -10.5, 14.0, -14.0, 40.0, -40.0):
            self.check(*made(pair.steps(seconds=4.0), lag=lag, margin=20))

    def test_at_both_ends(self):
        """Half a period away in either direction: neither is found, and neither is told to fit as well."""
        for lag in (10.5, -10.5):
            _, reason, _ = self.check(*made(pair.bursts(10.5), lag=lag, noise=0.1, margin=20))
            self.assertIn("it is not within the maximum", reason)
        self.assertEqual(self.unsaid, 2)

    def test_few_windows(self):
        """Just as many as are needed, and one less; a run that is too short for the longest lag."""
        for n in (19, 20, 21, 31):
            self.check(*made(pair.steps(seconds=3.0), n=n, margin=12))
            self.check(*made(pair.steps(seconds=3.0), n=n), max_lag=60.0)

    def test_loads_that_say_little(self):
        chance = random.Random(5)
        for load in (lambda t: 50.0, lambda t: 50.0 + 1.2 * (int(t) % 2),
                     lambda t: 50.0 + 4 * (int(t / 4) % 2), pair.bursts(6.0), pair.bursts(2.0),
                     pair.ramp(100, 2.0), pair.ramp(100, 40.0)):
            for noise in (0.1, 3.0):
                self.check(*made(load, noise=noise, lag=2.0))
        features, power = made(pair.steps(), margin=12)
        for row in power:
            row["total_cpu_watts_package"] = chance.uniform(1, 3)
        self.check(features, power)

    def test_periodic_load(self):
        """Many lags fit as well: it is the smallest, and the best of the others is told."""
        best = []
        for seed in range(3):
            found, reason, _ = self.check(*made(pair.bursts(5.0), n=90, lag=1.0, noise=0.5,
                                                seed=seed, margin=30), max_lag=25.0)
            self.assertIsNone(reason)
            self.assertAlmostEqual(found.seconds, 1.0, delta=0.6)
            best.append(found.is_best)
        self.assertIn(False, best)
        # both are told between the clocks as they are
        found, _, done = self.check(*made(pair.bursts(5.0), n=90, lag=1.0, noise=0.5, margin=30),
                                    max_lag=25.0, offset=2.0)
        self.assertIsNotNone(found.other)
        self.assertIn(f"a lag of {found.other + 2:.1f} s would fit as well as "
                      f"{found.seconds + 2:.1f} s", done.stderr)

    def test_holes(self):
        """Rows without a load, a time, a length or a value, and a stretch without power."""
        features, power = made(pair.steps(), lag=2.5, jitter=0.2, margin=12)
        chance = random.Random(3)
        for row in features:
            key = chance.choice(list(row))
            row[key] = None if chance.random() < 0.1 else row[key]
        for row in power:
            if chance.random() < 0.05:
                row["total_cpu_watts_package"] = None
        self.check(features, power[:40] + power[55:])
        # only some lags have enough windows with power
        self.check(features, power[:45])
        self.check(features, power[70:])

    def test_repeated_values(self):
        """Power that stays until there is a new value: the line between new ones fits better."""
        for refresh in (2, 3, 5):
            self.check(*made(pair.steps(seconds=12.0), lag=1.5, refresh=refresh, noise=0.02,
                             margin=12))

    def test_windows_of_other_lengths(self):
        """Short ones are put together; of two columns with the load the better counts."""
        for step, power_step, column in ((0.25, 1.0, "cpu_busy"), (0.25, 2.0, "cpu_utilization"),
                                         (1.0, 0.25, "cpu_busy"), (2.0, 0.5, "cpu_utilization")):
            features, power = made(pair.steps(seconds=5.0), n=round(80 / step), lag=2.0, step=step,
                                   power_step=power_step, column=column, margin=12)
            self.check(features, power)
        for row in features:
            row["cpu_busy"] = 100 - row["cpu_utilization"]
        self.check(features, power)

    def test_many_runs(self):
        """Their curves are put aside in between, one that has none too."""
        runs = [made(load, n=n, lag=lag, margin=12, seed=n)
                for load, n, lag in ((pair.steps(), 80, 2.0), (lambda t: 50.0, 60, 0.0),
                                     (pair.steps(3, 5.0), 90, -3.5), (pair.steps(), 40, 1.0))]
        runs[1][0][:] = [dict(row, cpu_utilization=50.0) for row in runs[1][0]]
        for i, (features, power) in enumerate(runs):
            self.write(f"f{i}.csv", features)
            self.write(f"p{i}.csv", power)
        self.merge([f"f{i}.csv" for i in range(4)], [f"p{i}.csv" for i in range(4)], "--max-lag",
                   "10", "--format", "csv", itself=True)
        report = self.report()
        for i, (features, power) in enumerate(runs):
            found, reason = recounting_lag.find_lag(
                features, recounting.Power(power, {"package": "total"}, 3.0), "package", 10.0, 1.0,
                True)
            self.assert_lag(report["runs"][i]["offset"], found, reason, 0.0)
            self.assertEqual(found is None, i == 1)
            if found is not None:
                self.assert_curve(i, found, 0.0)

    def test_little_power(self):
        """A correlation has no unit: of milliwatts it is the same as of kilowatts."""
        for factor in (1e-6, 1e-3, 400.0):
            features, power = made(pair.steps(), lag=2.0, margin=12)
            for row in power:
                row["total_cpu_watts_package"] *= factor
            _, reason, _ = self.check(features, power)
            self.assertIsNone(reason)

    def test_offset(self):
        """What is given is a part of what is found, and what is estimated is what is applied."""
        for offset in (2.0, -3.0, 4.5):
            features, power = made(pair.steps(), lag=4.0, margin=25)
            found, reason, _ = self.check(features, power, offset=offset)
            self.assertIsNone(reason)
            self.assertEqual(self.report()["offset"]["applied_seconds"], offset)
            self.check(features, power, offset=offset, args=["--estimate-offset"])
            shown = self.report()["offset"]
            self.assertEqual(shown["applied_seconds"], shown["lag_seconds"])
            self.assertAlmostEqual(shown["lag_seconds"], 4.0, delta=0.5)
            self.assert_labels(features, power, shown["applied_seconds"])

    def assert_labels(self, features, power, shift):
        wanted = recounting.Recount(features, recounting.Power(power, {"package": "total"}, 3.0,
                                                               shift))
        rows = self.rows("out.csv")
        self.assertEqual([float(row["timestamp"]) for row in rows],
                         [row["timestamp"] for row, *_ in wanted.rows])
        for row, (_, watts, *_) in zip(rows, wanted.rows):
            self.assertAlmostEqual(float(row["power_watts_package"]), watts["package"], places=4)

    def test_offset_that_is_too_far(self):
        """The lag is searched around the offset; a user is told how far the clocks are apart."""
        features, power = made(pair.steps(), lag=4.0, margin=25)
        _, reason, _ = self.check(features, power, offset=30.0)
        self.assertIsNotNone(reason)
        _, reason, done = self.check(features, power, offset=30.0, args=["--estimate-offset"],
                                     code=1)
        self.assertIn("p.csv begins 26 s before it", done.stderr)
        self.assertIn("add --offset -26", done.stderr)
        # with that offset the clocks are near enough, whatever the reason is then
        for row in features:
            row["cpu_utilization"] = 50.0
        _, reason, done = self.check(features, power, offset=-26.0, args=["--estimate-offset"],
                                     code=1)
        self.assertIsNotNone(reason)
        self.assertIn("give it with --offset, or omit --estimate-offset", done.stderr)

    def test_lag_in_windows(self):
        """A lag is told if it is more than half of the longest window, and not of the last one."""
        for lag in (0.75, -0.75, 1.5, -1.5):
            features, power = made(pair.steps(seconds=8.0), n=80, lag=lag, step=2.0, power_step=0.5,
                                   noise=0.02, margin=12)
            features[-1]["timestamp"] -= 1
            features[-1]["time_delta_seconds"] = 1.0
            found, _, done = self.check(features, power)
            self.assertEqual(abs(found.seconds) > 1, abs(lag) > 1)
            told = (f"power {'lags' if lag > 0 else 'leads'} the features by "
                    f"{abs(found.seconds):.2f} s, with windows of 2.00 s")
            self.assertEqual(told in done.stderr, abs(lag) > 1, done.stderr)
            self.assertEqual("--estimate-offset corrects" in done.stderr, abs(lag) > 1)


if __name__ == "__main__":
    main()
