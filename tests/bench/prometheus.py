#!/usr/bin/env python3
# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What scrapes cost, and what ticks notice of scrapers that are as fast as they can be or never read.

First the same clients in turn at a trivial server with libsoup beside a vmfc without the sink, and at
vmfc's own. Then a scrape of each record beside one of Debian's prometheus-node-exporter.
"""

import argparse
import contextlib
import glob
import gzip
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import tempfile
import threading
import time

from bench import cpu_clock, percentile, read_text
from table import Table, spread

REQUEST = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
PACKED = REQUEST[:-2] + b"Accept-Encoding: gzip\r\n\r\n"
N_DEAF = 100
# CPU time of a scrape, and lateness, beside the trivial server
MOST_RATIO = 1.2
# CPU time of a scrape beside node_exporter's
MOST_SHARE = 0.2
EXPORTER = "prometheus-node-exporter"
EXPORTER_PORT = 19123


def cpu_seconds(process):
    return time.clock_gettime(cpu_clock(process.pid))


def scrape(peer, request=REQUEST):
    """Returns: the body of one answer on a connection that stays open"""
    peer.sendall(request)
    text = b""
    while b"\r\n\r\n" not in text:
        more = peer.recv(1 << 20)
        if not more:
            raise ConnectionError("closed")
        text += more
    head, body = text.split(b"\r\n\r\n", 1)
    length = re.search(rb"content-length: (\d+)", head, re.I)
    if length is None:  # chunked, as node_exporter answers a long page
        while not body.endswith(b"0\r\n\r\n"):
            body += peer.recv(1 << 20)
        return body
    while len(body) < int(length[1]):
        body += peer.recv(1 << 20)
    return body


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=30)


class Load:
    """One client that is as fast as it can be, and many that never read."""

    def __init__(self, port):
        self.n_scrapes = 0
        self.ended = False
        self.deaf = [connect(port) for _ in range(N_DEAF)]
        for peer in self.deaf:
            with contextlib.suppress(ConnectionError):
                peer.sendall(REQUEST)
        self.port = port
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.ended:
            with connect(self.port) as peer:
                scrape(peer, REQUEST[:-2] + b"Connection: close\r\n\r\n")
            self.n_scrapes += 1

    def end(self):
        self.ended = True
        self.thread.join()
        for peer in self.deaf:
            peer.close()


@contextlib.contextmanager
def run_vmfc(vmfc, folder, interval, with_sink):
    """Yields: the process, and the port of its server or nothing"""
    command = [vmfc, "--plugins", "perf,proc" + (",prometheus" if with_sink else ""), "--interval",
               str(interval), "--duration", "0", "--format", "jsonl", "--output",
               os.path.join(folder, "run.jsonl")]
    if with_sink:
        command += ["--set", "prometheus.listen=127.0.0.1:0"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    port = None
    try:
        while with_sink and port is None:
            found = re.search(r"http://127.0.0.1:(\d+)/", process.stderr.readline())
            port = found and int(found[1])
        time.sleep(1)
        yield process, port
    finally:
        process.terminate()
        process.communicate()


@contextlib.contextmanager
def run_plain(server, folder, page):
    path = os.path.join(folder, "page")
    with open(path, "wb") as file:
        file.write(page)
    process = subprocess.Popen([server, path], stdout=subprocess.PIPE, text=True)
    try:
        yield process, int(process.stdout.readline())
    finally:
        process.terminate()
        process.communicate()


def read_lateness(folder, since):
    with open(os.path.join(folder, "run.jsonl"), encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return [row["tick_lateness_us"] for row in rows if row["timestamp"] > since]


def server_seconds(process):
    """CPU time of the thread that serves: of vmfc, that is not the one that ticks."""
    for path in glob.glob(f"/proc/{process.pid}/task/*"):
        if read_text(f"{path}/comm").strip() in ("vmfc-prometheus", "plain-server"):
            return int(read_text(f"{path}/schedstat").split()[0]) / 1e9
    raise LookupError("no thread serves")


def measure_load(vmfc, plain, seconds):
    """Returns: CPU time of a scrape in us, and how late ticks were. plain: another server, or nothing"""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        process, port = stack.enter_context(run_vmfc(vmfc, folder, 0.1, plain is None))
        if plain is not None:
            process, port = stack.enter_context(run_plain(*plain))
        since, begin = time.time(), server_seconds(process)
        load = Load(port)
        time.sleep(seconds)
        load.end()
        used = server_seconds(process) - begin
        return used / load.n_scrapes * 1e6, read_lateness(folder, since)


def bench_load(vmfc, server, seconds, rounds):
    table = Table(f"One client as fast as it can be, and {N_DEAF} that never read, in turn")
    costs, late, ratios, late_ratios = ([], []), ([], []), [], []
    with tempfile.TemporaryDirectory() as folder:
        with run_vmfc(vmfc, folder, 0.1, True) as (_, port), connect(port) as peer:
            page = scrape(peer)
        for _ in range(rounds):
            for i, plain in enumerate(((server, folder, page), None)):
                cost, lateness = measure_load(vmfc, plain, seconds)
                costs[i].append(cost)
                late[i].extend(lateness)
            ratios.append(costs[1][-1] / costs[0][-1])
    for percent in (50, 99):
        late_ratios.append(percentile(late[1], percent) / percentile(late[0], percent))
    table.row("CPU of a scrape, trivial server", spread(costs[0], "%.1f") + " us")
    table.row("CPU of a scrape, vmfc", spread(costs[1], "%.1f") + " us")
    table.row("  ratio", spread(ratios), statistics.median(ratios), MOST_RATIO)
    for i, title in enumerate(("trivial server", "vmfc")):
        table.row(f"ticks late, {title}", "p50 %d us, p99 %d us, max %d us" % tuple(
            percentile(late[i], percent) for percent in (50, 99, 100)))
    table.row("  ratio of p50", "%.2f" % late_ratios[0], late_ratios[0], MOST_RATIO)
    table.row("  ratio of p99", "%.2f" % late_ratios[1], late_ratios[1], MOST_RATIO)


def measure_scrapes(process, port, n_scrapes, pause):
    """Returns: CPU time of a scrape in us, less what the process uses anyway; the size of the page"""
    begin = cpu_seconds(process)
    time.sleep(n_scrapes * pause)
    alone = cpu_seconds(process) - begin
    begin = cpu_seconds(process)
    for _ in range(n_scrapes):
        with connect(port) as peer:
            body = scrape(peer, PACKED)
        time.sleep(pause)
    used = cpu_seconds(process) - begin - alone
    with contextlib.suppress(OSError, EOFError):
        body = gzip.decompress(body)
    return used / n_scrapes * 1e6, len(body)


@contextlib.contextmanager
def run_exporter():
    process = subprocess.Popen([EXPORTER, f"--web.listen-address=127.0.0.1:{EXPORTER_PORT}"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), connect(EXPORTER_PORT):
                break
            time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        process.wait()


def bench_exporter(vmfc, rounds):
    table = Table("A scrape of each record, ten a second, packed, in turn")
    if shutil.which(EXPORTER) is None:
        print(f"{EXPORTER} is not installed")
        return
    costs, ratios = ([], []), []
    for _ in range(rounds):
        with run_exporter() as process:
            costs[0].append(measure_scrapes(process, EXPORTER_PORT, 50, 0.1)[0])
        with tempfile.TemporaryDirectory() as folder, \
                run_vmfc(vmfc, folder, 0.1, True) as (process, port):
            costs[1].append(measure_scrapes(process, port, 50, 0.1)[0])
        ratios.append(costs[1][-1] / costs[0][-1])
    table.row("CPU of a scrape, node_exporter", spread(costs[0], "%.0f") + " us")
    table.row("CPU of a scrape, vmfc", spread(costs[1], "%.0f") + " us")
    table.row("  ratio", spread(ratios, "%.3f"), statistics.median(ratios), MOST_SHARE)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vmfc", required=True)
    parser.add_argument("--server", required=True)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    bench_load(arguments.vmfc, arguments.server, arguments.seconds, arguments.rounds)
    bench_exporter(arguments.vmfc, arguments.rounds)


if __name__ == "__main__":
    main()
