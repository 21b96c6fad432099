# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""Workloads as their user meets them, with a real stress-ng."""

import glob
import json
import os
import shutil
import signal
import statistics
import subprocess
import time
import unittest

from common import BUILD, SANITIZED, STRESS_NG, WorkloadTest, main, needs_stress_ng, wait_until

N_CPUS = len(os.sched_getaffinity(0))


def processes():
    """Number, parent and name of all processes that are not zombies."""
    found = {}
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path) as file:
                text = file.read()
        except OSError:
            continue
        name = text[text.index("(") + 1:text.rindex(")")]
        state, parent = text[text.rindex(")") + 2:].split()[:2]
        if state != "Z":
            found[int(path.split("/")[2])] = (int(parent), name)
    return found


def descendants(of):
    found = {of}
    everybody = processes()
    grown = True
    while grown:
        more = {number for number, (parent, _) in everybody.items() if parent in found}
        grown = not more <= found
        found |= more
    return found - {of}


@unittest.skipIf(SANITIZED == "thread", "in the threads of vmfc nothing is other than without")
class RunningTest(WorkloadTest):
    def start_run(self, *args):
        process = self.start("--plugins", "cpu", "--interval", "0.2", "--duration", "60",
                             "--format", "json", *args, start_new_session=True,
                             env={**os.environ, "VMFC_TEST_FOLDER": self.folder})
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        if process.poll() is None:
            process.kill()
        process.communicate()


