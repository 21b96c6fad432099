# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""The main job: records, windows, files and exit codes, as a user meets them."""

import configparser
import json
import os
import pathlib
import re
import signal
import stat
import subprocess
import sys
import time
import unittest

from common import BUILD, MODULES, SANITIZED, VMFC, ProgramTest, main, plugin_abi, wait_until

MAN_PAGE = os.path.join(os.path.dirname(__file__), "../../data/vmfc.1")
PROC = ["cpu_utilization", "cpu_user_time", "cpu_system_time", "cpu_nice_time", "cpu_iowait",
        "cpu_irq", "cpu_softirq", "cpu_steal", "cpu_idle", "cpu_efficiency", "cpu_busy",
        "core_count", "memory_usage_percent", "memory_available_gb", "disk_io_read_mb",
        "disk_io_write_mb", "network_bytes_sent", "network_bytes_recv", "process_count",
        "load_average_1min", "load_average_5min", "load_average_15min", "procs_running",
        "procs_blocked", "processes_created"]
HARDWARE = ["cpu_cycles", "instructions", "cache_references", "cache_misses", "branches",
            "branch_misses", "instructions_per_cycle", "cache_miss_ratio", "branch_miss_ratio",
            "pmc_running_ratio", "ref_cycles"]
KEPLER = ["node_process_cpu_seconds_total", "node_process_cpu_seconds_delta",
          "node_process_cpu_seconds_rate", "kepler_scrape_seconds"]
# As FEATURES.md orders them.
ORDER = (["timestamp", "timestamp_iso", "vm_hostname", "target_zones", "stress_workload",
          "stress_phase", "stress_target_load", "stress_iteration", "stress_transition",
          "cpu_cycles", "instructions", "cache_references", "cache_misses", "branches",
          "branch_misses", "page_faults", "context_switches", "instructions_per_cycle",
          "cache_miss_ratio", "branch_miss_ratio", "pmc_running_ratio", "ref_cycles"] + PROC + KEPLER +
         ["collection_interval", "time_delta_seconds", "tick_lateness_us", "sample_duration_us",
          "missed_ticks"])


def has_counters():
    return os.path.isdir("/sys/bus/event_source/devices/cpu")


