#!/usr/bin/env python3
# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""vmfc beside the collectors that Debian packages, one after the other, once a second each.

    peers.py --vmfc BUILD/vmfc --floor BUILD/tests/bench/floor [--seconds 60] [--install]

Each is configured to collect, of what vmfc's plugins perf and proc do, as much as it can, and to
write it to a file (an exporter is asked over HTTP and its answer thrown away). --install installs
with apt-get what is missing; what is not there is left out. CPU time is that of all processes that
take part, after the first seconds; lateness is against the grid of the first sample. Prints a table
in Markdown, for data/doc/costs.md.
"""

import argparse
import csv
import glob
import http.client
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from bench import cpu_clock, percentile, read_text

PACKAGES = {"collectd": "collectd-core", "sadc": "sysstat",
            "prometheus-node-exporter": "prometheus-node-exporter", "perf": "linux-perf"}
WARM_UP = 4
PORT = 19100


def peak_memory(pid):
    """MiB"""
    for line in read_text(f"/proc/{pid}/status").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0


class Collector:
    """One that writes once a second; what follows are its parts that differ."""

    name = collects = ""
    started = ()

    def start(self, folder, seconds):
        raise NotImplementedError

    def times(self, folder):
        """When its samples were taken, in seconds since the epoch."""
        raise NotImplementedError

    def run(self, *command, **kwargs):
        kwargs.setdefault("stdout", subprocess.DEVNULL)
        return subprocess.Popen(command, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                                **kwargs)

    def wait(self, seconds):
        time.sleep(seconds)

    def stop(self):
        for process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def measure(self, seconds):
        """Returns: CPU time of a sample in µs, memory in MiB, and when the samples were taken"""
        with tempfile.TemporaryDirectory(prefix="vmfc-peers-") as folder:
            self.started = self.start(folder, seconds)
            try:
                self.wait(WARM_UP)
                pids = [process.pid for process in self.started]
                before = [time.clock_gettime(cpu_clock(pid)) for pid in pids]
                begin = time.time()
                self.wait(seconds)
                end = time.time()
                cpu = sum(time.clock_gettime(cpu_clock(pid)) for pid in pids) - sum(before)
                memory = sum(peak_memory(pid) for pid in pids)
            finally:
                self.stop()
            times = [when for when in self.times(folder) if begin <= when <= end]
        return 1e6 * cpu / (end - begin), memory, times


class Vmfc(Collector):
    name = "vmfc"
    collects = "all columns of `perf,proc`; JSON and CSV, on the disk once a second"

    def __init__(self, program):
        self.program = program

    def start(self, folder, seconds):
        return [self.run(self.program, "--plugins", "perf,proc", "--duration", "0", "--output",
                         os.path.join(folder, "run.json"))]

    def times(self, folder):
        with open(os.path.join(folder, "run.json")) as file:
            return [record["timestamp"] for record in json.load(file)]


class Floor(Collector):
    name = "the naive floor"
    collects = "nothing: it reads and writes as many bytes"

    def __init__(self, program):
        self.program = program

    def start(self, folder, seconds):
        self.begin = time.time()
        self.late = os.path.join(folder, "late")
        return [self.run(self.program, "--duration", str(WARM_UP + seconds + 2), "--output-folder",
                         folder, stdout=open(self.late, "w"))]

    def stop(self):
        for process in self.started:
            process.wait()

    def times(self, folder):
        result = json.loads(read_text(self.late))
        return [int(self.begin) + 2 + i + late / 1e6
                for i, late in enumerate(result["lateness_us"])]


class Collectd(Collector):
    name = "collectd"
    collects = "CPU, memory, disks, interfaces, load, processes; CSV"
    CONFIG = """
        BaseDir "{folder}"
        PIDFile "{folder}/pid"
        Interval 1
        LoadPlugin cpu
        LoadPlugin memory
        LoadPlugin disk
        LoadPlugin interface
        LoadPlugin load
        LoadPlugin processes
        LoadPlugin csv
        <Plugin csv>
          DataDir "{folder}/csv"
        </Plugin>
    """

    def start(self, folder, seconds):
        config = os.path.join(folder, "collectd.conf")
        with open(config, "w") as file:
            file.write(self.CONFIG.format(folder=folder))
        return [self.run("collectd", "-f", "-C", config)]

    def times(self, folder):
        times = []
        for path in glob.glob(f"{folder}/csv/*/load/load-*"):
            with open(path) as file:
                times += [float(row["epoch"]) for row in csv.DictReader(file)]
        return sorted(times)


class Sadc(Collector):
    name = "sysstat's sadc"
    collects = "all that sar shows, disks too; a binary file"

    def start(self, folder, seconds):
        return [self.run("/usr/lib/sysstat/sadc", "-S", "DISK", "1", f"{folder}/data")]

    def times(self, folder):
        shown = subprocess.run(["sadf", "-d", "-U", f"{folder}/data"], stdout=subprocess.PIPE,
                               text=True, check=True).stdout
        return [float(line.split(";")[2]) for line in shown.splitlines() if line[:1] != "#"]


class Exporter(Collector):
    name = "prometheus-node-exporter"
    collects = "its default collectors; asked once a second, over HTTP"

    def start(self, folder, seconds):
        self.asked = []
        return [self.run("prometheus-node-exporter",
                         f"--web.listen-address=127.0.0.1:{PORT}")]

    def wait(self, seconds):
        end = time.time() + seconds
        while time.time() < end:
            time.sleep(1 - time.time() % 1)
            connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=1)
            try:
                connection.request("GET", "/metrics")
                connection.getresponse().read()
                self.asked.append(time.time())
            except OSError:
                pass
            connection.close()

    def times(self, folder):
        return self.asked


class Perf(Collector):
    name = "`perf stat -I 1000`"
    collects = "CPU clock, page faults, context switches of all CPUs; CSV"

    def start(self, folder, seconds):
        return [self.run("perf", "stat", "-a", "-I", "1000", "-x", ",", "-o", f"{folder}/out", "-e",
                         "cpu-clock,page-faults,context-switches")]

    def measure(self, seconds):
        self.begin = time.time()
        return super().measure(seconds)

    def times(self, folder):
        return [self.begin + float(line.split(",")[0])
                for line in read_text(f"{folder}/out").splitlines() if "cpu-clock" in line]


def describe_times(times, seconds):
    """Returns: how many samples are lost, and how late the others are"""
    if len(times) < 2:
        return "?", "?"
    lost = max(0, round(times[-1] - times[0]) + 1 - len(times))
    first = times[0] - statistics.median((when - times[0] + 0.5) % 1 - 0.5 for when in times[:5])
    late = [abs((when - first + 0.5) % 1 - 0.5) * 1e3 for when in times]
    resolution = all(when == int(when) for when in times)
    if resolution:
        return lost, "whole seconds only"
    return lost, f"{percentile(late, 50):.1f} / {percentile(late, 99):.1f} ms"


def install():
    missing = [package for program, package in PACKAGES.items() if not is_there(program)]
    if missing:
        subprocess.run(["apt-get", "install", "-y", "--no-install-recommends", *missing],
                       env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, check=True)


def is_there(program):
    return shutil.which(program) or os.path.exists(f"/usr/lib/sysstat/{program}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--vmfc", required=True)
    parser.add_argument("--floor", required=True)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--install", action="store_true")
    arguments = parser.parse_args()
    if arguments.install:
        install()
    peers = [Vmfc(os.path.abspath(arguments.vmfc)), Floor(os.path.abspath(arguments.floor))]
    for program, peer in (("sadc", Sadc), ("perf", Perf), ("collectd", Collectd),
                          ("prometheus-node-exporter", Exporter)):
        if is_there(program):
            peers.append(peer())
        else:
            print(f"{program} is not installed: left out", file=sys.stderr)
    print("| | CPU per sample | memory | lost | off the grid, p50 / p99 | collects |")
    print("|---|---|---|---|---|---|")
    for peer in peers:
        try:
            cpu, memory, times = peer.measure(arguments.seconds)
        except (OSError, subprocess.SubprocessError, IndexError) as error:
            print(f"{peer.name}: {error}", file=sys.stderr)
            continue
        lost, late = describe_times(times, arguments.seconds)
        print(f"| {peer.name} | {cpu:.0f} us | {memory:.1f} MiB | {lost} | {late} | "
              f"{peer.collects} |", flush=True)


if __name__ == "__main__":
    main()