@needs_stress_ng
class Sequences(RunningTest):
    def test_loops(self):
        self.collect("--stress-workload", "cpu_cycling:1.8,cpu_intensive:1.2", duration=9,
                     interval=0.3)
        records = self.records()
        self.assert_windows(records, 30)
        self.assert_changes(records)
        number = -1
        numbers = []  # each record's window
        for record in records:
            number += 1 + record["missed_ticks"]
            numbers.append(number)
        with self.timing():
            for number, record in zip(numbers, records):
                # the window in which a part begins still has the name of the one before
                at = number - (1 if number % 10 in (0, 6) and number > 0 else 0)
                self.assertEqual(record["stress_workload"],
                                 "cpu_cycling" if at % 10 < 6 else "cpu_intensive", number)
                self.assertEqual(record["stress_iteration"], at // 10, number)
                if number > 0 and number % 10 in (0, 6):
                    self.assertTrue(record["stress_transition"])
        # a workload goes on where it was
        settled = self.settled(records)
        steps = {record["stress_phase"] for record in settled}
        every = {"int64", "load=0", "load=10", "load=5", "matrix_product", "prime"}
        self.assertLessEqual(steps, every)
        with self.timing():
            self.assertEqual(steps, every)
        self.assertLessEqual({(record["stress_phase"], record["stress_target_load"])
                              for record in settled if record["stress_workload"] == "cpu_cycling"},
                             {("load=0", 0.0), ("load=5", 5.0), ("load=10", 10.0)})

    def test_shuffle(self):
        parts = "idle:0.2,none:0.2,load=10:0.2,load=20:0.2,load=30:0.2"
        courses = []
        for seed in (5, 5, 6):
            self.collect("--stress-workload", parts, "--seed", str(seed), "--shuffle",
                         duration=2.2, plugins="load")
            courses.append([(record["stress_workload"], record["stress_phase"])
                            for record in self.records()])
            with open(self.path("data/vm_features.meta.json")) as file:
                meta = json.load(file)
            self.assertEqual((meta["workload"], meta["seed"], meta["shuffle"]),
                             (parts, seed, True))
        self.assertNotEqual(*courses[1:])
        with self.timing():
            self.assertEqual(*courses[:2])

    def test_idle(self):
        self.collect("--stress-workload", "idle", duration=1)
        for record in self.records():
            self.assertEqual(record["stress_workload"], "idle")
            self.assertIsNone(record["stress_phase"])
            self.assertIsNone(record["stress_target_load"])
            self.assertFalse(record["stress_transition"])

    def test_start_time(self):
        """A workload begins ahead of the first window, not when vmfc is started."""
        begin = int(time.time()) + 3
        process = self.start_run("--stress-workload", "cpu_intensive", "--start-time", str(begin),
                                 "--duration", "1")
        while time.time() < begin - 1:
            guards = [number for number in descendants(process.pid)
                      if processes().get(number, (0, ""))[1] == "workload-guard"]
            if time.time() < begin - 1:
                self.assertEqual(guards, [])
            time.sleep(0.05)
        self.assertTrue(wait_until(lambda: len(descendants(process.pid)) >= 2 + N_CPUS or
                                   process.poll() is not None))
        with self.timing():
            self.assertLess(time.time(), begin)
        process.communicate(timeout=60)
        records = self.records()
        self.assert_windows(records, 5)
        self.assertEqual(records[-1]["stress_workload"], "cpu_intensive")
        with self.timing():
            for record in records:
                self.assertEqual(record["stress_workload"], "cpu_intensive")
                self.assertFalse(record["stress_transition"])


@needs_stress_ng
class Processes(RunningTest):
    def setUp(self):
        """With a folder for the files of stress-ng, because other tests run as well."""
        super().setUp()
        self.scratch = self.path("scratch")
        os.mkdir(self.scratch)
        with open(self.path("scratch.conf"), "w") as file:
            file.write(f"[stress_ng]\ntemp_path={self.scratch}\n")

    def start_run(self, *args):
        return super().start_run("--config", self.path("scratch.conf"), *args)

    def left(self):
        return set(os.listdir(self.scratch))

    def ours_among_all(self):
        """What was started in this test's folder, wherever it is among the processes now."""
        return {number for number, (_, name) in processes().items()
                if name.startswith(("stress-ng", "workload-guard")) and self.is_marked(number)}

    def is_marked(self, number):
        try:
            with open(f"/proc/{number}/environ", "rb") as file:
                return b"VMFC_TEST_FOLDER=" + self.folder.encode() in file.read().split(b"\0")
        except OSError:
            return False  # it has ended

    def assert_nothing_left(self, ours, seconds):
        begin = time.monotonic()
        self.assertTrue(wait_until(lambda: not ours & set(processes())),
                        {number: processes().get(number) for number in ours})
        with self.timing():
            self.assertLess(time.monotonic() - begin, seconds)
        self.assertEqual(self.left(), set())

    def running(self, process, n_least):
        def is_running():
            """Not only being tried, which comes first."""
            names = processes()
            ours = descendants(process.pid)
            guarded = any(names.get(number, (0, ""))[1] == "workload-guard" for number in ours)
            return guarded and len(ours) >= n_least

        self.assertTrue(wait_until(is_running), descendants(process.pid))
        time.sleep(0.3)
        return descendants(process.pid)

    @unittest.skipUnless(os.geteuid() == 0, "a folder of another user takes root")
    def test_killed_guard(self):
        """What it leaves the next run removes; what is in use or not ours it does not."""
        temp = self.path("temp")
        theirs, ours, file, link = (os.path.join(temp, "vmfc-stress-" + digit * 16)
                                    for digit in "abcd")
        other = os.path.join(temp, "vmfc-stress-" + "e" * 15)
        for folder in (temp, theirs, ours, other, os.path.join(other, "kept"),
                       os.path.join(ours, "full")):
            os.mkdir(folder)
        os.symlink(other, link)
        os.symlink(other, os.path.join(ours, "link"))
        with open(file, "w"):
            pass
        os.chown(theirs, 65534, 65534)
        kept = {os.path.basename(path) for path in (theirs, file, link, other)}
        step = ("--set", f"stress_ng.temp_path={temp}", "--stress-workload")
        short = ("--plugins", "cpu", "--interval", "0.1", "--duration", "0.2", "--format", "json",
                 "--output", "short.json", *step, "cpu_intensive")
        process = self.start_run(*step, "io_intensive")
        children = self.running(process, 3)
        lost = set(os.listdir(temp)) - kept
        self.assertEqual(len(lost), 1)
        self.assertNotIn(os.path.basename(ours), lost)
        # while it is in use
        self.vmfc("--check", *step[:2])
        self.vmfc(*short)
        self.assertEqual(set(os.listdir(temp)), kept | lost)
        guard = next(number for number in children if processes()[number][1] == "workload-guard")
        os.kill(guard, signal.SIGKILL)
        self.assertTrue(wait_until(lambda: not children & set(processes())))
        process.send_signal(signal.SIGTERM)
        self.assertIn("the guard of stress-ng was killed", process.communicate()[1])
        self.assertEqual(set(os.listdir(temp)), kept | lost)
        self.assertIn(f"removed 1 folder from {temp}, which a workload left when its guard was "
                      "killed", self.vmfc(*short).stderr)
        self.assertEqual(set(os.listdir(temp)), kept)
        self.assertEqual(os.listdir(other), ["kept"])
        self.assertNotIn("a workload left", self.vmfc(*short).stderr)

    def test_killed(self):
        """Nothing of ours outlives us; what is not ours is left alone."""
        foreign = subprocess.Popen([STRESS_NG, "--cpu", "1", "--timeout", "60", "--quiet"],
                                   start_new_session=True, cwd=self.folder)
        self.addCleanup(self.end, foreign)
        for workload in ("mixed_workload", "memory_intensive", "process_intensive"):
            with self.subTest(workload):
                process = self.start_run("--stress-workload", workload)
                ours = self.running(process, 3)
                self.assertTrue(self.ours_among_all() & ours)
                process.kill()
                self.assert_nothing_left(ours, 1)
                # nor what was started since we have looked
                self.assertTrue(wait_until(lambda: not self.ours_among_all()), self.ours_among_all())
                self.assertIsNone(foreign.poll())
        with open(self.path("data/vm_features.json")) as file:
            json.load(file)
        process = self.start_run("--stress-workload", "mixed_workload")
        ours = self.running(process, 3)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)
        self.assert_nothing_left(ours, 0.1)
        self.assertIsNone(foreign.poll())

    def test_guard_killed(self):
        """What stands between is no weak point."""
        process = self.start_run("--stress-workload", "cpu_intensive")
        ours = self.running(process, 2 + N_CPUS)
        guard = [number for number in ours if processes()[number][1] == "workload-guard"]
        os.kill(guard[0], signal.SIGKILL)
        self.assertTrue(wait_until(lambda: not ours & set(processes())))
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        self.assertIn("workload cpu_intensive ended too early: the guard of stress-ng was "
                      "killed", said)
        self.assertEqual(process.returncode, 1)
        self.assertEqual(len(self.left()), 1)  # it could not remove its folder any more

    def test_killed_by_others(self):
        process = self.start_run("--stress-workload", "cpu_intensive:4,idle:1", "--duration", "6")
        ours = self.running(process, 2 + N_CPUS)
        names = processes()
        master = [number for number in ours if names[number][1] == "stress-ng"]
        self.assertTrue(wait_until(lambda: len(self.records()) > 2))
        when = time.time()
        os.kill(master[0], signal.SIGKILL)
        self.assert_nothing_left(ours, 1)
        _, said = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1)
        self.assertIn("workload cpu_intensive ended too early: stress-ng was killed by "
                      "another process", said)
        after = [record for record in self.records() if record["timestamp"] > when]
        told = [record["stress_transition"] for record in after].index(True)
        with self.timing():  # noticed within a tick
            self.assertLessEqual(told, 1)
        # then nothing runs, and the sequence goes on
        self.assert_changes(after)
        for record in self.settled(after):
            if record["stress_workload"] == "none":
                self.assertIsNone(record["stress_target_load"])
        later = [record["stress_workload"] for record in after[told + 1:]]
        with self.timing():
            self.assertEqual(list(dict.fromkeys(later)), ["none", "idle", "cpu_intensive"])

    def test_stopped(self):
        """One that does not listen is ended all the same, and the ticks do not wait for it."""
        process = self.start_run("--stress-workload", "cpu_intensive:1,idle:1", "--duration", "4")
        for number in self.running(process, 2 + N_CPUS):
            if processes().get(number, (0, ""))[1].startswith("stress-ng"):
                os.kill(number, signal.SIGSTOP)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)
        self.assert_windows(self.records(), 20)

    def transitions(self):
        return [record["stress_transition"] for record in self.records()]

    def test_stopped_and_continued(self):
        """What somebody stops does not work; while it does not, its label does not count."""
        process = self.start_run("--stress-workload", "command=sleep 60", "--duration", "4")
        sleeper = [number for number in self.running(process, 2)
                   if processes()[number][1] == "sleep"][0]
        self.wait_for_records(4)
        os.kill(sleeper, signal.SIGSTOP)
        stopped = time.time()
        time.sleep(0.7)
        os.kill(sleeper, signal.SIGCONT)
        continued = time.time()
        process.communicate(timeout=60)
        for record in self.records()[1:]:
            begin = record["timestamp"] - record["time_delta_seconds"]
            late = record["tick_lateness_us"] / 1e6
            if record["timestamp"] > stopped + 0.1 + late and begin < continued:
                self.assertTrue(record["stress_transition"], record)
            elif begin > continued + 0.2 or record["timestamp"] < stopped:
                with self.timing():
                    self.assertFalse(record["stress_transition"], record)
        self.assertEqual(self.records()[-1]["stress_phase"], "sleep")

    def test_vmfc_stopped(self):
        """The load is vmfc's own: while that stands still there is none."""
        process = self.start_run("--stress-workload", "load=30", "--duration", "3")
        self.wait_for_records(4)
        process.send_signal(signal.SIGSTOP)
        time.sleep(0.8)
        process.send_signal(signal.SIGCONT)
        process.communicate(timeout=60)
        long = [record for record in self.records() if record["time_delta_seconds"] > 0.5]
        self.assertGreater(len(long), 0)
        for record in long:
            self.assertTrue(record["stress_transition"], record)
        with self.timing():
            self.assertEqual(len(long), 1)
            self.assertFalse(self.records()[-1]["stress_transition"])

    def test_vmfc_stopped_within_a_window(self):
        """No tick is late then, and the load stood still all the same."""
        process = self.start_run("--stress-workload", "load=30", "--interval", "2", "--duration",
                                 "6")
        self.wait_for_records(1)
        process.send_signal(signal.SIGSTOP)
        stopped = time.time()
        time.sleep(0.3)
        process.send_signal(signal.SIGCONT)
        continued = time.time()
        process.communicate(timeout=60)
        for record in self.records():
            begin = record["timestamp"] - record["time_delta_seconds"]
            if begin < stopped and record["timestamp"] > continued:
                self.assertTrue(record["stress_transition"], record)
            with self.timing():
                self.assertEqual(record["stress_transition"],
                                 begin < continued and record["timestamp"] > stopped, record)

    def test_nothing_runs_without_a_grid(self):
        self.vmfc("--plugins", "cpu", "--interval", "0.1", "--duration", "0.5", "--no-sync",
                  "--format", "json")
        self.assertEqual(self.transitions(), [False] * 5)

    def test_orphans(self):
        """What a command leaves behind is buried while it runs."""
        process = self.start_run("--stress-workload", "command", "--set",
                                 'command.run=sh -c "for i in 1 2 3 4 5 6 7 8 9; do (true &); '
                                 'done; exec sleep 20"')
        self.running(process, 2)
        zombies = subprocess.run(["ps", "--ppid", ",".join(map(str, descendants(process.pid))),
                                  "-o", "stat="], stdout=subprocess.PIPE, text=True).stdout
        self.assertNotIn("Z", zombies)

    def test_children_ignored(self):
        """Whoever starts us may have said that children need no burying."""
        done = self.vmfc("--plugins", "cpu", "--interval", "0.2", "--duration", "1",
                         "--stress-workload", "command=sh -c 'exit 3'", code=1,
                         prefix=("sh", "-c", "trap '' CHLD; exec \"$@\"", "sh"))
        self.assertIn("sh failed with exit status 3", done.stderr)

    def test_end_of_the_run(self):
        """With the last tick it is over; nothing is started once more."""
        self.vmfc("--plugins", "cpu,kepler", "--kepler-url", "http://localhost:1/", "--interval",
                  "0.2", "--duration", "1", "--stress-workload",
                  "command=sh -c 'echo x >>started; exec sleep 9'")
        with open(self.path("started")) as file:
            self.assertEqual(file.read(), "x\n")

    def test_signals_of_the_terminal(self):
        """Ctrl-C is for vmfc, which ends its workload in order."""
        process = self.start_run("--stress-workload", "cpu_intensive")
        ours = self.running(process, 2 + N_CPUS)
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)
        self.assert_nothing_left(ours, 0.1)

    def test_command_leaves_nothing(self):
        script = "setsid sleep 99 & setsid sh -c 'sleep 98 & sleep 97' & sleep 0.5"
        process = self.start_run("--stress-workload", "command", "--set",
                                 f'command.run=sh -c "{script}"')
        ours = self.running(process, 5)
        self.assert_nothing_left(ours, 2)
        self.assertTrue(wait_until(lambda: "none" in
                                   {record["stress_workload"] for record in self.records()[1:]}))
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)


