# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What vmfc train refuses: a sentence, the exit code, and no file."""

import os
import pty
import subprocess

import laws
from training import VMFC, TrainTest, main

LINEAR = ("--families", "mean,curve,linear")


class Mistakes(TrainTest):
    def refused(self, sentence, *args, code=1, **kwargs):
        done = self.train(*args, code=code, **kwargs)
        self.assertIn(sentence, done.stderr)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertEqual(self.names(), [])

    def rows(self, change=None, **kwargs):
        rows = laws.rows(counters=False, **kwargs)
        for i, row in enumerate(rows):
            row.update(change(i, row) if change else {})
        return self.write(rows)

    def power(self, text):
        self.rows(lambda i, row: {"power_watts_package": text})

    def test_label(self):
        self.power("7.5")
        self.refused("the power is 7.5 W in every row")
        self.power("abc")
        self.refused("the column power_watts_package has no numbers, but texts like abc")
        self.power("nan")
        self.refused("has no numbers, but texts like nan")
        for nothing in ("", "-3.5"):
            self.power(nothing)
            self.refused("300 have no power, or less than 0")
        self.rows()
        self.refused("t.csv has no column watts", "--label", "watts", code=2)
        self.refused("did you mean power_watts_package", "--zones", "packages", code=2)
        self.refused("--label names one column", "--label", "power_watts_package", "--zones",
                     "core,package", code=2)

    def test_rows(self):
        self.rows(n_each=1, workloads=["a"])
        self.refused("too few rows can be used: 1,")
        self.rows(lambda i, row: {"stress_transition": "true"})
        self.refused("300 are in transition")
        self.rows(lambda i, row: {"power_stale": "true"})
        self.refused("300 have stale power")

    def test_features(self):
        for text in ("x", "nan", "400.0", "-1.0", ""):
            self.rows(lambda i, row: {"cpu_user_time": text})
            self.refused("300 of 300 rows lack a feature, most of them busy")
        self.rows()
        self.refused("--features names foo, which is not a column", "--features", "busy,foo", code=2)
        self.refused("--exclude names foo, which is not a column", "--exclude", "foo", code=2)
        self.refused("there is no feature to train from", "--exclude", "busy", code=2)
        self.refused("which is not a feature but a time", "--features", "timestamp", code=2)
        self.refused("what says which workload ran", "--features", "stress_workload", code=2)
        self.refused("which is the label itself", "--features", "power_watts_package", code=2)

    def test_copies_of_the_label(self):
        for form in (lambda y: y, lambda y: 2 * y + 3, lambda y: 100 - y / 3):
            self.rows(lambda i, row: {"other": repr(form(float(row["power_watts_package"])))})
            self.refused("other is the power of the zone package, shifted or scaled",
                         "--features", "busy,other", code=2)
        # it does not matter where no model sees it
        self.train(*LINEAR)

    def test_files(self):
        with open(self.path("t.png"), "wb") as file:
            file.write(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
        self.refused("t.png is not text", files=("t.png",))
        open(self.path("t.empty"), "w").close()
        self.refused("t.empty is empty", files=("t.empty",))
        self.refused("nothing cannot be read", files=("nothing",))
        self.refused("is a folder", files=(".",))
        with open(self.path("t.json"), "w") as file:
            file.write('{"format": "vmfc-model/1", "zones": []}\n')
        self.refused("t.json has no column power_watts_package", files=("t.json",), code=2)
        self.rows()
        self.refused("has not the power of all zones", "--test", "t.json", code=2)
        self.refused("is a training set as well", "--test", "t.csv", code=2)

    def test_few_judged_rows(self):
        """Workloads of which no row is judged make no figure better."""
        self.rows(n_each=4, workloads=[f"w{i}" for i in range(200)])
        errors = []
        for max_rows in ("100", "20000"):
            self.train("--families", "mean", "--max-rows", max_rows)
            errors.append(self.model()["zones"][0]["sub_models"][0]["judgement"]["candidates"][0][
                "mean_percent"])
        self.assertLess(abs(errors[0] / errors[1] - 1), 0.3, errors)

    def test_options(self):
        self.rows()
        self.vmfc("train", code=2)
        self.assertIn("--output is missing", self.vmfc("train", "t.csv", code=2).stderr)
        self.refused("must be one of mean, curve, linear, trees, average", "--families", "forest",
                     code=2)
        self.refused("from 0.5 to 0.99", "--interval-share", "1", code=2)
        self.refused("--group names foo, which is not a column", "--group", "foo", code=2)
        self.refused("which is to be read", output="t.csv.json", code=2,
                     files=(self.path("t.csv"), self.link("t.csv", "t.csv.json")))
        self.refused("--predictions names m.json", "--predictions", "m.json", code=2)
        self.refused("which is to be read", "--predictions", "t.csv", code=2)
        self.refused("must name a file", output="-", code=2)

    def link(self, name, other):
        os.symlink(name, self.path(other))
        return self.path(other)

    def test_group_that_changes_in_every_row(self):
        self.rows(n_each=2100)
        self.refused("there are 10500 workloads", "--group", "timestamp")

    def test_disk(self):
        self.rows()
        done = self.train(*LINEAR, output="/proc/m.json", code=1)
        self.assertIn("/proc/m.json", done.stderr)
        self.assertEqual(self.names(), [])

    def test_terminal(self):
        """One line that changes, and is gone at the end."""
        self.rows()
        master, slave = pty.openpty()
        process = subprocess.Popen([VMFC, "train", "t.csv", "-o", "m.json", *LINEAR],
                                   cwd=self.folder, stderr=slave, stdout=subprocess.PIPE)
        os.close(slave)
        shown = b""
        while True:
            try:
                part = os.read(master, 4096)
            except OSError:  # nobody has it open any more
                break
            if not part:
                break
            shown += part
        os.close(master)
        process.communicate()
        self.assertEqual(process.returncode, 0)
        self.assertRegex(shown.decode(), r"package from cpu: \d+ of \d+ fits")
        self.assertNotIn(b"\n", shown)
        self.assertTrue(shown.endswith(b"\r\x1b[K"), shown)
        self.assertNotIn("fits", self.train(*LINEAR).stderr)


if __name__ == "__main__":
    main()
