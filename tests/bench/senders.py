#!/usr/bin/env python3
# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What a VM pays for being one of a fleet: sending each record with remote write, beside a page with the same
values that is scraped once for each record, and beside writing nothing anywhere.

All in turn, with the same samplers. The CPU time is that of all threads of vmfc; the receiver and the scraper
are here.
"""

import argparse
import contextlib
import http.server
import os
import re
import statistics
import subprocess
import tempfile
import threading
import time
import urllib.request

from bench import cpu_clock, read_text
from table import Table, spread

SECONDS_TO_SETTLE = 1


def options_by_kind(url):
    """Returns: of each way to send, the plugin and its options"""
    remote = ["--set", "remote_write.url=" + url]
    return {"nothing": ("", []),
            "a scrape": (",prometheus", ["--set", "prometheus.listen=127.0.0.1:0"]),
            "remote write": (",remote_write", [*remote, "--set", "remote_write.batch_time=1"]),
            "remote write, 5 s together": (",remote_write", remote)}


KINDS = tuple(options_by_kind(""))


class Receiver(http.server.ThreadingHTTPServer):
    """Takes everything and counts it."""

    daemon_threads = True

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            length = int(self.headers["Content-Length"])
            self.rfile.read(length)
            self.server.n_requests += 1
            self.server.n_bytes += length
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.n_requests = self.n_bytes = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Scraper(threading.Thread):
    """Asks for each record once, packed, as Prometheus does."""

    def __init__(self, url, interval):
        super().__init__(daemon=True)
        self.url, self.interval = url, interval
        self.n_requests = self.n_bytes = 0
        self.ended = threading.Event()

    def run(self):
        request = urllib.request.Request(self.url, headers={"Accept-Encoding": "gzip"})
        while not self.ended.wait(self.interval):
            with contextlib.suppress(OSError), urllib.request.urlopen(request, timeout=30) as answer:
                body = answer.read()
                self.n_requests += 1
                self.n_bytes += len(body)


def memory_kib(process):
    return int(re.search(r"VmRSS:\s*(\d+)", read_text(f"/proc/{process.pid}/status"))[1])


@contextlib.contextmanager
def run_vmfc(vmfc, folder, interval, kind, receiver):
    """Yields: the process, and the scraper or nothing"""
    more = options_by_kind(f"http://127.0.0.1:{receiver.server_port}/write")[kind]
    process = subprocess.Popen(
        [vmfc, "--plugins", "perf,proc" + more[0], "--interval", str(interval), "--duration", "0", "--format",
         "jsonl", "--fsync", "0", "--output", os.path.join(folder, "run.jsonl"), *more[1]],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    scraper = None
    try:
        while kind == "a scrape" and scraper is None:
            found = re.search(r"(http://127.0.0.1:\d+/)", process.stderr.readline())
            if found:
                scraper = Scraper(found[1] + "metrics", interval)
                scraper.start()
        time.sleep(SECONDS_TO_SETTLE)
        yield process, scraper
    finally:
        if scraper is not None:
            scraper.ended.set()
        process.terminate()
        process.communicate()


def measure(vmfc, interval, seconds, kind):
    """Returns: CPU us per record, KiB of memory, bytes per record sent"""
    receiver = Receiver()
    with tempfile.TemporaryDirectory() as folder, \
            run_vmfc(vmfc, folder, interval, kind, receiver) as (process, scraper):
        path = os.path.join(folder, "run.jsonl")
        source = scraper or receiver
        before = read_text(path).count("\n"), source.n_bytes, time.clock_gettime(cpu_clock(process.pid))
        time.sleep(seconds)
        after = read_text(path).count("\n"), source.n_bytes, time.clock_gettime(cpu_clock(process.pid))
        n_records, n_bytes, used = (late - early for late, early in zip(after, before))
        return used / n_records * 1e6, memory_kib(process), n_bytes / n_records


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vmfc", required=True)
    parser.add_argument("--interval", type=float, default=1)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    listed = subprocess.run([arguments.vmfc, "--list-plugins"], capture_output=True, text=True,
                            check=True).stdout
    if not re.search(r"^\W*remote_write\b", listed, re.M):
        print("this vmfc has no plugin remote_write")
        return
    results = {kind: [] for kind in KINDS}
    for _ in range(arguments.rounds):
        for kind in KINDS:
            results[kind].append(measure(arguments.vmfc, arguments.interval, arguments.seconds, kind))
    table = Table(f"A record each {arguments.interval:g} s, in turn")
    for kind in KINDS:
        cpu, memory, sent = zip(*results[kind])
        table.row(f"CPU per record, {kind}", spread(cpu, "%.0f") + " us")
        table.row("  memory", spread([kib / 1024 for kib in memory], "%.1f") + " MiB")
        if kind != "nothing":
            table.row("  bytes per record on the wire, without headers", spread(sent, "%.0f"))
    floor = statistics.median(result[0] for result in results["nothing"])
    for kind in KINDS[1:]:
        cpu = statistics.median(result[0] for result in results[kind])
        table.row(f"CPU over nothing, {kind}", f"{cpu - floor:.0f} us")


if __name__ == "__main__":
    main()
