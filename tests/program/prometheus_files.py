# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""The files of the sink prometheus for node_exporter, and a real Prometheus that scrapes it."""

import os
import shlex
import subprocess
import time
import unittest

from common import MODULES, VMFC, main, needs_mount
from engines import Prometheus, needs_prometheus
from metrics import LIMIT, PROMTOOL, MetricsTest, expect_pages, parse_page

needs_promtool = unittest.skipUnless(PROMTOOL, "promtool is not installed")


class TextFiles(MetricsTest):
    """For the text file collector of node_exporter."""

    def write(self, *args, name="vmfc.prom", interval="0.1", **kwargs):
        process = self.start("--plugin-path", MODULES, "--plugins", "cpu,estimates,prometheus",
                             "--interval", interval, "--duration", "0", "--format", "none",
                             "--set", "prometheus.listen=", "--set", f"prometheus.textfile={name}", *args,
                             **kwargs)
        process.said = ""
        self.wait_for(lambda: os.path.exists(self.path(name)))
        return process

    def read(self, name="vmfc.prom"):
        with open(self.path(name)) as file:
            return parse_page(file.read())

    def test_file(self):
        process = self.write()
        first = self.read()["vmfc_timestamp_seconds"]
        self.assertEqual(os.stat(self.path("vmfc.prom")).st_mode & 0o777, 0o644)
        self.wait_for(lambda: self.read()["vmfc_timestamp_seconds"] != first)
        self.assertEqual(os.listdir(self.folder), ["vmfc.prom"])
        self.stop(process)
        self.assertEqual(os.listdir(self.folder), [])

    def test_always_whole(self):
        process = self.write()
        end = time.monotonic() + 3
        while time.monotonic() < end:
            with open(self.path("vmfc.prom")) as file:
                self.assertRegex(file.read(), r"vmfc_missed_ticks \d+\n$")
        self.stop(process)

    def test_umask(self):
        process = self.write(preexec_fn=lambda: os.umask(0o077))
        self.assertEqual(os.stat(self.path("vmfc.prom")).st_mode & 0o777, 0o644)
        self.stop(process)

    def test_refused(self):
        os.symlink("target.prom", self.path("link.prom"))
        os.mkdir(self.path("folder.prom"))
        for name, sentence in (("link.prom", "it is a symbolic link, which vmfc does not follow"),
                               ("folder.prom", "it is not a regular file"),
                               ("vmfc.txt", "must end with .prom"),
                               ("no/vmfc.prom", "No such file or directory")):
            done = self.vmfc("--plugins", "cpu,prometheus", "--format", "none", "--set",
                             "prometheus.listen=", "--set", f"prometheus.textfile={name}",
                             code=2 if name == "vmfc.txt" else 1)
            self.assertIn(sentence, done.stderr)
        self.assertEqual(sorted(os.listdir(self.folder)), ["folder.prom", "link.prom"])

    def test_links_are_not_followed(self):
        """In the place of the file."""
        with open(self.path("target"), "w") as file:
            file.write("something of a user")
        process = self.write()
        os.unlink(self.path("vmfc.prom"))
        os.symlink("target", self.path("vmfc.prom"))
        self.wait_for(lambda: not os.path.islink(self.path("vmfc.prom")))
        self.stop(process)
        with open(self.path("target")) as file:
            self.assertEqual(file.read(), "something of a user")
        self.assertEqual(os.listdir(self.folder), ["target"])

    def refuse(self, sentence):
        done = self.vmfc("--plugins", "cpu,prometheus", "--format", "none", "--set", "prometheus.listen=",
                         "--set", "prometheus.textfile=vmfc.prom", code=1)
        self.assertIn(sentence, done.stderr)

    def test_files_of_other_programs(self):
        for text in "# HELP other_metric of another program\n", "":
            with open(self.path("vmfc.prom"), "w") as file:
                file.write(text)
            self.refuse("it is not a file of vmfc")
            with open(self.path("vmfc.prom")) as file:
                self.assertEqual(file.read(), text)

    def test_two(self):
        process = self.write()
        self.refuse("another vmfc writes it")
        self.assertTrue(self.read())
        process.kill()
        process.communicate()
        left = os.stat(self.path("vmfc.prom")).st_ino
        process = self.write()  # what a killed one has left is no obstacle
        self.wait_for(lambda: os.stat(self.path("vmfc.prom")).st_ino != left)
        self.stop(process)
        self.assertFalse(os.path.exists(self.path("vmfc.prom")))

    def test_file_of_others(self):
        """What another program has put there at the end stays."""
        process = self.write(interval="2")
        os.unlink(self.path("vmfc.prom"))
        with open(self.path("vmfc.prom"), "w") as file:
            file.write("something of a user")
        self.stop(process)
        with open(self.path("vmfc.prom")) as file:
            self.assertEqual(file.read(), "something of a user")

    @needs_mount
    def test_full_disk(self):
        """Each record counts as lost while the disk is full, also within the time of one file."""
        os.mkdir(self.path("disk"))
        command = shlex.join([VMFC, "--plugins", "cpu,prometheus", "--format", "none", "--interval", "0.1",
                              "--duration", "2", "--set", "prometheus.listen=", "--set",
                              "prometheus.textfile=disk/vmfc.prom"])
        script = f"mount -t tmpfs -o size=64k none disk; cat /dev/zero >disk/filler; exec {command}"
        done = subprocess.run(("unshare", "--mount", "sh", "-c", script), cwd=self.folder,
                              capture_output=True, text=True, timeout=LIMIT, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("records are lost there until it can be written again", done.stderr)
        self.assertNotIn("writes again", done.stderr)

    @needs_promtool
    def test_promtool(self):
        process = self.write()
        with open(self.path("vmfc.prom"), "rb") as file:
            done = subprocess.run([PROMTOOL, "check", "metrics"], stdin=file, capture_output=True,
                                  timeout=LIMIT, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.stop(process)


@needs_prometheus
class RealPrometheus(MetricsTest):
    def prometheus(self, target):
        engine = Prometheus(self.folder, **{
            "global": {"scrape_interval": "270ms", "scrape_timeout": "270ms"},
            "scrape_configs": [{"job_name": "vmfc", "static_configs": [{"targets": [target]}]}]})
        self.addCleanup(engine.log.close)
        self.started.append(engine.process)
        self.query = engine.select
        self.wait_for(lambda: self.query("up"))
        return engine.process

    def read_scrapes(self):
        """Pages as Prometheus has stored them, by the time of the scrape."""
        scrapes = {}
        for series in self.query('{__name__=~"vmfc_.*"}[30m]'):
            name = series["metric"].pop("__name__")
            labels = ",".join(f'{label}="{value}"' for label, value in series["metric"].items()
                              if label not in ("job", "instance"))
            for instant, value in series["values"]:
                scrapes.setdefault(instant, {}).setdefault(name, {})[labels] = float(value)
        return scrapes

    def test_scrapes(self):
        """`up` is always 1, and every value is that of a record."""
        process = self.serve(plugins="perf,proc,estimates", form="jsonl", interval="0.25")
        prometheus = self.prometheus(process.where)
        seconds = float(os.environ.get("VMFC_SCRAPE_SECONDS", "0"))
        end = time.monotonic() + seconds
        self.wait_for(lambda: len(self.read_scrapes()) >= 10)
        while time.monotonic() < end:
            time.sleep(1)
        scrapes = self.read_scrapes()
        (up,) = self.query("up[30m]")
        prometheus.terminate()
        self.stop(process)
        self.assertEqual({value for _, value in up["values"]}, {"1"})
        expected = expect_pages(*self.read_run())
        n_values = 0
        for page in scrapes.values():
            for name in [name for name in page if name.endswith("_info")]:
                page.pop(name)
            self.assertEqual(page, expected[page["vmfc_timestamp_seconds"][""]])
            n_values += sum(len(series) for series in page.values())
        print(f"{len(scrapes)} scrapes, {n_values} values", flush=True)

    def test_restart(self):
        """A counter begins at 0 with a run, so that growth over a restart is that of the runs."""
        process = self.serve(plugins="cpu,estimates", form="jsonl", output="data/one.jsonl")
        port = process.where.split(":")[1]
        self.prometheus(process.where)
        self.wait_for(lambda: self.query("vmfc_energy_joules_total"))
        self.stop(process)
        self.wait_for(lambda: self.query("up")[0]["value"][1] == "0")
        self.wait_for(lambda: not self.query("vmfc_energy_joules_total"))
        process = self.serve(plugins="cpu,estimates", form="jsonl", output="data/two.jsonl",
                             listen=f"localhost:{port}")
        self.wait_for(lambda: self.query("vmfc_energy_joules_total"))
        first = [float(value) for series in self.query('vmfc_energy_joules_total{zone="core"}[30m]')
                 for _, value in series["values"]]
        self.assertLess(min(first), 100)
        self.stop(process)

if __name__ == "__main__":
    main()
