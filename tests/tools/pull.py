# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""vmfc push into real engines, and vmfc pull out of them."""

import datetime
import json
import math
import random
import time

import pair
from pulling import (ID, MODULES, EngineTest, free_port, main, needs_prometheus, needs_push, needs_victoria,
                     wait_until)

DURATION = 90
TEXTS = ("stress_workload", "stress_phase", "vm_hostname")
WHOLE = ("cpu_cycles", "context_switches", "process_count", "network_bytes_sent", "stress_iteration")


def records():
    """As vmfc writes them, at 0.5 s, with what is missing, and a counter that is missing first."""
    load, rows = pair.steps(3), []
    for i in range(1, 2 * DURATION):
        time = pair.EPOCH + i * 0.5 + 0.000123
        busy = load(time - pair.EPOCH)
        rows.append({"timestamp": time, "timestamp_iso": pair.iso(time, datetime.timezone.utc) + "+00:00",
                     "vm_hostname": "vm", "target_zones": ["package", "core"],
                     "stress_workload": f"w{i // 60}", "stress_phase": None if i < 60 else 'a "b",\nc\\',
                     "stress_iteration": i // 100, "stress_transition": i % 60 == 0,
                     "cpu_cycles": None if i < 5 or i % 50 == 0 else int(2.9e9 * busy / 200) + i,
                     "context_switches": 1000 + 7 * i, "cpu_utilization": busy, "cpu_busy": busy,
                     "cpu_user_time": busy * 0.7, "cpu_system_time": busy * 0.3, "core_count": 2,
                     "memory_usage_percent": 19.1, "memory_available_gb": 9.611400604248047 - i / 4096,
                     "disk_io_write_mb": (i % 13) / 2048, "network_bytes_sent": i * 31, "process_count": 300 + i % 7,
                     "collection_interval": 0.5, "time_delta_seconds": 0.5 + (i % 3) * 1e-6,
                     "tick_lateness_us": i % 90, "sample_duration_us": 412, "missed_ticks": 0})
    return rows


def power(rows):
    noise = random.Random(5)
    return [{"timestamp": row["timestamp"], "timestamp_iso": row["timestamp_iso"],
             "vm_cpu_joules_package": (pair.watts(row["cpu_utilization"]) + noise.uniform(0, 0.1)) *
             row["time_delta_seconds"],
             "time_delta_seconds": row["time_delta_seconds"]} for row in rows]