class Others(WorkloadTest):
    def test_load(self):
        self.collect("--stress-workload", "load=20:2,load=70:2,load=100:1", duration=5,
                     plugins="cpu", interval=0.5)
        for target in (20, 70, 100):
            loads = [record["cpu_utilization"] for record in self.settled(self.records())
                     if record["stress_target_load"] == target]
            # the exact figures are the benchmark's: here others may be at work as well
            with self.timing():
                self.assertGreater(len(loads), 0)
                self.assertGreater(statistics.mean(loads), target - 10)
                if not SANITIZED:  # then others are at work for certain
                    self.assertLess(statistics.mean(loads), target + 25)

    @unittest.skipIf(SANITIZED, "its own cost is that of the sanitizer")
    def test_own_cost(self):
        """The work is not counted as what vmfc costs."""
        done = self.collect("--stress-workload", "load=100", duration=2)
        cost = [line.split()[2] for line in done.stdout.splitlines() if "vmfc itself" in line]
        with self.timing():
            self.assertLess(float(cost[0]), 0.5)

    @unittest.skipIf(N_CPUS < 2, "it takes two CPUs")
    def test_load_of_some(self):
        self.collect("--stress-workload", "load=80", "--set", "cpu_load.cpus=1", duration=2)
        self.assertEqual(self.records()[0]["stress_target_load"], 80 / N_CPUS)
        self.assertEqual(self.records()[0]["stress_phase"], "load=80")

    def test_trace(self):
        with open(self.path("t.csv"), "w") as file:
            file.write("time,cpu\n0,0.1\n10,0.8\n20,\n30,0.5\n")
        done = self.collect("--stress-workload", "trace=t.csv", "--set", "trace.full=1", "--set",
                            "trace.speed=10", "--set", "trace.load_column=cpu", duration=5)
        self.assertIn("t.csv: 1 of 4 lines have no load from 0 to 1 and keep the previous one",
                      done.stderr)
        targets = [record["stress_target_load"] for record in self.settled(self.records())]
        self.assertEqual(targets, sorted(targets, key=[10.0, 80.0, 50.0, None].index))
        with self.timing():
            self.assertEqual(set(targets), {10.0, 80.0, 50.0, None})
            # the trace is over after 4 of the 5 s
            self.assertEqual(self.records()[-1]["stress_workload"], "none")

    def test_trace_that_repeats(self):
        with open(self.path("t.csv"), "w") as file:
            file.write("0,10\n1,20\n")
        self.collect("--stress-workload", "trace", "--set", "trace.file=t.csv", "--set",
                     "trace.repeat=true", duration=5)
        self.assertEqual(self.records()[-1]["stress_workload"], "trace")
        targets = [record["stress_target_load"] for record in self.settled(self.records())]
        self.assertEqual(set(targets), {10.0, 20.0})
        with self.timing():
            self.assertGreaterEqual(sum(a != b for a, b in zip(targets, targets[1:])), 3)

    def test_command(self):
        """To its end, which is that of a run without one."""
        done = self.collect("--stress-workload", "command=sh -c 'echo out; exec sleep 1'",
                            duration=0)
        self.assertIn("out\n", done.stdout)
        with self.timing():
            self.assertLess(len(self.records()), 6)
        self.assertEqual({record["stress_phase"] for record in self.settled(self.records())},
                         {"sh"})
        done = self.collect("--stress-workload", "command=sh -c 'echo out; exec sleep 9'", "--set",
                            "command.quiet=true", duration=0.6)
        self.assertNotIn("out\n", done.stdout)

    def test_command_fails(self):
        done = self.collect("--stress-workload", "command=sh -c 'sleep 0.3; exit 3'", duration=1,
                            code=1)
        self.assertIn("workload command ended too early: sh failed with exit status 3",
                      done.stderr)
        with open(self.path("broken"), "w") as file:
            file.write("#!/nowhere/interpreter\n")
        os.chmod(self.path("broken"), 0o755)
        done = self.collect("--stress-workload", "command=./broken", "--set", "command.quiet=true",
                            duration=1, code=1)
        self.assertIn("broken cannot be run: No such file or directory", done.stderr)
        self.assertEqual(self.records()[-1]["stress_workload"], "none")