class Collect(ProgramTest):
    def test_perf_and_proc(self):
        done = self.vmfc("--plugins", "perf,proc", "--duration", "3")
        records = self.records()
        self.assert_windows(records, 3)
        for record in records:
            self.assertEqual(list(record), [name for name in ORDER if name not in KEPLER])
            # a share of idle time can be unknown for one window; see the sampler cpu
            missing = [name for name in PROC if record[name] is None]
            self.assertLessEqual(set(missing), {"cpu_idle", "cpu_iowait", "cpu_utilization"})
            self.assertIsNotNone(record["page_faults"])
            self.assertIsNotNone(record["context_switches"])
            self.assertEqual(record["collection_interval"], 1.0)
            self.assertEqual(record["target_zones"], ["package", "core"])
            self.assertEqual(record["stress_workload"], "none")
        if has_counters():
            return
        for record in records:
            self.assertEqual([name for name in HARDWARE if record[name] is not None], [])
        self.assertEqual(done.stderr.count("warning"), 1, done.stderr)
        self.assertIn("Missing: " + ", ".join(HARDWARE) + "\n", done.stderr)

    def test_default_plugins(self):
        """Without Kepler its columns are there, missing, and a sentence says what to do."""
        done = self.vmfc("--duration", "2", "--kepler-url", "http://127.0.0.1:1/metrics")
        for record in self.records():
            self.assertEqual(list(record), ORDER)
            self.assertEqual([record[name] for name in KEPLER], [None] * 4)
        self.assertEqual(done.stderr.count("warning: kepler"), 1, done.stderr)

    def test_windows_join(self):
        for interval, count in (("0.1", 20), ("0.016", 125), ("0.25", 4)):
            self.vmfc("--plugins", "cpu", "--interval", interval, "--duration",
                      str(count * float(interval)), "--output", f"w{interval}.json")
            records = self.records(f"w{interval}.json")
            self.assert_windows(records, count)
            deadlines = [r["timestamp"] - r["tick_lateness_us"] / 1e6 for r in records]
            step = float(interval)
            length = sum(record["time_delta_seconds"] for record in records[1:])
            missed = sum(record["missed_ticks"] for record in records[1:])
            # a process that is held up between its looks at two clocks sees them apart
            with self.timing():
                for deadline in deadlines:  # on the wall clock's grid, to the µs
                    self.assertLess(abs(deadline / step - round(deadline / step)) * step, 5e-3)
                self.assertAlmostEqual(length, records[-1]["timestamp"] - records[0]["timestamp"],
                                       delta=2e-3)
                self.assertAlmostEqual(deadlines[-1] - deadlines[0],
                                       (len(records) - 1 + missed) * step, delta=2e-3)

    def test_as_fast_as_can_be(self):
        """VMFC_FAST_SECONDS=60 makes it a minute."""
        seconds = int(os.environ.get("VMFC_FAST_SECONDS", "3"))
        self.vmfc("--plugins", "perf,proc", "--interval", "0.001", "--duration", str(seconds),
                  timeout=seconds + 60)
        records = self.records()
        # the ticks before the first record have been asked for as well
        missed = sum(record["missed_ticks"] for record in records)
        ticks = len(records) + missed
        # those that are missed at the end can lie behind it
        self.assertGreaterEqual(ticks, 1000 * seconds)
        self.assertLessEqual(ticks - records[-1]["missed_ticks"], 1000 * seconds)
        length = sum(record["time_delta_seconds"] for record in records)
        print(f"{len(records)} records, {missed} ticks missed", file=sys.stderr)
        with self.timing():
            self.assertAlmostEqual(length, ticks / 1000, delta=0.01 if not SANITIZED else 0.1)
        if not SANITIZED:
            with self.timing():
                self.assertGreater(len(records), 500 * seconds)

    def test_files_agree(self):
        self.vmfc("--interval", "0.05", "--duration", "1", "--format", "json,jsonl,csv")
        records = self.records()
        with open(self.path("data/vm_features.jsonl")) as file:
            self.assertEqual([json.loads(line) for line in file if line.strip()], records)
        rows = self.rows()
        self.assertEqual(len(rows), len(records))
        for row, record in zip(rows, records):
            self.assertEqual(list(row), list(record))
            for name, value in record.items():
                if value is None:
                    expected = ""
                elif isinstance(value, list):
                    expected = ";".join(value)
                elif isinstance(value, bool):
                    expected = "true" if value else "false"
                else:
                    expected = value if isinstance(value, str) else repr(value)
                self.assertEqual(row[name], expected, name)

    def test_pandas_reads(self):
        try:
            import pandas
        except ImportError:
            self.skipTest("pandas is not installed")
        self.vmfc("--interval", "0.05", "--duration", "0.5", "--format", "json,jsonl,csv")
        from_json = pandas.read_json(self.path("data/vm_features.json"))
        from_lines = pandas.read_json(self.path("data/vm_features.jsonl"), lines=True)
        from_csv = pandas.read_csv(self.path("data/vm_features.csv"))
        records = self.records()
        self.assert_windows(records, 10)
        for frame in (from_json, from_lines, from_csv):
            self.assertEqual(len(frame), len(records))
            self.assertEqual(list(frame.columns), ORDER)
            self.assertTrue(frame["core_count"].notna().all())
        self.assertTrue((from_csv["cpu_busy"].dropna() <= 100).all())

    def test_iso_time(self):
        import datetime
        self.vmfc("--interval", "0.1", "--duration", "0.2")
        for record in self.records():
            time_read = datetime.datetime.fromisoformat(record["timestamp_iso"])
            self.assertEqual(time_read.timestamp(), record["timestamp"])

    def test_meta(self):
        self.vmfc("--interval", "0.1", "--duration", "0.3")
        with open(self.path("data/vm_features.meta.json")) as file:
            meta = json.load(file)
        self.assertEqual([column["name"] for column in meta["columns"]], ORDER)
        for column in meta["columns"]:
            for key in ("unit", "kind", "type", "plugin", "source", "description", "state"):
                self.assertIn(key, column)
            if column["state"] != "ok":
                self.assertTrue(column["reason"])
        cycles = next(c for c in meta["columns"] if c["name"] == "cpu_cycles")
        self.assertIn("config 0x", cycles["encoding"])
        self.assertEqual(meta["interval"], 0.1)
        records = self.records()
        self.assert_windows(records, 3)
        self.assertEqual(meta["result"]["records"], len(records))
        self.assertEqual(meta["result"]["present"]["core_count"], len(records))
        self.assertEqual(meta["command_line"][1:], ["--interval", "0.1", "--duration", "0.3"])
        self.assertEqual(meta["machine"]["host"], os.uname().nodename)

    def test_runs_stay_together(self):
        """Also what the new run does not write takes the number of its own run along."""
        common = ("--interval", "0.1", "--duration", "0.1", "--output", "r.json", "--plugins")
        self.vmfc(*common, "mem", "--format", "json,csv,jsonl")
        self.vmfc(*common, "load", "--format", "json")
        self.vmfc(*common, "mem")
        self.assertEqual(sorted(os.listdir(self.folder)), sorted(
            ["r.json", "r.csv", "r.meta.json", "r.1.json", "r.1.csv", "r.1.jsonl",
             "r.1.meta.json", "r.2.json", "r.2.meta.json"]))
        self.assertIn("memory_usage_percent", self.rows("r.1.csv")[0])
        self.assertIn("process_count", self.records("r.2.json")[0])
        # a file beside it that no run has written is nobody's
        os.mkdir(self.path("own"))
        with open(self.path("own/x.csv"), "w") as file:
            file.write("mine\n")
        self.vmfc("--interval", "0.1", "--duration", "0.1", "--plugins", "mem", "--format", "json",
                  "--output", "own/x.json")
        self.assertEqual(sorted(os.listdir(self.path("own"))), ["x.csv", "x.json", "x.meta.json"])

    def test_nothing_is_overwritten(self):
        for _ in range(3):
            done = self.vmfc("--interval", "0.1", "--duration", "0.2", "--plugins", "mem")
        self.assertIn("data/vm_features.json exists already; vmfc renamed it "
                      "to data/vm_features.2.json", done.stderr)
        names = sorted(os.listdir(self.path("data")))
        self.assertEqual(names, sorted(
            f"vm_features{number}{extension}" for number in ("", ".1", ".2")
            for extension in (".json", ".csv", ".meta.json")))
        for name in names:
            if name.endswith("json"):
                self.assertTrue(self.records("data/" + name))

    def test_no_sync(self):
        began = time.time()
        self.vmfc("--no-sync", "--interval", "0.2", "--duration", "0.6")
        records = self.records()
        self.assert_windows(records, 3)
        self.assertIsNone(records[0]["cpu_busy"])
        self.assertIsNone(records[0]["network_bytes_sent"])
        self.assertIsNone(records[0]["time_delta_seconds"])
        self.assertIsNotNone(records[0]["memory_available_gb"])
        self.assertIsNotNone(records[1]["network_bytes_sent"])
        # at once: without waiting for the grid, which may be an interval away
        with self.timing():
            self.assertLess(records[0]["timestamp"] - began, 1 if SANITIZED else 0.19)

    def test_start_time(self):
        at = time.time() + 0.7
        self.vmfc("--start-time", f"{at:.6f}", "--interval", "0.1", "--duration", "0.2")
        first = self.records()[0]
        with self.timing():
            self.assertAlmostEqual(first["timestamp"] - first["tick_lateness_us"] / 1e6, at + 0.1,
                                   delta=2e-3)

    def test_until_stopped(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # the tests themselves may have been started by nohup
            process = self.start("--duration", "0", "--interval", "0.02", "--output",
                                 f"s{number}.json",
                                 preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL))
            self.wait_for_records(6, f"s{number}.json")
            process.send_signal(number)
            out, err = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0, err)
            records = self.records(f"s{number}.json")
            self.assertIn(f"{len(records)} records", out)

    def test_says_what_it_does(self):
        """With --verbose: on which machine, what, how long, and into which files."""
        done = self.vmfc("--verbose", "--plugins", "cpu", "--interval", "0.1", "--duration", "0.25",
                         "--output", "a.json", "--format", "json,csv,jsonl")
        with open(self.path("a.meta.json")) as file:
            machine = json.load(file)["machine"]
        kernel = os.uname()
        self.assertIn(f"vmfc: Linux {kernel.release} on {kernel.machine}, hypervisor "
                      f"{machine['hypervisor']}, container {machine['container']}, clock source "
                      f"{machine['clock_source']}\n", done.stderr)
        self.assertIn("vmfc: collecting cpu every 0.1 s for 0.25 s into a.json, a.csv and a.jsonl\n",
                      done.stderr)
        self.assertRegex(done.stderr, r"vmfc: the first window opens in 0\.\d{3} s and is 0\.100 s long")
        self.assertIn("vmfc: 0.25 s contain 2 windows of 0.1 s: the run ends with the last complete "
                      "window\n", done.stderr)
        process = self.start("--verbose", "--plugins", "cpu", "--interval", "0.1", "--duration", "0",
                             "--output", "b.jsonl", "--format", "jsonl")
        self.wait_for_file("b.jsonl")
        # the file is there before vmfc says so, and a record comes after that
        self.assertTrue(wait_until(lambda: pathlib.Path(self.path("b.jsonl")).read_text().count("\n") > 0))
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[1]
        self.assertIn("vmfc: collecting cpu every 0.1 s until Ctrl-C into b.jsonl\n", said)
        self.assertNotIn("the run ends with the last complete window", said)

    def test_summary(self):
        done = self.vmfc("--interval", "0.1", "--duration", "0.5")
        records = self.records()
        self.assert_windows(records, 5)
        missed = sum(record["missed_ticks"] for record in records)
        for part in (f"{len(records)} records, {missed} windows missed", "lateness: p50 ", "CPU utilisation: min ",
                     "columns: ", "vmfc itself: ", "data/vm_features.json",
                     "data/vm_features.csv", "data/vm_features.meta.json"):
            self.assertIn(part, done.stdout)

    def test_summary_counts_no_unused_labels(self):
        done = self.vmfc("--plugins", "mem", "--interval", "0.1", "--duration", "0.2")
        self.assertIn("columns: 14 of 14 in every record\n", done.stdout)
        self.assertNotIn("in none", done.stdout)

    def test_settings(self):
        self.vmfc("--set", "perf.page_faults=perf::PERF_COUNT_SW_PAGE_FAULTS_MIN", "--interval",
                  "0.1", "--duration", "0.2")
        with open(self.path("data/vm_features.meta.json")) as file:
            meta = json.load(file)
        column = next(c for c in meta["columns"] if c["name"] == "page_faults")
        self.assertIn("PERF_COUNT_SW_PAGE_FAULTS_MIN: type 1, config 0x5", column["encoding"])
        self.assertEqual(column["counted_by"], "perf_event_open")
        self.assertEqual(column["source"], "perf_event_open")
        column = next(c for c in meta["columns"] if c["name"] == "context_switches")
        self.assertEqual(column["counted_by"], "/proc/stat ctxt")
        self.assertNotIn("encoding", column)

    def test_config_file(self):
        with open(self.path("c.conf"), "w") as file:
            file.write("[vmfc]\ninterval=0.1\nduration=60\nplugins=mem\noutput=c.jsonl\n"
                       "[perf]\ncpu_cycles=whatever\n")
        self.vmfc("--config", "c.conf", "--duration", "0.3")
        with open(self.path("c.jsonl")) as file:
            records = [json.loads(line) for line in file if line.strip()]
        self.assert_windows(records, 3)
        self.assertEqual(len(self.rows("c.csv")), len(records))


