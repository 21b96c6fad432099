# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""Long runs: files divided into parts, and files that others take away while they are written."""

import csv
import json
import os
import time

from common import ProgramTest, main


class PartsTest(ProgramTest):
    def parts(self, name="run"):
        """The numbers of the parts that are there."""
        return sorted({int(entry.split(".")[1]) for entry in os.listdir(self.folder)
                       if entry.startswith(name + ".") and entry.split(".")[1].isdigit()})

    def read(self, stem):
        """The times of all records of a part, which all its files must agree on."""
        records = self.records(stem + ".json")
        with open(self.path(stem + ".jsonl")) as file:
            lines = [json.loads(line) for line in file]
        with open(self.path(stem + ".csv"), newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(records, lines)
        self.assertEqual([record["timestamp"] for record in records],
                         [float(row["timestamp"]) for row in rows])
        meta = self.records(stem + ".meta.json")
        self.assertEqual(meta["result"]["records"], len(records))
        for name, n_present in meta["result"]["present"].items():
            self.assertEqual(n_present, sum(record[name] is not None for record in records), name)
        return records

    def run_vmfc(self, *args, **kwargs):
        return self.vmfc("--plugins", "cpu,mem", "--format", "json,jsonl,csv", "--output",
                         "run.json", *args, **kwargs)

    def assert_joined(self, records):
        """Nothing is lost or doubled where one part ends and the next begins."""
        for before, after in zip(records, records[1:]):
            self.assertAlmostEqual(after["timestamp"] - before["timestamp"],
                                   after["time_delta_seconds"], delta=0.002)


class Parts(PartsTest):
    def test_by_time(self):
        self.run_vmfc("--interval", "0.1", "--duration", "2.5", "--rotate", "1s")
        self.assertEqual(self.parts(), [1, 2])
        found = [self.read(stem) for stem in ("run.0001", "run.0002", "run")]
        self.assert_joined(sum(found, []))
        self.assert_accounted(sum(found, []), 25)
        if len(sum(found, [])) == 25:
            self.assertEqual(list(map(len, found)), [10, 10, 5])
        for stem, part in zip(("run.0001", "run.0002", "run"), found):
            begin = part[0]["timestamp"] - part[0]["time_delta_seconds"]
            with self.timing():
                self.assertAlmostEqual(self.records(stem + ".meta.json")["start_time"], begin,
                                       delta=0.05)

    def test_by_size(self):
        done = self.run_vmfc("--interval", "0.01", "--duration", "2", "--rotate", "16K")
        numbers = self.parts()
        self.assertGreater(len(numbers), 3)
        records = sum((self.read(f"run.{number:04}") for number in numbers), [])
        for number in numbers:
            size = os.path.getsize(self.path(f"run.{number:04}.json"))
            self.assertLess(size, 20000)
            self.assertGreaterEqual(size, 16384)
        records += self.read("run")
        self.assert_joined(records)
        self.assert_accounted(records, 200)
        self.assertIn(f"{len(records)} records", done.stdout)

    def test_oldest_are_removed(self):
        left = []
        for _ in range(2):
            self.run_vmfc("--interval", "0.01", "--duration", "1", "--rotate", "100ms",
                          "--rotate-keep", "3")
            left.append(self.parts())
        # the second run goes on with the numbers, what the first left included
        first, second = left
        self.assertEqual(second, list(range(second[-1] - 2, second[-1] + 1)))
        self.assertGreater(second[-1], first[-1] + 1)
        with self.timing():
            self.assertEqual(left, [[7, 8, 9], [17, 18, 19]])
        for number in second:
            self.read(f"run.{number:04}")

    def test_kill(self):
        """Every part is whole, and only the newest may lack the end of its meta file."""
        process = self.start("--plugins", "cpu,mem", "--format", "json,jsonl,csv", "--output",
                             "run.json", "--interval", "0.005", "--duration", "60", "--rotate",
                             "50ms")
        while len(self.parts()) < 10:
            time.sleep(0.01)
        process.kill()
        process.wait()
        records = sum((self.read(f"run.{number:04}") for number in self.parts()[:-1]), [])
        self.assert_joined(records)
        self.run_vmfc("--interval", "0.05", "--duration", "0.2", "--rotate", "1h")
        self.assert_windows(self.read("run"), 4)

    def test_bad_amounts(self):
        for amount in "", "5", "1ms", "1k", "10", "x", "-1h", "1h30", "100B", "0M":
            with self.subTest(amount):
                done = self.run_vmfc("--interval", "20", "--duration", "20", "--rotate", amount,
                                     code=2)
                self.assertIn(f"--rotate is '{amount}', but must be a time of at least one "
                              "window", done.stderr)
        for arguments in ("--rotate-keep", "3"), ("--rotate", "1h", "--rotate-keep", "0"):
            done = self.run_vmfc(*arguments, code=2)
            self.assertIn("--rotate-keep is '", done.stderr)


class TakenAway(PartsTest):
    """A run of some seconds to whose files something is done."""

    def while_running(self, action, code):
        for entry in os.listdir(self.folder):
            os.unlink(self.path(entry))
        process = self.start("--plugins", "cpu,mem", "--format", "json,jsonl,csv", "--output",
                             "run.json", "--interval", "0.05", "--duration", "4")
        path = self.path("run.csv")
        while not os.path.exists(path) or os.path.getsize(path) < 5000:
            time.sleep(0.01)
        action()
        _, said = process.communicate(timeout=60)
        self.assertEqual(process.returncode, code, said)
        return said

    def rows(self, name="run.csv"):
        return super().rows(name)

    def assert_goes_on(self, records):
        self.assertGreater(len(records), 5)
        with self.timing():
            self.assertGreater(len(records), 20)

    def test_moved(self):
        """As logrotate does it: what was there is complete, and the rest is in a new file."""
        def move():
            for extension in "json", "jsonl", "csv":
                os.rename(self.path("run." + extension), self.path("away." + extension))

        said = self.while_running(move, 0)
        self.assertIn("run.csv was moved; vmfc continues in a new file with that name", said)
        rows = self.rows("away.csv") + self.rows()
        records = self.records("away.json") + self.records("run.json")
        self.assertEqual([float(row["timestamp"]) for row in rows],
                         [record["timestamp"] for record in records])
        self.assert_joined(records)
        self.assert_accounted(records, 80)

    def test_deleted(self):
        said = self.while_running(lambda: os.unlink(self.path("run.csv")), 1)
        self.assertIn("run.csv was deleted while vmfc was writing it", said)
        self.assert_goes_on(self.rows())
        self.assert_accounted(self.records("run.json"), 80)

    def test_deleted_array(self):
        said = self.while_running(lambda: os.unlink(self.path("run.json")), 1)
        self.assertIn("run.json was deleted while vmfc was writing it", said)
        self.assert_goes_on(self.records("run.json"))

    def test_replaced(self):
        """What somebody else has put there is kept."""
        def replace():
            with open(self.path("other"), "w") as file:
                file.write("mine\n")
            os.rename(self.path("other"), self.path("run.csv"))

        said = self.while_running(replace, 1)
        self.assertIn("run.csv was deleted", said)
        with open(self.path("run.1.csv")) as file:
            self.assertEqual(file.read(), "mine\n")
        self.assert_goes_on(self.rows())

    def test_cut(self):
        for name, size in ("run.csv", 0), ("run.csv", 3000), ("run.json", 3000), ("run.jsonl", 1):
            with self.subTest(f"{name} to {size}"):
                said = self.while_running(lambda: os.truncate(self.path(name), size), 1)
                self.assertIn(f"{name} was truncated while vmfc was writing it", said)
                self.assert_goes_on(self.rows())
                self.assert_goes_on(self.records("run.json"))
                with open(self.path("run.jsonl")) as file:
                    self.assert_goes_on([json.loads(line) for line in file])

    def test_taken_away_again(self):
        """Each time, what is in the way gets a number of its own."""
        def cut_and_move():
            for turn in range(3):
                if turn == 1:
                    os.rename(self.path("run.csv"), self.path("away.csv"))
                    with open(self.path("run.csv"), "w"):
                        pass
                else:
                    os.truncate(self.path("run.csv"), 0)
                deadline = time.monotonic() + 20
                while turn + 1 not in self.parts() or not os.path.exists(self.path("run.csv")):
                    with self.timing():  # a run that is over before its file is cut does not see it
                        self.assertLess(time.monotonic(), deadline)
                    self.timing.end()
                    time.sleep(0.01)

        said = self.while_running(cut_and_move, 1)
        self.assertNotIn("records are lost there", said)
        self.assertEqual(self.parts(), [1, 2, 3])
        self.assertGreater(len(self.rows()), 1)

    def test_deleted_at_the_end(self):
        """Also what happens in the last second is said."""
        process = self.start("--plugins", "cpu", "--format", "csv", "--output", "run.csv",
                             "--interval", "0.1", "--duration", "0")
        while not os.path.exists(self.path("run.meta.json")):
            time.sleep(0.01)
        time.sleep(0.5)
        os.unlink(self.path("run.csv"))
        process.terminate()
        _, said = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 1, said)
        self.assertIn("run.csv was deleted", said)


class Together(ProgramTest):
    def test_two_at_once(self):
        """Each of two runs that start together keeps its files, or one says why it does not."""
        for turn in range(10):
            names = [f"{turn}/run.json"] * 2
            runs = [self.start("--plugins", "cpu", "--interval", "0.1", "--duration", "0.3",
                               "--output", name, "--format", format_)
                    for name, format_ in zip(names, ("json", "csv"))]
            codes = []
            for process in runs:
                _, said = process.communicate(timeout=60)
                codes.append(process.returncode)
                if process.returncode != 0:
                    self.assertRegex(said, "another vmfc is writing .*: choose another name")
            metas = [entry for entry in os.listdir(self.path(str(turn))) if "meta" in entry]
            self.assertEqual(len(metas), codes.count(0), (turn, codes, metas))
            self.assertIn(0, codes)


if __name__ == "__main__":
    main()
