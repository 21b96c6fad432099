# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What goes wrong around vmfc: disks that fail, plugins that misbehave, /proc that is taken away."""

import errno
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import time
import unittest

from common import MODULES, SANITIZED, SMALL_VM, VMFC, ProgramTest, main, with_faults

ALWAYS = 1 << 30


class FaultTest(ProgramTest):
    def assert_files(self):
        """All files are valid and tell the same, as far as they go. Returns the records."""
        records = self.records()
        rows = {row["timestamp"]: row for row in self.rows()}
        self.assertGreater(len(records), 0)
        for record in records:
            row = rows.get(repr(record["timestamp"]))
            if row is not None:
                self.assertNotIn(None, row)
                self.assertEqual(row["missed_ticks"], str(record["missed_ticks"]))
        # Deadlines without a record are those that the next one counts. They are counted from the
        # first, and one is forgiven: a process that is held up between its looks at the two clocks
        # tells a later deadline than it had.
        step = records[0]["collection_interval"]
        deadlines = [r["timestamp"] - r["tick_lateness_us"] / 1e6 for r in records]
        due = 0
        for deadline, record in zip(deadlines[1:], records[1:]):
            due += record["missed_ticks"] + 1
            self.assertGreaterEqual(round((deadline - deadlines[0]) / step), due - 1)
        return records

    def result(self):
        """What the meta file says of the run."""
        with open(self.path("data/vm_features.meta.json")) as file:
            return json.load(file)["result"]

    def files(self):
        return sorted(os.listdir(self.path("data")))


