# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What the loader takes, what it refuses, and how it says so."""

import grp
import os
import shutil
import struct
import subprocess
import unittest

from common import BUILD, MODULES, SANITIZED, VMFC, ProgramTest, main, plugin_abi

MAJOR, MINOR = plugin_abi()
REFUSALS = {
    "newer_minor": f"it needs plugin ABI {MAJOR}.{MINOR + 1}, this vmfc has {MAJOR}.{MINOR}: use a "
                   "newer vmfc",
    "no_function": "it lacks open, sample or close of its sampler: fill it in and build it again",
    "no_licence": "it lacks a licence: fill it in and build it again",
    "no_summary": "it lacks a summary: fill it in and build it again",
    "no_symbol": "it has no symbol vmfc_plugin: it is not a plugin of vmfc, move it elsewhere",
    "no_table": "it has 0 of the tables sampler, workload and sink: exactly one is needed",
    "no_version": "it lacks a version: fill it in and build it again",
    "other_major": f"it was built for plugin ABI {MAJOR + 1}, this vmfc has {MAJOR}: build it again",
    "two_tables": "it has 2 of the tables sampler, workload and sink: exactly one is needed",
    "wrong_name": "it calls itself 'somebody_else': name the file somebody_else.so",
}


class Loader(ProgramTest):
    def add(self, *names, to="plugins"):
        """Puts modules into a plugin folder of this test's own."""
        folder = os.path.join(self.folder, to)
        os.makedirs(folder, exist_ok=True)
        for name in names:
            shutil.copy(os.path.join(MODULES, name + ".so"), folder)
            os.chmod(os.path.join(folder, name + ".so"), 0o755)
        return folder

    def block(self, listing, name):
        """The lines of --list-plugins about one plugin."""
        lines = listing.splitlines()
        start = next(i for i, line in enumerate(lines) if line.split(" ")[0] == name)
        end = next((i for i in range(start + 1, len(lines)) if not lines[i].startswith(" ")),
                   len(lines))
        return "\n".join(lines[start:end])

    def test_refusals(self):
        folder = self.add("good", *REFUSALS)
        listing = self.vmfc("--plugin-path", folder, "--list-plugins").stdout
        for name, sentence in REFUSALS.items():
            path = os.path.join(folder, name + ".so")
            self.assertIn(f"plugin {path} is refused: {sentence}", self.block(listing, name))
            # asking for it by name is an error; before anything is written
            done = self.vmfc("--plugin-path", folder, "--plugins", f"cpu,{name}", code=2)
            self.assertIn(sentence, done.stderr)
        self.assertIn("works here: yes", self.block(listing, "good"))
        self.assertIn("works here: yes", self.block(listing, "cpu"))

    def test_rubbish(self):
        with open(self.path("rubbish.so"), "w") as file:
            file.write("this is no shared object\n")
        os.chmod(self.path("rubbish.so"), 0o644)
        listing = self.vmfc("--plugin-path", self.folder, "--list-plugins").stdout
        self.assertIn("it cannot be loaded: ", self.block(listing, "rubbish"))
        self.assertIn("works here: yes", self.block(listing, "cpu"))

    def test_name_is_taken(self):
        first, second = self.add("good", to="first"), self.add("good", to="second")
        listing = self.vmfc("--plugin-path", f"{first}:{second}", "--list-plugins").stdout
        self.assertIn(f"plugin {second}/good.so is refused: the name is taken by "
                      f"{first}/good.so, which comes first: rename or remove one of them", listing)

    def test_column_is_taken(self):
        folder = self.add("column_taken")
        done = self.vmfc("--plugin-path", folder, "--plugins", "cpu,column_taken", code=2)
        self.assertIn("plugin column_taken declares the column core_count, which belongs to cpu: "
                      "remove one of the two from --plugins", done.stderr)
        self.vmfc("--plugin-path", folder, "--plugins", "mem,column_taken", "--interval", "0.1",
                  "--duration", "0.1")
        self.assertEqual(self.records()[0]["core_count"], 7)

    def test_collects(self):
        folder = self.add("good")
        self.vmfc("--plugin-path", folder, "--plugins", "proc,good", "--interval", "0.1",
                  "--duration", "0.2")
        for record in self.records():
            self.assertEqual(record["broken"], 7)
        # after those that come with vmfc, before what is said of the record
        names = list(self.records()[0])
        self.assertLess(names.index("processes_created"), names.index("broken"))
        self.assertLess(names.index("broken"), names.index("collection_interval"))

    @unittest.skipUnless(os.geteuid() == 0, "only root is refused what others could write")
    def test_privileged(self):
        folder = self.add("good")
        path = os.path.join(folder, "good.so")
        sentence = ("is writable by users other than root and the owner of vmfc, and vmfc runs "
                    "privileged: remove that right with 'ch")
        # whoever is in the group: here root's own, one without members, one of setgid programs
        for group in (0, 64999, grp.getgrnam("utmp").gr_gid):
            os.chown(path, 0, group)
            for mode, remedy in ((0o755, None), (0o775, "chmod g-w"), (0o757, "chmod o-w"),
                                 (0o777, "chmod go-w")):
                os.chmod(path, mode)
                self.check_trust(folder, path, remedy)
        os.chmod(path, 0o775)
        self.assertIn(f"{path} {sentence}",
                      self.vmfc("--plugin-path", folder, "--check").stdout)
        os.chown(path, 0, 0)
        os.chmod(path, 0o755)
        os.chown(folder, 0, grp.getgrnam("utmp").gr_gid)
        os.chmod(folder, 0o2775)
        self.check_trust(folder, folder, "chmod g-w")
        os.chmod(folder, 0o1777)
        self.check_trust(folder, folder, None)
        os.chmod(folder, 0o777)
        listing = self.vmfc("--plugin-path", folder, "--list-plugins").stdout
        self.assertIn(f"{folder} {sentence}", self.block(listing, "good"))
        os.chmod(folder, 0o755)
        os.chown(path, 65534, 65534)
        listing = self.vmfc("--plugin-path", folder, "--list-plugins").stdout
        self.assertIn(f"{path} {sentence}", self.block(listing, "good"))
        # a link is no way around
        os.chown(path, 0, 0)
        os.chmod(folder, 0o777)
        link = self.path("link")
        os.symlink(folder, link)
        listing = self.vmfc("--plugin-path", link, "--list-plugins").stdout
        self.assertIn(f"{folder} {sentence}", self.block(listing, "good"))
        os.chmod(folder, 0o755)
        # the environment must not bring code into a privileged process
        os.chown(path, 0, 0)
        done = self.vmfc("--list-plugins", env={"VMFC_PLUGIN_PATH": folder})
        self.assertNotIn("good (", done.stdout)
        self.assertIn("VMFC_PLUGIN_PATH is ignored because vmfc runs privileged", done.stderr)

    def check_trust(self, folder, path, remedy):
        listing = self.block(self.vmfc("--plugin-path", folder, "--list-plugins").stdout, "good")
        if remedy is None:
            self.assertIn("works here: yes", listing)
        else:
            self.assertIn(f"{path} is writable by users other than root and the owner of vmfc, and "
                          "vmfc runs privileged: remove that right with "
                          f"'{remedy} {path}'", listing)

    def set_acl(self, path, *entries):
        """Gives @path an access control list, as linux/posix_acl_xattr.h says."""
        value = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
        try:
            os.setxattr(path, "system.posix_acl_access", value)
        except OSError as error:
            self.skipTest(f"the file system keeps no lists: {error}")

    @unittest.skipUnless(os.geteuid() == 0, "only root is refused what others could write")
    def test_access_control_list(self):
        folder = self.add("good")
        path = os.path.join(folder, "good.so")
        anybody = 0xffffffff
        user_obj, group_obj = (0x01, 7, anybody), (0x04, 5, anybody)
        mask, other = (0x10, 7, anybody), (0x20, 5, anybody)
        for entries, is_open in (
                ([user_obj, (0x02, 6, 65534), group_obj, mask, other], True),
                # the mask takes the right away
                ([user_obj, (0x02, 6, 65534), group_obj, (0x10, 5, anybody), other], False),
                ([user_obj, (0x02, 5, 65534), group_obj, mask, other], False),
                # root may write anyway
                ([user_obj, (0x02, 7, 0), group_obj, mask, other], False),
                ([user_obj, group_obj, (0x08, 6, 64999), mask, other], True),
                ([user_obj, (0x02, 5, 65534), (0x04, 7, anybody), mask, other], True),
                ([user_obj, (0x02, 5, 65534), group_obj, (0x10, 5, anybody), (0x20, 7, anybody)],
                 True)):
            for place in (path, folder):
                with self.subTest(place, entries=entries):
                    self.set_acl(place, *entries)
                    self.check_trust(folder, place, "setfacl -b" if is_open else None)
                    os.removexattr(place, "system.posix_acl_access")
                    os.chmod(place, 0o755)

    @unittest.skipUnless(os.geteuid() == 0, "becoming another user needs root")
    def test_environment(self):
        folder = self.add("good")
        done = self.vmfc("--list-plugins", env={"VMFC_PLUGIN_PATH": folder},
                         prefix=("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"))
        self.assertIn("works here: yes", self.block(done.stdout, "good"))

    @unittest.skipIf(SANITIZED, "the sanitizers export functions of their own")
    def test_exports(self):
        """The program shows plugins exactly the functions of the public header."""
        symbols = subprocess.run(["nm", "-D", "--defined-only", VMFC], check=True, text=True,
                                 stdout=subprocess.PIPE).stdout
        functions = {line.split()[2] for line in symbols.splitlines() if line.split()[1] == "T"}
        functions = {name for name in functions if not name.startswith(("_", "__"))}
        header = os.path.join(os.path.dirname(__file__), "../../include/vmfc/vmfc-plugin.h")
        preprocessed = subprocess.run(["grep", "-oE", r"^vmfc_[a-z_]+\(", header], check=True,
                                      text=True, stdout=subprocess.PIPE).stdout
        declared = {line[:-1] for line in preprocessed.split()}
        self.assertEqual(functions, declared)
        self.assertGreater(len(declared), 30)

    def test_build_tree(self):
        self.assertIn(f"file: {BUILD}/plugins/cpu/cpu.so",
                      self.vmfc("--list-plugins").stdout)


