# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""Where the plugin powercap refuses to write, and what it does on full disks."""

import os
import re
import shlex
import subprocess

from common import BUILD, main, needs_mount
from powercap_tree import LIMIT, NOBODY, PowercapTest, in_namespace, needs_root


class Refused(PowercapTest):
    def assert_refused(self, why, *args, code=1, **kwargs):
        done = self.collect(*args, code=code, **kwargs)
        self.assertRegex(done.stderr, why)
        self.assertNotIn("\n  lateness", done.stderr)

    def test_options(self):
        for setting, why in (("path=tree", "must be an absolute path"),
                             ("mode=0600", "must let root read it and nobody write to it"),
                             ("mode=044", "must let root read it and nobody write to it"),
                             ("mode=rw", "must let root read it and nobody write to it"),
                             ("mode=0420", "must let root read it and nobody write to it"),
                             ("mode=0401", "must let root read it and nobody write to it"),
                             ("mode=0445", "must let root read it and nobody write to it"),
                             ("step=0.001", "must be 0 or at least 0.01 s")):
            self.assert_refused(why, "--set", f"powercap.{setting}", code=2)

    def test_sys(self):
        os.symlink("/sys", self.path("link"))
        for path in ("/sys", "/sys/class/powercap", "/tmp/../sys/x", self.path("link/vmfc")):
            self.assert_refused("is part of /sys", "--set", f"powercap.path={path}", code=2)

    def test_no_energy(self):
        self.assert_refused("has no energy to show: add the plugin power", plugins="cpu,powercap", code=2)
        self.assertFalse(os.path.exists(self.tree))

    def test_two_energies(self):
        """One tree cannot show both, and says what to do."""
        self.assert_refused("both the estimated and the measured energy of a VM.*start two vmfc",
                            "--set", "meter.measured=true", plugins="estimates,meter,powercap", code=2)
        self.assertFalse(os.path.exists(self.tree))

    def test_path_is_taken(self):
        with open(self.tree, "w"):
            pass
        self.assert_refused("cannot be opened as a folder: Not a directory")
        os.remove(self.tree)
        os.mkdir(self.tree)
        with open(os.path.join(self.tree, "letters"), "w"):
            pass
        self.assert_refused("contains other files: name an empty folder")
        self.assertEqual(os.listdir(self.tree), ["letters"])

    def test_links(self):
        """Whatever in the tree is a link to elsewhere, or another file's name, is not written."""
        self.collect()
        victim = self.path("victim")
        os.mkdir(self.path("elsewhere"))
        for place, is_hard in (("totals", False), ("totals", True), ("class", False), ("devices/virtual", False),
                               ("class/powercap/intel-rapl:0", False), ("class/powercap/intel-rapl", False),
                               ("devices/virtual/powercap/intel-rapl/enabled", False),
                               ("devices/virtual/powercap/intel-rapl/intel-rapl:0", False),
                               ("devices/virtual/powercap/intel-rapl/intel-rapl:0/energy_uj", False),
                               ("devices/virtual/powercap/intel-rapl/intel-rapl:0/energy_uj", True),
                               ("devices/virtual/powercap/intel-rapl/intel-rapl:0/name", False)):
            with self.subTest(place=place, is_hard=is_hard):
                with open(victim, "w") as file:
                    file.write("precious")
                path = os.path.join(self.tree, place)
                kept = self.path("kept")
                was_folder = os.path.isdir(path)
                if os.path.lexists(path):
                    os.rename(path, kept)
                if is_hard:
                    os.link(victim, path)
                else:
                    os.symlink(self.path("elsewhere") if was_folder else victim, path)
                self.assert_refused(re.escape(path) + " is (not|a link|in the way)")
                with open(victim) as file:
                    self.assertEqual(file.read(), "precious")
                self.assertEqual(os.listdir(self.path("elsewhere")), [])
                os.remove(path)
                if os.path.lexists(kept):
                    os.rename(kept, path)
        self.collect()

    def test_other_things_in_the_tree(self):
        self.collect()
        path = os.path.join(self.nested(), "energy_uj")
        os.remove(path)
        os.mkfifo(path)
        self.assert_refused("energy_uj")
        os.remove(path)
        os.mkdir(self.link())
        self.assert_refused("intel-rapl:0 is not a link that vmfc has made")

    def test_two(self):
        process = self.run_on()
        self.wait_for_energy()
        self.assert_refused("another vmfc writes to .*: stop it", "--output", "other.csv")
        self.assertIsNotNone(self.read())
        self.end(process)

    def test_damaged_totals(self):
        self.collect()
        path = os.path.join(self.tree, "totals")
        with open(path, "r+") as file:
            file.write("x")
        self.assert_refused("totals is damaged, so the counters could go back")
        os.truncate(path, 0)
        self.collect()

    @needs_root
    def test_others_could_replace_it(self):
        """Somebody else's folder, or one that everybody may write, above the tree."""
        os.mkdir(self.path("open"))
        os.chmod(self.path("open"), 0o777)
        self.assert_refused("writable by users other than root and the user of vmfc.*chmod go-w",
                            tree=self.path("open/tree"))
        os.chmod(self.path("open"), 0o755)
        os.chown(self.path("open"), 65534, 65534)
        self.assert_refused("writable by users other than root and the user of vmfc.*chown root",
                            tree=self.path("open/tree"))
        self.assertEqual(os.listdir(self.path("open")), [], "vmfc created a folder there")
        os.symlink("/run", self.path("link"))
        os.lchown(self.path("link"), 65534, 65534)
        self.assert_refused("is a link of another user", tree=self.path("link/vmfc-test"))
        self.assertFalse(os.path.exists("/run/vmfc-test"))
        os.lchown(self.path("link"), 0, 0)
        os.remove(self.path("link"))
        os.symlink(self.path("open"), self.path("link"))
        self.assert_refused("writable by users other than root", tree=self.path("link/a/tree"))
        self.assertEqual(os.listdir(self.path("open")), [], "vmfc created a folder there")

    @needs_root
    def test_not_root(self):
        """A plain user is refused where root's folders are, and has a tree of its own where it may write."""
        os.mkdir(self.path("data"))
        for folder in (self.folder, self.path("data")):
            os.chown(folder, 65534, 65534)
        done = self.collect(code=1, tree="/run/vmfc-test/powercap", prefix=NOBODY)
        self.assertRegex(done.stderr, "/run/vmfc-test cannot be created: Permission denied; run vmfc as root")
        for _ in range(2):  # the second finds files of mode 0400
            self.collect(prefix=NOBODY)
        self.assertGreater(self.totals()["package"], 0)


