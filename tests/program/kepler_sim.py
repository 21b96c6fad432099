# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""
What Kepler 0.10 and newer does with the real /proc, with a log of what is true.

Its looks follow internal/resource/informer.go (populateProcessFields: labels are read again only when
a process has worked), internal/monitor/monitor.go (ensureFreshData) and node.go (calculateNodePower).
"""

import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TICKS = os.sysconf("SC_CLK_TCK")
# what its fake meter shows for each look, in millionths of a joule, before a random part
ZONES = {"package": 112, "core": 108, "dram": 105}


def escape(text):
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


class Process:
    def __init__(self, pid):
        self.pid = pid
        self.cpu = 0
        self.comm = self.exe = ""

    def look(self):
        """Returns: when the process began, which with its pid is its identity"""
        with open(f"/proc/{self.pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        ticks = int(fields[11]) + int(fields[12])
        if ticks > self.cpu or not self.comm:
            with open(f"/proc/{self.pid}/comm", "rb") as file:
                self.comm = file.read().decode(errors="replace").rstrip("\n")
            try:
                self.exe = os.readlink(f"/proc/{self.pid}/exe")
            except OSError:
                self.exe = ""  # a kernel task, or a zombie
        self.cpu = ticks
        return int(fields[19])

    def sample(self):
        return (f'kepler_process_cpu_seconds_total{{comm="{escape(self.comm)}",container_id="",'
                f'exe="{escape(self.exe)}",node_name="vm",pid="{self.pid}",type="regular",vm_id=""}} '
                f"{self.cpu / TICKS}\n")


class Kepler:
    def __init__(self, interval=0.0, staleness=0.0):
        self.staleness = staleness
        self.lock = threading.Lock()
        self.processes = {}
        self.used = {}  # ticks, by identity
        self.node = {zone: [0, 0.0] for zone in ZONES}
        self.at = None  # the last look
        self.true = 0  # ticks that all processes have used since the first look
        self.n_renamed = 0
        self.answers = []  # for each: CPU seconds that are true of the look that it showed
        self.page = b""
        handler = type("Handler", (BaseHTTPRequestHandler,),
                       {"protocol_version": "HTTP/1.1", "do_GET": lambda it: self.answer(it),
                        "log_message": lambda *_: None})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/metrics"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.refresh()
        if interval > 0:
            threading.Thread(target=self.keep_looking, args=(interval,), daemon=True).start()

    def keep_looking(self, interval):
        while True:
            time.sleep(interval)
            self.refresh()

    def refresh(self):
        """Returns: the page, not older than the staleness, and its truth"""
        with self.lock:
            if self.at is None or time.monotonic() - self.at > self.staleness:
                self.look()
            return self.page, self.true / TICKS

    def look(self):
        shown, used = {}, {}
        for name in filter(str.isdigit, os.listdir("/proc")):
            process = self.processes.get(name) or Process(name)
            labels = process.comm, process.exe
            try:
                identity = name, process.look()
            except OSError:
                continue  # it has ended
            self.n_renamed += labels != ("", "") and labels != (process.comm, process.exe)
            shown[name] = process
            used[identity] = process.cpu
            if self.at is not None:
                self.true += process.cpu - self.used.get(identity, 0)
        self.processes = shown
        self.used = used
        now = time.monotonic()
        for i, (zone, least) in enumerate(ZONES.items()):
            drawn = least + (time.monotonic_ns() >> i) % (least // 2)
            self.node[zone] = [self.node[zone][0] + drawn,
                               drawn / 1e6 / (now - self.at) if self.at is not None else 0.0]
        self.at = now
        self.page = "".join(
            [f'kepler_node_cpu_joules_total{{node_name="vm",path="p",zone="{zone}"}} {drawn / 1e6}\n'
             f'kepler_node_cpu_watts{{node_name="vm",path="p",zone="{zone}"}} {watts}\n'
             for zone, (drawn, watts) in self.node.items()]
            + [process.sample() for process in shown.values()] + ["# EOF\n"]).encode()

    def answer(self, request):
        page, true = self.refresh()
        self.answers.append(true)
        request.send_response(200)
        request.send_header("Content-Type", "application/openmetrics-text; version=1.0.0")
        request.send_header("Content-Length", str(len(page)))
        request.end_headers()
        request.wfile.write(page)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
