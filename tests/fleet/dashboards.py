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

from queries import HERE, RULES, dashboard_queries, expression_text, known_metrics, read_dashboard

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
            known |= {"__all", "__range", "__rate_interval"}
            used = set(re.findall(r"\$\{?(\w+)", json.dumps(board)))
            self.assertEqual(used - known, set(), path)

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


@unittest.skipUnless(PROMTOOL, "promtool is not installed (Debian's package prometheus)")
class Promtool(unittest.TestCase):
    def promtool(self, *arguments, folder=None):
        done = subprocess.run([PROMTOOL, *arguments], cwd=folder, capture_output=True, text=True,
                              timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_rules(self):
        rules = read_rules()
        self.assertIn(f"{len(rules)} rules found", self.promtool("check", "rules", "--lint-fatal", RULES))

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


if __name__ == "__main__":
    unittest.main(verbosity=2)
