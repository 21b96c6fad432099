# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What tests of the sink remote_write and of vmfc push share: a run, its values, and what it says of them."""

import json
import math
import re

from common import MODULES, ProgramTest
from metrics import expect_pages

SENT = r"(\d+) records \((\d+) samples\) sent to \S+ in (\d+) requests"
LOST = (r"(\d+) records \((\d+) samples\) are lost at \S+: it refused (\d+) \(\d+\), the queue was full for "
        r"(\d+) \(\d+\), it did not take (\d+) \(\d+\) before the end, (\d+) \(\d+\) were damaged")
KEPT = r"(\d+) records \((\d+) samples\) wait in the spool for the next run"


def find_numbers(pattern, text):
    found = re.search(pattern, text)
    return tuple(map(int, found.groups())) if found else (0,) * 6


class RemoteWriteTest(ProgramTest):
    def arguments(self, url, *args, plugins="cpu,mem,load", duration="1", output="data/run",
                  interval="0.1", **options):
        sets = [f"remote_write.{name}={value}" for name, value in
                {"url": url, "batch_time": "0.2", **options}.items()]
        return ["--plugin-path", MODULES, "--plugins", f"{plugins},remote_write", "--interval",
                interval, "--duration", duration, "--format", "jsonl", "--output", output,
                *[word for each in sets for word in ("--set", each)], *args]

    def send(self, url, *args, code=0, **options):
        """Runs vmfc to its end. Returns what it said"""
        return self.vmfc(*self.arguments(url, *args, **options), code=code).stderr

    def read_run(self, output="data/run"):
        with open(self.path(f"{output}.jsonl")) as file:
            records = [json.loads(line) for line in file if line.endswith("\n")]
        with open(self.path(f"{output}.meta.json")) as file:
            return records, json.load(file)["columns"]

    def expect(self, output="data/run"):
        """The values of a run: {(name, zone): {milliseconds: value}}"""
        series = {}
        for timestamp, page in expect_pages(*self.read_run(output)).items():
            for name, lines in page.items():
                for labels, value in lines.items():
                    zone = re.sub(r'zone="(.*)"', r"\1", labels)
                    series.setdefault((name, zone), {})[math.floor(timestamp * 1000 + 0.5)] = value
        return series

    def assert_equal(self, found, expected, tolerance=1e-12):
        """@found: {labels: {milliseconds: value}}, of one run"""
        found = {(dict(labels)["__name__"], dict(labels).get("zone", "")): times
                 for labels, times in found.items()
                 if not dict(labels)["__name__"].endswith("_info")}
        self.assertEqual(found.keys(), expected.keys())
        for name, times in expected.items():
            self.assertEqual(found[name].keys(), times.keys(), name)
            for time, value in times.items():
                self.assertTrue(math.isclose(found[name][time], value, rel_tol=tolerance),
                                (name, found[name][time], value))

    def count_records(self, receiver):
        """Records that a receiver has by now."""
        with receiver.lock:
            return len({time for labels, times in receiver.samples.items() for time in times
                        if dict(labels)["__name__"] == "vmfc_timestamp_seconds"})

    def read_lines(self, output):
        """The whole lines of a file that grows."""
        with open(self.path(f"{output}.jsonl")) as file:
            return [line for line in file if line.endswith("\n")]