@unittest.skipIf("thread" in SANITIZED, "the sanitizer has functions of its own for these")
class Disk(FaultTest):
    """A disk that fails, by a library that stands in for its system calls."""

    def collect(self, *faults, code=0, plugins="proc"):
        text = ";".join(",".join(map(str, fault)) for fault in faults)
        return self.vmfc("--plugins", plugins, "--interval", "0.01", "--duration", "1", "--format",
                         "json,jsonl,csv", "--fsync", "0.1", code=code,
                         env=with_faults(text))

    def test_writes_fail_for_a_while(self):
        done = self.collect(("pwrite", errno.EIO, 20, 40), code=1)
        self.assertRegex(done.stderr, r"warning: json: \S*vm_features.json cannot be written: "
                         "Input/output error: check the disk with dmesg; records are lost there "
                         "until it can be written again")
        self.assertRegex(done.stderr, r"warning: (json|jsonl|csv) writes again; \d+ records are "
                         "lost there")
        self.assertIn("records not written", done.stdout)
        records = self.assert_files()
        self.assertLess(len(records), 100)
        with self.timing():
            self.assertGreater(len(records), 30)
        # what is printed, what the meta file says and what the files lack is the same
        result = self.result()
        said = re.search(r"^(\d+) records, (\d+) windows? missed, (\d+) records not written$",
                         done.stdout, re.M)
        self.assertEqual([int(number) for number in said.groups()],
                         [result[name] for name in ("records", "missed_windows",
                                                    "unwritten_records")])
        self.assertEqual(result["dropped_records"], 0)
        self.assertGreaterEqual(result["records"] + result["missed_windows"], 100)
        self.assertGreaterEqual(result["unwritten_records"], result["records"] - len(records))
        self.assertLessEqual(result["unwritten_records"], 40)

    def test_writes_fail_for_good(self):
        done = self.collect(("pwrite", errno.EIO, 60, ALWAYS), code=1)
        # once for each file, however many records there are
        self.assertEqual(done.stderr.count("cannot be written: Input/output error"), 4)
        self.assertIn("vm_features.meta.json remains as it was when the run began: ", done.stderr)
        self.assertLess(len(self.assert_files()), 40)

    def test_writes_fail_at_once(self):
        done = self.collect(("pwrite", errno.EIO, 0, ALWAYS), code=1)
        self.assertRegex(done.stderr, "vm_features.json cannot be created: Input/output error: "
                         "check the disk with dmesg")
        self.assertEqual(self.files(), [])

    def test_short_writes(self):
        """What a call has left over is written by the next."""
        done = self.collect(("pwrite", "short", 0, ALWAYS))
        self.assertEqual(done.stderr, "")
        records = self.assert_files()
        self.assert_accounted(records, 100)

    def test_half_of_a_record(self):
        """A disk that takes half of a write and then no more."""
        self.collect(*[("pwrite", "short", n, 1) for n in range(40, 4000, 7)],
                     *[("pwrite", errno.ENOSPC, n + 1, 1) for n in range(40, 4000, 7)], code=1)
        self.assertGreater(len(self.assert_files()), 3)

    def test_sync_fails(self):
        done = self.collect(("fdatasync", errno.EIO, 2, 1), code=1)
        self.assertRegex(done.stderr, r"vm_features.\w+ cannot be synced to the disk: "
                         "Input/output error: check the disk with dmesg; a power cut may lose "
                         "the last records")
        records = self.assert_files()
        self.assert_accounted(records, 100)

    def test_sync_fails_for_good(self):
        """Once, however often it fails; the records are in the files all the same."""
        done = self.collect(("fdatasync", errno.EIO, 2, ALWAYS), code=1)
        self.assertEqual(done.stderr.count("a power cut may lose the last records"), 1, done.stderr)
        result = self.result()
        self.assertEqual(result["unwritten_records"], 0)
        self.assertEqual(len(self.assert_files()), result["records"])

    def test_last_sync_fails(self):
        """Of each file, when it is closed; the first three syncs are of their starts."""
        done = self.collect(("fsync", errno.EIO, 4, 3), code=1)
        for name in ("json", "jsonl", "csv"):
            self.assertIn(f"vm_features.{name} cannot be ", done.stderr)
        self.assertEqual(done.stderr.count("Input/output error"), 3)
        self.assertEqual(len(self.assert_files()), self.result()["records"])

    def test_order_of_syncs(self):
        """A power cut finds no name without its content, and no result without its records."""
        output = self.path("vm_features/vm_features.json")
        self.vmfc("--plugins", "cpu", "--interval", "0.02", "--duration", "0.3", "--format",
                  "json,jsonl,csv", "--fsync", "0.1", "--output", output,
                  env={**with_faults(""), "FAULTS_LOG": self.path("log")})
        with open(self.path("log")) as file:
            calls = [line.split() for line in file]
        folder = str(os.stat(os.path.dirname(output)).st_ino)
        named = {call[2]: n for n, call in enumerate(calls) if call[0] == "linkat"}
        self.assertEqual(set(named), {f"vm_features.{name}" for name in ("json", "jsonl", "csv")})
        results = [n for n, call in enumerate(calls) if call[0] == "rename"]
        self.assertEqual({calls[n][2] for n in results}, {"vm_features.meta.json"})
        self.assertEqual(len(results), 2)
        for n in [*named.values(), *results]:
            self.assert_synced(calls[:n], calls[n][1], ["fsync"])
        for n in named.values():
            self.assertIn(["fsync", folder], calls[n:])
            self.assert_synced(calls[:results[1]], calls[n][1], ["fsync", "fdatasync"])

    def assert_synced(self, calls, inode, how):
        """The last call that changes a file is followed by one that syncs it."""
        of_file = [call[0] for call in calls if call[1] == inode]
        self.assertIn(of_file[-1], how)

    def test_end_fails(self):
        """What was made ready behind the text cannot be given back: it stays blank."""
        done = self.collect(("ftruncate", errno.EIO, 0, ALWAYS), code=1)
        self.assertRegex(done.stderr, "vm_features.json cannot be finished: Input/output error")
        self.assert_files()

    def test_meta_fails(self):
        done = self.collect(("rename", errno.EIO, 0, ALWAYS), code=1)
        self.assertRegex(done.stderr, "vm_features.meta.json cannot be written: Input/output error")
        self.assertEqual(self.files(), ["vm_features.csv", "vm_features.json", "vm_features.jsonl"])
        self.assertEqual(self.records(), [])

    def test_file_systems_that_lack_something(self):
        """None of it is needed: O_TMPFILE, links, RENAME_NOREPLACE, mappings, populating them."""
        wanted = ["vm_features.csv", "vm_features.json", "vm_features.jsonl",
                  "vm_features.meta.json"]
        for faults in ([("tmpfile", errno.EOPNOTSUPP, 0, ALWAYS)],
                       [("tmpfile", errno.EOPNOTSUPP, 0, ALWAYS),
                        ("renameat2", errno.EINVAL, 0, ALWAYS)],
                       [("linkat", errno.EPERM, 0, ALWAYS)],
                       [("mmap", errno.ENODEV, 0, ALWAYS)],
                       [("madvise", errno.EINVAL, 0, ALWAYS)],
                       [("fsync", errno.EINVAL, 0, ALWAYS), ("fdatasync", errno.EINVAL, 0, ALWAYS)]):
            self.assertEqual(self.collect(*faults).stderr, "")
            self.assertEqual(self.files(), wanted)
            records = self.assert_files()
            self.assert_accounted(records, 100)
            shutil.rmtree(self.path("data"))


class Output(FaultTest):
    def test_full(self):
        """What is printed is lost: a run says so, and its files are whole."""
        for args in (("--version",), ("--list-features",), ("--plugins", "cpu", "--interval", "0.1",
                                                             "--duration", "0.2")):
            with open("/dev/full", "w") as full:
                done = subprocess.run([VMFC, *args], cwd=self.folder, stdout=full, text=True,
                                      stderr=subprocess.PIPE, check=False)
            self.assertEqual(done.returncode, 1, args)
            self.assertEqual(done.stderr, "vmfc: standard output cannot be written; free some space\n")
        self.assert_windows(self.records(), 2)


