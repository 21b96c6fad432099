# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""Records that go to a reader at once: standard output, FIFOs, devices."""

import contextlib
import csv
import io
import json
import os
import signal
import socket
import subprocess
import time
import unittest

from common import VMFC, ProgramTest, main

RUN = ("--plugins", "cpu,mem", "--interval", "0.1", "--duration", "0.5")


class Streams(ProgramTest):
    def assert_only(self, *names):
        self.assertEqual(sorted(os.listdir(self.folder)), sorted(names))

    def assert_run(self, lines, said):
        """The records of RUN as JSON lines, and what vmfc says of them when it ends."""
        records = [json.loads(line) for line in lines.split("\n")[:-1]]
        self.assert_windows(records, 5)
        self.assertRegex(said, f"\\b{len(records)} records?, ")

    def test_lines(self):
        done = self.vmfc(*RUN, "--output", "-", "--format", "jsonl")
        self.assert_run(done.stdout, done.stderr)
        self.assert_only()

    def test_table(self):
        done = self.vmfc(*RUN, "--output", "-", "--format", "csv", "--meta", "about.json")
        rows = list(csv.DictReader(io.StringIO(done.stdout, newline="")))
        self.assert_only("about.json")
        meta = self.records("about.json")
        self.assertEqual([column["name"] for column in meta["columns"]], list(rows[0]))
        self.assertEqual(meta["result"]["records"], len(rows))
        self.assert_windows(rows, 5)

    def test_meta_is_kept(self):
        for _ in range(2):
            self.vmfc(*RUN, "--output", "-", "--format", "csv", "--meta", "about.json")
        self.assert_only("about.json", "about.1.json")

    def test_meta_together(self):
        """Each of two runs that start together keeps its meta file, or one says why it does not."""
        for turn in range(8):
            runs = [self.start("--plugins", "cpu", "--interval", "0.1", "--duration", "0.3",
                               "--output", "/dev/null", "--format", "jsonl", "--meta",
                               f"{turn}/about.json") for _ in range(2)]
            codes = []
            for process in runs:
                _, said = process.communicate(timeout=60)
                codes.append(process.returncode)
                if process.returncode != 0:
                    self.assertRegex(said, "another vmfc is writing .*: choose another name")
            self.assertEqual(len(os.listdir(self.path(str(turn)))), codes.count(0), codes)

    def test_bad_meta(self):
        os.mkfifo(self.path("pipe"))
        for name in "", "-", "pipe", "./", "run.json", "run.csv", "/dev/null":
            done = self.vmfc(*RUN, "--output", "run.json", "--meta", name, code=2)
            self.assertIn(f"--meta is '{name}', but must name an ordinary file", done.stderr)
        done = self.vmfc(*RUN, "--output", "run.json", "--meta", "./run.csv", code=1)
        self.assertIn("./run.csv cannot be written: File exists", done.stderr)

    def test_names_of_standard_output(self):
        for name in "/dev/stdout", "/proc/self/fd/1", "/dev/fd/1":
            done = self.vmfc(*RUN, "--output", name, "--format", "jsonl")
            self.assert_run(done.stdout, done.stderr)
        self.vmfc(*RUN, "--output", "/dev/null", "--format", "csv")
        self.assert_only()

    def count_sent(self, name, stdout):
        """How many records vmfc says that it has written to what it is started with."""
        done = subprocess.run([VMFC, *RUN, "--output", name, "--format", "jsonl"], check=True,
                              stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=60)
        return int(done.stderr.split(" record")[0].split()[-1])

    def test_redirected(self):
        """What is in the file stays, whichever name standard output is given."""
        for name in "-", "/dev/stdout", "/proc/self/fd/1":
            with open(self.path("all.jsonl"), "w") as file:
                file.write("first\n")
            with open(self.path("all.jsonl"), "a") as file:
                n_sent = self.count_sent(name, file)
            with open(self.path("all.jsonl")) as file:
                lines = file.read().split("\n")
            self.assertEqual(lines[0], "first", name)
            self.assertEqual(len([json.loads(line) for line in lines[1:-1]]), n_sent, name)

    def test_socket(self):
        """As a service has it whose output goes to a journal."""
        for name in "-", "/dev/stdout":
            ours, others = socket.socketpair()
            with ours:
                with others:
                    n_sent = self.count_sent(name, others)
                text = b""
                while piece := ours.recv(1 << 20):
                    text += piece
            self.assertEqual(text.count(b"\n"), n_sent, name)

    def test_file_that_is_not_open(self):
        for name in "/dev/fd/5", "/dev/fd/20":
            done = self.vmfc(*RUN, "--output", name, "--format", "jsonl", code=1)
            self.assertIn(f"{name} cannot be opened: Bad file descriptor", done.stderr)

    def test_wrong_formats(self):
        for arguments in ([], ["--format", "json"], ["--format", "jsonl,csv"]):
            done = self.vmfc(*RUN, "--output", "-", *arguments, code=2)
            self.assertIn("--output - is a stream, which takes only one format: give --format jsonl or "
                          "--format csv", done.stderr)
            self.assertEqual(done.stdout, "")
        done = self.vmfc(*RUN, "--output", "-", "--format", "csv", "--rotate", "1h", code=2)
        self.assertIn("--rotate begins new files, but --output - is a stream", done.stderr)

    def test_reader_closes(self):
        """As head(1) does: the run is over, and all is well."""
        process = self.start("--plugins", "cpu", "--interval", "0.05", "--duration", "60",
                             "--output", "-", "--format", "jsonl")
        json.loads(process.stdout.readline())
        process.stdout.close()
        self.assertEqual(process.wait(timeout=20), 0)
        self.assertIn("windows missed", process.stderr.read())
        process.stderr.close()

    def test_reader_closes_at_once(self):
        reading, writing = os.pipe()
        os.close(reading)
        done = subprocess.run([VMFC, *RUN, "--output", "-", "--format", "csv"], stdout=writing,
                              stderr=subprocess.PIPE, text=True, timeout=60, check=False)
        os.close(writing)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_reader_stands_still(self):
        """No tick is late for it; what it does not take is counted, and the exit code says so."""
        process = self.start("--plugins", "cpu,mem", "--interval", "0.002", "--duration", "4",
                             "--output", "-", "--format", "jsonl")
        process.wait(timeout=60)
        text, said = process.communicate()
        self.assertEqual(process.returncode, 1, said)
        self.assertIn("the reader of standard output does not read", said)
        lines = text.split("\n")
        records = [json.loads(line) for line in lines[:-1]]
        self.assertGreater(len(records), 10)
        n_records, n_lost = (int(said.split(what)[0].split()[-1])
                             for what in (" records, ", " records not written"))
        with self.timing():
            self.assertGreater(n_records, 1500)
        self.assertLessEqual(abs(len(records) + n_lost - n_records), 1)

    def test_reader_pauses(self):
        """One that comes back in time gets all of it, in order."""
        process = self.start("--plugins", "cpu,mem", "--interval", "0.002", "--duration", "2",
                             "--output", "-", "--format", "csv")
        head = process.stdout.readline()
        os.kill(process.pid, 0)
        rest = process.stdout.read()
        process.wait(timeout=60)
        rows = list(csv.DictReader(io.StringIO(head + rest, newline="")))
        stamps = [float(row["timestamp"]) for row in rows]
        self.assertEqual(stamps, sorted(set(stamps)))
        self.assertEqual(process.returncode, 0, process.stderr.read())
        process.stdout.close()
        process.stderr.close()

    def fill_fifo(self):
        """Returns: a file descriptor from which a FIFO can be read that takes no byte more"""
        os.mkfifo(self.path("pipe"))
        pipe = os.open(self.path("pipe"), os.O_RDWR | os.O_NONBLOCK)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(pipe, b"\n" * 4096)
        return pipe

    def test_full_fifo(self):
        """A reader that does not read keeps no run from its start, nor from its end."""
        pipe = self.fill_fifo()
        process = self.start("--plugins", "cpu", "--interval", "0.1", "--output", "pipe",
                             "--format", "csv", "--duration", "0", "--meta", "about.json")
        while not os.path.exists(self.path("about.json")):
            self.assertIsNone(process.poll())
            time.sleep(0.01)
        process.terminate()
        _, said = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 1)
        self.assertIn("the reader of pipe does not read", said)
        os.close(pipe)

    def test_late_reader(self):
        """One that comes back soon after the end gets all of it, however long it has paused."""
        pipe = self.fill_fifo()
        process = self.start("--plugins", "cpu", "--interval", "0.1", "--output", "pipe",
                             "--format", "jsonl", "--duration", "3", "--meta", "about.json")
        time.sleep(4)
        text = b""
        while process.poll() is None:
            with contextlib.suppress(BlockingIOError):
                text += os.read(pipe, 1 << 20)
            time.sleep(0.01)
        with contextlib.suppress(BlockingIOError):
            text += os.read(pipe, 1 << 20)
        os.close(pipe)
        _, said = process.communicate()
        self.assertEqual(process.returncode, 0, said)
        self.assertEqual(text.count(b"{"),
                         self.records("about.json")["result"]["records"])

    def test_fifo(self):
        os.mkfifo(self.path("pipe"))
        process = self.start(*RUN, "--output", "pipe", "--format", "jsonl")
        with open(self.path("pipe")) as file:
            text = file.read()
        said, _ = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 0)
        self.assert_run(text, said)
        self.assert_only("pipe")

    def test_fifo_without_reader(self):
        """Ctrl-C ends the wait."""
        os.mkfifo(self.path("pipe"))
        process = self.start(*RUN, "--output", "pipe", "--format", "jsonl")
        self.assertIn("pipe is a FIFO without a reader: vmfc waits for one",
                      process.stderr.readline())
        process.send_signal(signal.SIGINT)
        self.assertIn(process.wait(timeout=20), (0, -signal.SIGINT))

    @unittest.skipUnless(os.path.exists("/dev/full"), "there is no /dev/full")
    def test_device_that_refuses(self):
        done = self.vmfc(*RUN, "--output", "/dev/full", "--format", "jsonl", code=1)
        self.assertIn("/dev/full cannot be written: No space left on device", done.stderr)


if __name__ == "__main__":
    main()