class BadCircumstances(ProgramTest):
    def test_stderr_is_closed(self):
        """Messages must not find their way into the first file that is opened."""
        process = self.start("--duration", "0.4", "--interval", "0.1", "--plugins", "perf,echo",
                             "--plugin-path", MODULES, "--set", "echo.delay=-1",
                             preexec_fn=lambda: (os.close(0), os.close(1), os.close(2)))
        process.communicate(timeout=60)
        self.assert_windows(self.records(), 4)
        self.assertEqual(len(self.rows()), len(self.records()))

    def test_nobody_reads_stderr(self):
        """A pipe that is full delays no tick."""
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        try:
            while os.write(writer, b"x" * 4096):
                pass
        except BlockingIOError:
            pass
        os.set_blocking(writer, True)
        process = subprocess.Popen([VMFC, "--plugins", "cpu,echo", "--plugin-path", MODULES,
                                    "--set", "echo.delay=-1", "--interval", "0.1", "--duration",
                                    "1"], cwd=self.folder, stdout=subprocess.DEVNULL,
                                   stderr=writer)
        self.assertEqual(process.wait(timeout=60), 0)
        os.close(reader)
        os.close(writer)
        self.assert_windows(self.records(), 10)

    def test_nohup(self):
        process = self.start("--duration", "0.8", "--interval", "0.1",
                             preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        self.wait_for_file("data/vm_features.meta.json")
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)
        self.assert_windows(self.records(), 8)

    def test_stopped_before_the_first_tick(self):
        """A first tick that comes too late moves the run, and costs none of its windows."""
        process = self.start("--start-time", f"{time.time() + 0.5:.6f}", "--interval", "0.1",
                             "--duration", "0.5")
        self.wait_for_file("data/vm_features.meta.json")
        process.send_signal(signal.SIGSTOP)
        time.sleep(1.5)
        process.send_signal(signal.SIGCONT)
        process.communicate(timeout=60)
        self.assert_windows(self.records(), 5)

    def test_two_runs_of_one_name(self):
        process = self.start("--duration", "0", "--interval", "0.1", "--format", "json")
        self.wait_for_file("data/vm_features.meta.json")
        done = self.vmfc("--duration", "0.2", "--interval", "0.1", "--format", "csv", code=1)
        self.assertIn("another vmfc is writing data/vm_features: choose another name "
                      "with --output", done.stderr)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(sorted(os.listdir(self.path("data"))),
                         ["vm_features.json", "vm_features.meta.json"])

    @unittest.skipUnless(os.geteuid() == 0, "hiding files of the kernel needs root")
    def test_no_perf_in_the_kernel(self):
        """libpfm4 finds its events only where the kernel shows its settings."""
        script = 'mount -t tmpfs none /proc/sys/kernel 2>/dev/null || exit 77; exec "$@"'
        prefix = ("unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh")
        done = subprocess.run([*prefix, VMFC, "--duration", "0.2", "--interval", "0.1"],
                              cwd=self.folder, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
                              text=True, timeout=60)
        if done.returncode == 77:
            self.skipTest("mounting is not allowed here")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("libpfm4 finds no perf events here", done.stderr)
        self.assertIsNotNone(self.records()[1]["context_switches"])

    def test_cpus_that_cannot_be_read(self):
        """The hardware counters are missing with the reason; the rest is collected."""
        online = "sys/devices/system/cpu/online"
        os.makedirs(os.path.dirname(self.path(f"root/{online}")))
        os.mkdir(self.path("root/proc"))
        with open(self.path(f"root/{online}"), "w") as file:
            file.write("0-x\n")
        done = self.vmfc("--root", "root", "--plugins", "perf", "--duration", "0.2", "--interval", "0.1")
        self.assertIn(f"perf: /{online} is not a list of CPUs. Missing: cpu_cycles, ", done.stderr)
        self.assertEqual({record["cpu_cycles"] for record in self.records()}, {None})

    def test_cpus_that_cannot_be_opened(self):
        """While a CPU comes or goes its events cannot be opened; afterwards they count again."""
        online = "sys/devices/system/cpu/online"
        count = os.sysconf("SC_NPROCESSORS_ONLN")
        for name, text in (("root", f"0-{count - 1}"), ("more", f"0-{count + 1}"),
                           ("back", f"0-{count - 1}")):
            os.makedirs(os.path.dirname(self.path(f"{name}/{online}")))
            with open(self.path(f"{name}/{online}"), "w") as file:
                file.write(text + "\n")
        os.mkdir(self.path("root/proc"))
        plugins = ":".join(os.path.join(BUILD, "plugins", name) for name in ("perf", "json"))
        done = subprocess.run([os.path.join(BUILD, "tests", "replay"), "-,-,more,-,back,-,-",
                               "--root", "root", "--plugins", "perf", "--format", "json",
                               "--set", "perf.context_switches=perf::CONTEXT-SWITCHES",
                               "--plugin-path", plugins, "--output", "r.json"], cwd=self.folder,
                              check=True, stderr=subprocess.PIPE, text=True)
        switches = [record["context_switches"] for record in self.records("r.json")]
        if switches[0] is None:
            self.skipTest("no event can be opened for the whole machine here")
        self.assertEqual([value is None for value in switches],
                         [False, True, True, True, False, False], done.stderr)
        self.assertEqual(done.stderr.count("cannot be opened on all CPUs that are online now"), 1)


