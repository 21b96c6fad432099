# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What a user says of workloads, as profiles and options, and what vmfc answers."""

import glob
import os
import shutil
import signal
import subprocess
import unittest

from common import BUILD, SANITIZED, WorkloadTest, main, needs_stress_ng, wait_until
from workload_processes import N_CPUS, descendants, processes


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
        self.assert_windows(rows, 3)
        self.assertIn("cpu_intensive", done.stdout)
        self.assertIn(f"{len(rows)} record", done.stdout)

    def has_load(self):
        return any(row["stress_workload"] == "load" for name in glob.glob(self.path("data/*.csv"))
                   for row in self.rows(name))

    def test_signal(self):
        """One for the script is one for vmfc, and the sum is told all the same."""
        for number in (signal.SIGINT, signal.SIGTERM):
            script = os.path.join(os.path.dirname(__file__), "../../data/run_with_stress")
            process = subprocess.Popen([script, "--workload", "load=0", "--duration", "60", "--",
                                        "--plugins", "cpu"], cwd=self.folder, text=True,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                       start_new_session=True, env={
                                           **os.environ, "PATH": BUILD + ":" + os.environ["PATH"]})
            self.assertTrue(wait_until(self.has_load))
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
