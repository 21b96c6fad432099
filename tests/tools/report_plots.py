# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""vmfc report: what plots show of files that are not as they should be, and what they say is not shown."""

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


if __name__ == "__main__":
    main()
