# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""vmfc report: the numbers on its pages are those of pandas, whatever the files are like."""

import json
import math
import os
import random
import re
import statistics
import unittest
import xml.etree.ElementTree

try:
    import pandas
except ImportError:
    pandas = None
try:
    import html5lib
except ImportError:
    html5lib = None

from modelling import BOTH, make_model
from reporting import EVIL, START, Page, ReportTest, main, make_run, wait_until

needs_pandas = unittest.skipIf(pandas is None, "pandas is missing (apt-get install python3-pandas)")


@needs_pandas
class Numbers(ReportTest):
    def check_columns(self, name, frame):
        """Every number of the table of columns."""
        table = {row["column"]: row for row in self.page(name).tables["Columns"]}
        self.assertEqual(list(table), list(frame.columns))
        for column, row in table.items():
            values = frame[column]
            self.assertAlmostEqual(float(row["present, %"]), 100 * values.notna().mean(), places=9)
            if not pandas.api.types.is_numeric_dtype(values) or values.notna().sum() == 0 or \
                    pandas.api.types.is_bool_dtype(values):
                self.assertEqual(row["minimum"], "–", column)
                continue
            self.assertEqual(float(row["minimum"]), values.min(), column)
            self.assertEqual(float(row["maximum"]), values.max(), column)
            median = values.median()
            self.assertLessEqual(abs(float(row["median (1 %)"]) - median), abs(median) / 100, column)

    def test_columns(self):
        self.write("run.csv", make_run(1501))
        self.write("run.json", [{key: None if value == "" else value == "true"
                                 if key == "stress_transition" else value
                                 for key, value in row.items()} for row in make_run(1501)])
        for name in ("run.csv", "run.json"):
            self.check_columns(name, pandas.read_csv(self.path("run.csv"), float_precision="round_trip"))

    def test_hard_columns(self):
        """Numbers of any size and sign, and medians between two of them."""
        rows = make_run(100)
        for i, row in enumerate(rows):
            row["signs"] = (-1) ** i * 1.5 ** (i - 50)
            row["tiny"] = 1e-300 * (i + 1)
            row["huge"] = 1e300 / (i + 1)
            row["whole"] = i * 10**12
            row["zero"] = 0
            row["two"] = 1 if i < 50 else 2
        self.write("run.csv", rows)
        self.check_columns("run.csv", pandas.read_csv(self.path("run.csv"), float_precision="round_trip"))

    def numbers(self, description, name):
        match = re.search(re.escape(name) + r": (\S+) to (\S+) ", description)
        return float(match[1]), float(match[2])

    def test_plots(self):
        """A long run keeps its peaks, and counters are rates."""
        rows = make_run(20000)
        rows[12345]["cpu_utilization"] = 1234.5
        rows[2345]["page_faults"] = 10**9
        self.write("run.csv", rows)
        frame = pandas.read_csv(self.path("run.csv"))
        description = self.plot("cpu", "run.csv")
        self.assertEqual(self.numbers(description, "utilization"),
                         (float("%.4g" % frame.cpu_utilization.min()), 1234))
        rate = frame.page_faults / frame.time_delta_seconds
        low, high = self.numbers(self.plot("faults", "run.csv"), "page faults")
        self.assertAlmostEqual(low / rate.min(), 1, places=3)
        self.assertAlmostEqual(high / rate.max(), 1, places=3)

    def test_histogram(self):
        self.write("run.csv", make_run(3000))
        frame = pandas.read_csv(self.path("run.csv"))
        counts = frame.tick_lateness_us[frame.tick_lateness_us > 0].map(
            lambda x: math.floor(math.log2(x))).value_counts()
        svg = self.plot("lateness", "run.csv")
        self.assertIn(f" to {counts.max()} count.", svg)
        self.assertEqual(svg.count('class="bar c0"') - 1, len(counts))  # and one in the legend

    def test_predictions(self):
        rows = [{"timestamp": START + i, "run": "r", "group": "abc"[i % 3], "zone": "package",
                 "measured": 10 + i % 7, "estimated": 10 + i % 5, "low": 9, "high": 14}
                for i in range(300)]
        self.write("p.csv", rows)
        frame = pandas.DataFrame(rows)
        error = frame.estimated - frame.measured
        page = self.page("p.csv")
        self.assertNotIn("Error by load of package", page.titles)  # a file of an earlier version
        table = page.tables["Errors by group: package"]
        for row in table:
            of_group = frame.group == row["group"]
            self.assertEqual(float(row["rows"]), of_group.sum())
            self.assertAlmostEqual(float(row["mean absolute error, W"]), error[of_group].abs().mean())
            self.assertAlmostEqual(float(row["mean error, W"]), error[of_group].mean())
            self.assertAlmostEqual(float(row["within the interval, %"]), 100 * (
                (frame.measured >= 9) & (frame.measured <= 14))[of_group].mean())

    def test_training_set(self):
        rows = [{**row, "power_watts_package": 5 + i % 9, "power_stale": str(i % 4 == 0).lower(),
                 "power_method": "energy", "run": "r"} for i, row in enumerate(make_run(400))]
        self.write("t.csv", rows)
        page = self.page("t.csv")
        self.assertEqual(page.facts["Rows with stale power"], "100 of 400 (25.0 %)")
        self.assertIn("Power of package by CPU use", page.titles)
        description = self.plot("power-by-cpu-package", "t.csv")
        frame = pandas.read_csv(self.path("t.csv"))
        for workload, part in frame.groupby("stress_workload"):
            low, high = self.numbers(description, workload)
            self.assertAlmostEqual(low, part.power_watts_package.min(), delta=1e-9)
            self.assertAlmostEqual(high, part.power_watts_package.max(), delta=1e-9)


