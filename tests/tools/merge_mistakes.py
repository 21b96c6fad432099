# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""vmfc merge and unsuitable files: for each there is a message that helps."""

import datetime
import io
import json
import os
import zipfile

import pair
from merging import MergeTest, main


def shifted(rows, seconds):
    """The same rows at another time."""
    rows = [dict(row) for row in rows]
    for row in rows:
        row["timestamp_absolute"] += seconds
        row["timestamp_iso"] = pair.iso(row["timestamp_absolute"], pair.ZONE)
    return rows


class Mistakes(MergeTest):
    def setUp(self):
        super().setUp()
        self.features, self.power = self.old_pair(duration=60)
        self.texts = {}
        for name, rows in (("f", self.features), ("p", self.power)):
            for form in ("csv", "json"):
                with open(self.write(f"{name}.{form}", rows), newline="") as file:
                    self.texts[name, form] = file.read()

    def say(self, content, *sentences, side="f", code=1, args=(), lines=1):
        """Merges with this content on one side. The messages must contain all sentences."""
        with open(self.path("x"), "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        files = ("x", "p.json") if side == "f" else ("f.json", "x")
        done = self.merge(*files, *args, code=code)
        for sentence in sentences:
            self.assertIn(sentence, done.stderr)
        if code == 0:
            for name in ("out.csv", "out.json", "out.meta.json", "out.report.json"):
                os.remove(self.path(name))
        else:
            self.assertEqual(done.stderr.count("\n"), lines, done.stderr)
            self.assertFalse([name for name in os.listdir(self.folder) if name.startswith("out")])
        return done

    def test_separators(self):
        for side in "fp":
            text = self.texts[side, "csv"]
            for separator, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
                for mark in ("", "\ufeff"):
                    self.say(mark + text.replace(",", separator), "x line 1: its cells are "
                             f"separated by {name}, but must be separated by commas", side=side)
            self.say(text.replace(",", ";").replace(".", ","), "separated by semicolons", side=side)
            self.say("sep=;\r\n" + text.replace(",", ";"), "x line 1: it tells Excel", side=side)
            self.say("sep=,\r\n" + text, "x line 1: it tells Excel", side=side)
            self.say("\ufeff" + text, side=side, code=0)
            self.say(text.replace("\r\n", "\r"), "carriage return only", side=side)

    def test_decimal_commas(self):
        head, *rows = self.texts["f", "csv"].splitlines()
        self.say("\n".join([head] + [row.replace(".", ",") for row in rows]) + "\n",
                 "x has no row with as many cells as line 1 has names (11): a comma in a number")
        quoted = "\n".join([head] + [",".join(f'"{cell.replace(".", ",")}"'
                                              for cell in row.split(",")) for row in rows]) + "\n"
        self.say(quoted, "x line 2: timestamp_absolute is '1757530801,0002', with a comma in the "
                 "number: write a point; vmfc uses timestamp_iso as the time", "(columns: ",
                 code=0)
        rows = [f'{pair.EPOCH + i},"{1 + i % 5},5"' for i in range(62)]
        self.say("timestamp,total_cpu_watts_package\n" + "\n".join(rows) + "\n", side="p",
                 *["x line 2: total_cpu_watts_package is '1,5', with a comma in the number"])

    def test_numbers_in_quotes(self):
        def quoted(rows, *names):
            return json.dumps([{key: str(value) if key in names else value
                                for key, value in row.items()} for row in rows])
        self.say(quoted(self.features, "timestamp_absolute", "timestamp_iso").replace("T", " "),
                 "x line 1: timestamp_absolute is '1757530801.0002', in quotes, so it is a text: "
                 "write numbers without", code=0)
        both = "total_cpu_watts_package", "total_cpu_watts_core"
        self.say(quoted(self.power, *both), "x line 1: total_cpu_watts_package is '0.",
                 "in quotes", side="p")
        done = self.say(quoted(self.power, both[0]), "in quotes", "such values are taken as missing",
                        side="p", code=0)
        self.assertIn("none of package, which has no value", done.stdout)
        self.say(quoted(self.features, "cpu_utilization"), "x line 1: cpu_utilization is '",
                 "in quotes", "texts stay texts in the training set (columns: 1)", code=0)
        # texts that are none of these
        done = self.say(quoted(self.features, "vm_hostname"), code=0)
        self.assertNotIn("in quotes", done.stderr)

    def test_some_texts(self):
        power = [dict(row) for row in self.power]
        power[30]["total_cpu_watts_package"] = "n/a"
        self.write("x.csv", power)
        done = self.merge("f.json", "x.csv")
        self.assertIn("x.csv line 32: total_cpu_watts_package is 'n/a', which is not a number; such "
                      "values are taken as missing", done.stderr)
        self.assertEqual(self.report()["power"]["values_without_number"], 1)

    def test_numbers_of_another_form(self):
        """None of them is read; the first says how it is meant."""
        for text, remedy in (("+5", "without +"), ("007", "leading 0"), ("0x1F", "0x"),
                             (" 5", "with a blank around the number"),
                             ("5 W", "which is not a number")):
            rows = "".join(f"{pair.EPOCH + i},{text}\n" for i in range(62))
            self.say("timestamp,total_cpu_watts_package\n" + rows, "x line 2: "
                     f"total_cpu_watts_package is '{text}', ", remedy, side="p")
        # the first row decides which column has the time
        self.say(self.texts["f", "csv"].replace("1757530801.0002", "none", 1), "x line 2", code=0)

    def test_rows_inside_an_object(self):
        take_out = "x has its rows inside the member 'data' of one object"
        for rows, side in ((self.features, "f"), (self.power, "p")):
            self.say(json.dumps({"data": rows}), take_out, "jq", side=side)
            self.say(json.dumps({"version": 1, "of": "me", "data": rows}, indent=1), take_out,
                     side=side)
            self.say(json.dumps({"data": rows * 400}), take_out, side=side)  # more than a row may be
        names = list(self.features[0])
        for content in (
                {name: {i: row[name] for i, row in enumerate(self.features)} for name in names},
                {name: [row[name] for row in self.features] for name in names},
                {"columns": names, "data": [list(row.values()) for row in self.features]}):
            self.say(json.dumps(content), 'with pandas, write it by to_json(orient="records")')

    def test_rows_that_are_none(self):
        for side, rows in (("f", self.features), ("p", self.power)):
            self.say(json.dumps(rows[:2] + [None] + rows[2:]), "x line 1: after row 2 there is "
                     "null, but a row must be an object in { }: remove it", side=side)
        self.say(json.dumps([None] + self.features), "after row 0 there is null")
        self.say(json.dumps(self.features[0]) + "\nnull\n", "x line 2: after row 1 there is null")
        self.say(json.dumps([list(row.values()) for row in self.features]),
                 "after row 0 there is [")
        whole = self.texts["f", "json"].rstrip()
        lines = whole.count("\n") + 1
        self.say(whole[:-1] + ",\n]", f"x line {lines + 1}: after row {len(self.features)}, the "
                 "last, there is a comma")
        self.say(whole + whole, f"x line {lines}: after row {len(self.features)} it is not JSON, "
                 "from '[' on")
        self.say(str(self.features), "x line 1: after row 0 it is not JSON, from ''timestamp': ")

    def test_first_lines(self):
        self.say(self.texts["f", "csv"].split("\r\n", 1)[1], "x line 1: it contains values, but "
                 "must name the columns")
        self.say("2025-09-10T14:59:58,1,1\n2025-09-10T14:59:59,1,1\n",
                 "x line 1: it contains values")
        self.say("0,0\n1,1\n", "x line 1: it contains values")
        self.say("# mine\r\n" + self.texts["f", "csv"], "x line 1: it begins with #")
        self.say("<!DOCTYPE html>\n<html>\n", "x is a web page or XML")
        self.say("of all\nthings this\n", "timestamp_iso, but has of all")
        self.say(self.texts["f", "csv"].replace("timestamp", "Timestamp"),
                 "x has a column 'Timestamp_absolute': rename it to 'timestamp_absolute'")
        head, rest = self.texts["f", "csv"].split("\r\n", 1)
        self.say(head.replace(",", ", ") + "\r\n" + rest, "x has a column ' timestamp_absolute': ")
        self.say(self.texts["p", "csv"].replace("total_cpu_watts_p", "Total_CPU_watts_P").replace(
            "total_cpu_watts_c", "Total_CPU_watts_C"), "rename it to 'total_cpu_watts_package'",
            side="p")

    def test_no_text(self):
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("xl/workbook.xml", "x")
        for content, sentence in (
                (archive.getvalue(), "save the spreadsheet as CSV"),
                (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is not text"),
                (b"\x7fELF\2\1\1\0", "is not text"), (b"PAR1\x15", "is a Parquet file"),
                (b"SQLite format 3\0", "is a database"), (b"BZh91AY", "with bunzip2"),
                (self.texts["f", "csv"].encode("utf-16-le"), "iconv -f UTF-16LE"),
                (self.texts["f", "csv"].encode("utf-16-be"), "iconv -f UTF-16BE"),
                (b"", "x is empty"), (b"\xef\xbb\xbf", "x is empty")):
            self.say(content, sentence)

    def test_folder_without_files(self):
        """Nobody can create a file there, whatever rights they have."""
        done = self.merge("f.csv", "p.csv", output="/proc/out.csv", code=1)
        self.assertIn("/proc/out.csv cannot be created: ", done.stderr)
        self.assertIn("choose a writable place with --output", done.stderr)

    def test_times_that_are_none(self):
        self.say("timestamp_iso,cpu_utilization\n09/10/2025 14:59,4\n", "x line 2: timestamp_iso is "
                 "'09/10/2025 14:59', but must be as 2025-09-10T14:59:58.959+00:00")
        self.say("timestamp,cpu_utilization\n2025-09-10T14:59:58,4\n", "x line 2: timestamp is "
                 "'2025-09-10T14:59:58', but must be in seconds since the epoch", "timestamp_iso")

    def test_files_of_another_kind(self):
        about = "x describes a run, but does not contain its rows: give the file that does"
        meta = json.dumps({"generator": "vmfc", "machine": {"host": "vm"}, "columns": [{}]})
        for side in "fp":
            self.say(meta, about, side=side)
        self.merge("f.json", "p.json", output="set.csv")
        with open(self.path("set.report.json")) as file:
            self.say(file.read(), about)
        done = self.merge("f.json", "set.json", code=1)
        self.assertIn("it looks like a training set of vmfc merge", done.stderr)
        done = self.merge("p.json", "f.json", code=1)
        self.assertIn("--features p.json has power and --power f.json has none: swap them",
                      done.stderr)
        self.assertIn("p.json is given for both", self.merge("p.json", "p.json", code=1).stderr)
        self.write("q.json", self.power)
        self.assertIn("--features q.json has power, but no features",
                      self.merge("q.json", "p.json", code=1).stderr)
        self.say("timestamp,rapl_package_joules,time_delta_seconds\n" +
                 "".join(f"{pair.EPOCH + i},5,1\n" for i in range(60)), "of the whole host",
                 "--plugins host,cpu", side="p")

    def test_host_file_with_cpu_use(self):
        """A file with the CPU utilization and the power of a host is not rejected."""
        for row in self.power:
            row["cpu_utilization"] = 5.0
        self.write("q.json", self.power)
        self.merge("q.json", "p.json")

    def test_end_of_summer_time(self):
        """Local times that are set back: the hour of a row is ambiguous."""
        end = 1762063200.0  # 2025-11-02T02:00:00-04:00
        old = shifted(self.features, end - pair.EPOCH - 30)
        power = shifted(self.power, end - pair.EPOCH - 30)
        for row in old + power:
            zone = datetime.timedelta(hours=-4 if row["timestamp_absolute"] < end else -5)
            row["timestamp_iso"] = pair.iso(row["timestamp_absolute"], datetime.timezone(zone))
        self.write("f.csv", old, without=["timestamp_absolute"])
        self.write("p.csv", power, without=["timestamp_absolute"])
        for zone in ("UTC", "America/New_York"):
            done = self.merge("f.csv", "p.csv", code=1, env={"TZ": zone})
            self.assertRegex(done.stderr, r"f\.csv line 3\d: its local time is set back, as at "
                             "the end of summer time")
            self.assertIn("give a file with timestamp_absolute", done.stderr)
        # half of the power is in that hour; the zone of the other file is the one before it
        self.write("f.csv", [row for row in old if row["timestamp_absolute"] < end])
        done = self.merge("f.csv", "p.csv", code=1)
        self.assertRegex(done.stderr, r"p\.csv line 3\d: its local time is set back")
        # completely within the hour that occurs twice
        self.write("p.csv", [row for row in power if row["timestamp_absolute"] < end],
                   without=["timestamp_absolute"])
        self.write("g.json", [{key: row[key] for key in row if key != "timestamp_iso"}
                              for row in old])
        done = self.merge("g.json", "p.csv", code=1, env={"TZ": "America/New_York"})
        self.assertIn("p.csv line 2: its local time is in the hour that occurs twice",
                      done.stderr)
        # where both are local it does not matter which of the hours it was
        self.write("f.csv", [row for row in old if row["timestamp_absolute"] < end],
                   without=["timestamp_absolute"])
        self.merge("f.csv", "p.csv", env={"TZ": "America/New_York"})

    def test_clocks_apart(self):
        """The hint names what finds the rest of the difference, and following it works."""
        load = pair.steps()
        self.write("f.csv", pair.old_features(load, 200))
        self.write("p.csv", shifted(pair.old_power(load, 220, start=-7), 7200))
        done = self.merge("f.csv", "p.csv", code=1)
        hint = "--offset 7193 --estimate-offset"
        self.assertIn(hint + " if only the clocks differ", done.stderr)
        done = self.merge("f.csv", "p.csv", "--estimate-offset", code=1)
        self.assertIn("p.csv begins 7192 s after it, but the maximum of the lag is 60 s "
                      "(--max-lag): if the clocks differ, add --offset 7192", done.stderr)
        self.merge("f.csv", "p.csv", *hint.split())
        self.assertAlmostEqual(self.report()["offset"]["applied_seconds"], 7200, delta=0.6)


if __name__ == "__main__":
    main()
