# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""Debian's Prometheus and VictoriaMetrics, started for a test in a folder of its own."""

import json
import os
import shutil
import socket
import subprocess
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

from common import wait_until

LIMIT = 300


def free_port():
    with socket.socket() as peer:
        peer.bind(("127.0.0.1", 0))
        return peer.getsockname()[1]


def folder_bytes(folder, wanted=lambda path: True):
    return sum(os.path.getsize(os.path.join(root, name)) for root, _, names in os.walk(folder)
               for name in names if wanted(os.path.join(root, name)))


class Engine:
    """A receiver of remote write with the API of Prometheus."""

    name = program = ready_path = None
    write_path = "/api/v1/write"

    def __init__(self, folder, *more, **config):
        """@more: arguments. @config: of Prometheus, what is in its file"""
        self.more, self.config = more, config
        self.folder = os.path.join(folder, self.program)
        os.makedirs(self.folder)
        self.log = open(os.path.join(folder, self.program + ".log"), "wb")
        # somebody else can take the port before the engine does
        for _ in range(5):
            self.port = free_port()
            if self.start():
                return
        raise RuntimeError(f"{self.program} does not start: see {self.log.name}")

    def start(self):
        self.process = subprocess.Popen([self.program, *self.arguments()], stdout=self.log,
                                        stderr=self.log, cwd=self.folder)
        wait_until(lambda: self.process.poll() is not None or self.is_ready(), LIMIT)
        return self.process.poll() is None

    def restart(self):
        """Ends it with TERM, and starts it again with its port and its data. Returns: whether it runs"""
        self.process.terminate()
        self.process.wait(LIMIT)
        return self.start()

    @classmethod
    def is_installed(cls):
        return shutil.which(cls.program) is not None

    def arguments(self):
        raise NotImplementedError

    def is_ready(self):
        try:
            return self.ask(self.ready_path) is not None
        except OSError:
            return False

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def ask(self, path, data=None):
        with urllib.request.urlopen(self.url(path), data=data, timeout=LIMIT) as answer:
            return answer.read()

    def select(self, expression, **more):
        """Returns: the series of an expression, as the server tells them; now, if `more` has no time"""
        form = urllib.parse.urlencode({"query": expression, **more})
        try:
            answer = json.loads(self.ask("/api/v1/query", form.encode()))
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{self.name}: {expression}: {error.read().decode()}") from error
        return answer["data"]["result"]

    def query(self, expression, at, **more):
        """Returns: what the expression is at that time, a list of series with labels and text"""
        return [(series["metric"], series["value"][1])
                for series in self.select(expression, time=repr(at), **more)]

    def label_values(self, label, selector, at):
        form = urllib.parse.urlencode({"match[]": selector, "start": at - 3600, "end": at + 1})
        return json.loads(self.ask(f"/api/v1/label/{label}/values?{form}"))["data"]

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self, what="VmRSS"):
        """Returns: bytes; VmHWM: the most so far"""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith(what + ":"))

    def make_visible(self):
        """What was acknowledged is in the answers from now on."""

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


class Prometheus(Engine):
    name = "Prometheus"
    program = "prometheus"
    ready_path = "/-/ready"

    def arguments(self):
        path = os.path.join(self.folder, "prometheus.yml")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(self.config, file)
        return ["--config.file=" + path, "--storage.tsdb.path=" + os.path.join(self.folder, "tsdb"),
                f"--web.listen-address=127.0.0.1:{self.port}", "--web.enable-remote-write-receiver",
                "--web.enable-admin-api", "--storage.tsdb.retention.time=100y", "--log.level=warn", *self.more]

    def disk_bytes(self):
        """Of a block, which it makes of its memory every two hours: now by a snapshot. The log of what is
        in memory is larger, and goes away."""
        name = json.loads(self.ask("/api/v1/admin/tsdb/snapshot", b""))["data"]["name"]
        return folder_bytes(os.path.join(self.folder, "tsdb", "snapshots", name))

    def log_bytes(self):
        return folder_bytes(os.path.join(self.folder, "tsdb", "wal"))


class VictoriaMetrics(Engine):
    name = "VictoriaMetrics"
    program = "victoria-metrics"
    ready_path = "/health"

    def arguments(self):
        return ["-storageDataPath=" + self.folder, f"-httpListenAddr=127.0.0.1:{self.port}",
                "-retentionPeriod=100y", "-loggerLevel=WARN", *self.more]

    def make_visible(self):
        self.ask("/internal/force_flush")

    def disk_bytes(self):
        """Of samples and of the index of their names, once its parts are merged."""
        self.ask("/internal/force_merge")
        path = os.path.join(self.folder, "data")
        sizes = []

        def is_steady():
            time.sleep(1)
            sizes.append(folder_bytes(path) if os.path.isdir(path) else 0)
            return len(sizes) > 5 and len(set(sizes[-5:])) == 1

        wait_until(is_steady, LIMIT)
        return folder_bytes(path) + folder_bytes(os.path.join(self.folder, "indexdb"))

    def log_bytes(self):
        return 0


needs_prometheus = unittest.skipUnless(Prometheus.is_installed(), "prometheus is not installed")
needs_victoria = unittest.skipUnless(VictoriaMetrics.is_installed(), "victoria-metrics is not installed")
