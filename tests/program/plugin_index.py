# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What vmfc knows of its plugins before it loads them, and what it does without that."""

import glob
import os
import re
import shutil
import time
import unittest

from common import BUILD, ProgramTest, VMFC, main

WARNING = "the index of plugins "
RUN = ("--interval", "0.1", "--duration", "0.2")


class PluginIndex(ProgramTest):
    def copy_build(self):
        """A build tree of this test's own, with an index that it may spoil."""
        program = self.path("build/vmfc")
        os.makedirs(self.path("build/meson-info"))
        shutil.copy(VMFC, program)
        for path in glob.glob(os.path.join(BUILD, "plugins", "*", "*.so")):
            folder = self.path(os.path.join("build", os.path.relpath(os.path.dirname(path), BUILD)))
            os.makedirs(folder, exist_ok=True)
            shutil.copy(path, folder)
        self.index = self.path("build/plugins/plugins.index")
        shutil.copy(os.path.join(BUILD, "plugins", "plugins.index"), self.index)
        for root, folders, files in os.walk(self.path("build")):
            for name in folders + files:
                os.chmod(os.path.join(root, name), 0o755)
        return program

    def loaded(self, done):
        """The plugins that a run with --verbose has loaded."""
        return set(re.findall(r"^vmfc: plugin (\S+) is /", done.stderr, re.M))

    def test_group_loads_its_own(self):
        done = self.vmfc("--plugins", "proc", "--verbose", *RUN)
        self.assertEqual(self.loaded(done), {"cpu", "mem", "disk", "net", "load", "json", "csv"})
        process = self.start("--plugins", "proc", "--interval", "0.1", "--duration", "0",
                             "--output", "long.json")
        deadline = time.monotonic() + 20
        while not os.path.exists(self.path("long.json")):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        with open(f"/proc/{process.pid}/maps") as maps:
            text = maps.read()
        process.terminate()
        process.communicate()
        self.assertIn("/cpu.so", text)
        for library in ("/kepler.so", "/perf.so", "/stress_ng.so", "libsoup", "libpfm"):
            self.assertNotIn(library, text)

    def check_all_works(self, program, reason):
        """What a user asks for works as with the index, and one warning says what is wrong."""
        def run(*args):
            done = self.vmfc(*args, program=program)
            self.assertEqual(done.stderr.count(WARNING), 1, done.stderr)
            self.assertIn(f"{WARNING}{self.index} cannot be used (", done.stderr)
            self.assertIn(reason, done.stderr)
            return done

        done = run("--plugins", "proc", "--output", "run.jsonl", "--verbose", *RUN)
        self.assertIn("kepler", self.loaded(done))
        # the files of the run before stay together, also in a format that this run does not write
        run("--plugins", "proc", "--output", "run.csv", "--format", "csv", *RUN)
        self.assertLessEqual({"run.csv", "run.meta.json", "run.1.jsonl", "run.1.csv",
                              "run.1.meta.json"}, set(os.listdir(self.folder)))
        self.assertIn("works here: yes", run("--list-plugins").stdout)
        run("--plugins", "cpu,kepler", "--kepler-url", "http://localhost:1/metrics", *RUN)
        shown = run("--help").stdout
        for option in ("--kepler-url=URL", "--vm-names=LIST", "--vm-pattern=PATTERN"):
            self.assertEqual(shown.count(option), 1, shown)
        self.assertTrue(run("--plugins", "cpu", "--output", "-", "--format", "csv", *RUN).stdout)

    def test_missing(self):
        program = self.copy_build()
        self.assertNotIn(WARNING, self.vmfc("--plugins", "proc", *RUN, program=program).stderr)
        os.unlink(self.index)
        self.check_all_works(program, "No such file or directory")

    def test_broken(self):
        program = self.copy_build()
        for text, reason in (("[cpu\n", "plugins.index"),
                             ("[cpu]\nkind=sampler\nsize=7\n", "[cpu] has the unknown key 'size'")):
            with self.subTest(text):
                with open(self.index, "w") as file:
                    file.write(text)
                self.check_all_works(program, reason)
                for path in glob.glob(self.path("run*")):
                    os.unlink(path)

    @unittest.skipUnless(os.geteuid() == 0, "only root is refused what others could write")
    def test_writable_by_others(self):
        program = self.copy_build()
        os.chmod(self.index, 0o646)
        self.check_all_works(program, "is writable by users other than root and the owner of "
                                      "vmfc, and vmfc runs privileged: remove that right")

    def test_out_of_date(self):
        """What a plugin itself declares counts."""
        program = self.copy_build()
        with open(self.index) as file:
            text = file.read()
        with open(self.index, "w") as file:
            file.write(text.replace("[perf]\nkind=sampler", "[perf]\nkind=sampler\ngroup=proc"))
        done = self.vmfc("--plugins", "proc", "--verbose", *RUN, program=program)
        self.assertIn("perf", self.loaded(done))
        self.assertNotIn("instructions", self.records()[0])

    def test_name_of_another(self):
        """The index says nothing of a plugin of the same name that comes first."""
        program = self.copy_build()
        os.mkdir(self.path("first"))
        shutil.copy(self.path("build/plugins/load/load.so"), self.path("first"))
        with open(self.index) as file:
            text = file.read()
        with open(self.index, "w") as file:
            file.write(text.replace("[load]\nkind=sampler\ngroup=proc", "[load]\nkind=sampler"))
        self.vmfc("--plugins", "proc", *RUN, program=program)
        self.assertNotIn("load_average_1min", self.records()[0])
        self.vmfc("--plugins", "proc", "--plugin-path", self.path("first"), *RUN, program=program)
        self.assertIn("load_average_1min", self.records()[0])


if __name__ == "__main__":
    main()
