# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""vmfc report: what plots show of files that are not as they should be, and what they say is not shown."""

import json
import os
import re

from reporting import START, ReportTest, main, make_run


class Plots(ReportTest):
    def text(self, *files):
        return self.report(*files, "--output", "-").stdout

    def test_sources_of_power(self):
        """One plot for each source, whether the columns before it have values or not."""
        zones = ("package", "core", "dram", "uncore", "psys")
        rows = [{"timestamp": START + i, **{f"rapl_{zone}_watts": "" for zone in zones},
                 **{f"vm_cpu_watts_{zone}": "" for zone in zones},
                 **{f"kepler_vm_cpu_watts_{zone}": 5 + i for zone in zones[:2]},
                 **{f"other{k}_watts": i if k > 3 else "" for k in range(14)}} for i in range(40)]
        self.write("run.csv", rows)
        titles = self.page("run.csv").titles
        self.assertIn("Power of the VM by Kepler", titles)
        self.assertNotIn("Power of the VM", titles)
        self.assertIn("2 further columns are not shown: other12_watts, other13_watts.",
                      self.text("run.csv"))

    def test_out_of_range(self):
        rows = [{**row, "estimate_in_range": "" if i < 10 else str(i % 40 < 20).lower()}
                for i, row in enumerate(make_run(200))]
        self.write("run.csv", rows)
        self.assertEqual(self.page("run.csv").facts["Rows out of range"], "100 of 190")
        said = "Stretches with estimate out of range: "
        self.assertIn(said, self.plot("power-estimated", "run.csv"))
        self.assertNotIn(said, self.plot("cpu", "run.csv"))

    def test_clock_goes_back(self):
        """It is said, and the line breaks where no rows are."""
        for back, n in ((10, 1), (10**6, 2)):
            self.write("run.csv", [{"timestamp": START + i - (back if i >= 25 else 0),
                                    "cpu_utilization": i} for i in range(50)])
            self.assertIn("The time goes back at 1 rows", self.text("run.csv"))
            line = re.search('class="line c0".* d="(.*?)"', self.plot("cpu", "run.csv"))[1]
            self.assertEqual(line.count("m"), n)

    def test_files_side_by_side(self):
        """They are told apart by their folders, and one workload has one letter and colour in all."""
        rows = make_run(90)
        for folder, names in (("one", ["idle", "load", "io"]), ("two", ["io", "fast", "idle"])):
            os.mkdir(self.path(folder))
            self.write(f"{folder}/run.csv", [{**row, "stress_workload": names[i // 30]}
                                             for i, row in enumerate(rows)])
        page = self.text("one/run.csv", "two/run.csv")
        self.assertEqual(re.findall("<h2>(Run: .*?)</h2>", page),
                         ["Run: one/run.csv", "Run: two/run.csv"])
        self.assertEqual(re.findall('<li><b class="(c.)">(.)</b>(.*?)</li>', page),
                         [("c0", "A", "idle"), ("c1", "B", "load"), ("c2", "C", "io"),
                          ("c0", "A", "idle"), ("c2", "C", "io"), ("c3", "D", "fast")])

    def test_text(self):
        """As wide as the terminal, blank only where values are missing, and plain without UTF-8."""
        self.write("run.csv", [{"timestamp": START + i, "cpu_utilization": i if not 10 < i < 20 else "",
                                "tick_lateness_us": i, "µ" * 50: "…–"} for i in range(30)])
        for locale in ("C.UTF-8", "C"):
            text = self.report("run.csv", "--format", "text", env={"LC_ALL": locale}).stdout
            self.assertEqual(text.isascii(), locale == "C")
            self.assertLessEqual(max(map(len, text.split("\n"))), 80)
            self.assertIn("maximum", text)
            bar = re.search("(?m)^  utilization (.*)$", text)[1].strip()
            self.assertRegex(bar, r"^\S+ +\S+$")

    def test_lines_differ_without_colour(self):
        rows = [{"timestamp": START + i, **{f"x{k}_watts": i + k for k in range(8)}} for i in range(9)]
        self.write("run.csv", rows)
        dashes = re.findall(r"\.line\.c(.)\{stroke-dasharray:(.*?)\}", self.plot("power", "run.csv"))
        self.assertEqual([number for number, _ in dashes], list("1234567"))
        self.assertEqual(len({dash for _, dash in dashes}), 7)

    def test_zones_before_the_lag(self):
        """All that have values; and stale power is where its line is."""
        self.write("t.csv", [{"timestamp": START + i, "cpu_utilization": i % 50, "power_watts_psys": "",
                              "power_watts_package": 5 + i % 9, "power_watts_core": 2 + i % 5,
                              "power_stale": str(40 <= i < 50).lower()} for i in range(100)])
        with open(self.path("t.meta.json"), "w") as file:
            json.dump({"generator": "vmfc merge", "runs": [
                {"run": "t", "offset": {"applied_seconds": 20.0}}]}, file)
        places = []
        for name in ("before-lag-1", "after-lag-1"):
            plot = self.plot(name, "t.csv")
            keys = re.findall('class="key"[^>]*>(.*?) \\(', plot)
            self.assertEqual(keys, ["CPU use", "package", "core"])
            places.append([float(x) for x in re.search(
                'class="hatched" .*? x="(.*?)" .*? width="(.*?)"', plot).groups()])
        # 45 + 20 of 0 to 119 s, and 45 of 0 to 99 s
        left, right = 31.8, 450
        for (x, width), middle in zip(places, ((39.5 + 10 / 2 + 20) / 119, (39.5 + 10 / 2) / 99)):
            self.assertAlmostEqual((x + width / 2 - left) / (right - left), middle, delta=0.03)

    def test_peaks(self):
        """Of any size."""
        self.write("run.csv", [{"timestamp": START + i, "page_faults": 1e200 if i == 5 else 1}
                               for i in range(20)])
        self.assertIn("page faults: 1 to 1e+200", self.plot("faults", "run.csv"))

    def test_notes(self):
        """What is not shown is said."""
        rows = [{"timestamp": START + i, "tick_lateness_us": -i, **{f"x{k}": 10.0 ** (i * 3 - 60)
                 for k in range(2000)}} for i in range(40)]
        self.write("run.csv", rows)
        with open(self.path("run.meta.json"), "w") as file:
            file.write("{}")
        text = self.text("run.csv")
        self.assertIn("The meta file run.meta.json is not used: it is not", text)
        self.assertNotIn("There is no meta file", text)
        self.assertIn("Lateness of ticks: without a plot, because none of the 40 values is above 0.", text)
        self.assertRegex(text, "The median of \\d+ columns is not known")

    def test_names_of_plots(self):
        """Each has one of its own, and the list has none twice."""
        self.write("t.csv", [{"timestamp": START + i, "cpu_utilization": i, "power_watts_A": i,
                              "power_watts_a": i, "total_cpu_watts_package": i} for i in range(9)])
        self.write("b.csv", make_run(9))
        self.plot("power-by-cpu-a-2", "t.csv")
        message = self.report("t.csv", "b.csv", "b.csv", "--plot", "cpux", code=2).stderr
        self.assertEqual(len(re.findall(r"\bcpu,", message)), 1)
        self.assertIn("did you mean cpu?", message)
        units = {row["column"]: row["unit"] for row in self.page("t.csv").tables["Columns"]}
        self.assertEqual(units["total_cpu_watts_package"], "W")

    def test_lengths_of_windows(self):
        """Longer and shorter ones are told apart."""
        self.write("run.csv", [{"timestamp": START + i, "collection_interval": 1,
                                "time_delta_seconds": 1 + (1e-3 if i < 30 else -1e-5)}
                               for i in range(40)])
        self.assertIn(" to 30 count", self.plot("window-longer", "run.csv"))
        self.assertIn(" to 10 count", self.plot("window-shorter", "run.csv"))

    def test_parts_of_cpu_time(self):
        self.write("run.csv", [{"timestamp": START + i, "cpu_nice_time": 1, "cpu_irq": 2,
                                "cpu_softirq": 3} for i in range(9)])
        self.assertIn("nice: 1 to 1 %. irq: 2 to 2 %. softirq: 3 to 3 %.", self.plot("cpu", "run.csv"))

    def test_description(self):
        self.write("run.csv", make_run(90))
        description = self.plot("cpu", "run.csv")
        self.assertIn("File: run.csv. Workloads: idle, load, io.", description)

    def test_many_names(self):
        self.write("run.csv", [{"timestamp": START + i, "cpu_utilization": i, "stress_workload": f"w{i}"}
                               for i in range(60)])
        self.assertIn("Only the first 23 workloads", self.text("run.csv"))

    def test_large_page(self):
        """It is refused with a sentence if less detail does not help."""
        rows = [{"timestamp": START + i, **{f"{'<' * 250}{k}_watts": i % 9 for k in range(8)}, **{
            f"{prefix}{'<' * 250}{k}_watts": i % 9 for k in range(8)
            for prefix in ("estimated_watts_", "rapl_", "kepler_vm_", "vm_cpu_watts_",
                           "total_cpu_watts_")}} for i in range(40)]
        self.write("run.csv", [{**row, "stress_workload": "<" * 250 + str(i % 24)}
                               for i, row in enumerate(rows)])
        done = self.report(*["run.csv"] * 7, code=2)
        self.assertIn("the maximum is 2000000: give fewer files", done.stderr)


if __name__ == "__main__":
    main()
