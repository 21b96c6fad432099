# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""vmfc pull from servers that fail, lie, or never end."""

import datetime
import itertools
import json
import os
import threading
import time

import pair
from pulling import BEGIN, END, ID, LABELS, ScriptedTest, Store, answer, fleet, main, matrix, series


class Hostile(ScriptedTest):
    def refuse(self, script, sentence, *args, **kwargs):
        address = self.serve(script)
        done = self.pull(address, *args, code=1, output="refused-" + address.rpartition(":")[2], **kwargs)
        self.assertIn(sentence, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)

    def with_samples(self, *values, metric=None):
        """A server whose samples are these."""
        store = Store(fleet(3))

        def script(path, query):
            if path.endswith("/series"):
                return store(path, query)
            labels = {"__name__": "vmfc_timestamp_seconds", **LABELS} if metric is None else metric
            return matrix([{"metric": labels, "values": list(values)}])
        return script

    def list_columns(self):
        """Returns: name, unit, kind and type of all columns; then metric and factor of each number"""
        lines = self.vmfc("--list-features").stdout.splitlines()[1:]
        columns = {name: (unit.replace("-", ""), kind, what)
                   for name, unit, kind, what in (line.split()[:4] for line in lines)}
        metrics = {}
        for line in self.vmfc("--list-features=metrics").stdout.splitlines()[1:]:
            metric, kind, column, *factor = line.split(maxsplit=2)[:2] + line.split(maxsplit=2)[2].split(" ")
            # the number of records has no column
            if metric.startswith("vmfc_") and kind != "info" and column != "-":
                factor = float(factor[1]) ** (1 if factor[0] == "*" else -1) if factor else 1
                metrics.setdefault(column, (metric, factor))
        return columns, metrics

    def test_table(self):
        """Each column of each plugin comes back from its metric, with its name, unit, kind, type and value."""
        columns, metrics = self.list_columns()
        self.assertGreater(len(metrics), 90)
        data, expected = [], {}
        for i, (column, (metric, factor)) in enumerate(metrics.items()):
            unit, kind, what = columns[column]
            value = {"int": 1000 + i, "bool": 1, "float": 1.5 + i}[what]
            name, _, zone = metric.partition('{zone="')
            labels = {"zone": zone[:-2]} if zone else {}
            if column == "timestamp":
                values = [BEGIN + 100, BEGIN + 101]
            elif column == "time_delta_seconds":
                values = [value := 1.0] * 2
            else:
                values = [value * factor, value * factor * (2 if kind == "counter" else 1)]
            data.append(series(name, values, **labels))
            expected[column] = {"bool": "true", "int": str(value)}.get(what, value)
        self.pull(self.serve(Store(data)))
        row = self.read_rows(f"out/features-{ID}.csv")[1]
        with open(self.path(f"out/features-{ID}.meta.json")) as file:
            facts = {one["name"]: (one["unit"], one["kind"], one["type"]) for one in json.load(file)["columns"]}
        for column, value in expected.items():
            with self.subTest(column):
                self.assertEqual(facts.get(column), columns[column])
                if isinstance(value, str):
                    self.assertEqual(row[column], value)
                elif column != "timestamp":
                    self.assertAlmostEqual(float(row[column]), value, delta=1e-9)
        self.assertEqual(set(facts) - set(expected), {"timestamp_iso"})

    def test_answers(self):
        empty = answer([])
        self.refuse(lambda *_: empty, "has no vmfc_timestamp_seconds{}")
        for body, sentence in (
                (b"", "not valid JSON"), (b"<html>", "not valid JSON"), (b"[" * 100000, "not valid JSON"),
                (b"[]", "not that of Prometheus"), (b'{"status":"success"}', "no status and data"),
                (b'{"status":"success","data":3}', "its data is no list"),
                (b'{"status":"success","data":[3]}', "a series is no object"),
                (b'{"status":"success","data":[{"a\\nb":"x"}]}', "invalid name"),
                (b'{"status":"success","data":[{"a":3}]}', "not a text"),
                (b'{"status":"error","error":"\x1b[31mno\\n"}', "")):
            self.refuse(lambda *_, body=body: (200, body), sentence)

    def test_incomplete(self):
        """A part of a cluster is down: nothing of it becomes a complete file."""
        store = Store(fleet(3))
        for body, reason in ((b'"isPartial":true', "a part of it is down"),
                             (b'"warnings":["x\\u001b is down"]', "x\\033 is down"), (b'"warnings":[3]', "a part")):
            def script(path, query, body=body):
                status, text = store(path, query)
                return status, text if path.endswith("/series") else text.replace(b"{", b"{" + body + b",", 1)
            self.refuse(script, f"its answer is incomplete ({reason}")
        self.assertFalse([name for folder in self.names(".") for name in self.names(folder)
                          if name.endswith(".csv")])

    def test_token(self):
        """The token goes to the server alone, also if that redirects; no file and no message has it."""
        asked, others = [], []

        def other(*_):
            others.append(1)
            return answer([])
        with open(self.path("token"), "w") as file:
            file.write("geheim\n")
        os.chmod(self.path("token"), 0o600)
        target = self.serve(other)
        store = Store(fleet(3))

        def script(path, query, headers):
            asked.append(headers["Authorization"])
            if len(asked) == limit:
                return 302, b"", ("Location", target + path)
            return store(path, query)
        script.wants_headers = True
        address = self.serve(script)
        for limit in (1, 4):
            done = self.pull(address, "--token-file", "token", code=1)
            self.assertIn("redirects (302)", done.stderr)
            self.assertNotIn("geheim", done.stderr)
        self.pull(address, "--token-file", "token")
        self.assertEqual((set(asked), others), ({"Bearer geheim"}, []))
        for name in self.names():
            self.assertNotIn(b"geheim", self.read_bytes("out/" + name))
        # no machine has this address
        done = self.pull("http://192.0.2.1", "--token-file", "token", "--timeout", "1", code=1, output="none")
        self.assertIn("without encryption", done.stderr)

    def test_statuses(self):
        self.refuse(lambda *_: (302, b"", ("Location", "http://127.0.0.1:1/")), "redirects (302)")
        with open(self.path("token"), "w") as file:
            file.write("geheim\n")
        os.chmod(self.path("token"), 0o600)
        for status in (401, 403):
            self.refuse(lambda *_, status=status: (status, b"{}"),
                        f"it answers {status}: give the file with the bearer token with --token-file")
            self.refuse(lambda *_, status=status: (status, b""),
                        f"it answers {status} to the token in token: see whether", "--token-file", "token")
        self.refuse(lambda *_: (404, b""), "without /api/v1")
        self.refuse(lambda *_: (400, b'{"status":"error","error":"parse \\u001b error"}'), "parse \\033 error")
        self.refuse(lambda *_: (500, b"x" * 100000), "it answers 500")

    def test_samples(self):
        good = [BEGIN + 1, "1"]
        for values, sentence in (
                ([3], "not a time and a value"), ([[BEGIN + 1]], "not a time and a value"),
                ([[BEGIN + 1, 3]], "not a time and a value"), ([["x", "3"]], "not a time and a value"),
                ([[1e300, "3"]], "not a time and a value"), ([[BEGIN + 1, "3x"]], "not a time and a value"),
                ([[BEGIN + 2, "1"], good], "not in the order of time"), ([[5, "1"]], "of another time"),
                ([[BEGIN + 10**6, "1"]], "of another time")):
            self.refuse(self.with_samples(*values), sentence)
        self.refuse(lambda path, query: Store(fleet(3))(path, query) if path.endswith("/series") else
                    answer({"resultType": "vector", "result": []}), "no series with samples")

    def test_not_a_number(self):
        """NaN and infinity are missing, also in counters; other labels are of another machine."""
        data = fleet(6)
        data[3][1][2][1], data[3][1][3][1] = "NaN", "+Inf"
        data[2][1][4][1] = "-Inf"
        data.append(series("vmfc_cpu_busy_ratio", [9] * 6, other="x"))
        self.pull(self.serve(Store(data)))
        rows = self.read_rows(f"out/features-{ID}.csv")
        self.assertEqual([row["cpu_busy"] != "" for row in rows], [True, True, False, False, True, True])
        self.assertEqual([row["cpu_cycles"] for row in rows], ["", "10", "10", "10", "", "20"])

    def test_labels_of_a_cloud(self):
        """Prometheus calls the label of a series exported_NAME if its target has one of that name."""
        target = {"zone": "eu-1", "workload": "web"}
        data = [(({**labels, **target, "exported_zone": labels["zone"]} if "zone" in labels else
                  {**labels, **target}), samples)
                for labels, samples in [*fleet(3), series("vmfc_power_watts", [7] * 3, zone="core")]]
        data.append(series("vmfc_run_info", [1] * 3, **target, hostname="h", exported_workload="w",
                           run="2025-09-10T00:00:00Z"))
        self.pull(self.serve(Store(data)))
        rows = self.read_rows(f"out/features-{ID}.csv")
        self.assertEqual([(row["estimated_watts_core"], row["stress_workload"], row["vm_hostname"])
                          for row in rows], [("7.0", "w", "h")] * 3)
        self.assertEqual(len(self.read_rows(f"out/power-{ID}.csv")), 2)

    def test_two_machines_with_the_same_labels(self):
        """A record that can be of either of two runs is left out."""
        for first, second, taken in (
                (range(8), [4], [0, 1, 2, 3, 5, 6, 7]),  # both at 4 s
                ([0, 1, 3, 5, 7], [2, 4, 6], [0, 1, 2, 4, 6])):  # in turn
            data = fleet(8)
            for run, times in (("2025-09-10T00:00:00Z", first), ("2025-09-10T00:00:01.5Z", second)):
                labels, samples = series("vmfc_run_info", [1] * 8, run=run)
                data.append((labels, [samples[i] for i in times]))
            done = self.pull(self.serve(Store(data)), output=f"out{len(second)}")
            self.assertIn(f"{8 - len(taken)} records are of two runs at a time", done.stderr)
            rows = self.read_rows(f"out{len(second)}/features-{ID}.csv")
            self.assertEqual([float(row["timestamp"]) - BEGIN - 100 for row in rows], taken)
            self.assertEqual([row["cpu_cycles"] for row in rows],
                             ["10" if i - 1 in taken and len(second) == 1 or i == 1 else "" for i in taken])

    def test_first_of_run(self):
        """Counters of a run begin at 0, so the first record has their growth, and a later one that is alone has not."""
        for length, interval, begin, is_first in (
                (1, 1, 98.5, True), (0.7, 1, 98.1, True),  # its window was late
                (1, None, 98.5, True), (1, 1, 97.9, False), (0.7, 1, 98, False), (2, 1, 97.5, True), (2, 1, 96.9, False),
                (1, 1, 101, False)):
            data = [series("vmfc_timestamp_seconds", [BEGIN + 100]), series("vmfc_time_delta_seconds", [length]),
                    series("vmfc_cpu_cycles_total", [50]),
                    series("vmfc_run_info", [1], run=pair.iso(BEGIN + begin, datetime.timezone.utc) + "Z")]
            if interval is not None:
                data.append(series("vmfc_collection_interval_seconds", [interval]))
            output = f"{length}-{interval}-{begin}"
            self.pull(self.serve(Store(data)), output=output)
            self.assertEqual(self.read_rows(f"{output}/features-{ID}.csv")[0]["cpu_cycles"],
                             "50" if is_first else "", output)

    def test_twice(self):
        """As VictoriaMetrics gives what a sender sent again: once. Values that differ are missing."""
        data = fleet(6)
        data = [(labels, [one for one in samples for _ in range(2)]) for labels, samples in data]
        data[3][1][5] = [data[3][1][5][0], "0.75"]
        data[2][1][9] = [data[2][1][9][0], "41"]
        self.pull(self.serve(Store(data)))
        rows = self.read_rows(f"out/features-{ID}.csv")
        self.assertEqual([row["cpu_busy"] != "" for row in rows], [True, True, False, True, True, True])
        self.assertEqual([row["cpu_cycles"] for row in rows], ["", "10", "10", "10", "", ""])
        self.assertEqual([row["vm_cpu_joules_package"] for row in self.read_rows(f"out/power-{ID}.csv")],
                         ["3.0"] * 5)

    def test_many_exporters(self):
        """Those of a while ago are forgotten; too many at a time are said, and left out."""
        def add(begin, name, joules):
            labels, samples = series("kepler_vm_cpu_joules_total", [0, joules], zone="package", pod=name)
            data.append((labels, [[time + begin, value] for time, value in samples]))
        data, n = fleet(4), 1100
        for i in range(n):
            add(400 * (i + 1), f"one after the other {i}", 5 + i)
        end = BEGIN + 400 * (n + 20)
        done = self.pull(self.serve(Store(data)), output="few", end=end)
        self.assertNotIn("very many", done.stderr)
        rows = self.read_rows(f"few/power-{ID}.csv")
        self.assertEqual([float(row["vm_cpu_joules_package"]) for row in rows],
                         [3.0] * 3 + [5.0 + i for i in range(n)])
        for i in range(n):
            add(400 * (n + 10), f"at a time {i}", 5)
        done = self.pull(self.serve(Store(data)), output="many", end=end)
        self.assertIn("very many exporters", done.stderr)
        many = self.read_rows(f"many/power-{ID}.csv")
        self.assertGreater(len(many), n - 20)
        self.assertEqual(many, rows[:len(many)])

    def test_end_near_now(self):
        """Records may be on their way still."""
        address = self.serve(Store(fleet(3)))
        for age, said in ((1, True), (3600, False)):
            end = int(time.time()) - age
            done = self.pull(address, output=f"out{age}", start=end - 1, end=end)
            self.assertEqual("--end is less than 60 s ago" in done.stderr, said, done.stderr)
        done = self.pull(address, code=2, end=int(time.time()) + 3600)
        self.assertIn("must not be in the future", done.stderr)

    def test_other_request(self):
        """A folder has the files of one request; what is there stays as it is."""
        address = self.serve(store := Store(fleet(3)))
        self.pull(address)
        files = {name: self.read_bytes("out/" + name) for name in self.names()}
        self.assertIn("pull.json", files)
        for args, times, said in (
                (["--match", '{job="b"}'], {}, 'whose --match is {}, not {job="b"}'),
                ([], {"start": BEGIN + 1}, "--start is 2025-09-10T18:46:40.000000+00:00, not 2025-09-10T18:46:41"),
                ([], {"end": END - 0.001}, "--end is ")):
            done = self.pull(address, *args, code=2, **times)
            self.assertIn(said, done.stderr)
            self.assertIn("name another folder with --output", done.stderr)
        self.assertIn(f"--url is {address}/, not ", self.pull(self.serve(store), code=2).stderr)
        self.assertIn("2 there already", self.pull(address).stderr)
        self.assertEqual(files, {name: self.read_bytes("out/" + name) for name in self.names()})
        for text in ("", "[]", '{"url":3}'):
            with open(self.path("out/pull.json"), "w") as file:
                file.write(text)
            self.assertIn("out/pull.json does not say", self.pull(address, code=1).stderr)

    def test_names(self):
        """What a server says chooses no path."""
        names = ["../../../tmp/x", "/etc/passwd", "a\nb\x1b[31m", "..", "", "é" * 3000, "a", "A b", "A_b"]
        data = [({"__name__": "vmfc_timestamp_seconds", "vm_id": name} if name else
                 {"__name__": "vmfc_timestamp_seconds"}, [[BEGIN + 1, str(BEGIN + 1)]]) for name in names]
        store = Store(data)

        def script(path, query):
            if path.endswith("/series") or "vm_id" not in query["query"]:
                return store(path, query)
            return matrix([])
        self.pull(self.serve(script))
        for folder, _, files in os.walk(self.folder):
            for name in files:
                self.assertEqual(folder, self.path("out"))
                self.assertRegex(name, r"^(features-[-_.0-9a-zA-Z]{1,110}\.(csv|meta\.json)|pull\.json)$")

    def test_names_of_metrics(self):
        """A metric is no column of another one, and no other text than a name."""
        data = fleet(3)
        expected = [label["__name__"] for label, _ in data]
        for name in ("vmfc_timestamp", "vmfc_cpu_busy_total", "vmfc_timestamp_iso", "vmfc_stress_workload",
                     "vmfc_vm_cpu_watts_core", "vmfc_a\nb", 'vmfc_"', "vmfc_=1+1", "vmfc_\x1b[31m", "vmfc_\u00e9",
                     "vmfc_", "vmfc_my_x", "vmfc_twice", "vmfc_twice_total"):
            data.append(series(name, [7 + len(expected)] * 3))
            expected.append(name)
        self.pull(self.serve(Store(data)))
        rows = self.read_rows(f"out/features-{ID}.csv")
        self.assertEqual(list(rows[0]), ["timestamp", "timestamp_iso", "cpu_cycles", "cpu_busy", "time_delta_seconds",
                                         "my_x", "twice"])
        self.assertEqual([float(row["timestamp"]) - BEGIN for row in rows], [100, 101, 102])
        self.assertEqual([(round(float(row["cpu_busy"]), 9), float(row["my_x"]), row["twice"]) for row in rows],
                         [(round(100 * i / 3, 9), 7.0 + expected.index("vmfc_my_x"), "") for i in range(3)])

    def test_many_metrics(self):
        """As many columns as merge reads."""
        data = fleet(3) + [series(f"vmfc_my_{i}", [1]) for i in range(4200)]
        done = self.pull(self.serve(Store(data)), start=BEGIN + 90, end=BEGIN + 110)
        self.assertIn("has more than 4096 metrics, and 109 of them are left out", done.stderr)
        self.assertEqual(len(self.read_rows(f"out/features-{ID}.csv")[0]), 4096)

    def test_endless(self):
        head = b'{"status":"success","data":['

        def endless(path, _):
            return 200, itertools.chain([head], itertools.repeat(b'{"a":"' + b"x" * 60000 + b'"},'))
        self.refuse(endless, "too many machines")
        store = Store(fleet(3))
        self.refuse(lambda path, query: store(path, query) if path.endswith("/series") else
                    endless(path, query), "larger than 4 MiB")

    def test_slow(self):
        def drip(*_):
            def pieces():
                yield b"["
                while not self.is_over:
                    self.event.wait(0.05)
                    yield b" "
            return 200, pieces()
        self.event, self.is_over = threading.Event(), False
        self.refuse(drip, "no complete answer within 1 s", "--timeout", "1")
        self.is_over = True

    def test_large_pieces(self):
        """A piece that is too large for the server is asked for in parts, and its length rarely again."""
        for status, answer_type in ((422, "execution"), (503, "timeout")):
            store, refused = Store(fleet(600)), []

            def script(path, query):
                if path.endswith("/series") or int(query["query"].rsplit("[", 1)[1][:-3]) <= 8000:
                    return store(path, query)
                refused.append(query["query"])
                return status, b'{"status":"error","errorType":"%s","error":"no"}' % answer_type.encode()
            self.pull(self.serve(script), start=BEGIN + 90, end=BEGIN + 650, output=answer_type)
            self.assertEqual(len(self.read_rows(f"{answer_type}/features-{ID}.csv")), 551)
            self.assertLess(len(refused), store.n_queries / 8)

    def test_many_values(self):
        """An answer that is not long, but has more values than vmfc reads, is asked for in parts."""
        n, data = 700, fleet(2)
        times = [BEGIN + 5000 + i for i in range(n)]
        data[0][1].extend([time, str(time)] for time in times)
        data += [({"__name__": f"vmfc_x{k}", **LABELS}, [[time, "1"] for time in times]) for k in range(200)]
        self.pull(self.serve(Store(data)))
        self.assertEqual(len(self.read_rows(f"out/features-{ID}.csv")), 2 + n)
        self.refuse(lambda *_: answer([{}] * 1100000), "too many machines")

    def test_continue(self):
        """A pull that was interrupted anywhere ends with the same files."""
        data = fleet(3000) + [series("vmfc_collection_interval_seconds", [1.25] * 3000)]
        # idle for some minutes, in which windows end without a movement
        data[4][1][:] = [[time, str(i // 700 * 700 + min(i % 700, 117))] for i, (time, _) in enumerate(data[4][1])]
        self.pull(self.serve(Store(data)), output="whole")
        store, failing = Store(data), itertools.cycle((4, 5))

        def script(path, query):
            if not path.endswith("/series") and store.n_queries >= limit:
                return 500, b""
            return store(path, query)
        address = self.serve(script)
        limit = next(failing)
        # the address is of the identity, so the whole pull has another one
        while True:
            store.n_queries = 0
            process = self.start("pull", "--url", address, "--start", str(BEGIN), "--end", str(END),
                                 "--output", "out")
            errors = process.communicate(timeout=60)[1]
            if process.returncode == 0:
                break
            self.assertIn("it answers 500", errors)
            limit = next(failing)
        for name in (f"features-{ID}.csv", f"power-{ID}.csv"):
            self.assertEqual(self.read_bytes("out/" + name), self.read_bytes("whole/" + name))
            metas = [json.loads(self.read_bytes(f"{folder}/{name[:-4]}.meta.json")) for folder in ("out", "whole")]
            for meta in metas:
                del meta["pull"]["url"]
            self.assertEqual(*metas)
        self.assertFalse([name for name in self.names() if name.endswith((".part", ".state"))])
        store.n_queries = 0
        done = self.pull(address)
        self.assertEqual(store.n_queries, 0)
        self.assertIn("2 there already", done.stderr)

    def test_continue_slow(self):
        """The record before is read again also where records are far apart."""
        n, step = 18, 500
        data = [series("vmfc_timestamp_seconds", [BEGIN + 100 + i * step for i in range(n)], step),
                series("vmfc_time_delta_seconds", [step] * n, step),
                series("vmfc_collection_interval_seconds", [step] * n, step),
                series("vmfc_cpu_cycles_total", [10 * i for i in range(n)], step)]
        store, limit = Store(data), 5

        def script(path, query):
            if not path.endswith("/series") and store.n_queries >= limit:
                return 500, b""
            return store(path, query)
        address = self.serve(script)
        self.pull(address, code=1)
        limit = 1000
        self.assertIn("continued after", self.pull(address).stderr)
        self.assertEqual([row["cpu_cycles"] for row in self.read_rows(f"out/features-{ID}.csv")],
                         [""] + ["10"] * (n - 1))


if __name__ == "__main__":
    main()