class Mistakes(WorkloadTest):
    def refused(self, sentence, workload, *args, **kwargs):
        done = self.vmfc("--plugins", "cpu", "--duration", "10", "--stress-workload", workload,
                         *args, code=2, **kwargs)
        self.assertIn(sentence, done.stderr)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertFalse(os.path.exists(self.path("data")))

    def test_sequences(self):
        self.refused("unknown workload 'nosuch'; known workloads: none, idle, ", "nosuch")
        self.refused("unknown workload 'nosuch'", "idle:2,nosuch:3")
        self.refused("'0' must be a number of seconds above 0", "idle:0")
        self.refused("'-5' must be a number of seconds above 0", "idle:-5")
        self.refused("'abc' must be a number of seconds above 0", "idle:abc")
        self.refused("has an empty part", "idle,,load")
        self.refused("has an empty part", "")
        self.refused("has more than 1000 parts", ",".join(["idle:1"] * 10000))
        self.refused("'idle' takes 20 s, but --duration is 10 s", "idle:20")
        self.refused("leave no time of --duration 10", "idle:10,load")
        self.refused("'idle' takes no argument", "idle=5")
        self.refused("--seed is 'x', but must be a whole number", "idle", "--seed", "x")

    def test_twice(self):
        done = self.vmfc("--plugins", "cpu,command", "--stress-workload", "idle", code=2)
        self.assertIn("'idle' and 'command' are both given as the workload", done.stderr)

    def test_among_plugins(self):
        self.collect(plugins="cpu,cpu_load", duration=1)
        self.assertEqual(self.records()[0]["stress_workload"], "load")
        done = self.vmfc("--plugins", "cpu,stress_ng", code=2)
        self.assertIn("plugin stress_ng offers 15 workloads: name one of them in "
                      "--stress-workload", done.stderr)

    def test_settings(self):
        self.refused("stress_ng.step is set, but plugin stress_ng is not enabled; name one of "
                     "its workloads in --stress-workload", "idle", "--set", "stress_ng.step=5")
        self.refused("workload load: '101' must be a percentage from 0 to 100", "load=101")
        self.refused("workload load: 'x' must be a percentage", "load=x")
        self.refused("workload load: '0x10' must be a percentage", "load=0x10")
        self.refused("cpu_load.cpus is 9999, but this machine has", "load",
                     "--set", "cpu_load.cpus=9999")
        self.refused("workload command: no command given", "command")
        self.refused("program 'nosuch' not found", "command=nosuch --now")
        self.refused("workload trace: no file given", "trace")
        self.refused("workload trace: nosuch.csv: ", "trace=nosuch.csv")
        self.refused("trace.speed is '0', but must be above 0", "trace", "--set", "trace.speed=0")

    def test_no_stress_ng(self):
        done = self.vmfc("--plugins", "cpu", "--stress-workload", "cpu_cycling", code=2,
                         env={"PATH": "/nowhere"})
        self.assertIn("workload cpu_cycling needs stress-ng, which is not installed: install it "
                      "with apt-get install stress-ng", done.stderr)
        self.assertFalse(os.path.exists(self.path("data")))
        listed = self.vmfc("--list-workloads", env={"PATH": "/nowhere"}).stdout
        self.assertIn("can run here: no: workload cpu_cycling needs stress-ng", listed)
        self.assertIn("can run here: yes (plugin cpu_load)", listed)
        said = self.vmfc("--check", env={"PATH": "/nowhere"}).stdout
        self.assertIn("stress_ng: does NOT work: ", said)
        self.assertIn("cpu_load: ok", said)