class Contract(ProgramTest):
    """Samplers that answer later, and a workload, through the real main loop."""

    def collect(self, *args, code=0):
        return self.vmfc("--plugin-path", MODULES, "--interval", "0.2", *args, code=code)

    def assert_echoes(self, records):
        """Of a second: each window has the answer that is its own, once, or that came too late."""
        self.assert_windows(records, 5)
        for n, record in enumerate(records, 1):
            self.assertIn(record["echo"], (n, None))
        with self.timing():
            self.assertEqual([record["echo"] for record in records], [1, 2, 3, 4, 5])
            self.assertEqual({record["echo_count"] for record in records}, {1})

    def test_pending(self):
        done = self.collect("--plugins", "cpu,echo", "--duration", "1")
        records = self.records()
        self.assert_echoes(records)
        self.assertNotIn("echo:", done.stderr)

    def test_pending_twice(self):
        self.collect("--plugins", "cpu,echo", "--set", "echo.twice=true", "--duration", "1")
        self.assert_echoes(self.records())

    def test_pending_never(self):
        done = self.collect("--plugins", "cpu,echo", "--set", "echo.delay=-1", "--duration", "1")
        records = self.records()
        self.assert_windows(records, 5)
        self.assertEqual({record["echo"] for record in records}, {None})
        self.assertTrue(all(record["core_count"] for record in records))
        self.assertEqual(done.stderr.count("echo: no answer within 0.16 s; its values are "
                                           "missing"), 1)

    def test_grace(self):
        self.collect("--plugins", "cpu,echo", "--set", "echo.delay=100", "--grace", "0.03",
                     "--duration", "0.6")
        self.assert_windows(self.records(), 3)
        self.assertEqual({record["echo"] for record in self.records()}, {None})

    def test_no_sync(self):
        self.collect("--plugins", "cpu,echo", "--no-sync", "--duration", "1")
        records = self.records()
        self.assert_windows(records, 5)
        self.assertEqual([record["echo"] for record in records], [None, *range(len(records) - 1)])

    def test_usage_error_of_a_plugin(self):
        done = self.collect("--plugins", "cpu,echo", "--set", "echo.delay=99999", code=2)
        self.assertIn("echo: option echo.delay is more than 10000 ms", done.stderr)
        done = self.collect("--plugins", "cpu,echo", "--set", "echo.delay=soon", code=2)
        self.assertIn("option echo.delay is 'soon', but must be a whole number", done.stderr)
        done = self.collect("--plugins", "cpu,echo", "--set", "echo.twice=maybe", code=2)
        self.assertIn("option echo.twice is 'maybe', but must be true or false", done.stderr)

    def test_sink_that_fails_in_silence(self):
        sentence = "plugin tray failed without a reason"
        for fails, said in (("open", sentence), ("half-open", "the tray is only half open"),
                            ("write", f"tray: {sentence}; records are lost there"),
                            ("close", f"tray: {sentence}")):
            done = self.collect("--plugins", "cpu,tray", "--set", f"tray.fails={fails}",
                                "--duration", "0.4", "--output", f"{fails}.json", code=1)
            self.assertIn(said, done.stderr)
            if fails in ("write", "close"):  # the others are not touched
                self.assert_windows(self.records(f"{fails}.json"), 2)

    def test_only_sink_makes_no_file(self):
        self.collect("--plugins", "cpu", "--format", "tray", "--duration", "0.2", "--output",
                     "new/folder/x.json")
        self.assertEqual(os.listdir(self.path("new/folder")), ["x.meta.json"])

    def test_workload(self):
        self.collect("--plugins", "cpu,steps", "--set", "steps.length=500", "--duration", "2")
        records = self.records()
        self.assertEqual({record["stress_workload"] for record in records}, {"steps"})
        phases = [record["stress_phase"] for record in records]
        with self.timing():  # where the first window is late, the last lies after two seconds: step 0 again
            self.assertEqual(phases, sorted(phases))
        self.assertGreaterEqual(len(set(phases)), 3)
        for record, following in zip(records, records[1:]):
            changed = record["stress_phase"] != following["stress_phase"]
            if changed:
                self.assertTrue(record["stress_transition"])
            with self.timing():  # a step that begins late is a transition of its window as well
                self.assertEqual(record["stress_transition"], changed)
            even = int(record["stress_phase"][5:]) % 2 == 0
            self.assertEqual(record["stress_target_load"], None if even else 50.0)

    def test_old_workload(self):
        """One that was built before there were arguments, and before an end without waiting."""
        done = self.collect("--plugins", "cpu", "--stress-workload", "steps=5", "--duration", "1",
                            code=2)
        self.assertIn("'steps' takes no argument", done.stderr)
        self.collect("--plugins", "cpu", "--stress-workload", "steps:0.5,idle:0.5", "--duration",
                     "2")
        self.assertEqual([record["stress_workload"] for record in self.records()
                          if not record["stress_transition"]][-1], "idle")

    def test_workload_that_dies(self):
        done = self.collect("--plugins", "cpu,steps", "--set", "steps.length=250", "--set",
                            "steps.count=2", "--set", "steps.dies=true", "--duration", "1.4",
                            code=1)
        self.assertIn("workload steps ended too early: out of breath", done.stderr)
        self.assertEqual(self.records()[-1]["stress_workload"], "none")
        self.assertIsNone(self.records()[-1]["stress_phase"])


if __name__ == "__main__":
    main()
