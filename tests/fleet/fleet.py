# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""Many VMs into a real Prometheus and a real VictoriaMetrics: nothing is lost, and the dashboards show it.

In the suite a few VMs. VMFC_FLEET_VMS=1000 VMFC_FLEET_SECONDS=300 plays a thousand for five minutes, as fast as
the engine takes them, and with VMFC_FLEET_PACED=1 in real time. VMFC_FLEET_BATCH is the
number of records in a request. Prints what that takes; with VMFC_FLEET_PAGES=1 also what the pages of the same records
would take, which a scrape gets.
"""

import collections
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

from queries import DATA, RULES, dashboard_queries, expression_text, known_metrics, read_dashboard

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "program"))
from common import wait_until
from engines import LIMIT, Prometheus, VictoriaMetrics, needs_prometheus, needs_victoria

BUILD = os.environ.get("VMFC_BUILD", os.path.join(os.path.dirname(__file__), "../../build"))
FLEET = os.path.join(BUILD, "tests", "fleet", "fleet")
N_VMS = int(os.environ.get("VMFC_FLEET_VMS", "12"))
N_SECONDS = int(os.environ.get("VMFC_FLEET_SECONDS", "330"))
# what is lost is known of the last five minutes of a run
LONG_ENOUGH = 310
# records of a VM in a request
N_BATCH = int(os.environ.get("VMFC_FLEET_BATCH", "5"))
PACED = os.environ.get("VMFC_FLEET_PACED") == "1"
# connections: in real time, one that waits must not hold up the others
N_THREADS = 16 if PACED else 4
PAGES = os.environ.get("VMFC_FLEET_PAGES") == "1"
# the suite does not need the table
MEASURED = "VMFC_FLEET_VMS" in os.environ
# without those of the rules
OURS = '{job="fleet",__name__=~"vmfc_.+"}'
N_SERIES = 60
MIB = 1 << 20
EXACT = 1e-12


class Played:
    """What a run of the fleet has sent."""

    def __init__(self, engine):
        self.engine = engine
        # the last record is of now
        self.start = int(time.time()) + (1 if PACED else -N_SECONDS - 2)
        self.end = self.start + N_SECONDS + 1
        command = [FLEET, "--url", engine.url(engine.write_path), "--vms", str(N_VMS),
                   "--seconds", str(N_SECONDS), "--start", str(self.start), "--batch", str(N_BATCH),
                   "--threads", str(N_THREADS),
                   *(["--paced"] if PACED else []), *(["--pages"] if PAGES else [])]
        cpu, begin = engine.cpu_seconds(), time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True, check=False,
                              timeout=LIMIT + 20 * N_SECONDS)
        self.seconds = time.monotonic() - begin
        self.engine_seconds = engine.cpu_seconds() - cpu
        self.memory = engine.memory()
        self.code, self.errors = done.returncode, done.stderr
        if done.returncode not in (0, 1):
            raise RuntimeError(f"the generator ended with {done.returncode}: {done.stderr}")
        lines = done.stdout.splitlines()
        self.totals = json.loads(lines.pop())
        self.vms = {name: (int(n_samples), float(times), float(joules)) for name, n_samples, times, joules in
                    map(str.split, lines)}


def print_table(rows):
    for row in zip(*rows):
        print("| " + " | ".join(row) + " |", flush=True)


def describe(played):
    """Returns: a column of the table, as texts"""
    totals, engine = played.totals, played.engine
    n_samples, n_records = totals["samples"], totals["records"]
    column = [engine.name, f"{len(played.vms)}", f"{n_samples:,}", f"{played.seconds:.0f} s",
              f"{n_samples / played.seconds:,.0f}",
              f"{played.engine_seconds / n_samples * 1e6:.2f} us",
              f"{played.engine_seconds / played.seconds:.2f}",
              f"{played.memory / MIB:.0f} MiB", f"{engine.memory('VmHWM') / MIB:.0f} MiB",
              f"{played.memory / len(played.vms) / 1024:.0f} KiB",
              f"{totals['bytes'] / n_samples:.2f}", f"{totals['bytes'] / totals['requests'] / 1024:.1f} KiB",
              f"{engine.disk_bytes() / n_samples:.2f}", f"{engine.log_bytes() / n_samples:.2f}",
              f"{totals['encode_seconds'] / n_records * 1e6:.1f} us"]
    if PAGES:
        column += [f"{totals['page_bytes'] / n_samples:.2f}",
                   f"{totals['page_seconds'] / n_records * 1e6:.1f} us"]
    return column


TITLES = [
    "", "VMs", "samples", "time", "samples/s", "CPU of the engine per sample", "CPUs of the engine",
    "memory of the engine at the end", "at most, also when asked", "per VM", "bytes per sample sent",
    "bytes of a request", "bytes per sample on disk", "in the log of what is in memory",
    "CPU of the encoder per record", "bytes per sample of a page, gzip", "CPU of that page per record"]


@unittest.skipUnless(os.path.exists(FLEET), "built without remote write")
class Fleet(unittest.TestCase):
    columns = []

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="vmfc-fleet-")
        self.addCleanup(shutil.rmtree, self.folder)

    @classmethod
    def tearDownClass(cls):
        if cls.columns:
            print_table([TITLES[:len(cls.columns[0])], *cls.columns])

    def play(self, engine):
        self.addCleanup(engine.stop)
        played = Played(engine)
        self.assertEqual(played.code, 0, played.errors)
        self.assertEqual(len(played.vms), N_VMS)
        engine.make_visible()
        return played

    def ask_by_vm(self, played, function, selector):
        window = N_SECONDS + 5
        found = played.engine.query(f"sum by (instance) ({function}({selector}[{window}s]))", played.end)
        return {labels["instance"]: float(value) for labels, value in found}

    def count(self, played):
        """Returns: by VM the number of its samples that are there"""
        names = played.engine.label_values("__name__", OURS, played.end)
        self.assertEqual(set(names) - known_metrics(), set())
        counts = collections.Counter()
        for name in names:
            counts.update(self.ask_by_vm(played, "count_over_time", name))
        return counts

    def assert_complete(self, played):
        """Each sample of each VM is there, once, with its value."""
        sent = {name: sent[0] for name, sent in played.vms.items()}
        # VictoriaMetrics finds new series some time after it has taken them
        if not wait_until(lambda: self.count(played) == sent):
            self.assertEqual(self.count(played), sent)
        for i, selector in ((1, "vmfc_timestamp_seconds"), (2, 'vmfc_energy_joules_total{zone="package"}')):
            sums = self.ask_by_vm(played, "sum_over_time", selector)
            self.assertEqual(sums.keys(), played.vms.keys())
            for name, sent in played.vms.items():
                self.assertLessEqual(abs(sums[name] - sent[i]), EXACT * sent[i], f"{selector} of {name}")

    def assert_gaps(self, played):
        """A window without an estimate has neither power nor energy: its VM sends no zero and no old total."""
        watts, joules = (self.ask_by_vm(played, "count_over_time", f'vmfc_{name}{{zone="package"}}')
                         for name in ("power_watts", "energy_joules_total"))
        records = self.ask_by_vm(played, "count_over_time", "vmfc_timestamp_seconds")
        self.assertEqual(watts, joules)
        self.assertLess(sum(joules.values()), sum(records.values()))

    def assert_times(self, played):
        """A sample has the time of its record. A VM that stops is gone at once, and one that is killed is not."""
        off = played.engine.query("max(abs(timestamp(vmfc_timestamp_seconds) - vmfc_timestamp_seconds))", played.end)
        self.assertLess(float(off[0][1]), 0.0015)
        during = played.start + N_SECONDS // 2 + 4
        shown = {labels["instance"] for labels, _ in played.engine.query("vmfc_timestamp_seconds", during)}
        self.assertEqual(shown, played.vms.keys() - {f"vm-{i:04}" for i in range(0, N_VMS, 20)})

    def assert_cardinality(self, played):
        """As many series as are promised; a restart and a phase make new ones of vmfc_run_info alone."""
        found = played.engine.query(f"count by (__name__) ({OURS})", played.end)
        n_series = sum(int(value) for labels, value in found if labels["__name__"] != "vmfc_run_info")
        self.assertLessEqual(n_series, N_VMS * (N_SERIES - 1))
        self.assertGreater(n_series, N_VMS * (N_SERIES - 1) * 0.9)

    def assert_dashboards(self, played):
        """Each query of a dashboard has an answer, as does each of its variables."""
        # a VM without gaps, which has an estimate in its last record
        shown = {labels["instance"] for labels, _ in played.engine.query("vmfc_power_watts", played.end)}
        instance = sorted(shown - {"vm-0000"})[0]
        for path in sorted(glob.glob(os.path.join(DATA, "*.json"))):
            board = read_dashboard(path)
            for expression in dashboard_queries(board):
                text = expression_text(expression, instance=instance)
                if not text.startswith("ALERTS") and not ("offset 5m" in text and N_SECONDS < LONG_ENOUGH):
                    self.assertGreater(len(played.engine.query(text, played.end)), 0, text)
            for variable in board["templating"]["list"]:
                if variable["type"] == "query":
                    definition = variable["definition"].removeprefix("label_values(").removesuffix(")")
                    selector, label = definition.rsplit(", ", 1)
                    values = played.engine.label_values(label, expression_text(selector), played.end)
                    self.assertGreater(len(values), 0, variable["definition"])

    def assert_no_loss(self, played):
        """What the dashboards say: gaps are windows that the VM has missed, and not records that are lost."""
        board = read_dashboard(os.path.join(DATA, "vm.json"))
        loss, = (panel["targets"][1]["expr"] for panel in board["panels"] if panel["title"] == "Loss")
        text = expression_text(loss).replace('instance="vm-0001"', 'instance=~".*"')
        shares = {labels["instance"]: float(value) for labels, value in played.engine.query(text, played.end)}
        self.assertIn("vm-0007", shares)
        self.assertLess(max(shares.values()), 0.01, shares)

    def check(self, engine):
        played = self.play(engine)
        self.assert_complete(played)
        self.assert_gaps(played)
        self.assert_times(played)
        self.assert_cardinality(played)
        self.assert_dashboards(played)
        if N_SECONDS >= LONG_ENOUGH and N_VMS > 7:
            self.assert_no_loss(played)
        if MEASURED:
            self.columns.append(describe(played))

    @needs_prometheus
    def test_prometheus(self):
        self.check(Prometheus(self.folder, rule_files=[os.path.abspath(RULES)]))

    @needs_victoria
    def test_victoriametrics(self):
        self.check(VictoriaMetrics(self.folder, "-search.latencyOffset=0s", "-search.disableCache"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
