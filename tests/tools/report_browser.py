# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""The pages of vmfc report in a real Chromium: at three widths, light and dark, nothing on the console,
nothing fetched, no text over another one, no axis without its unit."""

import json
import unittest

import browser
from modelling import BOTH, make_model
from reporting import EVIL, SANITIZED, START, ReportTest, main, make_run

LOOK = r"""
(() => {
  const wrong = [];
  if (document.documentElement.scrollWidth > innerWidth)
    wrong.push("the page is wider than the window: " + document.documentElement.scrollWidth);
  for (const svg of document.querySelectorAll("svg.plot")) {
    const name = svg.querySelector("title").textContent;
    const box = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll("text")].map(
      text => [text.textContent, text.getBoundingClientRect()]);
    const axes = [...svg.querySelectorAll("text.axis")].map(text => text.textContent);
    if (axes.length != 2 || !axes.every(text => /^\S.* \([^()]+\)$/.test(text)))
      wrong.push(name + ": an axis without a unit: " + axes);
    texts.forEach(([text, a], i) => {
      if (a.left < box.left - 1 || a.right > box.right + 1 || a.top < box.top - 1 ||
          a.bottom > box.bottom + 1)
        wrong.push(name + ": outside: " + text);
      texts.slice(i + 1).forEach(([other, b]) => {
        if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 2 &&
            b.top < a.bottom - 2)
          wrong.push(name + ": " + text + " is over " + other);
      });
    });
  }
  return wrong;
})()
"""
PLOTS = "document.querySelectorAll('svg.plot').length"
PAPER = "getComputedStyle(document.body).backgroundColor"


@unittest.skipIf(SANITIZED, "what Chromium shows is the same of each build")
@unittest.skipIf(browser.CHROMIUM is None, "Chromium is missing (apt-get install chromium)")
class Browser(ReportTest):
    def setUp(self):
        super().setUp()
        self.browser = browser.Browser()

    def tearDown(self):
        self.browser.close()
        super().tearDown()

    def write_all(self):
        """A file of each kind, and some that are hard to draw. Returns: the files of each page"""
        self.write("run.csv", make_run())
        self.write("long.csv", make_run(5000, seed=2))
        self.write("one.csv", make_run()[:1])
        evil = make_run(len(EVIL) * 10)
        for i, row in enumerate(evil):
            row["stress_workload"] = EVIL[i // 10] * 9
            row["W" * 90 + "_watts"] = 1e-9 * i
            row["memory_usage_percent"] = -1e15 * i
            row["tick_lateness_us"] = 10.0 ** (i % 17)
        self.write("evil.csv", evil)
        self.write("training.csv", [{**row, "power_watts_package": 5 + i % 9, "run": f"r{i // 100}",
                                     "power_stale": str(i % 40 < 5).lower()}
                                    for i, row in enumerate(make_run())])
        lag = {"applied_seconds": 3.0, "lag_seconds": 3.0, "curve": {
            "first_lag_seconds": -9.0, "step_seconds": 0.5, "correlation": [0.1, 0.5, 0.9, 0.2],
            "correlation_of_changes": [0.0, 0.2, 0.8, -0.1]}}
        with open(self.path("training.meta.json"), "w") as file:
            json.dump({"generator": "vmfc merge", "columns": [], "left_out": {
                "rows": [{"reason": "no_power", "rows": 7, "why": "they have no power"}]},
                "runs": [{"run": "r0", "offset": lag}]}, file)
        self.write("p.csv", [{"timestamp": START + i, "group": f"group {i % 17}", "zone": "package",
                              "measured": 50 + i % 100, "estimated": 50 + i % 90} for i in range(500)])
        judgement = {"groups": [{"group": name, "rows": 9, "mape_percent": 3.5 + i,
                                 "half_width_percent": 9.0} for i, name in enumerate(EVIL)]}
        model = make_model(BOTH | {"judgement": judgement})
        model["zones"][0]["pairs"] = [[10.0 + i, 12.0 + i * 0.9] for i in range(99)]
        with open(self.path("model.json"), "w") as file:
            json.dump(model, file)
        with open(self.path("model.md"), "w") as file:
            file.write("# The card\n\n<script>alert(1)</script>\n")
        return (["run.csv"], ["evil.csv", "one.csv"], ["training.csv"], ["p.csv", "model.json"],
                ["run.csv", "long.csv"])

    def test_pages(self):
        for number, files in enumerate(self.write_all()):
            page = self.path(f"{number}.html")
            self.report(*files, "--output", page)
            papers = set()
            for width in browser.WIDTHS:
                for is_dark in (False, True):
                    said, fetched = self.browser.show(page, width, is_dark)
                    where = f"{files} at {width}, {'dark' if is_dark else 'light'}"
                    self.assertEqual(said, [], where)
                    self.assertEqual(fetched, [], where)
                    self.assertEqual(self.browser.evaluate(LOOK), [], where)
                    self.assertGreater(self.browser.evaluate(PLOTS), 2, where)
                    papers.add(self.browser.evaluate(PAPER))
            self.assertEqual(len(papers), 2, files)

    def test_plot_alone(self):
        self.write("run.csv", make_run())
        for name in ("cpu", "power-estimated", "lateness"):
            self.report("run.csv", "--plot", name)
            said, fetched = self.browser.show(self.path(name + ".svg"), 800, False)
            self.assertEqual((said, fetched), ([], []))
            self.assertEqual(self.browser.evaluate(LOOK), [], name)


if __name__ == "__main__":
    main()