@needs_stress_ng
class Profiles(WorkloadTest):
    def own_profile(self, text, folder="config/vmfc/workloads"):
        os.makedirs(self.path(folder), exist_ok=True)
        with open(os.path.join(self.path(folder), "mine.conf"), "w") as file:
            file.write(text)

    def test_own(self):
        self.own_profile("[workload]\nsummary=my own\n[half]\ncpus=50%\ntarget_load=100\n"
                         "stressors=--cpu {cpus}\n")
        env = {"XDG_CONFIG_HOME": self.path("config")}
        self.assertIn("mine: my own\n  can run here: yes",
                      self.vmfc("--list-workloads", env=env).stdout)
        self.collect("--stress-workload", "mine", duration=1, env=env)
        self.assertEqual(self.records()[0]["stress_phase"], "half")
        self.assertEqual(self.records()[0]["stress_target_load"],
                         100 * max(round(N_CPUS / 2), 1) / N_CPUS)
        # another folder instead
        self.collect("--stress-workload", "mine", "--set",
                     "stress_ng.profiles=" + self.path("config/vmfc/workloads"), duration=1)

    def test_mistakes(self):
        folder = ("--set", "stress_ng.profiles=" + self.path("own"))
        for text, sentence in (
                ("[workload]\nsummary=s\n\n[a]\nstressors=--cpu 1\nseconds=x\n",
                 "own/mine.conf, line 6: seconds is 'x'"),
                ("[workload]\nsummary=s\n[a]\nstressors=--cpu 1 --cpu-method nosuch\n",
                 "rejects the step 'a' of workload mine: cpu-method must be one of"),
                ("[workload]\nsummary=s\n[a]\nstressors=--nosuch 1\n",
                 "rejects the step 'a' of workload mine: ")):
            self.own_profile(text, "own")
            done = self.vmfc("--plugins", "cpu", "--stress-workload", "mine", *folder, code=2)
            self.assertIn(sentence, done.stderr)
            self.assertEqual(len(done.stderr.strip().splitlines()), 1)
            self.assertFalse(os.path.exists(self.path("data")))
            self.assertIn("can run here: no: ",
                          self.vmfc("--list-workloads", *folder).stdout)

    def test_list(self):
        listed = self.vmfc("--list-workloads").stdout
        self.assertNotIn("can run here: no", listed)
        for name in ("cpu_cycling cpu_intensive memory_intensive mixed_workload bursty_workload "
                     "matrix_computation branch_intensive cache_thrashing idle none load trace "
                     "command").split():
            self.assertIn(f"\n{name}: ", "\n" + listed)