class PushPull(EngineTest):
    def compare(self, recorded, pulled):
        self.assertEqual(len(recorded), len(pulled))
        for before, after in zip(recorded, pulled):
            for name, value in before.items():
                if name == "target_zones":
                    continue
                text = after[name]
                if value is None:
                    self.assertEqual(text, "", name)
                elif isinstance(value, bool):
                    self.assertEqual(text, str(value).lower(), name)
                elif name == "timestamp_iso":  # VictoriaMetrics keeps 12 digits at least
                    self.assertAlmostEqual(*(datetime.datetime.fromisoformat(one).timestamp()
                                             for one in (text, value)), delta=2e-3)
                elif isinstance(value, (str, int)):
                    self.assertEqual(text, str(value), name)
                else:
                    self.assertAlmostEqual(float(text), value, delta=abs(value) * 1e-12, msg=name)

    def check(self, address):
        rows = records()
        pair.write(self.path(f"features-{ID}.json"), rows)
        self.push(address, f"features-{ID}.json", "--label", f"vm_id={ID}")
        self.wait_for_samples(address, "vmfc_timestamp_seconds", len(rows))
        self.wait_for_samples(address, "vmfc_run_info", len(rows))
        self.pull(address, "--match", f'{{vm_id="{ID}"}}')
        self.assertEqual(self.names(), [f"features-{ID}.csv", f"features-{ID}.meta.json", "pull.json"])
        self.compare(rows, self.read_rows(f"out/features-{ID}.csv"))
        with open(self.path(f"out/features-{ID}.meta.json")) as file:
            meta = json.load(file)
        facts = {column["name"]: (column["unit"], column["kind"], column.get("role"))
                 for column in meta["columns"]}
        self.assertEqual(facts["disk_io_write_mb"], ("MiB", "counter", "feature"))
        self.assertEqual(facts["timestamp"], ("s", "label", "time"))
        return rows

    def train(self, features, name):
        self.vmfc("merge", "--features", features, "--power", "p.json", "--output", f"{name}.csv")
        self.vmfc("train", f"{name}.csv", "--families", "linear,mean", "--output", f"{name}-model.json",
                  timeout=240)
        with open(self.path(f"{name}-model.json")) as file:
            return json.load(file)["zones"]

    def assert_alike(self, one, other, where=""):
        """Equal but for the last digits of numbers."""
        if isinstance(one, dict):
            self.assertEqual(one.keys(), other.keys(), where)
            for key in one:
                self.assert_alike(one[key], other[key], f"{where}.{key}")
        elif isinstance(one, list):
            self.assertEqual(len(one), len(other), where)
            for i, pair_of in enumerate(zip(one, other)):
                self.assert_alike(*pair_of, f"{where}[{i}]")
        elif isinstance(one, float) or isinstance(other, float):
            self.assertAlmostEqual(one, other, delta=max(abs(one), 1e-6) * 1e-6, msg=where)
        else:
            self.assertEqual(one, other, where)

    @needs_push
    @needs_prometheus
    def test_prometheus(self):
        address = self.prometheus()
        rows = self.check(address)
        pair.write(self.path("p.json"), power(rows))
        self.assert_alike(self.train(f"features-{ID}.json", "t"),
                          self.train(f"out/features-{ID}.csv", "t"))

    @needs_push
    @needs_victoria
    def test_victoria(self):
        self.check(self.victoria())

    def run_sinks(self, address, port):
        """One run, which writes a file, sends, and is scraped. Returns: its rows and the time after it"""
        self.vmfc("--plugin-path", MODULES, "--plugins", "cpu,mem,disk,net,load,remote_write,prometheus",
                  "--interval", "0.5", "--duration", "3", "--format", "csv", "--output", "own",
                  "--set", f"remote_write.url={address}/api/v1/write", "--set", f"remote_write.labels=vm_id={ID}",
                  "--set", f"prometheus.listen=127.0.0.1:{port}")
        rows = self.read_rows("own.csv")
        end = math.ceil(max(float(rows[-1]["timestamp"]), time.time())) + 1
        query = f'vmfc_timestamp_seconds{{vm_id="{ID}"}}[60s]'

        def is_there():
            self.make_visible(address)
            result = self.ask(address, f"count_over_time({query})", end)
            return bool(result) and float(result[0]["value"][1]) >= len(rows)
        self.assertTrue(wait_until(is_there))
        self.assertTrue(wait_until(lambda: time.time() > end))
        self.pull(address, start=end - 60, end=end)
        return rows

    def read_counters(self, name):
        with open(self.path(name.replace(".csv", ".meta.json"))) as file:
            return {column["name"] for column in json.load(file)["columns"] if column["kind"] == "counter"}

    def compare_run(self, rows, name, exact):
        """@exact: all records are there; else those that were scraped, with counters where the one before was"""
        pulled = self.read_rows("out/" + name)
        # VictoriaMetrics rounds times
        both = [(before, after) for after in pulled for before in rows
                if abs(float(before["timestamp"]) - float(after["timestamp"])) < 5e-3]
        self.assertEqual(len(both), len(pulled))
        counters, n_counters = self.read_counters("out/" + name), 0
        for i, (before, after) in enumerate(both):
            for column in before.keys() & after.keys() - {"timestamp_iso", "timestamp"}:
                # a first record that comes late after the start may be the second one
                if column in counters and after[column] == "" and not (exact and i > 0):
                    continue
                n_counters += column in counters
                try:
                    self.assertAlmostEqual(float(after[column]), float(before[column]), msg=column,
                                           delta=max(1e-9, 1e-12 * abs(float(before[column]))))
                except ValueError:
                    self.assertEqual(after[column], before[column], column)
        if exact:
            self.assertEqual(len(both), len(rows))
        with self.timing():  # a busy machine starts slowly, or answers no scrape in time
            if exact:
                self.assertEqual([column for column in counters if both[0][0][column] and not both[0][1][column]], [])
            self.assertGreater(n_counters, 0)
        self.assertEqual(rows[0].keys() - after.keys() - {"target_zones", "stress_phase", "stress_target_load"},
                         set())

    @needs_push
    @needs_prometheus
    def test_sinks_prometheus(self):
        """What the sinks send, and what is scraped from them, is what the run's own file says."""
        port = free_port()
        address = self.prometheus(target=f"127.0.0.1:{port}")
        # Prometheus begins to scrape some seconds after it started
        self.assertTrue(wait_until(lambda: self.ask(address, "up", time.time())))
        rows = self.run_sinks(address, port)
        other = [name for name in self.names() if name.endswith(".csv") and ID not in name]
        self.assertEqual(len(other), 1)
        self.compare_run(rows, f"features-{ID}.csv", True)
        self.compare_run(rows, other[0], False)

    @needs_push
    @needs_victoria
    def test_sinks_victoria(self):
        rows = self.run_sinks(self.victoria(), free_port())
        self.compare_run(rows, f"features-{ID}.csv", True)

    @needs_push
    @needs_prometheus
    def test_too_old(self):
        """A receiver that takes no old samples: one sentence says what to set."""
        address = self.prometheus(window="0s")
        rows = records()
        pair.write(self.path("new.json"), rows[100:])
        pair.write(self.path("old.json"), rows[:100])
        self.push(address, "new.json", "--label", f"vm_id={ID}")
        done = self.push(address, "old.json", "--label", f"vm_id={ID}", code=1)
        self.assertIn("out_of_order_time_window", done.stderr)

    @needs_victoria
    def test_kepler(self):
        """Energy between two readings of Kepler's counters that have moved, from one host at a time."""
        address, lines, begin = self.victoria(), [], 1757530800
        for i in range(60):
            lines.append(f'vmfc_timestamp_seconds{{vm_id="{ID}"}} {begin + i} {1000 * (begin + i)}')
            # the machine moves from a to b at 30; b's counter moves at each other second
            host, joules = ("a", i * 2) if i < 30 else ("b", (i // 2) * 10)
            lines.append(f'kepler_vm_cpu_joules_total{{vm_id="{ID.upper()}",zone="package",node_name="{host}",'
                         f'state="running"}} {joules} {1000 * (begin + i)}')
            lines.append(f'kepler_vm_cpu_joules_total{{vm_id="{ID}",zone="package",node_name="a",'
                         f'state="terminated"}} 1 {1000 * (begin + i)}')
        # and two hosts report it for 3 s
        lines += [f'kepler_vm_cpu_joules_total{{vm_id="{ID}",zone="package",node_name="c",state="running"}} '
                  f'{i} {1000 * (begin + i)}' for i in (10, 11, 12)]
        for _ in range(2):  # as a sender does that got no answer: VictoriaMetrics keeps both
            self.import_lines(address, lines)
        self.wait_for_samples(address, "vmfc_timestamp_seconds", 120)
        self.wait_for_samples(address, "kepler_vm_cpu_joules_total", 2 * (120 + 3))
        done = self.pull(address)
        self.assertIn("more than one host", done.stderr)
        rows = self.read_rows(f"out/power-{ID}.csv")
        got = [(float(row["timestamp"]) - begin, float(row["vm_cpu_joules_package"]),
                float(row["time_delta_seconds"])) for row in rows]
        expected = [(i, 2.0, 1.0) for i in range(1, 30) if i not in (10, 11, 12, 13)]
        expected += [(i, 10.0, 2.0) for i in range(32, 60, 2)]
        self.assertEqual([one for one in got if one[0] != 13], expected)


if __name__ == "__main__":
    main()
