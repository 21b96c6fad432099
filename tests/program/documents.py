# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""All JSON that a command writes is valid for parsers that know nothing of each other."""

import json
import shutil
import subprocess

from common import ProgramTest, main

JQ = shutil.which("jq")
POWER = "timestamp,total_cpu_watts_package,total_cpu_watts_core\n"


def refuse(text):
    raise ValueError(f"{text} is no number of JSON")


def unique(members):
    names = [name for name, _ in members]
    assert len(names) == len(set(names)), names
    return dict(members)


def parse(text):
    return json.loads(text, parse_constant=refuse, object_pairs_hook=unique)


class Documents(ProgramTest):
    def check(self, name):
        """Returns: what it holds, of a document or a line each"""
        with open(self.path(name), encoding="utf-8") as file:
            text = file.read()
        values = [parse(part) for part in (text.splitlines() if name.endswith("l") else [text])]
        if JQ is not None:
            done = subprocess.run([JQ, "-c", ".", self.path(name)], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual([parse(line) for line in done.stdout.splitlines()], values)
        return values

    def test_collect(self):
        self.vmfc("--plugins", "perf,proc", "--format", "json,jsonl,csv", "--interval", "0.2",
                  "--duration", "0.8", "--output", "r.json",
                  "--target-zones", "a\"\\\t\x7f\u00e4")
        self.assertEqual(self.check("r.jsonl"), self.check("r.json")[0])
        meta = self.check("r.meta.json")[0]
        self.assertEqual(meta["result"]["records"], len(self.check("r.jsonl")))
        self.assertIn("a\"\\\t\x7f\u00e4", meta["command_line"])

    def test_merge(self):
        """Names and texts with all that JSON escapes, and a report of two runs."""
        odd = "\"\\\t\x01\x7f\u00e4\U0001f600"
        rows = [{"timestamp": 1e9 + i, "time_delta_seconds": 1, "cpu_utilization": i * 37 % 100,
                 odd: odd, "tiny": 5e-324, "huge": 1.7976931348623157e308} for i in range(90)]
        with open(self.path("f.json"), "w", encoding="utf-8") as file:
            json.dump(rows, file)
        with open(self.path("p.csv"), "w", encoding="utf-8") as file:
            file.write(POWER + "".join(f"{1e9 + i / 2},{5 + i % 7},2\n" for i in range(180)))
        self.vmfc("merge", "--features", "f.json", "--features", "f.json", "--power", "p.csv",
                  "--output", "out.json", "--format", "json,jsonl,csv", "--split")
        for part in ("", ".train", ".test"):
            self.assertEqual(self.check(f"out{part}.jsonl"), self.check(f"out{part}.json")[0])
        report = self.check("out.report.json")[0]
        self.assertEqual(report["columns"]["huge"]["max"], 1.7976931348623157e308)
        self.assertEqual(report["columns"]["tiny"]["min"], 5e-324)
        self.assertIn(odd, report["columns"])
        meta = self.check("out.meta.json")[0]
        self.assertIn(odd, [column["name"] for column in meta["columns"]])


if __name__ == "__main__":
    main()
