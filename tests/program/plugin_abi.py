# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What ABI 1.5 gives to the plugins of others, as their user meets it; and plugins of older ones."""

import json
import os
import shutil
import unittest

from common import MODULES, ProgramTest, main

UNPRIVILEGED = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


class PluginAbi(ProgramTest):
    def collect(self, *args, **kwargs):
        return self.vmfc("--plugin-path", MODULES, "--interval", "0.1", "--duration", "0.2", *args,
                         **kwargs)

    def files(self):
        return set(os.listdir(self.folder))

    # ------------------------------------------------------------ older plugins

    def test_older(self):
        """Nothing is read after the end of what they declare: they would be killed there."""
        self.collect("--plugins", "cpu,older_sampler,older_sink", "--stress-workload",
                     "older_workload:0.1,idle:0.1", "--output", "run.json")
        records = self.records("run.json")
        self.assert_windows(records, 2)
        self.assertEqual({record["older"] for record in records}, {7})
        with open(self.path("run.older")) as file:
            self.assertEqual(file.read(), "begin\n" + len(records) * "record\n")
        listing = self.vmfc("--plugin-path", MODULES, "--list-plugins").stdout
        for name in ("older_sampler", "older_sink", "older_workload"):
            self.assertIn(f"{MODULES}/{name}.so\n  works here: yes", listing)
        self.assertIn("older_workload",
                      self.vmfc("--plugin-path", MODULES, "--list-workloads=names").stdout)
        self.vmfc("--plugin-path", MODULES, "--check", "--plugins", "cpu,older_sampler")
        # an option that one of them could declare
        done = self.collect("--plugins", "cpu", "--nowhere", "1", code=2)
        self.assertIn("unknown option --nowhere", done.stderr)

    # ------------------------------------------------------------------ derive

    def test_derive(self):
        self.collect("--plugins", "proc,sums", "--set",
                     "sums.of=load_average_1min,processes_created")
        records = self.records()
        self.assert_windows(records, 2)
        for record in records:
            self.assertAlmostEqual(record["sums_sum"],
                                   record["load_average_1min"] + record["processes_created"])
            self.assertEqual(record["sums_terms"], 2)
            self.assertEqual(record["sums_host"], record["vm_hostname"])

    def test_derive_from_nothing(self):
        done = self.collect("--plugins", "cpu,sums", code=2)
        self.assertIn("sums: this run has no column 'load_average_1min'", done.stderr)

    def test_check_of_what_derives(self):
        """It is told by the columns that the run would have."""
        said = self.vmfc("--check", "--plugins", "load,sums", "--plugin-path", MODULES).stdout
        self.assertIn("sums: ok, 3 of 3 columns\n    sums_sum:\n      period: 60000000000 ns\n", said)
        self.assertEqual(said.count("load: ok, 7 of 7 columns"), 1)
        said = self.vmfc("--check", "--plugins", "cpu,sums", "--plugin-path", MODULES).stdout
        self.assertIn("sums: does NOT work: this run has no column 'load_average_1min'", said)

    # ---------------------------------------------------------------- durations

    def period(self):
        with open(self.path("data/vm_features.meta.json")) as file:
            columns = json.load(file)["columns"]
        return next(column for column in columns if column["name"] == "sums_sum")["period"]

    def test_duration(self):
        for text, nanoseconds in (("90", 90e9), ("1.5", 1.5e9), ("100ms", 1e8), ("1h30m", 5.4e12)):
            self.collect("--plugins", "proc,sums", "--set", f"sums.period={text}")
            self.assertEqual(self.period(), f"{nanoseconds:.0f} ns")
        with open(self.path("vmfc.conf"), "w") as file:
            file.write("[sums]\nperiod=5m\n")
        self.collect("--plugins", "proc,sums", "--config", "vmfc.conf")
        self.assertEqual(self.period(), "300000000000 ns")
        for text in ("soon", "", "5 minutes", "1h30"):
            done = self.collect("--plugins", "proc,sums", "--set", f"sums.period={text}", code=2)
            self.assertIn(f"option sums.period is '{text}', but must be a number of seconds, or a "
                          "time with units such as 100ms, 5m or 1h30m", done.stderr)

    # ------------------------------------------------------------------ aliases

    def assert_sum_of(self, column):
        record = self.records()[-1]
        self.assertEqual(record["sums_sum"], record[column])

    def test_alias(self):
        self.collect("--plugins", "proc,sums", "--sums-of", "load_average_5min")
        self.assert_sum_of("load_average_5min")
        # before the option that says where the plugin is; the last one wins
        self.vmfc("--sums-of=load_average_1min", "--plugins", "proc,sums", "--interval", "0.1",
                  "--duration", "0.1", "--sums-of", "load_average_15min", "--plugin-path", MODULES)
        self.assert_sum_of("load_average_15min")
        done = self.collect("--plugins", "proc", "--sums-of", "load_average_5min", code=2)
        self.assertIn("--sums-of: sums.of is set, but plugin sums is not enabled; name it in "
                      "--plugins", done.stderr)

    def test_enabling_alias(self):
        """It enables its plugin, whichever plugins are named."""
        self.collect("--plugins", "proc", "--with-sums-of", "load_average_5min")
        self.assert_sum_of("load_average_5min")
        self.collect("--with-sums-of=load_average_1min", "--plugins", "sums,proc")
        self.assert_sum_of("load_average_1min")

    def test_alias_in_config_file(self):
        with open(self.path("vmfc.conf"), "w") as file:
            file.write(f"[vmfc]\nsums-of=load_average_5min\nplugin-path={MODULES}\n"
                       "plugins=proc,sums\ninterval=0.1\nduration=0.1\n")
        self.vmfc("--config", "vmfc.conf")
        self.assert_sum_of("load_average_5min")
        self.vmfc("--config", "vmfc.conf", "--sums-of", "load_average_1min")
        self.assert_sum_of("load_average_1min")
        with open(self.path("vmfc.conf"), "a") as file:
            file.write("sums-off=load_average_5min\n")
        self.assertIn("vmfc.conf: [vmfc] has no key 'sums-off'; it has: ",
                      self.vmfc("--config", "vmfc.conf", code=2).stderr)

    def test_unknown(self):
        done = self.vmfc("--sums-of", "load_average_1min", code=2)
        self.assertIn("unknown option --sums-of; vmfc --help shows all options", done.stderr)
        done = self.collect("--sums-off", "load_average_1min", code=2)
        self.assertIn("unknown option --sums-off (did you mean --sums-of?)", done.stderr)

    def test_loads_only_for_unknown_options(self):
        """Nobody's code is run to understand a command line that vmfc understands."""
        folder = self.path("plugins")
        os.mkdir(folder)
        for name in ("mark", "sums"):
            shutil.copy(os.path.join(MODULES, name + ".so"), folder)
        mark = self.path("mark")

        def run(*args, code=0):
            self.vmfc("--plugin-path", folder, "--duration", "0.1", "--interval", "0.1", *args,
                      code=code, env={"MARK": mark})
            return os.path.exists(mark)

        self.assertFalse(run("--plugins", "cpu"))
        self.assertFalse(run("--plugins", "cpu", "--interval", "soon", code=2))
        self.assertFalse(run("--plugins", "cpu", "stray", code=2))
        self.assertFalse(run("--plugins", "cpu,kepler", "--kepler-url", "http://localhost:1/"))
        self.assertTrue(run("--plugins", "proc,sums", "--sums-of", "load_average_1min"))

    @unittest.skipUnless(os.geteuid() == 0, "becoming another user needs root")
    def test_environment(self):
        args = ("--plugins", "proc,sums", "--sums-of", "load_average_5min", "--interval", "0.1",
                "--duration", "0.1")
        done = self.vmfc(*args, env={"VMFC_PLUGIN_PATH": MODULES}, code=2)
        self.assertIn("VMFC_PLUGIN_PATH is ignored because vmfc runs privileged", done.stderr)
        self.assertIn("unknown option --sums-of", done.stderr)
        os.chmod(self.folder, 0o777)
        self.vmfc(*args, env={"VMFC_PLUGIN_PATH": MODULES}, prefix=UNPRIVILEGED)
        self.assert_sum_of("load_average_5min")

    # -------------------------------------------------------------------- sinks

    def tray(self, *args, **kwargs):
        return self.collect("--set", "tray.file=true", *args, **kwargs)

    def test_extension(self):
        done = self.tray("--plugins", "cpu", "--output", "x.tray", "--format", "tray")
        self.assertIn("tray: --output is x.tray", done.stderr)
        self.assertEqual(self.files(), {"x.tray", "x.meta.json"})
        # the files of a run stay together under one number
        self.tray("--plugins", "cpu", "--output", "x.json", "--format", "json,tray")
        self.assertEqual(self.files(), {"x.tray", "x.json", "x.meta.json", "x.1.tray",
                                        "x.1.meta.json"})
        self.tray("--plugins", "cpu,tray", "--output", "x.tray", "--format", "csv")
        self.assertEqual(self.files(), {"x.tray", "x.csv", "x.meta.json", "x.1.tray",
                                        "x.1.meta.json", "x.2.tray", "x.2.json", "x.2.meta.json"})

    def test_extension_of_no_sink(self):
        """What no sink of the run declares belongs to the name."""
        self.collect("--plugins", "cpu", "--output", "x.tray", "--format", "json")
        self.assertEqual(self.files(), {"x.tray.json", "x.tray.meta.json"})
        self.collect("--plugins", "cpu", "--output", "y.older", "--format", "older_sink")
        self.assertIn("y.older.older", self.files())

    def test_meta(self):
        done = self.tray("--plugins", "cpu", "--output", "x.tray", "--format", "tray", "--meta",
                         "x.tray", code=2)
        self.assertIn("--meta is 'x.tray', but must name an ordinary file", done.stderr)
        done = self.tray("--plugins", "cpu", "--output", "x.json", "--format", "json,tray",
                         "--meta", "x.tray", code=2)
        self.assertIn("--meta is 'x.tray', but must name an ordinary file", done.stderr)
        self.assertEqual(self.files(), set())
        self.tray("--plugins", "cpu", "--output", "x.tray", "--format", "tray", "--meta", "y.json")
        self.assertEqual(self.files(), {"x.tray", "y.json"})

    def test_stream(self):
        done = self.tray("--plugins", "cpu", "--output", "-", "--format", "tray")
        self.assertEqual(done.stdout, "begin\nrecord\nrecord\n")
        # an older sink does not say that it only appends; others may not share the stream
        for args in (("--plugins", "cpu", "--format", "older_sink"),
                     ("--plugins", "cpu,tray", "--format", "csv"),
                     ("--plugins", "cpu,json", "--format", "csv")):
            done = self.collect("--output", "-", *args, code=2)
            self.assertIn("--output - is a stream, which takes only one format: give --format jsonl or "
                          "--format csv", done.stderr)
            self.assertEqual(done.stdout, "")
        done = self.collect("--plugins", "cpu", "--output", "-", "--format", "trey", code=2)
        self.assertIn("--format: 'trey' is not a format; known are json, jsonl, csv", done.stderr)


if __name__ == "__main__":
    main()
