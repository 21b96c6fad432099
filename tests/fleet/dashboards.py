# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""The dashboards and rules of data/dashboards: what they ask for exists, and Prometheus understands it."""

import glob
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from queries import DATA, HERE, RULES, dashboard_queries, expression_text, known_metrics, read_dashboard

DASHBOARDS = sorted(glob.glob(os.path.join(HERE, "../../data/dashboards/*.json")))
PROMTOOL = shutil.which("promtool")
# by Prometheus itself
OTHERS = {"ALERTS", "up"}
# what else an expression has that is no metric
OPERATORS = {"and", "or", "unless", "bool", "offset"}


def names_in(expression):
    """Returns: the metrics that an expression names"""
    for rest in (r'"[^"]*"', r"\{[^}]*\}", r"\[[^]]*\]",
                 r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)"):
        expression = re.sub(rest, " ", expression)
    return set(re.findall(r"(?<![\w:.])[a-zA-Z_:][\w:]*(?!\s*\(|[\w:])", expression)) - OPERATORS


def read_rules():
    """Returns: of each rule its record, or None, and its expression. Without a parser of YAML: the file is
    ours, and promtool reads it as what it is."""
    with open(RULES, encoding="utf-8") as file:
        text = file.read()
    rules = re.findall(r"- (record|alert): (\S+)\n    expr: (>-\n(?:      .*\n)+|.*\n)", text)
    return [(name if kind == "record" else None, expression.removeprefix(">-").strip())
            for kind, name, expression in rules]


def sums_of_zones(expression):
    """Returns: aggregations over power or energy that do not keep zones apart"""
    wrong = []
    start = r"\b(sum|avg|max|min|count|quantile|topk)\s*(?:(by|without)\s*\(([^)]*)\))?\s*\("
    for match in re.finditer(start, expression):
        depth, end = 1, match.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(expression[end], 0)
            end += 1
        inner = expression[match.end():end]
        # these two are the same in all zones
        alike = match[1] in ("max", "min") and re.search(r"vmfc_power_(missing|in_range)", inner)
        labels = re.findall(r"\w+", match[3] or "")
        is_kept = match[2] is not None and ("zone" in labels) == (match[2] == "by")
        if re.search(r"vmfc_(power|energy)_", inner) and 'zone="' not in inner and not alike and \
                not is_kept:
            wrong.append(match[0] + inner)
    return wrong


class Dashboards(unittest.TestCase):
    def test_names(self):
        known = known_metrics()
        self.assertGreater(len(known), 80)
        recorded = {name for name, _ in read_rules() if name}
        for path in DASHBOARDS:
            queries = dashboard_queries(read_dashboard(path))
            self.assertGreater(len(queries), 20, path)
            for expression in queries:
                names = names_in(expression)
                self.assertGreater(len(names), 0, expression)
                self.assertEqual(names - known - OTHERS, set(), f"{path}: {expression}")
        for _, expression in read_rules():
            names = names_in(expression)
            self.assertGreater(len(names), 0, expression)
            self.assertEqual(names - known - recorded - OTHERS, set(), expression)

    def test_names_are_found(self):
        self.assertEqual(names_in('1 - sum by (a, b) (rate(x_total{c="d e"}[5m] offset 5m)) / 2 > y and j:z:sum'),
                         {"x_total", "y", "j:z:sum"})

    def test_panels(self):
        uids = set()
        for path in DASHBOARDS:
            board = read_dashboard(path)
            uids.add(board["uid"])
            panels = board["panels"]
            self.assertEqual(len({panel["id"] for panel in panels}), len(panels))
            self.assertEqual(len({panel["title"] for panel in panels}), len(panels))
            taken = set()
            for panel in panels:
                with self.subTest(path=path, panel=panel["id"]):
                    self.assertTrue(panel["title"] and panel["description"])
                    self.assertTrue(panel["fieldConfig"]["defaults"]["unit"])
                    self.assertGreater(len(panel["targets"]), 0)
                    self.assertEqual(panel["datasource"]["uid"], "${datasource}")
                    references = [target["refId"] for target in panel["targets"]]
                    self.assertEqual(len(set(references)), len(references))
                    place = panel["gridPos"]
                    self.assertLessEqual(place["x"] + place["w"], 24)
                    cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                             for y in range(place["y"], place["y"] + place["h"])}
                    self.assertEqual(cells & taken, set(), "it lies upon another panel")
                    taken |= cells
        self.assertEqual(len(uids), len(DASHBOARDS))
        for path in DASHBOARDS:
            for link in read_dashboard(path)["links"]:
                self.assertIn(re.match(r"/d/([\w-]+)", link["url"])[1], uids)

    def test_variables(self):
        """Each that an expression or title names is one of the dashboard or of Grafana."""
        for path in DASHBOARDS:
            board = read_dashboard(path)
            known = {entry["name"] for entry in board["templating"]["list"]}
            known |= {"__all", "__range", "__rate_interval", "__data", "__url_time_range"}
            used = set(re.findall(r"\$\{?(\w+)", json.dumps(board)))
            self.assertEqual(used - known, set(), path)

    def test_estimates_are_named(self):
        """Who reads a panel knows that its power is no measurement, and measured power is in none of these."""
        for path in DASHBOARDS:
            for panel in read_dashboard(path)["panels"]:
                names = set().union(*(names_in(target["expr"]) for target in panel["targets"]))
                if any(re.match(r"vmfc_(power_(low_|high_)?watts|energy_joules)", name) for name in names):
                    self.assertIn("estimate", panel["title"].lower())
                    self.assertEqual([name for name in names if re.search("rapl|kepler|vm_cpu_.*(watts|joules)",
                                                                          name)], [], panel["title"])

    def test_one_vm(self):
        """Each metric is that of the VM that is chosen; up has no vm_id."""
        for expression in dashboard_queries(read_dashboard(os.path.join(DATA, "vm.json"))):
            for name, labels in re.findall(r"(\w+)\{([^}]*)\}", expression):
                for label in ["job", "instance"] + ([] if name == "up" else ["vm_id"]):
                    self.assertRegex(labels, rf'\b{label}=~?"\${label}"', expression)

    def test_zones_are_not_added_up(self):
        self.assertEqual(len(sums_of_zones("sum by (job) (vmfc_power_watts)")), 1)
        self.assertEqual(len(sums_of_zones('sum(rate(vmfc_energy_joules_total{job="a"}[1h]))')), 1)
        self.assertEqual(len(sums_of_zones("sum without (zone, instance) (vmfc_power_watts)")), 1)
        self.assertEqual(sums_of_zones("sum without (instance) (vmfc_power_watts)"), [])
        self.assertEqual(sums_of_zones("sum by (job, zone) (vmfc_power_watts)"), [])
        self.assertEqual(sums_of_zones('sum by (job) (vmfc_power_watts{zone="core"})'), [])
        for path in DASHBOARDS:
            for expression in dashboard_queries(read_dashboard(path)):
                self.assertEqual(sums_of_zones(expression), [], expression)
        for _, expression in read_rules():
            self.assertEqual(sums_of_zones(expression), [], expression)


