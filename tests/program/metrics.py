# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What tests of the sink prometheus share: vmfc with a server, requests, and pages as values."""

import http.client
import json
import os
import re
import shutil
import socket
import time

from common import MODULES, ProgramTest

PROMTOOL = shutil.which("promtool")
# how long a test waits for what must happen, in seconds
LIMIT = 60
OPEN_METRICS = "application/openmetrics-text; version=1.0.0"


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=LIMIT)
        self.socket_path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(LIMIT)
        self.sock.connect(self.socket_path)


def parse_page(text):
    """A page as {name: {labels: value}}; labels are the text between the braces."""
    page = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        name, labels, value = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line).groups()
        page.setdefault(name, {})[labels or ""] = float(value)
    return page


# The names and values of metrics once more, from the text of the contract.
UNITS = {"percent": ("percent", "ratio", lambda x: x / 100),
         "GiB": ("gb", "bytes", lambda x: x * 2**30), "MiB": ("mb", "bytes", lambda x: x * 2**20),
         "bytes": ("bytes", "bytes", float), "s": ("seconds", "seconds", float),
         "us": ("us", "seconds", lambda x: x / 1e6), "W": ("watts", "watts", float),
         "J": ("joules", "joules", float)}


def name_metric(column):
    """The name of a column of the meta file as a metric, and what makes its value."""
    words = column["name"].split("_")
    if words[-1] == "total":
        words.pop()
    word, base, convert = UNITS.get(column["unit"], (None, None, float))
    if word in words[1:]:
        words.remove(word)
    if words[-1] == "count" and column["kind"] != "counter":
        words.pop()
        words[-1] += "es" if words[-1].endswith("s") else "s"
    if base:
        words.append(base)
    if column["kind"] == "counter":
        words.append("total")
    return "_".join(["vmfc", *words]), convert


def name_estimate(name):
    """The metric of a column of estimated power, and its zone; the zone is empty for all zones."""
    for pattern, metric in ((r"estimated_watts_(\w+)_low", "vmfc_power_low_watts"),
                            (r"estimated_watts_(\w+)_high", "vmfc_power_high_watts"),
                            (r"estimated_watts_(\w+)", "vmfc_power_watts"),
                            (r"estimated_joules_(\w+)", "vmfc_energy_joules_total"),
                            (r"estimate_in_range()", "vmfc_power_in_range"),
                            (r"estimate_missing_seconds()", "vmfc_power_missing_seconds_total")):
        found = re.fullmatch(pattern, name)
        if found:
            return metric, found[1]
    return None, None


def expect_pages(records, columns):
    """The values that each record must give: {timestamp: {name: {labels: value}}}"""
    totals = {}
    pages = {}
    zones = [name_estimate(column["name"])[1] for column in columns
             if name_estimate(column["name"])[0] == "vmfc_power_watts"]
    for n_records, record in enumerate(records, 1):
        page = pages.setdefault(record["timestamp"], {})
        page["vmfc_records_total"] = {"": n_records}
        for column in columns:
            value = record[column["name"]]
            if value is None or column["type"] in ("string", "strings"):
                continue
            if column["kind"] == "counter":
                value = totals[column["name"]] = totals.get(column["name"], 0) + value
            metric, zone = name_estimate(column["name"])
            if metric is None:
                metric, convert = name_metric(column)
                page[metric] = {"": convert(value)}
                continue
            for each in [zone] if zone else zones:
                page.setdefault(metric, {})[f'zone="{each}"'] = float(value)
    return pages


class MetricsTest(ProgramTest):
    def serve(self, *args, plugins="cpu,mem,load", listen="localhost:0", interval="0.1",
              form="none", output="data/run.json", wait=True, **kwargs):
        """Starts vmfc, and returns it with the address that it says, when a first record is there."""
        process = self.start("--plugin-path", MODULES, "--plugins", f"{plugins},prometheus",
                             "--interval", interval, "--duration", "0", "--format", form,
                             "--output", output, "--set", f"prometheus.listen={listen}", *args,
                             **kwargs)
        process.said = ""
        while not process.said.endswith("\n") or "serving metrics at " not in process.said:
            line = process.stderr.readline()
            self.assertTrue(line, f"vmfc ended: {process.said}")
            process.said += line
        where = re.search(r"serving metrics at (?:the socket (\S+)|http://(\S+)/metrics)",
                          process.said)
        process.where = where[1] and self.path(where[1]) or where[2]
        if wait:
            self.wait_for(lambda: "vmfc_timestamp_seconds" in self.page(process))
        return process

    def wait_for(self, condition):
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            if condition():
                return
            time.sleep(0.02)
        self.fail("what the test waits for did not happen")

    def connect(self, process):
        if process.where.startswith("/"):
            return UnixConnection(process.where)
        return http.client.HTTPConnection(process.where, timeout=LIMIT)

    def ask(self, process, path="/metrics", method="GET", body=None, **headers):
        """Returns the answer and its body."""
        connection = self.connect(process)
        connection.request(method, path, body,
                           {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer, text

    def page(self, process, **headers):
        answer, text = self.ask(process, **headers)
        self.assertEqual(answer.status, 200)
        return parse_page(text.decode())

    def stop(self, process, code=0):
        process.terminate()
        process.said += process.communicate(timeout=LIMIT)[1]
        self.assertEqual(process.returncode, code, process.said)

    def read_run(self, name="data/run"):
        """The records of a run in JSON lines, and the columns of its meta file."""
        with open(self.path(f"{name}.jsonl")) as file:
            records = [json.loads(line) for line in file]
        with open(self.path(f"{name}.meta.json")) as file:
            return records, json.load(file)["columns"]

    def maps(self, process):
        with open(f"/proc/{process.pid}/maps") as file:
            return file.read()

    def cpu_seconds(self, process):
        with open(f"/proc/{process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