class Sink(FaultTest):
    def test_hangs(self):
        """It costs what it would have been given; nobody else waits, and the user is told."""
        process = self.start("--plugin-path", MODULES, "--plugins", "cpu,tray", "--set",
                             "tray.fails=hangs", "--interval", "0.005", "--duration", "1")
        self.assertRegex(self.wait_for_line(process, "the run is over"),
                         "warning: the run is over, but tray has not returned for 5 s: "
                         "vmfc waits for it with [0-9]+ records that are not written; Ctrl[+]C "
                         "twice ends vmfc without them\n")
        self.assertIsNone(process.poll())
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        self.assertIsNone(process.poll())
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(10), -signal.SIGINT)
        process.communicate()
        self.assertEqual(self.records(), [])

    @unittest.skipIf("thread" in SANITIZED, "the sanitizer has functions of its own for these")
    def test_is_slow(self):
        """One that goes on is waited for without a word."""
        done = self.vmfc("--plugins", "cpu", "--interval", "0.05", "--duration", "0.3", "--format", "jsonl",
                  env=with_faults("pwrite,slow,1,7"))
        self.assertEqual(done.stderr, "")
        with open(self.path("data/vm_features.jsonl")) as file:
            self.assert_windows([json.loads(line) for line in file if line.strip()], 6)

    def test_hangs_for_long(self):
        process = self.start("--plugin-path", MODULES, "--plugins", "cpu,tray", "--set",
                             "tray.fails=hangs", "--interval", "0.1", "--duration", "0")
        self.assertIn("tray is too slow: records are dropped until it catches up",
                      self.wait_for_line(process, "dropped"))
        process.kill()
        process.communicate()

    def wait_for_line(self, process, text):
        for line in process.stderr:
            if text in line:
                return line
        self.fail(f"vmfc ended without saying '{text}'")


class Plugin(FaultTest):
    """A sampler that does what it may not; nothing of it reaches the others."""

    def misbehave(self, does, code=0, n_warnings=1):
        for _ in range(9):
            done = self.vmfc("--plugin-path", MODULES, "--plugins", "cpu,unruly", "--set",
                             f"unruly.does={does}", "--interval", "0.2", "--duration", "1", "--output",
                             f"{does}.json", code=code)
            if "no answer within" not in done.stderr:  # which is true where the machine stood still
                break
            for name in glob.glob(self.path(f"{does}.*")):
                os.unlink(name)
        self.assertEqual(done.stderr.count("warning: "), n_warnings, done.stderr)
        if code != 0:
            return done.stderr, None
        records = self.records(f"{does}.json")
        self.assert_accounted(records, 5)
        for record in records:
            self.assertEqual(record["core_count"], os.cpu_count())
            self.assertIsNone(record["unruly_ratio"])
            self.assertIsNone(record["unruly_name"])
        return done.stderr, records

    def test_fails_at_its_start(self):
        silence = "vmfc: unruly: plugin unruly failed without a reason\n"
        self.assertEqual(self.misbehave("open", code=2, n_warnings=0)[0], silence)
        self.assertFalse(os.path.exists(self.path("open.json")))
        self.assertEqual(self.misbehave("start", code=1, n_warnings=0)[0], silence)
        self.assertEqual(self.misbehave("column-twice", code=2, n_warnings=0)[0],
                         "vmfc: unruly: plugin unruly declares the column unruly twice\n")

    def test_does_not_work_here(self):
        for when, reason in (("open", "not on a Tuesday"), ("start", "not before noon")):
            said, records = self.misbehave(f"{when}-unsupported")
            self.assertEqual(said, f"vmfc: warning: unruly: {reason}. Missing: unruly, "
                             "unruly_ratio, unruly_name\n")
            self.assertEqual([record["unruly"] for record in records], len(records) * [None])

    def test_fails_at_each_tick(self):
        for does, reason in (("fails", "plugin unruly failed without a reason"),
                             ("fails-with-word", "the well is dry"),
                             ("no-answer", "plugin unruly returned the invalid answer 42")):
            said, records = self.misbehave(does)
            self.assertEqual(said, f"vmfc: warning: unruly: {reason}; its values are missing\n")
            self.assertEqual([record["unruly"] for record in records], len(records) * [7])

    def test_writes_what_is_not_its_own(self):
        for does, what in (("foreign-column", "column 3, but has only 3"),
                           ("wrong-type", "float into its int column unruly"),
                           ("answers-twice", "into a record that it no longer owns"),
                           ("keeps-record", "into a record that it no longer owns")):
            said, records = self.misbehave(does)
            self.assertEqual(said, f"vmfc: warning: plugin unruly writes {what}: vmfc ignores it, "
                             "and does not log further errors of this plugin\n")
            self.assertEqual([record["unruly"] for record in records],
                             len(records) * [None if does == "keeps-record" else 7])

    def test_writes_no_value(self):
        for does in ("no-number", "no-text"):
            _said, records = self.misbehave(does, n_warnings=0)
            self.assertEqual([record["unruly"] for record in records], len(records) * [7])

    def test_declares_too_late(self):
        said, _records = self.misbehave("late-column")
        self.assertEqual(said, "vmfc: warning: plugin unruly declares a column after open: a "
                         "plugin may declare columns only in open: ignored\n")

    def test_blocks(self):
        """It costs ticks, and they are counted: 250 ms of each 200."""
        _said, records = self.misbehave("blocks", n_warnings=0)
        self.assertLess(len(records), 5)
        for record in records:
            self.assertGreater(record["sample_duration_us"], 249e3)

    def test_workload_fails(self):
        silence = "plugin steps failed without a reason"
        for fails, code, said in (
                ("open", 2, f"vmfc: {silence}\n"),
                ("start", 1, f"vmfc: warning: workload steps ended too early: {silence}\n")):
            done = self.vmfc("--plugin-path", MODULES, "--plugins", "cpu", "--stress-workload",
                             "steps", "--set", f"steps.fails={fails}", "--interval", "0.1",
                             "--duration", "0.5", "--output", f"{fails}.json", code=code)
            self.assertIn(said, done.stderr)
            self.assertEqual(done.stderr.replace(said, ""), "")
            with self.timing():  # a run that begins late outlasts its workload, which is started again
                self.assertEqual(done.stderr, said)
        self.assertEqual({record["stress_workload"] for record in self.records("start.json")},
                         {"none"})


