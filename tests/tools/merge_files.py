# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""vmfc merge and its files: those it is given, good and bad, and those it leaves."""

import bisect
import csv
import errno
import gzip
import json
import lzma
import os
import signal
import subprocess
import time

import pair
from merging import LABELS, SANITIZED, MergeTest, main, with_faults


class Files(MergeTest):
    def setUp(self):
        super().setUp()
        self.features, self.power = self.old_pair()
        self.write("f.json", self.features)
        self.write("p.json", self.power)

    def test_old_names(self):
        self.vmfc("merge", "--vm-features", "f.json", "--bm-power", "p.json", "--output", "new/a",
                  "--time-tolerance", "0.5")
        self.vmfc("merge", "--vm-features", "f.json", "--power-data", "p.json", "-o", "new/b.jsonl")
        self.assertEqual(sorted(os.listdir(self.path("new"))),
                         ["a.csv", "a.json", "a.meta.json", "a.report.json",
                          "b.csv", "b.jsonl", "b.meta.json", "b.report.json"])
        with open(self.path("new/b.jsonl")) as file:
            self.assertEqual([json.loads(line) for line in file], self.records("new/a.json"))

    def test_existing_files_are_kept(self):
        self.merge("f.json", "p.json")
        with open(self.path("out.csv"), "a") as file:
            file.write("mine")
        done = self.merge("f.json", "p.json")
        self.assertIn("out.csv exists already; vmfc renamed it to out.1.csv", done.stderr)
        with open(self.path("out.1.csv")) as file:
            self.assertTrue(file.read().endswith("mine"))
        self.assertEqual(sorted(os.listdir(self.folder)),
                         ["f.json", "out.1.csv", "out.1.json", "out.1.meta.json", "out.1.report.json",
                          "out.csv", "out.json", "out.meta.json", "out.report.json", "p.json"])

    def test_earlier_files_stay_together(self):
        self.merge("f.json", "p.json", "--split", output="new/a")
        self.merge("f.json", "p.json", "--format", "csv", output="new/a")
        self.assertEqual(sorted(os.listdir(self.path("new"))), sorted(
            ["a.csv", "a.meta.json", "a.report.json", "a.1.meta.json", "a.1.report.json"] +
            [f"a.1{part}.{form}" for part in ("", ".train", ".test") for form in ("csv", "json")]))

    def test_long_name(self):
        """The error comes before the folder is created."""
        most = os.pathconf(self.folder, "PC_NAME_MAX") - len(".report.json.XXXXXX")
        self.merge("f.json", "p.json", output="d/" + "n" * (most + 1), code=2)
        self.assertFalse(os.path.exists(self.path("d")))
        self.merge("f.json", "p.json", output="d/" + "n" * most)
        self.assertEqual(len(os.listdir(self.path("d"))), 4)

    def test_output_is_not_the_input(self):
        done = self.merge("f.json", "p.json", output="f.json", code=2)
        self.assertIn("choose another name", done.stderr)
        self.assertEqual(self.records("f.json"), self.features)
        self.merge("f.json", "p.json", "--format", "json", output="t.json")
        for name in ("t.csv", "t.train.json", "t.test.jsonl", "t.report.json"):
            self.write(name, self.features)
            done = self.merge(name, "p.json", "--format", "json", output="t.json", code=2)
            self.assertIn(f"{name}, which is an input: choose another name", done.stderr)
            os.remove(self.path(name))

    def test_help(self):
        help = self.vmfc("merge", "--help").stdout
        self.assertIn("vmfc merge --features=FILE --power=FILE --output=FILE [OPTION", help)
        self.assertIn("--estimate-offset", help)
        self.assertEqual(self.vmfc("help", "merge").stdout, help)

    def test_bad_requests(self):
        files = ["--features", "f.json", "--power", "p.json", "--output", "out.csv"]
        for args, sentence in (
                (files[:4], "--output is missing"), (files[2:], "--features is missing"),
                (files + ["--tolerance", "x"], "--tolerance is 'x'"),
                (files + ["--tolerance", "-1"], "--tolerance is '-1', but must be from 0 to "),
                (files + ["--split", "1.5"], "--split is '1.5'"),
                (files + ["--split="], "--split is ''"),
                (files + ["--seed", "-1"], "--seed is '-1'"),
                (files + ["--power-zone", "gpu"], "--power-zone is 'gpu'"),
                (files + ["--power-source", "guess"], "--power-source is 'guess'"),
                (files + ["--power-zone", "packge"],
                 "--power-zone is 'packge' (did you mean package?), but must be one of package, "),
                (files + ["--power-source", "joule"],
                 "--power-source is 'joule' (did you mean joules?), but must be one of joules, "),
                (files + ["--format", "csv,jsn"],
                 "--format is 'jsn' (did you mean json?), but must be one of "),
                (files + ["--format", "xml"], "--format is 'xml'"),
                (files + ["--format", ""], "--format is "),
                (files + ["more"], "'more' is not an option"),
                (files + ["--nothing"], "unknown option --nothing"),
                (files[:5] + ["-"], "--output is '-'"),
                (files[:5] + ["/dev/full"], "--output is '/dev/full'"),
                (files[:5] + ["."], "--output is '.'")):
            with self.subTest(args=args):
                done = self.vmfc("merge", *args, code=2)
                self.assertIn(sentence, done.stderr)
                self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertEqual(sorted(os.listdir(self.folder)), ["f.json", "p.json"])

    def text(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)

    def test_bad_files(self):
        texts = {
            "empty": ("", "is empty"), "blank": (" \n\n", "is empty"),
            "none": ("[\n]\n", "has no rows"), "header": ("timestamp,cpu\r\n", "has no rows"),
            "garbage": ("\0\1\2\3", "is not text"),
            "broken": ('[{"timestamp": 1757530801.5, "a": 1},\n{"timestamp": x}]', "after row 1"),
            "words": ('[{"timestamp" 5}]', "after row 0"),
            "after": ('[{"timestamp": 1757530801.5}] {"a": 1}', "after row 1"),
            "relative": ("timestamp,cpu_utilization\n1.5,3\n2.5,4\n", "start of its run"),
            "early": ("timestamp\n0.0\n1.5\n", "start of its run"),
            "ms": ("timestamp\n1757530801500\n", "by 1000 if they are milliseconds"),
            "timeless": ("cpu_utilization,b\n1,2\n", "has no time column"),
            "twice": ("timestamp,a,a\n1757530801.5,1,2\n", "column 'a' twice"),
            "merged": ("timestamp,power_method\n1757530801.5,points\n", "merged already"),
            "zone": ("timestamp,power_watts_dram\n1757530801.5,3\n", "merged already"),
            "long": ('[{"timestamp": 1757530801.5, "a": "' + "x" * 9000000 + '"}]', "4 MiB"),
            "deep": ('[{"a": ' + "[" * 100 + "]" * 100 + "}]", "after row 0")}
        for name, (text, sentence) in texts.items():
            with self.subTest(name):
                self.text(name, text)
                done = self.merge(name, "p.json", code=1)
                self.assertIn(sentence, done.stderr)
                self.assertEqual("its run" in done.stderr, "its run" in sentence)
                self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
                os.remove(self.path(name))
        for data, sentence in ((gzip.compress(b"timestamp"), "with gunzip"),
                               (lzma.compress(b"timestamp"), "with unxz"),
                               ("timestamp,a\n".encode("utf-16"), "iconv -f UTF-16")):
            with open(self.path("other"), "wb") as file:
                file.write(data)
            self.assertIn(sentence, self.merge("f.json", "other", code=1).stderr)
            os.remove(self.path("other"))
        for features, power, sentence in (("none.json", "p.json", "No such file"),
                                          ("f.json", "f.json", "looks like a file of features"),
                                          (".", "p.json", "is a folder"),
                                          ("/dev/zero", "p.json", "is not an ordinary file")):
            done = self.merge(features, power, code=1)
            self.assertIn(sentence, done.stderr)
        self.assertEqual(sorted(os.listdir(self.folder)), ["f.json", "p.json"])

    def test_names_that_move_a_cursor(self):
        """They are shown without that, and stay as they are in the files."""
        name = "\x1b[2J\nc"
        for row in self.features:
            row[name] = None
        self.write("n.json", self.features)
        done = self.merge("n.json", "p.json")
        self.assertIn("?[2J?c\n", done.stdout)
        self.assertNotIn("\x1b", done.stdout)
        self.assertIn(name, self.report()["columns_never_present"])
        self.text("n.csv", f'timestamp,"{name}","{name}"\n')
        done = self.merge("n.csv", "p.json", code=1)
        self.assertIn("the column '?[2J?c' twice", done.stderr)

    def test_too_many_columns(self):
        """They are not held: 20 MiB are enough to say that there are too many."""
        prefix = [] if SANITIZED else ["prlimit", f"--data={20 << 20}"]
        self.text("a", '[{"timestamp": 1757530801.5' +
                  "".join(f',"{i}":1' for i in range(380000)) + "}]")
        self.text("b", "timestamp," + ",".join(f"{i}" for i in range(100000)) + "\n")
        for name in "ab":
            done = self.merge(name, "p.json", code=1, prefix=prefix)
            self.assertIn("more than 4096 columns", done.stderr)

    def test_order_of_time(self):
        self.write("f.csv", self.features[:50] + self.features[40:60] + self.features[59:])
        done = self.merge("f.csv", "p.json")
        self.assertIn("9 rows that are earlier than a previous row (first: row 51)", done.stderr)
        self.assertIn("2 rows with the time of the previous row", done.stderr)
        self.assertEqual([row["timestamp"] for row in self.records("out.json")],
                         [row["timestamp"] for row in self.features])
        for side in ("f", "p"):
            rows = self.features if side == "f" else self.power
            self.write(f"{side}.csv", rows[::-1])
            done = self.merge("f.csv", "p.csv" if side == "p" else "p.json", code=1)
            self.assertIn("is not in the order of time", done.stderr)
        # as long as not more than half of its rows are too early, a file has an order
        self.write("p.csv", self.power)
        for n_early, code in ((60, 0), (61, 1)):
            self.write("f.csv", self.features[50:110] + self.features[:n_early])
            done = self.merge("f.csv", "p.csv", code=code)
            self.assertIn(f"{n_early} rows that are earlier" if code == 0 else
                          f"{n_early} of {60 + n_early} rows are earlier", done.stderr)
            self.write("f.csv", self.features)

    def test_no_value_of_power(self):
        for row in self.power:
            row["total_cpu_watts_package"] = row["total_cpu_watts_core"] = None
        self.write("p.csv", self.power)
        done = self.merge("f.json", "p.csv", code=1)
        self.assertRegex(done.stderr,
                         r"no value of power in any of its \d+ rows: vmfc --check on the host")

    def test_power_of_another_source(self):
        """A file of a host has its CPU utilization, but is not a file of features."""
        for row in self.power:
            row.update(cpu_utilization=5, kepler_vm_cpu_watts_package=None)
        self.write("p.csv", self.power)
        done = self.merge("f.json", "p.csv", "--power-source", "joules", code=1)
        self.assertIn("it needs vm_cpu_joules_ZONE, where ", done.stderr)
        self.assertIn("; without --power-source it would be kepler_vm_cpu_watts_ZONE, "
                      "total_cpu_watts_ZONE\n", done.stderr)
        done = self.merge("f.json", "p.csv", "--power-source", "kepler", code=1)
        self.assertIn("omit --power-source to use other columns too", done.stderr)

    def test_numbers_that_are_none(self):
        """Whatever stands for none, or is too great for one, is missing, and spoils no file."""
        for text in ("NaN", "Infinity", "-Infinity", "1e400", "-1e400", "9" * 400):
            whole = json.dumps(self.features).replace('"cpu_nice_time": 0.0',
                                                      f'"cpu_nice_time": {text}', 3)
            self.text("n.json", whole)
            self.write("n.csv", json.loads(whole))
            with open(self.path("n.csv"), newline="") as file:
                table = file.read()
            self.text("n.csv", table.replace(",inf,", f",{text},").replace(",-inf,", f",{text},"))
            for name in ("n.json", "n.csv"):
                self.merge(name, "p.json", "--format", "json")
                values = [row["cpu_nice_time"] for row in self.records("out.json")]
                self.assertEqual(values[:4], [None, None, None, 0.0], (text, name))
                self.assertEqual(self.report()["columns"]["cpu_nice_time"],
                                 {"present": len(values) - 3, "min": 0.0, "max": 0.0})

    def test_texts_that_are_none(self):
        """Escapes and bytes that JSON does not know do not come into a file that is to be JSON."""
        with open(self.path("f.json"), "rb") as file:
            whole = file.read()
        for text in (rb"a\qb", b"a\tb", b"\xff\xc3", rb"\ud800", b'\xc3\xa9\\u00e9', b"a"):
            data = whole.replace(b'"fedora"', b'"' + text + b'"')
            data = data.replace(b'"cpu_nice_time"', b'"' + text + b'": ["' + text +
                                b'" "b"], "cpu_nice_time"')
            with open(self.path("t.json"), "wb") as file:
                file.write(data)
            self.merge("t.json", "p.json", "--format", "json,jsonl,csv")
            rows = self.records("out.json")
            with open(self.path("out.jsonl"), encoding="utf-8") as file:
                self.assertEqual([json.loads(line) for line in file], rows)
            name = rows[0]["vm_hostname"]
            self.assertEqual(rows[0][name], [name, "b"])
            self.assertEqual(len(rows[0]), 1 + len(self.features[0]) + 1 + len(LABELS))
            self.assertEqual(self.rows("out.csv")[0][name], f"{name};b")
            self.assertIn(name, self.report()["columns"])

    def test_cut_files(self):
        """A file that a killed tool left gives its whole rows, wherever it was cut."""
        for form in ("json", "csv", "jsonl"):
            whole = self.write("whole." + form, self.features)
            with open(whole, newline="") as file:
                text = file.read()
            ends = [i for i, c in enumerate(text) if c == ("}" if form == "json" else "\n")]
            for cut in range(len(text) * 3 // 4, len(text) * 3 // 4 + 400, 37 if SANITIZED else 7):
                with open(self.path("cut"), "w", newline="") as file:
                    file.write(text[:cut])
                done = self.merge("cut", "p.json", "--format", "csv")
                rows = bisect.bisect_left(ends, cut) - (form == "csv")
                self.assertEqual(len(self.rows("out.csv")), rows, (form, cut))
                if text[cut - 1] != "\n":
                    self.assertIn("ends within a row", done.stderr)
        self.write("uneven.csv", self.features)
        with open(self.path("uneven.csv"), newline="") as file:
            lines = file.read().split("\r\n")
        lines[20] += ",1"
        lines[30] = "1,2"
        with open(self.path("uneven.csv"), "w", newline="") as file:
            file.write("\r\n".join(lines))
        done = self.merge("uneven.csv", "p.json")
        self.assertIn("2 rows with more or fewer cells", done.stderr)
        self.assertEqual(len(self.rows("out.csv")), len(self.features) - 2)

    def test_last_line_without_its_end(self):
        """It may be incomplete, so it is not a record of either file, and vmfc merge warns."""
        for form in ("csv", "jsonl"):
            for side, rows in (("features", self.features), ("power", self.power)):
                with self.subTest(form=form, side=side):
                    whole = self.write(f"{side}.{form}", rows)
                    with open(whole, "rb+") as file:
                        size = file.seek(-2, os.SEEK_END)
                        file.truncate(size + 1 if file.read(1) != b"\r" else size)
                    done = self.merge(whole if side == "features" else "f.json",
                                      whole if side == "power" else "p.json")
                    self.assertEqual(done.stderr.count("ends within a row"), 1, done.stderr)
                    self.assertIn(f"{whole} ends within a row, perhaps because its writer was "
                                  "killed: 1 row is left out, because it has no line feed",
                                  done.stderr)
                    report = self.report()
                    for name in ("features", "power"):
                        self.assertEqual(report[name]["rows_cut_off"], int(name == side))
                        self.assertEqual(report[name]["is_cut"], name == side)
                    self.assertEqual(report[side]["rows"], len(rows) - 1)
        self.text("one", f"timestamp,cpu\n{pair.EPOCH},1")
        self.assertIn("has only one row, which is incomplete or lacks",
                      self.merge("one", "p.json", code=1).stderr)

    def test_array_without_its_end(self):
        """Its last row is whole when its own bracket is there."""
        whole = self.write("whole.json", self.features)
        with open(whole) as file:
            text = file.read().rstrip("]\n")
        for end, rows in (("", 0), ("\n", 0), (",\n", 0), (" \n  \n", 0), (",\n{", 1),
                          (',\n{"timestamp": 1', 1)):
            self.text("cut", text + end)
            done = self.merge("cut", "p.json", "--format", "csv")
            self.assertIn("ends within a row", done.stderr)
            self.assertEqual("without the bracket that closes" in done.stderr, rows == 0)
            self.assertEqual(len(self.rows("out.csv")), len(self.features))
            self.assertEqual(self.report()["features"]["rows_cut_off"], rows)

    def test_carriage_returns(self):
        """Readers of RFC 4180 take one for the end of a row unless it is quoted."""
        texts = ["a\rb", "\r", "\rx", "x\r", "a\r\nb", 'q"\r"', "plain", "a,b\r;c", "\r\r"]
        with open(self.path("f.csv"), "w", newline="") as file:
            file.write("timestamp,time_delta_seconds,note,last\n")
            for i, text in enumerate(texts):
                cell = text
                if any(c in text for c in '\n,"'):
                    cell = '"' + text.replace('"', '""') + '"'
                # the one before the line feed belongs to the end of the line
                file.write(f"{self.features[i]['timestamp_absolute']},1,{cell},{cell}\r\n")
        self.merge("f.csv", "p.json", "--tolerance", "9")
        with open(self.path("out.csv"), newline="") as file:
            rows = list(csv.reader(file))
        self.assertEqual([row[3:5] for row in rows[1:]], [[text, text] for text in texts])
        self.assertEqual({len(row) for row in rows}, {len(rows[0])})
        self.assertEqual([row["note"] for row in self.records("out.json")], texts)
        # once more, by the reader of this program
        names = [name for name in rows[0] if not name.startswith(("power_", "time_diff"))]
        with open(self.path("again.csv"), "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(names)
            writer.writerows([row[:len(names)] for row in rows[1:]])
        self.merge("again.csv", "p.json", "--tolerance", "9", output="twice.csv")
        self.assertEqual([row["note"] for row in self.records("twice.json")], texts)
        self.pandas_reads("out.csv", texts)

    def pandas_reads(self, name, texts):
        """Where there is pandas, for whichever Python."""
        code = ("import json, sys, pandas; rows = pandas.read_csv(sys.argv[1], dtype=str); "
                "print(json.dumps([list(rows['note']), list(rows['last'])]))")
        done = subprocess.run(["/usr/bin/python3", "-c", code, self.path(name)], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if "No module" not in done.stderr and os.path.exists("/usr/bin/python3"):
            self.assertEqual(json.loads(done.stdout), [texts, texts], done.stderr)

    def test_disk_that_fails(self):
        for faults in (f"pwrite,{errno.ENOSPC},0,9", "pwrite,short,0,1;"
                       f"pwrite,{errno.EIO},1,9", f"linkat,{errno.ENOSPC},1,9"):
            done = self.merge("f.json", "p.json", output="vm_features_merged.csv", code=1,
                              itself=True, env=with_faults(faults))
            self.assertIn("vm_features_merged", done.stderr)
            self.assertEqual(done.stderr.count("cannot be"), 1)
        old = f"tmpfile,{errno.EOPNOTSUPP},0,9"
        self.merge("f.json", "p.json", output="vm_features_merged.csv", itself=True,
                   env=with_faults(old))
        self.assertFalse([name for name in os.listdir(self.folder) if "XX" in name])
        self.assertEqual(len(self.rows("vm_features_merged.csv")), len(self.features))

    def test_file_size_limit(self):
        done = self.merge("f.json", "p.json", code=1, prefix=["prlimit", "--fsize=1000"])
        self.assertIn("out.", done.stderr)
        self.assertEqual(sorted(os.listdir(self.folder)), ["f.json", "p.json"])


class Long(MergeTest):
    """Long files, made quickly: the same minutes again and again, a minute later each."""

    N = 20000 if SANITIZED else 200000

    def setUp(self):
        super().setUp()
        features = pair.own_features(pair.steps(), 60)
        with open(self.path("f.csv"), "w") as file, open(self.path("p.csv"), "w") as power:
            file.write("timestamp," + ",".join(f"column_{i}" for i in range(20)) +
                       ",cpu_utilization,time_delta_seconds\n")
            power.write("timestamp,vm_cpu_joules_package,time_delta_seconds\n")
            middle = ",".join(["0.12345678901234567", "123456"] * 10)
            for i in range(self.N):
                load = features[i % 60]["cpu_utilization"]
                file.write(f"{pair.EPOCH + i},{middle},{load!r},1.0\n")
                power.write(f"{pair.EPOCH + i},{pair.watts(load)!r},1.0\n")

    def within(self, mebibytes, *args):
        """Runs it where it gets no more memory than that."""
        prefix = [] if SANITIZED else ["prlimit", f"--data={mebibytes << 20}"]
        self.vmfc("merge", "--features", "f.csv", "--power", "p.csv", "-o", "out.csv", *args,
                  prefix=prefix, timeout=200)

    def test_memory(self):
        self.within(24, "--split")
        with open(self.path("out.csv")) as file:
            self.assertEqual(sum(1 for _ in file), self.N + 1)

    def test_power_that_begins_long_before(self):
        """What lies before the features is not held either."""
        with open(self.path("f.csv")) as file:
            head, *rows = file.read().splitlines(keepends=True)
        with open(self.path("f.csv"), "w") as file:
            file.writelines([head] + rows[-100:])
        self.within(16)
        self.assertEqual(len(self.rows("out.csv")), 100)

    def test_zone_that_never_comes_back(self):
        """Its next value is not waited for with all of the power in memory."""
        with open(self.path("p.csv"), "w") as file:
            file.write("timestamp,total_cpu_watts_package,total_cpu_watts_core\n")
            file.writelines(f"{pair.EPOCH + i},{i % 50},{'' if i else 1}\n"
                            for i in range(self.N))
        self.within(20, "--max-gap", "1e9", "--format", "csv")
        report = self.report()
        self.assertEqual(report["rows"]["matched"], self.N)
        self.assertEqual(report["columns"]["power_watts_core"],
                         {"present": 1, "min": 1.0, "max": 1.0})

    def test_window_of_a_night(self):
        """It is not held as a whole, and has no more than the power at its end."""
        with open(self.path("f.csv"), "w") as file:
            file.write("timestamp,cpu_utilization,time_delta_seconds\n")
            file.write(f"{pair.EPOCH + 550},5,500\n{pair.EPOCH + 551},5,1\n")
        with open(self.path("p.csv"), "w") as file:
            file.write("timestamp,total_cpu_watts_package,total_cpu_watts_core\n")
            file.writelines(f"{pair.EPOCH + i / 1000},{i % 50},{i % 20}\n" for i in range(600000))
        self.within(40, "--format", "csv")
        self.assertEqual([row["power_method"] for row in self.rows("out.csv")],
                         ["nearest", "points"])

    def test_killed(self):
        """At whatever time: what was there is whole, and nothing half is."""
        with open(self.path("out.csv"), "w") as file:
            file.write("mine")
        for delay in (0.02, 0.1, 0.3):
            process = self.start("merge", "--features", "f.csv", "--power", "p.csv", "-o",
                                 "out.csv")
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            if process.returncode == 0:
                break
            self.assertEqual(sorted(os.listdir(self.folder)), ["f.csv", "out.csv", "p.csv"])
            with open(self.path("out.csv")) as file:
                self.assertEqual(file.read(), "mine")

    def test_two_at_once(self):
        both = [self.start("merge", "--features", "f.csv", "--power", "p.csv", "-o", "out.csv",
                           "--format", "csv") for _ in range(2)]
        for process in both:
            process.communicate(timeout=120)
        codes = [process.returncode for process in both]
        self.assertIn(0, codes)
        names = [name for name in os.listdir(self.folder)
                 if name.startswith("out") and name.endswith(".csv")]
        self.assertEqual(len(names), max(1, codes.count(0)))
        for name in names:
            with open(self.path(name)) as file:
                self.assertEqual(sum(1 for _ in file), self.N + 1)


if __name__ == "__main__":
    main()