class Mistakes(ProgramTest):
    def refused(self, sentence, *args, code=2):
        done = self.vmfc(*args, code=code)
        self.assertIn(sentence, done.stderr)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertEqual(os.listdir(self.folder), [])

    def test_usage(self):
        self.refused("unknown plugin 'nosuch'; known plugins: ", "--plugins", "perf,nosuch")
        self.refused("has an empty part", "--plugins", "perf,,proc")
        self.refused("names no sampler", "--plugins", "json")
        for output in ("-", "/dev/null"):
            self.refused(f"--output {output} is a stream, which takes only one format", "--output",
                         output)
        self.refused("'xml' is not a format; known are json, jsonl, csv", "--format", "json,xml")
        self.refused("'cpu' is not a format", "--format", "cpu")
        self.refused("--format is empty", "--format", "")
        self.refused("option perf.cpu_cycles: libpfm4 does not know the event 'no_such_event'",
                     "--set", "perf.cpu_cycles=no_such_event")
        self.refused("unknown option --frequency", "--frequency", "1")
        self.refused("option perf.cpu_cycles is empty: give the name of an event of libpfm4",
                     "--set",
                     "perf.cpu_cycles=")
        self.refused("plugin perf has no option 'speed'; it has: cpu_cycles, ", "--set",
                     "perf.speed=1")
        self.refused("plugin json is not enabled", "--set", "json.indent=2", "--format",
                     "csv")
        self.refused("plugin cpu has no option 'x'; it has: none", "--set", "cpu.x=1")
        self.refused("unknown plugin 'nosuch'", "--set", "nosuch.x=1")

    def test_places(self):
        self.refused("/proc/nowhere cannot be created: ", "--output", "/proc/nowhere/x.json",
                     "--duration", "1", code=1)

    def test_check_and_lists(self):
        for action, part in (("--check", "mem: ok, 2 of 2 columns"),
                             ("--list-plugins", "works here: yes"),
                             ("--list-features", "memory_available_gb"),
                             ("--version", "plugin ABI {}.{}".format(*plugin_abi())), ("--help", "--duration")):
            done = self.vmfc(action)
            self.assertIn(part, done.stdout)
            self.assertEqual(done.stderr, "")
            self.assertEqual(os.listdir(self.folder), [])


    def test_version(self):
        """It names every plugin, every tool and the libraries that are built in."""
        shown = self.vmfc("--version").stdout
        names = set(re.findall(r"\w+", shown))
        index = configparser.ConfigParser()
        index.read(os.path.join(BUILD, "plugins/plugins.index"))
        self.assertGreater(len(index.sections()), 15)
        self.assertLessEqual({*index.sections(), "merge", "train", "report", "GLib", "libpfm4"}, names)
        self.assertIn("proc (cpu, mem, disk, net, load)", shown)
        first, _, rest = shown.partition("\n")
        self.assertRegex(first, r"^vmfc \d+\.\d+\.\d+ \(plugin ABI \d+\.\d+\)$")
        for line in rest.splitlines():
            self.assertRegex(line, r"^(built with|samplers|workloads|sinks|tools): \w")

    def test_help(self):
        """At most 100 columns, and the same options in the same groups as in the man page."""
        shown = self.vmfc("--help").stdout
        for line in shown.splitlines():
            self.assertLessEqual(len(line), 100, line)
        with open(MAN_PAGE, encoding="utf-8") as file:
            page = file.read().partition("\n.SH OPTIONS\n")[2].partition("\n.SH ")[0]
        groups = page.split("\n.SS ")[1:]
        self.assertGreater(len(groups), 2)
        for group in groups:
            heading, _, text = group.partition("\n")
            names = [tag.replace("\\", "") for tag in re.findall(r"\.TP\n.*?(\\-\\-[a-z\\-]+)", text)]
            listed = shown.partition(f"\n{heading}:\n")[2].partition("\n\n")[0]
            self.assertEqual(re.findall(r"^  (?:-., )?(--[a-z-]+)", listed, re.M), names, heading)


