# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""Files, models and config files of earlier versions are read: there is a sample of each, by version."""

import csv
import glob
import json
import os
import pathlib
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in ("", "program"):
    sys.path.insert(0, os.path.join(HERE, "..", folder))
import archive
from common import ProgramTest, main

SAMPLES = sorted(glob.glob(os.path.join(HERE, "*.txt")))


class Formats(ProgramTest):
    def for_each_version(self):
        self.assertNotEqual(SAMPLES, [])
        for path in SAMPLES:
            version = os.path.basename(path).removesuffix(".txt")
            with self.subTest(version=version), open(path, "rb") as file:
                shutil.rmtree(self.folder)
                archive.unpack(file.read(), pathlib.Path(self.folder))
                yield version

    def succeed(self, *args):
        done = self.vmfc(*args, timeout=240)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("CRITICAL", done.stderr)
        return done

    def rows(self, name):
        with open(self.path(name), newline="") as file:
            return list(csv.DictReader(file))

    def document(self, name):
        with open(self.path(name)) as file:
            return json.load(file)

    def test_records(self):
        """The same training set as that version made, from each format."""
        for _ in self.for_each_version():
            expected = self.rows("set.csv")
            for extension in ("json", "jsonl", "csv"):
                self.succeed("merge", "--features", f"run.{extension}", "--power", "power.json", "--output",
                             "new.csv", "--format", "csv")
                self.assertEqual(self.rows("new.csv"), expected, extension)
            columns = {column["name"]: column for column in self.document("new.meta.json")["columns"]}
            self.assertEqual(columns["cpu_utilization"]["known_from"], "meta file")

    def test_training_set(self):
        for _ in self.for_each_version():
            self.succeed("train", "set.csv", "--output", "new.json", "--families", "mean,linear")
            self.assertEqual(self.document("new.json")["zones"][0]["sub_models"][0]["name"], "cpu")

    def test_models(self):
        """The same estimates as that version made."""
        for _ in self.for_each_version():
            for model in ("model", "trees"):
                expected = self.rows(f"{model}.csv")
                self.assertGreater(len(expected), 10)
                self.succeed("train", "--evaluate", f"{model}.json", "set.csv", "--predictions", "new.csv")
                for old, new in zip(expected, self.rows("new.csv"), strict=True):
                    self.assertLessEqual(set(old), set(new))
                    for column, text in old.items():
                        try:
                            self.assertAlmostEqual(float(new[column]), float(text), places=9)
                        except ValueError:
                            self.assertEqual(new[column], text)

    def test_models_in_the_collector(self):
        for _ in self.for_each_version():
            for model in ("model", "trees"):
                self.succeed("--model", f"{model}.json", "--plugins", "cpu", "--duration", "2", "--interval",
                             "0.5", "--set", "power.margin=1000000", "--set", "power.other_machine=true",
                             "--output", "live.json", "--format", "json")
                columns = {column["name"]: column for column in self.document("live.meta.json")["columns"]}
                self.assertEqual(columns["estimated_watts_package"]["state"], "ok")
                watts = [record["estimated_watts_package"] for record in self.document("live.json")]
                self.assertTrue(any(value is not None and value > 5 for value in watts), watts)

    def test_reports(self):
        for _ in self.for_each_version():
            for name in ("run.json", "run.jsonl", "run.csv", "set.csv", "model.json", "trees.json", "model.csv"):
                self.assertGreater(len(self.succeed("report", "--format", "text", name).stdout), 200, name)

    def test_config(self):
        for _ in self.for_each_version():
            self.succeed("--config", "vmfc.conf", "--duration", "1", "--output", "new.json")


if __name__ == "__main__":
    main()
