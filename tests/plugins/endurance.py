# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""
All samplers and sinks for many ticks: as much memory at the end, and no record lost.

A million of them, which leaves 5 GB in the temporary folder until it is over:

    VMFC_TICKS=1000000 python3 tests/plugins/endurance.py BUILD/tests/endure BUILD

Arguments: the program, the folder of the build, the name of a sanitizer.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
import threading

ENDURE, BUILD = (os.path.abspath(path) for path in sys.argv[1:3])
SANITIZED = sys.argv[3:] not in ([], ["none"])
TICKS = int(os.environ.get("VMFC_TICKS", "2000" if SANITIZED else "20000"))
PLUGINS = ("perf", "cpu", "mem", "disk", "net", "load", "kepler", "json", "jsonl", "csv")
SCRAPE_INTERVAL = 400  # s
MOST_GROWTH = 128  # KiB


def read_json(path):
    """The objects of an array that has one in a line."""
    with open(path) as file:
        assert file.readline() == "[\n"
        for line in file:
            if line == "]\n":
                break
            yield json.loads(line.rstrip(",\n"))
        assert file.read() == ""


def read_lines(path):
    with open(path) as file:
        for line in file:
            if line != "\n":
                yield json.loads(line)


def read_rows(path):
    with open(path, newline="") as file:
        yield from csv.DictReader(file)


def run(folder, port):
    path = ":".join(os.path.join(BUILD, "plugins", name) for name in PLUGINS)
    done = subprocess.run(
        [ENDURE, str(TICKS), "--plugin-path", path, "--plugins", "perf,proc,kepler", "--format",
         "json,jsonl,csv", "--output", os.path.join(folder, "run.json"), "--interval", "1",
         "--kepler-url", f"http://127.0.0.1:{port}/metrics", "--set",
         f"kepler.scrape_interval={SCRAPE_INTERVAL}"],
        stdout=subprocess.PIPE, text=True, check=True)
    return [int(line.split()[1]) for line in done.stdout.splitlines()]


def check(folder):
    path = os.path.join(folder, "run.")
    scrapes = 0
    n = 0
    for n, (record, line, row) in enumerate(
            zip(read_json(path + "json"), read_lines(path + "jsonl"), read_rows(path + "csv"),
                strict=True), 1):
        assert record == line, n
        assert float(row["timestamp"]) == record["timestamp"], n
        # what the fake clock says
        assert record["timestamp"] == 1700000000 + n + 0.000137, (n, record["timestamp"])
        assert abs(record["time_delta_seconds"] - 1) < 1e-4, (n, record["time_delta_seconds"])
        assert record["missed_ticks"] == 0, n
        for column in ("context_switches", "core_count", "memory_available_gb", "disk_io_read_mb",
                       "network_bytes_sent", "process_count"):
            assert record[column] is not None, (n, column)
        scrapes += record["node_process_cpu_seconds_total"] is not None
    assert n == TICKS, f"{n} records of {TICKS}"
    # on a machine that does other things as well an answer can come too late
    assert scrapes >= 0.9 * (TICKS // SCRAPE_INTERVAL) - 1, f"{scrapes} of Kepler's answers"


def main():
    exporter = subprocess.Popen([os.path.join(BUILD, "tests", "exporter")], stdout=subprocess.PIPE,
                                text=True)
    try:
        port = int(exporter.stdout.readline())
        # it tells of each page, and nobody wants to know
        threading.Thread(target=exporter.stdout.read, daemon=True).start()
        with tempfile.TemporaryDirectory(prefix="vmfc-endurance-") as folder:
            early, late = run(folder, port)
            check(folder)
    finally:
        exporter.kill()
        exporter.wait()
    print(f"{TICKS} ticks, {early} KiB after a tenth of them and {late} KiB at the end")
    if not SANITIZED and late > early + MOST_GROWTH:
        sys.exit("memory grows")


main()