class FullDisk(ProgramTest):
    """A small file system, full at the start or later."""

    def setUp(self):
        super().setUp()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", self.folder],
                                 stderr=subprocess.DEVNULL)
        if mounted.returncode != 0:
            self.skipTest("mounting a small file system needs root")

    def tearDown(self):
        subprocess.run(["umount", "-l", self.folder], check=False)
        super().tearDown()

    def fill(self):
        with open(self.path("filler"), "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass

    def test_later(self):
        done = self.vmfc("--interval", "0.005", "--duration", "1", code=1)
        # once for each file, however many records there are; what the one gives back when it
        # cannot write, the other may take for a record more
        lost = done.stderr.count("No space left on device: free some space; records are lost "
                                 "there until it can be written again")
        self.assertGreaterEqual(lost, 2, done.stderr)
        self.assertLessEqual(lost - done.stderr.count(" writes again; "), 2, done.stderr)
        self.assertLess(lost, 10, done.stderr)
        self.assertIn("vm_features.meta.json remains as it was when the run began: ", done.stderr)
        records = self.records()
        self.assertGreater(len(records), 3)
        self.assertIn("records not written", done.stdout)
        for row in self.rows():
            self.assertEqual(len(row), len(ORDER))
            self.assertNotIn(None, row)

    def test_at_start(self):
        self.fill()
        done = self.vmfc("--duration", "1", "--interval", "0.1", code=1)
        self.assertIn("No space left on device: free some space", done.stderr)

    def test_read_only(self):
        subprocess.run(["mount", "-o", "remount,ro", self.folder], check=True)
        done = self.vmfc("--duration", "1", "--interval", "0.1", code=1)
        self.assertIn("Read-only file system: choose a writable place with --output",
                      done.stderr)


class Unprivileged(ProgramTest):
    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest("starting vmfc as another user needs root")
        os.chmod(self.folder, 0o777)

    def test_collects_what_it_may(self):
        done = self.vmfc("--duration", "0.3", "--interval", "0.1",
                         prefix=("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"))
        for record in self.records():
            self.assertEqual([name for name in PROC if record[name] is None], [])
            self.assertIsNotNone(record["page_faults"])
            self.assertIsNotNone(record["context_switches"])
        with open("/proc/sys/kernel/perf_event_paranoid") as file:
            if int(file.read()) <= 0:
                return
        self.assertIn("kernel.perf_event_paranoid=0 (1 is not enough)" if has_counters()
                      else "this machine has no such hardware counter", done.stderr)
        self.assertEqual(done.stderr.count("warning: perf"), 1, done.stderr)

    def test_folder_is_not_writable(self):
        os.chmod(self.folder, stat.S_IRWXU)
        done = subprocess.run(
            ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
             os.path.join(os.path.dirname(self.folder), "x")], stderr=subprocess.DEVNULL,
            check=False)
        os.chmod(self.folder, 0o755)
        done = self.vmfc("--duration", "1", code=1,
                         prefix=("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"))
        self.assertIn("data cannot be created: Permission denied: choose a writable "
                      "place with --output", done.stderr)


if __name__ == "__main__":
    main()