class FullDisks(PowercapTest):
    def command(self, *args, **kwargs):
        return shlex.join([os.path.join(BUILD, "vmfc"), *self.arguments(*args, **kwargs)])

    def run_in_namespace(self, script):
        return subprocess.run(("unshare", "--mount", "sh", "-c", script), cwd=self.folder,
                              capture_output=True, text=True, timeout=LIMIT)

    @needs_mount
    def test_disk_of_the_files(self):
        """The files lose records. The tree does not notice."""
        data = self.path("data")
        os.mkdir(data)
        vmfc = self.command("--duration", "0", interval=0.02)
        script = (f"mount -t tmpfs -o size=256k none {data}; {vmfc} 2>said & pid=$!; "
                  f"until [ -e {data}/vm_features.csv ]; do sleep 0.01; done; "
                  f"cat /dev/zero >{data}/filler; "
                  "until grep -q 'records are lost' said; do kill -0 $pid || exit 0; sleep 0.01; done; "
                  f"cat {self.zone_file('energy_uj')}; sleep 1; kill $pid; wait $pid")
        done = self.run_in_namespace(script)
        self.assertEqual(done.returncode, 1, done.stderr)
        energy = int(done.stdout.split()[0])
        self.assertGreater(self.totals()["package"], energy + 5 * 10**6)  # of some 10 J

    @needs_mount
    def test_disk_of_the_tree(self):
        os.mkdir(self.tree)
        script = f"mount -t tmpfs -o size=4k,nr_inodes=100 none {self.tree}"
        done = self.collect(code=1, prefix=in_namespace(script))
        self.assertRegex(done.stderr, "No space left on device")

    @needs_mount
    def test_disk_of_the_tree_fills_later(self):
        """What exists is written in place, so a full disk does not stop it."""
        os.mkdir(self.tree)
        vmfc = self.command("--duration", "2")
        energy = self.zone_file("energy_uj")
        script = (f"mount -t tmpfs -o size=64k none {self.tree}; {vmfc} & pid=$!; "
                  f"until [ -e {energy} ]; do sleep 0.01; done; "
                  f"cat /dev/zero >{self.tree}/filler; wait $pid && cat {self.tree}/totals")
        done = self.run_in_namespace(script)
        self.assertEqual(done.returncode, 0, done.stderr)
        kept = int(re.search(r"package +(\d+)", done.stdout).group(1))
        self.assertAlmostEqual(kept / 1e6, self.written(), delta=2e-6)

    @needs_mount
    def test_full_disk_and_missing_windows(self):
        """A zone comes back after a window without energy, although others take all the room that gets free."""
        os.mkdir(self.tree)
        vmfc = self.command("--duration", "3", "--set", "meter.watts=10,10,10,-,-,-", interval=0.2)
        script = (f"mount -t tmpfs -o size=64k none {self.tree}; {vmfc} & pid=$!; "
                  f"until [ -e {self.zone_file('energy_uj')} ]; do sleep 0.01; done; "
                  f"while kill -0 $pid; do cat /dev/zero >>{self.tree}/filler; sleep 0.05; done 2>/dev/null; "
                  "wait $pid")
        done = self.run_in_namespace(script)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("No space", done.stderr)

if __name__ == "__main__":
    main()
