# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""Others read along while vmfc writes: with tail -F, and as a log shipper does."""

import json
import os
import subprocess
import time
import unittest

from common import ProgramTest, main


class Follow(ProgramTest):
    def follow(self, extension, interval):
        """What tail -F has shown of a run of 3 s, and what is in the file after it."""
        path = self.path(f"every-{interval}.{extension}")
        shown = self.path("shown")
        with open(shown, "wb") as file:
            # it reads the file from its first line on, as soon as there is one
            tail = subprocess.Popen(["tail", "-F", "-n", "+1", path], stdout=file,
                                    stderr=subprocess.PIPE)
        try:
            self.vmfc("--plugins", "cpu,mem", "--interval", interval, "--duration", "3",
                      "--format", extension, "--output", path)
            with open(path, "rb") as file:
                written = file.read()
            deadline = time.monotonic() + 20
            while os.path.getsize(shown) < len(written) and time.monotonic() < deadline:
                time.sleep(0.05)
        finally:
            tail.terminate()
            said = tail.communicate()[1].decode()
        self.assertNotIn("truncated", said)
        with open(shown, "rb") as file:
            return file.read(), written

    def test_tail_lines(self):
        for interval in "0.1", "0.001":
            seen, written = self.follow("jsonl", interval)
            self.assertEqual(seen, written)
            lines = seen.decode().split("\n")
            self.assertEqual(lines.pop(), "")
            self.assert_accounted(list(map(json.loads, lines)), round(3 / float(interval)))
            stamps = [json.loads(line)["timestamp"] for line in lines]
            self.assertEqual(stamps, sorted(set(stamps)))

    def test_tail_table(self):
        seen, written = self.follow("csv", "0.001")
        self.assertEqual(seen, written)
        self.assertNotIn(b"\n\n", seen)

    def test_reader_of_growing_lines(self):
        """Whoever reads again and again finds more whole lines each time, and nothing else."""
        path = self.path("out.jsonl")
        process = self.start("--plugins", "cpu,mem", "--interval", "0.001", "--duration", "3",
                             "--format", "jsonl", "--output", path)
        offset, n_looks = 0, 0
        while process.poll() is None:
            if not os.path.exists(path):
                continue
            with open(path, "rb") as file:
                file.seek(offset)
                text = file.read()
            end = text.rfind(b"\n") + 1
            for line in text[:end].split(b"\n")[:-1]:
                self.assertTrue(line.startswith(b"{") and line.endswith(b"}"), line)
            offset += end
            n_looks += 1
        process.communicate()
        with self.timing():
            self.assertGreater(n_looks, 100)


if __name__ == "__main__":
    main()
