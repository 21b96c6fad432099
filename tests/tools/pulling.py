# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What the tests of vmfc push and vmfc pull share: what they ask engines, and a server that follows a script."""

import csv
import http.server
import json
import os
import sys
import threading
import unittest
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "program"))
from common import MODULES, TOOLS, ProgramTest, main, needs_mount, wait_until, with_faults
from engines import Prometheus, VictoriaMetrics, free_port, needs_prometheus, needs_victoria

has_push = os.path.exists(os.path.join(TOOLS, "vmfc-push"))
needs_push = unittest.skipUnless(has_push, "vmfc is built without remote write")
ID = "41d3e5cd-8092-47cf-a365-4906653eeee0"
BEGIN, END = 1757530000, 1757539999
LABELS = {"job": "vmfc", "vm_id": ID}


class EngineTest(ProgramTest):
    def run_engine(self, engine):
        self.started.append(engine.process)
        self.addCleanup(engine.log.close)
        return engine.url("")

    def prometheus(self, window="20000d", target=None):
        """@window: how old samples may be. @target: what it scrapes"""
        scrapes = [{"job_name": "scrape", "static_configs": [{"targets": [target]}]}] if target else []
        return self.run_engine(Prometheus(self.folder, storage={"tsdb": {"out_of_order_time_window": window}},
                                          scrape_configs=scrapes,
                                          **{"global": {"scrape_interval": "100ms", "scrape_timeout": "100ms"}}))

    def victoria(self):
        return self.run_engine(VictoriaMetrics(self.folder))

    def ask(self, address, query, time=None):
        with urllib.request.urlopen(f"{address}/api/v1/query?nocache=1&time={time or END}&query=" +
                                    urllib.parse.quote(query), timeout=30) as answer:
            return json.load(answer)["data"]["result"]

    def make_visible(self, address):
        """VictoriaMetrics shows samples some seconds after it took them, or at once if it is told to."""
        try:
            urllib.request.urlopen(address + "/internal/force_flush", timeout=30).close()
        except urllib.error.HTTPError:  # Prometheus
            pass

    def wait_for_samples(self, address, query, n_samples):
        def is_there():
            self.make_visible(address)
            result = self.ask(address, f"sum(count_over_time({query}[{END - BEGIN}s]))")
            return bool(result) and float(result[0]["value"][1]) >= n_samples
        self.assertTrue(wait_until(is_there), query)

    def import_lines(self, address, lines):
        urllib.request.urlopen(urllib.request.Request(address + "/api/v1/import/prometheus",
                                                      data="\n".join([*lines, ""]).encode()), timeout=30)

    def push(self, address, name, *args, **kwargs):
        done = self.vmfc("push", name, "--url", address + "/api/v1/write", *args, **kwargs)
        self.assertNotIn("CRITICAL", done.stderr)
        return done

    def pull(self, address, *args, output="out", start=BEGIN, end=END, **kwargs):
        done = self.vmfc("pull", "--url", address, "--start", str(start), "--end", str(end),
                         "--output", output, *args, **kwargs)
        self.assertNotIn("CRITICAL", done.stderr)
        return done

    def read_rows(self, name):
        with open(self.path(name), newline="") as file:
            return list(csv.DictReader(file))

    def read_bytes(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def names(self, folder="out"):
        return sorted(os.listdir(self.path(folder)))


class Script(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are apart, and the answer would wait for 40 ms

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = {name: value[0] for name, value in urllib.parse.parse_qs(url.query).items()}
        try:
            script = self.server.script
            more = [self.headers] if getattr(script, "wants_headers", False) else []
            status, body, *headers = script(url.path, query, *more)
            pieces = [body] if isinstance(body, bytes) else body
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            if isinstance(body, bytes):
                self.send_header("Content-Length", str(len(body)))
            else:
                self.send_header("Connection", "close")
                self.close_connection = True
            self.end_headers()
            for piece in pieces:
                self.wfile.write(piece)
        except OSError:
            self.close_connection = True

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # a client that was killed
            super().handle_error(request, address)


class ScriptedTest(EngineTest):
    def serve(self, script):
        """@script: of path and query; gives status, bytes or an iterator of bytes, and headers"""
        server = Server(("127.0.0.1", 0), Script)
        server.script = script
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return f"http://127.0.0.1:{server.server_port}"


def answer(data, status=200):
    return status, json.dumps({"status": "success", "data": data}).encode()


def matrix(series):
    return answer({"resultType": "matrix", "result": series})


class Store:
    """Series in memory, with the part of the interface that vmfc pull uses."""

    def __init__(self, series):
        self.series = series  # pairs of labels and samples
        self.n_queries = 0

    def __call__(self, path, query):
        if path.endswith("/series"):
            only = "vmfc_timestamp_seconds" if query["match[]"].startswith("vmfc_") else ""
            power = query["match[]"].startswith("kepler_")
            return answer([labels for labels, _ in self.series
                           if labels["__name__"].startswith("kepler_" if power else only or "vmfc_")])
        self.n_queries += 1
        selector, length = query["query"].rsplit("[", 1)
        end = float(query["time"])
        begin = end - int(length[:-3]) / 1000
        start = "kepler_" if selector.startswith("kepler_") else "vmfc_"
        found = [{"metric": labels, "values": [one for one in samples if begin <= one[0] <= end]}
                 for labels, samples in self.series if labels["__name__"].startswith(start)]
        return matrix([one for one in found if one["values"]])


def series(name, values, step=1.0, **labels):
    return ({"__name__": name, **LABELS, **labels},
            [[BEGIN + 100 + i * step, str(value)] for i, value in enumerate(values)])


def fleet(n=300):
    return [series("vmfc_timestamp_seconds", [BEGIN + 100 + i for i in range(n)]),
            series("vmfc_time_delta_seconds", [1] * n),
            series("vmfc_cpu_cycles_total", [10 * i for i in range(n)]),
            series("vmfc_cpu_busy_ratio", [i / n for i in range(n)]),
            series("kepler_vm_cpu_joules_total", [3 * i for i in range(n)], zone="package")]


__all__ = ["BEGIN", "END", "ID", "LABELS", "MODULES", "TOOLS", "EngineTest", "ScriptedTest", "Store", "answer", "fleet", "main",
           "matrix", "series", "free_port", "needs_prometheus", "needs_push", "needs_victoria", "needs_mount",
           "wait_until", "with_faults"]