class Files(ReportTest):
    """Right, or a sentence."""

    def sentence(self, text, *args, code=1):
        before = sorted(os.listdir(self.folder))
        done = self.report(*args, code=code)
        self.assertIn(text, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertEqual(sorted(os.listdir(self.folder)), before)

    def test_empty(self):
        for name, text in (("nothing.csv", ""), ("head.csv", "timestamp,cpu_utilization\n"),
                           ("list.json", "[]\n"), ("bytes.csv", "\0\1\2")):
            with open(self.path(name), "w") as file:
                file.write(text)
            self.sentence(name, name)
        self.sentence("none.csv", "none.csv")

    def test_one_row(self):
        self.write("run.csv", make_run(200)[:1])
        page = self.page("run.csv")
        self.assertEqual(page.facts["Rows"], "1")
        self.assertIn("CPU use", page.titles)

    def test_nothing_but_missing(self):
        self.write("run.csv", [{"timestamp": START + i, "cpu_utilization": "", "instructions": ""}
                               for i in range(9)])
        page = self.page("run.csv")
        self.assertEqual(page.facts["Rows"], "9")
        self.assertEqual(len(page.titles), 1)  # of the page
        self.write("times.csv", [{"timestamp": "", "cpu_utilization": 1}] * 5)
        self.sentence("times.csv", "times.csv")

    def test_growing(self):
        """A last line that is not complete is no row."""
        self.write("run.csv", make_run(50))
        with open(self.path("run.csv"), "a") as file:
            file.write("1757531,idle")
        text = self.report("run.csv", "--output", "-").stdout
        self.assertEqual(Page(text).facts["Rows"], "50")
        self.assertIn("The last row is not complete", text)

    def test_few_rows_of_many_columns(self):
        """The median of few values is exact, also where columns have little memory each."""
        numbers = random.Random(3)
        rows = [{"timestamp": START + i} | {f"c{k}": numbers.choice((-1, 1)) * 10 **
                                            numbers.uniform(-200, 200) for k in range(4000)}
                for i in range(32)]
        self.write("run.csv", rows)
        text = self.report("run.csv", "--format", "text").stdout
        self.assertNotIn("is not known", text)
        rows = [{key: row[key] for key in list(row)[:100]} for row in rows]
        self.write("run.csv", rows)
        for row in self.page("run.csv").tables["Columns"][1:]:
            median = statistics.median(one[row["column"]] for one in rows)
            self.assertLessEqual(abs(float(row["median (1 %)"]) - median), 1e-12 * abs(median))

    def test_error_by_load(self):
        self.write("p.csv", [{"timestamp": START + i, "run": "r", "group": "abc"[i % 3], "zone": "z",
                              "measured": 10, "estimated": 10 + i, "low": 9, "high": 14,
                              "busy": i / 4} for i in range(9)])
        svg = self.plot("error-by-load-z", "p.csv")
        self.assertIn("busy", svg)
        self.assertIn("c: 2 to 8 ", svg)

    def test_rows_of_a_model(self):
        """By the group that was left out, and by load; models of earlier versions tell neither."""
        part = {"name": "cpu", "family": "mean", "constant": 5.0, "terms": [], "features": [
            {"name": "busy", "unit": "CPUs", "form": "cpus", "columns": ["cpu_busy"],
             "optional_columns": [], "sum_column": None, "is_positive": False, "minimum": 0.0,
             "maximum": 4.0}], "interval": {"share": 0.9, "log_width": 0.1, "floor": 1.0, "groups": 9},
            "judgement": {"groups": [{"group": name} for name in ("idle", "prime")]}}
        for pairs, plots in (([[5.0, 5.5, 0, 0.5], [9.0, 8.0, 1, None], [7.0, 7.5, 1, 2.0]], 3),
                             ([[5.0, 5.5], [9.0, 8.0], [7.0, 7.5, -1, "x"]], 2)):
            with open(self.path("m.json"), "w") as file:
                json.dump({"format": "vmfc-model/1", "version": "0", "machine": {}, "zones": [
                    {"zone": "core", "sub_models": [part], "pairs": pairs}]}, file)
            text = self.report("m.json", "--output", "-").stdout
            self.assertEqual(len(re.findall("<title id=[^>]*>E[^<]*by (?:load|measured)", text)), plots)

    def test_many_gaps(self):
        """More than are kept: the page says that lines cross the shorter ones."""
        self.write("run.csv", [{"timestamp": START + 3 * i, "time_delta_seconds": 1,
                                "cpu_utilization": i % 7} for i in range(700)])
        text = self.report("run.csv", "--output", "-").stdout
        self.assertIn("The longest 500 of 699 gaps are shown; lines cross the others.", text)
        self.write("run.csv", [{"timestamp": START + 3 * i, "time_delta_seconds": 1,
                                "cpu_utilization": i % 7} for i in range(400)])
        self.assertNotIn("lines cross", self.report("run.csv", "--output", "-").stdout)

    def test_rows_out_of_order(self):
        rows = make_run(100)
        self.write("run.csv", rows[50:] + rows[:50])
        self.assertEqual(self.page("run.csv").facts["First row"], "2025-09-10T19:00:01.000Z")

    def test_meta_file_of_a_run(self):
        self.vmfc("--plugins", "cpu,mem", "--interval", "0.1", "--duration", "0.5", "--output",
                  "run.csv", "--format", "csv")
        page = self.page("run.csv")
        with open(self.path("run.meta.json")) as file:
            meta = json.load(file)
        self.assertEqual(page.facts["Kernel"], meta["machine"]["kernel"])
        self.assertIn("--plugins cpu,mem", page.facts["Command line"])
        units = {row["column"]: row["unit"] for row in page.tables["Columns"]}
        self.assertEqual(units, {column["name"]: column["unit"] for column in meta["columns"]})
        self.sentence("give the file beside it", "run.meta.json", code=2)

    def test_evil_names(self):
        rows = make_run(len(EVIL) * 10)
        for i, row in enumerate(rows):
            row["stress_workload"] = EVIL[i // 10]
            for name in EVIL:
                row[name] = i
                row["power_watts_" + name] = i
        self.write("run.csv", rows)
        self.write("p.csv", [{"timestamp": START + i, "group": name, "zone": name, "measured": i,
                              "estimated": i} for i, name in enumerate(EVIL * 3)])
        for name in ("run.csv", "p.csv"):
            text = self.report(name, "--output", "-").stdout
            self.assertNotRegex(text, "[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\u200e\u200f]")
            page = Page(text)
            tags = {tag for tag, _ in page.elements}
            self.assertEqual(tags & {"script", "img", "b", "a", "iframe", "object", "link"} - {"b"},
                             set())
            for _, attrs in page.elements:
                self.assertEqual({key for key in attrs if key.startswith("on") or key == "style"},
                                 set())
            self.assertIn("<script>alert(1)</script>", str(page.tables))
        text = self.report("run.csv", "--format", "text").stdout
        self.assertNotRegex(text, "[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")

    def test_evil_meta_file(self):
        rows = make_run(20)
        self.write("run.csv", rows)
        columns = [{"name": name, "unit": EVIL[0], "kind": "gauge", "state": EVIL[1],
                    "reason": EVIL[5]} for name in rows[0]]
        with open(self.path("run.meta.json"), "w") as file:
            json.dump({"generator": "vmfc", "start_time": START, "interval": 1.0,
                       "machine": {"host": EVIL[0], "cpu_model": EVIL[5]}, "columns": columns,
                       "command_line": EVIL, "result": {"records": 20, "missed_windows": 9,
                                                        "dropped_records": 0,
                                                        "unwritten_records": 0}}, file)
        text = self.report("run.csv", "--output", "-").stdout
        self.assertNotIn("<script", text)
        self.assertEqual(Page(text).facts["Host"], EVIL[0])


class Forms(ReportTest):
    def test_page(self):
        self.write("run.csv", make_run())
        self.assertEqual(self.report("run.csv").stdout, "report.html\n")
        self.report("run.csv")  # the one before is kept
        self.assertTrue(os.path.exists(self.path("report.1.html")))
        with open(self.path("report.html"), encoding="utf-8") as file:
            page = Page(file.read())
        policy = [attrs["content"] for tag, attrs in page.elements
                  if attrs.get("http-equiv") == "Content-Security-Policy"]
        self.assertIn("default-src 'none'", policy[0])
        for _, attrs in page.elements:
            self.assertFalse({"src", "href", "srcset", "data"} & set(attrs), attrs)

    @unittest.skipIf(html5lib is None, "html5lib is missing (apt-get install python3-html5lib)")
    def test_html_is_valid(self):
        self.write("run.csv", make_run())
        self.write("p.csv", [{"timestamp": START + i, "group": "g", "zone": "z", "measured": i,
                              "estimated": i} for i in range(9)])
        for files in (["run.csv"], ["run.csv", "p.csv"]):
            text = self.report(*files, "--output", "-").stdout
            html5lib.HTMLParser(strict=True).parse(text)

    def test_svg(self):
        self.write("run.csv", make_run())
        self.assertEqual(self.report("run.csv", "--plot", "cpu").stdout, "cpu.svg\n")
        root = xml.etree.ElementTree.parse(self.path("cpu.svg")).getroot()
        self.assertEqual(root.tag, "{http://www.w3.org/2000/svg}svg")
        # not nested, and with what a screen reader needs
        self.assertEqual(len(root.findall(".//{*}svg")), 0)
        self.assertEqual(root.find("{*}title").text, "CPU use")
        self.assertIn("no rows: 1.", root.find("{*}desc").text)
        done = self.report("run.csv", "--plot", "cpus", code=2)
        self.assertIn("did you mean cpu?", done.stderr)

    def test_several_files(self):
        """The same axes."""
        self.write("a.csv", make_run(100))
        self.write("b.csv", make_run(50, seed=2))
        page = self.page("a.csv", "b.csv")
        self.assertEqual(page.titles.count("CPU use"), 2)
        text = self.report("a.csv", "b.csv", "--output", "-").stdout
        plots = re.findall(r"<title id=\"p\d+t\">CPU use</title>(.*?)</svg>", text, re.S)
        ticks = [re.findall(r'class="tick"[^>]*>([^<]*)<', plot) for plot in plots]
        self.assertEqual(ticks[0], ticks[1])

    def test_same_axes_have_the_same_unit(self):
        """The errors of a model are in %, those of predictions in W: neither is drawn for the other."""
        self.write("p.csv", [{"timestamp": START + i, "group": f"g{i % 3}", "zone": "package",
                              "measured": 1.0, "estimated": 1.0 + i % 3 / 100} for i in range(30)])
        judgement = {"groups": [{"group": f"g{i}", "rows": 9, "mape_percent": 50.0 + i,
                                 "half_width_percent": 9.0} for i in range(3)]}
        with open(self.path("model.json"), "w") as file:
            json.dump(make_model(BOTH | {"judgement": judgement}), file)
        ticks = {}
        for files in (["model.json"], ["p.csv"], ["model.json", "p.csv"]):
            text = self.report(*files, "--output", "-").stdout
            plots = re.findall(r"<title id=\"p\d+t\">Error by group[^<]*</title>(.*?)</svg>", text, re.S)
            ticks[len(files), files[0]] = [re.findall(r'class="tick"[^>]*>([^<]*)<', plot)
                                           for plot in plots]
        self.assertEqual(ticks[2, "model.json"], ticks[1, "model.json"] + ticks[1, "p.csv"])
        self.assertEqual(len(ticks[2, "model.json"]), 2)

    def test_text(self):
        self.write("run.csv", make_run())
        text = self.report("run.csv", "--format", "text", env={"LC_ALL": "C.UTF-8"}).stdout
        self.assertRegex(text, r"(?m)^  utilization +[ ▁▂▃▄▅▆▇█]+$")
        text = self.report("run.csv", "--format", "text", env={"LC_ALL": "C"}).stdout
        self.assertRegex(text, r"(?m)^  utilization +[ .:=+*%#-]+$")

    def test_usage(self):
        self.write("run.csv", make_run(9))
        os.symlink("run.csv", self.path("link.csv"))
        for name in ("run.meta.json", "run.csv.md"):  # a meta file, and where a card would be
            with open(self.path(name), "w") as file:
                file.write("{}")
        for args, sentence in (((), "there is no file"), (("run.csv",) * 17, "the maximum is 16"),
                               (("run.csv", "--format", "svg"), "name it"),
                               (("run.csv", "--plot", "cpu", "--format", "text"), "--plot needs"),
                               (("run.csv", "--output", "run.csv"), "which is to be read"),
                               (("run.csv", "--output", "./run.csv"), "which is to be read"),
                               (("link.csv", "--output", "run.csv"), "which is to be read"),
                               (("run.csv", "--output", "run.meta.json"), "which is to be read"),
                               (("run.csv", "--output", "run.csv.md"), "which is to be read"),
                               (("run.csv", "--format", "pdf"), "pdf"),
                               (("run.csv", "--open", "--format", "text"), "--open shows a page")):
            self.assertIn(sentence, self.report(*args, code=2).stderr)
        if os.geteuid() == 0:
            self.assertIn("as root", self.report("run.csv", "--open", code=2).stderr)

    def test_open(self):
        """The page that was written; root opens no browser, so another user does."""
        nobody = ()
        if os.geteuid() == 0:
            nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
            os.chown(self.folder, 65534, 65534)
        self.write("run.csv", make_run(9))
        opener = self.path("xdg-open")
        with open(opener, "w") as file:
            file.write(f"#!/bin/sh\necho \"$1\" >{self.path('opened.part')}\n"
                       f"mv {self.path('opened.part')} {self.path('opened')}\n")
        os.chmod(opener, 0o755)
        self.report("run.csv", "--open", prefix=nobody,
                    env={"PATH": self.folder + ":" + os.environ["PATH"]})
        self.assertTrue(wait_until(lambda: os.path.exists(self.path("opened"))))
        with open(self.path("opened")) as file:
            self.assertEqual(file.read().strip(), os.path.realpath(self.path("report.html")))


if __name__ == "__main__":
    main()