class Proc(FaultTest):
    """/proc that is taken away under a run."""

    FILES = ("stat", "meminfo", "diskstats", "net/dev", "loadavg")
    COLUMNS = {"cpu": "core_count", "mem": "memory_usage_percent", "disk": "disk_io_read_mb",
               "net": "network_bytes_recv", "load": "load_average_1min"}

    def test_taken_away(self):
        root = self.path("root")
        shutil.copytree(os.path.join(SMALL_VM, "root"), root, symlinks=True)
        process = self.start("--root", root, "--plugins", "proc", "--interval", "0.1", "--duration",
                             "0", "--format", "json,jsonl")
        self.wait_for_records(3)
        for name in self.FILES:
            os.truncate(os.path.join(root, "proc", name), 0)
        self.wait_for_records(6)
        for name in self.FILES:
            shutil.copy(os.path.join(SMALL_VM, "root/proc", name), os.path.join(root, "proc", name))
        self.wait_for_records(6)
        process.send_signal(signal.SIGTERM)
        _out, said = process.communicate()
        self.assertEqual(process.returncode, 0)
        records = self.records()
        for plugin, column in self.COLUMNS.items():
            there = "".join("x" if record[column] is not None else "-" for record in records)
            self.assertRegex(there, "^x+-{4,}x+$", column)
            self.assertEqual(len(re.findall(f"warning: {plugin}: .*its values are missing",
                                            said)), 1, said)
            self.assertEqual(len(re.findall(f"warning: {plugin} answers again after [0-9]+ ticks",
                                            said)), 1, said)

    def wait_for_records(self, n):
        """Until there are so many more."""
        path = self.path("data/vm_features.jsonl")
        wanted = None
        for _ in range(600):
            count = 0
            if os.path.exists(path):
                with open(path) as file:
                    count = sum(1 for line in file if line.strip())
            wanted = wanted or count + n
            if count >= wanted:
                return
            time.sleep(0.05)
        self.fail(f"no {n} records within 30 s")

    def test_not_there(self):
        os.mkdir(self.path("root"))
        done = self.vmfc("--root", self.path("root"), "--duration", "1", code=2)
        self.assertEqual(done.stderr, "vmfc: --root or VMFC_ROOT: the folder "
                         f"{self.path('root')}/proc does not exist: give the folder that contains "
                         "proc and sys, or / for those of this machine\n")
        os.mkdir(self.path("root/proc"))
        done = self.vmfc("--root", self.path("root"), "--plugins", "proc", "--interval", "0.1",
                         "--duration", "0.3")
        records = self.records()
        self.assert_windows(records, 3)
        for plugin, column in self.COLUMNS.items():
            self.assertIn(f"warning: {plugin}: ", done.stderr)
            self.assertEqual({record[column] for record in records}, {None})


if __name__ == "__main__":
    main()
