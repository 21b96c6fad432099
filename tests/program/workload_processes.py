# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""The processes of workloads, with a real stress-ng: whatever happens, none outlives vmfc."""

import glob
import json
import os
import signal
import subprocess
import time
import unittest

from common import SANITIZED, STRESS_NG, WorkloadTest, main, needs_stress_ng, wait_until

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
        self.wait_for_records(3)
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
        self.assert_windows(self.records(), 5)
        self.assertEqual(set(self.transitions()), {False})

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


if __name__ == "__main__":
    main()