@needs_stress_ng
@unittest.skipIf(SANITIZED, "it is a script")
class Script(WorkloadTest):
    def run_script(self, *args, code=0):
        script = os.path.join(os.path.dirname(__file__), "../../data/run_with_stress")
        done = subprocess.run([script, *args], cwd=self.folder, text=True, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env={**os.environ, "PATH": BUILD + ":" + os.environ["PATH"]})
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def test_run(self):
        done = self.run_script("--workload", "idle:1,cpu_intensive:2", "--duration", "3",
                               "--verbose", "--", "--plugins", "cpu")
        (name,) = glob.glob(self.path("data/idle_cpu_intensive_*.csv"))
        rows = self.rows(name)
        self.assertEqual(len(rows), 3)
        self.assertIn("cpu_intensive", done.stdout)
        self.assertIn("3 records", done.stdout)

    def has_rows(self):
        return any(self.rows(name) for name in glob.glob(self.path("data/*.csv")))

    def test_signal(self):
        """One for the script is one for vmfc, and the sum is told all the same."""
        for number in (signal.SIGINT, signal.SIGTERM):
            script = os.path.join(os.path.dirname(__file__), "../../data/run_with_stress")
            process = subprocess.Popen([script, "--workload", "load=0", "--duration", "60", "--",
                                        "--plugins", "cpu"], cwd=self.folder, text=True,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                       start_new_session=True, env={
                                           **os.environ, "PATH": BUILD + ":" + os.environ["PATH"]})
            self.assertTrue(wait_until(self.has_rows))
            ours = descendants(process.pid)
            os.kill(process.pid, number)
            said, _ = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0)
            self.assertRegex(said, r"load +\d+ ")
            self.assertFalse(ours & set(processes()))
            shutil.rmtree(self.path("data"))

    def test_others(self):
        self.assertIn("cpu_cycling: ", self.run_script("--list-workloads").stdout)
        self.assertIn("--workload", self.run_script("--help").stdout)
        self.assertIn("--workload", self.run_script(code=2).stderr)
        self.assertIn("'--nosuch' is not an option", self.run_script("--nosuch", code=2).stderr)
        done = self.run_script("--workload", "nosuch", "--duration", "2", code=2)
        self.assertIn("unknown workload 'nosuch'", done.stderr)
        self.assertFalse(os.path.exists(self.path("data")))


if __name__ == "__main__":
    main()
