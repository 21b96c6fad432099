# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""vmfc NAME runs the program vmfc-NAME: which one, how, and when not."""

import json
import os
import shutil
import signal
import subprocess
import unittest

from common import BUILD, SANITIZED, TOOLS, VMFC, ProgramTest, main

IS_ROOT = os.geteuid() == 0
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups") if IS_ROOT else ()
AMBIENT = (*NOBODY, "--inh-caps=+net_raw", "--ambient-caps=+net_raw")


def build_option(name):
    with open(os.path.join(BUILD, "meson-info", "intro-buildoptions.json")) as file:
        return next(option["value"] for option in json.load(file) if option["name"] == name)


class ToolTest(ProgramTest):
    def setUp(self):
        super().setUp()
        os.mkdir(self.path("bin"))
        os.mkdir(self.path("here"))
        os.mkdir(self.path("marks"))
        os.chmod(self.path("marks"), 0o777)
        self.run_path = self.path("bin") + ":" + os.environ["PATH"]

    def add(self, name, script, folder="bin", first="#!/bin/sh"):
        """A tool, which leaves a mark when it is run."""
        path = os.path.join(self.path(folder), name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(f"{first}\n: >{self.path('marks')}/run\n{script}\n")
        os.chmod(path, 0o755)
        return path

    def call(self, *args, program=VMFC, prefix=NOBODY, path=None):
        """As a plain user, unless @prefix makes it another one."""
        return subprocess.run([*prefix, "env", f"PATH={path or self.run_path}", program, *args],
                              cwd=self.path("here"), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              errors="surrogateescape", timeout=60, check=False)

    def was_run(self):
        mark = self.path("marks/run")
        if not os.path.exists(mark):
            return False
        os.unlink(mark)
        return True

    def assert_refused(self, done, sentence, code=2):
        self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
        self.assertIn(sentence, done.stderr)
        self.assertTrue(done.stderr.startswith("vmfc: "), done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertFalse(self.was_run())


class Path(ToolTest):
    """Tools of others."""

    def test_arguments_and_exit_code(self):
        self.add("vmfc-hello", 'printf "<%s>" "$@"; exit 7')
        for args in (("--help",), ("a b", "", "--", "-x=1", "\udcff"), ("merge", "help")):
            done = self.call("hello", *args)
            self.assertEqual(done.stdout, "".join(f"<{word}>" for word in args))
            self.assertEqual((done.returncode, done.stderr), (7, ""))
        self.assertEqual(self.call("help", "hello").stdout, "<--help>")
        self.assertEqual(self.call("hello").returncode, 7)

    def test_name(self):
        """A program sees the name that its user has typed."""
        self.add("vmfc-x-0", "", first="#!/bin/false")
        os.symlink("/bin/cat", self.path("bin/vmfc-show"))
        self.assertEqual(self.call("show", "/proc/self/cmdline").stdout,
                         "vmfc show\0/proc/self/cmdline\0")
        self.assertEqual(self.call("x-0").returncode, 1)

    def test_signals(self):
        """What kills a tool kills vmfc, and nothing is ignored that was not before."""
        for name in ("KILL", "TERM", "PIPE", "XFSZ"):
            self.add("vmfc-die", f"kill -{name} $$; exit 3")
            self.assertEqual(self.call("die").returncode, -getattr(signal, "SIG" + name), name)
        ignoring = ("sh", "-c", 'trap "" PIPE; exec "$@"', "sh", *NOBODY)
        self.add("vmfc-die", "kill -PIPE $$; exit 3")
        self.assertEqual(self.call("die", prefix=ignoring).returncode, 3)

    def test_entries_of_path(self):
        """Those that mean another folder wherever vmfc is called are left out."""
        self.add("vmfc-hello", "", "here")
        self.add("vmfc-hello", "", "here/sub")
        usual = os.environ["PATH"]
        for path in (f":{usual}", f"{usual}:", f"{usual}::{usual}", f".:{usual}",
                     f"sub:{usual}", f"./sub:{usual}", f"../here:{usual}"):
            self.assert_refused(self.call("hello", path=path), "'hello' is neither")
            self.assertNotIn("hello", self.call("--help", path=path).stdout)
        self.assertEqual(self.call("hello", path=f".::sub:{self.path('here')}:{usual}").returncode,
                         0)
        self.assertTrue(self.was_run())

    def test_first_wins(self):
        self.add("vmfc-hello", "exit 3", "bin")
        self.add("vmfc-hello", "exit 4", "other")
        os.mkdir(self.path("empty"))
        os.mkdir(self.path("empty/vmfc-hello"))  # a folder is no program
        with open(self.path("here/vmfc-hello"), "w") as file:
            file.write("not executable")
        path = ":".join(map(self.path, ("empty", "here", "other", "bin"))) + ":" + self.run_path
        self.assertEqual(self.call("hello", path=path).returncode, 4)

    def test_own_comes_first(self):
        self.add("vmfc-merge", "exit 3")
        self.assertIn("vmfc merge --features=FILE", self.call("merge", "--help").stdout)
        self.assertFalse(self.was_run())

    def test_bad_names(self):
        for name in ("Hello", "hel_lo", "hello.sh", "hello ", "héllo", "../hello", "a/b", "a\nb"):
            self.add("vmfc-" + name, "")
            done = self.call(name)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("is neither an option nor a tool", done.stderr)
            self.assertFalse(self.was_run(), name)
        self.assertEqual(self.call("").returncode, 2)
        self.assertEqual(self.call("help", "--help").returncode, 2)
        self.add("vmfc--d", "")
        self.assertEqual(self.call("-d").returncode, 2)
        self.assertFalse(self.was_run())

    def test_mistyped(self):
        self.add("vmfc-hello", "")
        for word, meant in (("hallo", "hello"), ("helo", "hello"), ("merg", "merge"),
                            ("MERGE", "merge"), ("mrege", "merge"), ("hlep", "help")):
            self.assert_refused(self.call(word, "--output", "x"),
                                f"'{word}' is neither an option nor a tool; did you mean {meant}? "
                                "vmfc --help shows all options and tools")
        self.assert_refused(self.call("collect"), "'collect' is neither an option nor a tool; "
                            "vmfc --help shows all options and tools")

    def test_cannot_be_run(self):
        path = self.add("vmfc-hello", "", first="#!/nowhere/interpreter")
        self.assert_refused(self.call("hello"), f"{path} cannot be run: No such file", 1)
        path = self.add("vmfc-hello", "", first="no script")
        self.assert_refused(self.call("hello"), f"{path} cannot be run: Exec format error", 1)

    def test_help(self):
        """Names what can be run, and runs nothing for it."""
        path = self.add("vmfc-hello", "")
        self.add("vmfc-merge", "")
        self.add("vmfc-No", "")
        help = self.call("--help").stdout
        self.assertRegex(help, r"(?s)\nTools:\n  hello +" + path +
                         r"\n  merge +Join [^\n]*\n  pull +Get [^\n]*\n  push +Send [^\n]*\n  report +Show [^\n]*"
                         r"\n  train +Make [^\n]*\n\nvmfc TOOL --help ")
        self.assertEqual(self.call("help").stdout, help)
        self.assertFalse(self.was_run())


@unittest.skipUnless(IS_ROOT, "what root refuses only root can test")
class Privileged(ToolTest):
    def refuse(self, **kwargs):
        path = self.add("vmfc-hello", "exit 7")
        self.assertEqual(self.call("hello").returncode, 7)
        self.assertTrue(self.was_run())
        for args in (("hello",), ("help", "hello")):
            self.assert_refused(self.call(*args, **kwargs),
                                f"vmfc does not run {path}, because vmfc runs privileged")
        self.assertNotIn("hello", self.call("--help", **kwargs).stdout)
        self.assertIn("vmfc merge --features=FILE", self.call("merge", "--help", **kwargs).stdout)

    def test_root(self):
        self.refuse(prefix=())

    def test_ambient_capability(self):
        if self.call("--version", prefix=AMBIENT).returncode != 0:
            self.skipTest("no capability can be handed on here")
        self.refuse(prefix=AMBIENT)

    @unittest.skipIf(SANITIZED, "the sanitizers want more of their environment")
    def test_file_capability(self):
        program = os.path.join(BUILD, "vmfc-with-file-capability")
        shutil.copy(VMFC, program)
        self.addCleanup(os.unlink, program)
        given = subprocess.run(["setcap", "cap_net_raw+p", program], check=False,
                               stderr=subprocess.DEVNULL)
        if given.returncode != 0:
            self.skipTest("the file system of the build keeps no capabilities")
        self.refuse(program=program)


class Installed(ToolTest):
    """In the folders of an installation, at another prefix than the one that was built for."""

    def setUp(self):
        super().setUp()
        self.program = os.path.join(self.path("prefix"), build_option("bindir"), "vmfc")
        self.tools = os.path.join(self.path("prefix"), build_option("libexecdir"), "vmfc")
        if not self.program.startswith(self.folder) or not self.tools.startswith(self.folder):
            self.skipTest("the folders of programs do not depend on the prefix")
        os.makedirs(os.path.dirname(self.program))
        os.makedirs(self.tools)
        shutil.copy(VMFC, self.program)
        self.tool = os.path.join(self.tools, "vmfc-merge")
        shutil.copy(os.path.join(TOOLS, "vmfc-merge"), self.tool)

    def merge(self, prefix=NOBODY):
        return self.call("merge", "--help", program=self.program, prefix=prefix)

    def assert_runs(self, prefix=NOBODY):
        done = self.merge(prefix)
        self.assertIn("vmfc merge --features=FILE", done.stdout, done.stderr)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_runs(self):
        self.assert_runs(())
        self.assert_runs()
        self.assertRegex(self.call("--help", program=self.program).stdout, r"\n  merge +Join")

    def test_missing(self):
        os.unlink(self.tool)
        self.assert_refused(self.merge(), "vmfc merge cannot run: the program vmfc-merge is "
                            f"missing in {self.tools}; install the package vmfc-tools, or build "
                            "all of vmfc")
        self.assertNotIn("Join", self.call("--help", program=self.program).stdout)

    @unittest.skipUnless(IS_ROOT, "what root refuses only root can test")
    def test_that_others_can_write(self):
        """Where vmfc is privileged; a plain user gives the tool no rights."""
        for path in (self.tool, self.tools, os.path.dirname(self.tools)):
            for change, undo, remedy in (
                    (lambda p: os.chmod(p, 0o777), lambda p: os.chmod(p, 0o755), "chmod go-w"),
                    (lambda p: os.chmod(p, 0o775), lambda p: os.chmod(p, 0o755), "chmod g-w"),
                    (lambda p: os.chown(p, 65534, -1), lambda p: os.chown(p, 0, -1), "chown root")):
                with self.subTest(path=path, remedy=remedy):
                    change(path)
                    self.assert_refused(self.merge(()), f"vmfc does not run {self.tool}: {path} is "
                                        "writable by users other than root")
                    self.assertIn(f"with '{remedy} {path}'", self.merge(()).stderr)
                    self.assert_runs()
                    undo(path)
        self.assert_runs(())

    @unittest.skipUnless(IS_ROOT, "what root refuses only root can test")
    def test_link_to_what_others_can_write(self):
        theirs = self.add("vmfc-theirs", "")
        os.chown(theirs, 65534, -1)
        os.unlink(self.tool)
        os.symlink(theirs, self.tool)
        self.assert_refused(self.merge(()), f"vmfc does not run {theirs}: {theirs} is writable by")


@unittest.skipUnless(shutil.which("nm"), "nm is not installed")
class Separate(unittest.TestCase):
    def test_collector_has_no_code_of_tools(self):
        """What collects maps nothing that only a tool needs."""
        names = subprocess.run(["nm", VMFC], check=True, text=True, stdout=subprocess.PIPE).stdout
        self.assertIn("vmfc_tool_run", names)
        for prefix in ("vmfc_merge_", "vmfc_table_", "vmfc_lag_"):
            self.assertNotIn(" " + prefix, names)


if __name__ == "__main__":
    main()