class WithPromtool(unittest.TestCase):
    def promtool(self, *arguments, folder=None):
        done = subprocess.run([PROMTOOL, *arguments], cwd=folder, capture_output=True, text=True,
                              timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout


@unittest.skipUnless(PROMTOOL, "promtool is not installed (Debian's package prometheus)")
class Promtool(WithPromtool):

    def test_rules(self):
        rules = read_rules()
        self.assertIn(f"{len(rules)} rules found", self.promtool("check", "rules", "--lint-fatal", RULES))

    @unittest.skipUnless(shutil.which("vmalert"), "vmalert is not installed (Debian's package victoria-metrics)")
    def test_vmalert(self):
        """VictoriaMetrics understands the rules too."""
        done = subprocess.run(["vmalert", "-dryRun", "-rule=" + RULES], capture_output=True, text=True, timeout=120,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_rules_by_example(self):
        """What they record, and when they alert."""
        with tempfile.TemporaryDirectory() as folder:
            for path in RULES, os.path.join(HERE, "rules.test.yml"):
                shutil.copy(path, folder)
            self.assertIn("SUCCESS", self.promtool("test", "rules", "rules.test.yml", folder=folder))

    def test_each_rule_has_an_example(self):
        with open(os.path.join(HERE, "rules.test.yml"), encoding="utf-8") as file:
            examples = file.read()
        with open(RULES, encoding="utf-8") as file:
            names = re.findall(r"- (?:record|alert): (\S+)", file.read())
        self.assertEqual(len(names), len(read_rules()))
        for name in names:
            if not name.startswith("instance:"):  # VmfcSilent stands on these
                self.assertRegex(examples, rf"(expr|alertname): {re.escape(name)}\b")

    def test_expressions(self):
        """Prometheus parses what the dashboards ask."""
        expressions = [expression_text(expression) for path in DASHBOARDS
                       for expression in dashboard_queries(read_dashboard(path))]
        lines = ["groups:", "- name: dashboards", "  rules:"]
        for i, expression in enumerate(expressions):
            lines += [f"  - record: query:{i}", f"    expr: {json.dumps(expression)}"]
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "queries.yml")
            with open(path, "w", encoding="utf-8") as file:
                file.write("\n".join([*lines, ""]))
            self.assertIn(f"{len(expressions)} rules found", self.promtool("check", "rules", path))


@unittest.skipUnless(PROMTOOL, "promtool is not installed (Debian's package prometheus)")
class Panels(WithPromtool):
    """What panels show of series that are known."""

    def setUp(self):
        self.series, self.shown = [], []
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def play(self, labels, **values):
        """A sample each ten seconds, in the notation of promtool. A name is that of the metric without vmfc_."""
        for name, text in values.items():
            labels_text = ",".join(f'{label}="{value}"' for label, value in {"job": "fleet", **labels}.items())
            name = name if name == "up" else "vmfc_" + name
            self.series.append({"series": f"{name}{{{labels_text}}}", "values": text})

    def play_records(self, labels, n_first, n, interval=10):
        """Samples of a run, of which each has an interval of that many seconds"""
        wait = f"_x{n_first} " if n_first else ""
        self.play(labels, timestamp_seconds=f"{wait}{n_first * 10}+10x{n - 1}",
                  missed_ticks=f"{wait}0x{n - 1}", collection_interval_seconds=f"{wait}{interval}x{n - 1}")
        self.play({**labels, "run": str(n_first)}, run_info=f"{wait}1x{n - 1}")

    def expect(self, board, title, minute, *samples, target=0, **values):
        """samples: labels and value"""
        panel, = (panel for panel in read_dashboard(os.path.join(DATA, board + ".json"))["panels"]
                  if panel["title"].startswith(title))
        shown = [{"labels": "{" + ",".join(f'{label}="{value}"' for label, value in labels.items()) + "}",
                  "value": value} for labels, value in samples]
        self.shown.append({"expr": expression_text(panel["targets"][target]["expr"], **values),
                           "eval_time": f"{minute}m", "exp_samples": shown})

    def check(self):
        test = {"evaluation_interval": "1m",
                "tests": [{"interval": "10s", "input_series": self.series, "promql_expr_test": self.shown}]}
        with open(os.path.join(self.folder.name, "test.yml"), "w", encoding="utf-8") as file:
            json.dump(test, file)
        self.promtool("test", "rules", "test.yml", folder=self.folder.name)

    def test_mean_power(self):
        """Windows without an estimate are not windows of 0 W."""
        labels = {"job": "fleet", "instance": "vm-0001", "zone": "package"}
        # from minute 10 each second window has none
        half = [(8 + 4 * (i % 2), 6000 + 100 * i, 10 * i, 10 * i) for i in range(1, 31)]
        for vm_id, watts, joules, missing in (
                ("all", "10x120", "0+100x120", "0x120"),
                ("half", "10x60 " + " ".join(f"_ {window[0]}" for window in half),
                 "0+100x60 " + " ".join(f"_ {window[1]}" for window in half),
                 "0x60 " + " ".join(f"{window[2]} {window[3]}" for window in half)),
                ("none", "_x120", "_x120", "0+10x120")):
            self.play({**labels, "vm_id": vm_id}, power_watts=watts, energy_joules_total=joules,
                      power_missing_seconds_total=missing)
            shown = [({**labels, "vm_id": vm_id}, 10)] if vm_id != "none" else []
            self.expect("vm", "Estimated power by zone", 15, *shown, vm_id=vm_id)
        self.check()

    def test_loss(self):
        """It is of one run: a VM that was not there has lost nothing."""
        self.play_records({"instance": "all"}, 0, 120)
        self.play_records({"instance": "half"}, 0, 120, interval=5)
        self.play_records({"instance": "again"}, 0, 40)
        self.play_records({"instance": "again"}, 55, 65)
        self.play_records({"instance": "scraped"}, 0, 120, interval=5)
        self.play({"instance": "scraped"}, up="1x120")
        for minute, again in ((12, []), (18, [({"job": "fleet", "instance": "again"}, 0)])):
            self.expect("vm", "Loss", minute, ({"job": "fleet", "instance": "all"}, 0), target=1, instance="all")
            self.expect("vm", "Loss", minute, ({"job": "fleet", "instance": "half"}, 1 - 32 * 5 / 300), target=1,
                        instance="half")
            self.expect("vm", "Loss", minute, *again, target=1, instance="again")
            self.expect("vm", "Loss", minute, target=1, instance="scraped")
        self.expect("fleet", "Loss", 12, ({"job": "fleet"}, (1 - 32 * 5 / 300) / 2), target=1)
        self.check()

    def test_numbers_of_vms(self):
        """0 is shown only where there is something to count."""
        for i, share in enumerate((0, 1, 1)):
            self.play({"instance": str(i), "zone": "package"}, power_missing_seconds_total=f"0+{5 * share}x120",
                      power_in_range=f"{1 - share}x120")
        self.play_records({"instance": "ends"}, 0, 30)
        self.play_records({"instance": "continues"}, 0, 120)
        for title, n in ("VMs without an estimate", 2), ("VMs out of range", 2):
            self.expect("fleet", title, 10, ({}, n))
            self.expect("fleet", title, 10, zone="core")
        self.expect("fleet", "Silent VMs", 7, ({}, 0))
        self.expect("fleet", "Silent VMs", 9, ({}, 1))
        self.expect("fleet", "Silent VMs", 9, job="none")
        self.check()

    def test_age(self):
        """That of a VM that has stopped grows."""
        self.play_records({"instance": "vm-0001", "vm_id": "1"}, 0, 31)
        self.play_records({"instance": "vm-0001", "vm_id": "2"}, 0, 120)
        labels = {"job": "fleet", "instance": "vm-0001"}
        self.expect("vm", "Age", 15, ({**labels, "vm_id": "1"}, 600), ({**labels, "vm_id": "2"}, 0))
        self.expect("vm", "Age", 15, ({**labels, "vm_id": "1"}, 600), vm_id="1")
        self.check()


if __name__ == "__main__":
    unittest.main(verbosity=2)
