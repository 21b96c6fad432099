# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What the tests of vmfc report share: files of rows, and what a page says."""

import csv
import html.parser
import json
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "program"))
from common import SANITIZED, TOOLS, VMFC, ProgramTest, main, wait_until

START = 1757530800.0
# what a file may contain where people expect a name
EVIL = ['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "' onload='alert(1)",
        "]]></style><b>", "line\nfeed", "right\u202eto\u2066left\u200f", "bell\x07\x1b[31m", "&lt;&#0;"]


def make_run(n=200, seed=1, interval=1.0):
    """A run of three workloads with a gap and missing values."""
    numbers = random.Random(seed)
    rows = []
    time = START
    for i in range(n):
        time += interval * (1 if i != n // 2 else 8)
        load = numbers.uniform(0, 100)
        rows.append({"timestamp": round(time + 1e-4, 6),
                     "stress_workload": ["idle", "load", "io"][i * 3 // n],
                     "stress_transition": str(i * 3 // n != (i + 1) * 3 // n).lower(),
                     "cpu_utilization": load, "cpu_user_time": load * 0.75,
                     "cpu_system_time": load * 0.25 if not n * 0.7 < i < n * 0.8 else "",
                     "memory_usage_percent": 10 + i / n if not n * 0.3 < i < n * 0.4 else "",
                     "page_faults": numbers.randrange(10**6), "instructions": "",
                     "disk_io_read_mb": numbers.expovariate(1),
                     "estimated_watts_package": 5 + load / 10,
                     "estimated_watts_package_low": 4 + load / 11,
                     "estimated_watts_package_high": 6 + load / 9,
                     "collection_interval": interval,
                     "time_delta_seconds": interval + numbers.gauss(0, 1e-4),
                     "tick_lateness_us": numbers.randrange(5000)})
    return rows


class Page(html.parser.HTMLParser):
    """The tables of a page by caption, its facts, and its plots by title."""

    def __init__(self, text):
        super().__init__()
        self.tables, self.facts, self.titles, self.elements = {}, {}, [], []
        self.rows, self.cell, self.term, self.into = None, None, None, None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.elements.append((tag, attrs))
        if tag == "table":
            self.rows = []
        elif tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th", "caption", "dt", "dd", "title", "style"):
            self.cell, self.into = "", tag
        elif tag == "data":
            self.cell, self.into = attrs["value"], "data"

    def handle_data(self, data):
        if self.cell is not None and self.into != "data":
            self.cell += data

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.rows[-1].append(self.cell)
        elif tag == "caption":
            self.caption = self.cell
        elif tag == "table":
            head, *body = self.rows
            self.tables[self.caption] = [dict(zip(head, row)) for row in body]
        elif tag == "dt":
            self.term = self.cell
        elif tag == "dd":
            self.facts[self.term] = self.cell
        elif tag == "title":
            self.titles.append(self.cell)
        if tag != "data":
            self.cell = None


class ReportTest(ProgramTest):
    def write(self, name, rows):
        with open(self.path(name), "w", newline="", encoding="utf-8") as file:
            if name.endswith(".json"):
                json.dump(rows, file)
            else:
                writer = csv.DictWriter(file, rows[0].keys())
                writer.writeheader()
                writer.writerows(rows)

    def report(self, *args, **kwargs):
        done = self.vmfc("report", *args, **kwargs)
        self.assertNotIn("CRITICAL", done.stderr)
        return done

    def page(self, *files):
        text = self.report(*files, "--output", "-").stdout
        self.assertLess(len(text.encode()), 2000000)
        return Page(text)

    def plot(self, name, *files):
        return self.report(*files, "--plot", name, "--output", "-").stdout
