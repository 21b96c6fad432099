# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""The plugin powercap, with energy from a plugin of the tests: what readers of RAPL see, and where it refuses
to write."""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import time
import unittest
import urllib.request

from common import BUILD, MODULES, ProgramTest, main, needs_mount

LIMIT = 60  # seconds, for a condition that must come true
RANGE = 2**53 - 1
ENERGY = re.compile(rb"(0|[1-9][0-9]{0,15}) *\n")
ZONES = {"package": "intel-rapl:0", "core": "intel-rapl:0:0", "uncore": "intel-rapl:0:1",
         "dram": "intel-rapl:0:2", "psys": "intel-rapl:1"}
NAMES = {"package": "package-0"}
NODE_EXPORTER = shutil.which("prometheus-node-exporter")
POWERCAP_INFO = shutil.which("powercap-info")
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
needs_root = unittest.skipUnless(os.geteuid() == 0, "only root can do this")


def in_namespace(script):
    """A command that runs what follows it where @script has mounted something."""
    return ("unshare", "--mount", "sh", "-c", f'{script} && exec "$@"', "sh")


class PowercapTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.tree = self.path("tree")

    def arguments(self, *args, interval=0.1, tree=None, plugins="cpu,meter,powercap"):
        return ("--plugin-path", MODULES, "--plugins", plugins, "--set",
                f"powercap.path={tree or self.tree}", "--interval", str(interval), "--format", "csv", *args)

    def collect(self, *args, duration=0.5, code=0, prefix=(), env=None, **kwargs):
        return self.vmfc(*self.arguments("--duration", str(duration), *args, **kwargs), code=code,
                         prefix=prefix, env=env)

    def run_on(self, *args, **kwargs):
        """Starts vmfc, until the test ends it."""
        return self.start(*self.arguments("--duration", "0", *args, **kwargs))

    def end(self, process):
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=LIMIT)
        self.assertEqual(process.returncode, 0, said)

    def wait_for(self, condition, what):
        end = time.monotonic() + LIMIT
        while not condition():
            self.assertLess(time.monotonic(), end, f"{what} has not happened")
            time.sleep(0.005)

    def link(self, zone="package"):
        return os.path.join(self.tree, "class", "powercap", ZONES[zone])

    def zone_file(self, name, zone="package"):
        return os.path.join(self.link(zone), name)

    def nested(self, zone="package"):
        """The nested folder, which stays when the link goes."""
        above = "" if ZONES[zone].count(":") == 1 else "intel-rapl:0"
        return os.path.join(self.tree, "devices/virtual/powercap/intel-rapl", above, ZONES[zone])

    def read(self, zone="package"):
        """Microjoules; None where the zone is not shown."""
        try:
            with open(self.zone_file("energy_uj", zone), "rb") as file:
                text = file.read()
        except FileNotFoundError:
            return None
        if not text:  # the link went in between
            return None
        self.assertRegex(text, ENERGY)
        return int(text)

    def wait_for_energy(self, at_least=1, zone="package"):
        self.wait_for(lambda: (self.read(zone) or 0) >= at_least, f"{at_least} uJ in {zone}")
        return self.read(zone)

    def totals(self):
        with open(os.path.join(self.tree, "totals")) as file:
            lines = file.read().split("\n")
        return {name: int(number) for name, number in map(str.split, lines[1:-1])}

    def written(self, column="estimated_joules_package"):
        return sum(float(row[column] or 0) for row in self.rows())


class Tree(PowercapTest):
    def test_layout(self):
        process = self.run_on("--set", f"meter.zones={','.join(ZONES)}")
        for zone, link in ZONES.items():
            self.wait_for_energy(zone=zone)
            at = self.link(zone)
            self.assertTrue(os.path.islink(at))
            self.assertEqual(os.path.realpath(at), os.path.realpath(self.nested(zone)))
            self.assertEqual(os.path.realpath(os.path.join(at, "subsystem")),
                             os.path.realpath(os.path.dirname(at)))
            for name, text in (("name", NAMES.get(zone, zone)), ("max_energy_range_uj", str(RANGE)),
                               ("enabled", "1")):
                with open(os.path.join(at, name)) as file:
                    self.assertEqual(file.read(), f"{text}\n", (link, name))
            for name, mode in (("energy_uj", 0o400), ("watts", 0o400), ("name", 0o444), ("vmfc", 0o444)):
                self.assertEqual(os.stat(os.path.join(at, name)).st_mode & 0o7777, mode, name)
            with open(os.path.join(at, "vmfc")) as file:
                self.assertRegex(file.read(), "^source estimated\nmodel 0123456789ab\n"
                                 "column estimated_joules_ZONE\nvmfc [0-9.]+\n$")
        control = os.path.join(os.path.dirname(self.link()), "intel-rapl")
        with open(os.path.join(control, "enabled")) as file:
            self.assertEqual(file.read(), "1\n")
        self.assertIn("intel-rapl:0", os.listdir(os.path.join(control, "subsystem")))
        self.assertEqual(sorted(os.listdir(os.path.dirname(self.link()))), sorted(["intel-rapl", *ZONES.values()]))
        self.end(process)

    def test_joules_are_those_of_the_files(self):
        self.collect("--set", "meter.watts=10,250,0,33.3", "--output", "data/vm_features.csv", duration=2)
        self.assertGreater(self.written(), 1)
        totals = self.totals()
        for zone in ("package", "core"):
            self.assertAlmostEqual(totals[zone] / 1e6, self.written(f"estimated_joules_{zone}"), delta=2e-6)
        self.assertEqual((totals["dram"], totals["uncore"], totals["psys"]), (0, 0, 0))

    def test_grows_between_ticks(self):
        """Ten times a second, and not at ticks alone."""
        process = self.run_on("--set", "meter.watts=100", interval=3)
        self.wait_for_energy()
        seen = set()
        self.wait_for(lambda: seen.add(self.read()) or len(seen) > 10, "ten values")
        rows = self.rows()
        self.end(process)
        self.assertLess(len(rows), 10)

    def test_only_at_ticks(self):
        process = self.run_on("--set", "powercap.step=0", interval=0.2)
        self.wait_for_energy()
        seen = set()
        self.wait_for(lambda: seen.add(self.read()) or len(seen) > 5, "five values")
        self.end(process)
        sums, joules = [], 0
        for row in self.rows():
            joules += float(row["estimated_joules_package"])
            sums.append(joules)
        for value in seen - {None}:
            self.assertTrue(any(abs(value / 1e6 - total) < 1e-4 for total in sums), (value, sums))

    def test_never_ahead(self):
        """Estimates that fall to nothing: what is shown stays below what the records contain."""
        process = self.run_on("--set", "meter.watts=1000,0,0", interval=0.2)
        self.wait_for_energy()
        before = 0
        end = time.monotonic() + 3
        while time.monotonic() < end:
            shown = self.read()
            kept = self.totals()["package"]
            self.assertLessEqual(shown, kept)
            self.assertGreaterEqual(shown, before)
            before = shown
        self.end(process)

    def test_modes(self):
        process = self.run_on("--set", "powercap.mode=0444")
        self.wait_for_energy()
        for name in ("energy_uj", "watts"):
            self.assertEqual(os.stat(self.zone_file(name)).st_mode & 0o7777, 0o444)
        self.end(process)
        process = self.run_on()
        self.wait_for_energy()
        self.assertEqual(os.stat(self.zone_file("energy_uj")).st_mode & 0o7777, 0o400)
        self.end(process)

    def test_closed_umask(self):
        """Others get through the folders, whatever the umask of the service is."""
        self.collect(prefix=("sh", "-c", 'umask 077; exec "$@"', "sh"))
        for folder, _, _ in os.walk(self.tree):
            self.assertEqual(os.stat(folder).st_mode & 0o7777, 0o755, folder)

    def test_watts(self):
        process = self.run_on("--set", "meter.watts=12.5")
        self.wait_for_energy()
        with open(self.zone_file("watts", "core")) as file:
            self.assertEqual(file.read(), f"{'6.250000':20}\n")
        self.end(process)

    def test_measured(self):
        """On a host: what qemu measures of one VM."""
        process = self.run_on("--set", "meter.measured=true")
        self.wait_for_energy()
        with open(self.zone_file("vmfc")) as file:
            text = file.read()
        self.assertIn("source measured\ncolumn vm_cpu_joules_ZONE\n", text)
        self.assertNotIn("model", text)
        self.end(process)
        self.assertAlmostEqual(self.totals()["package"] / 1e6, self.written("vm_cpu_joules_package"),
                               delta=2e-6)


class Missing(PowercapTest):
    def test_window(self):
        """The link goes, an open descriptor reads nothing, and both come back."""
        process = self.run_on("--set", "meter.watts=10,10,10,-,-,-", interval=0.2)
        self.wait_for_energy()
        with open(self.zone_file("energy_uj"), "rb", buffering=0) as file:
            shown = int(os.pread(file.fileno(), 100, 0))
            for _ in range(2):
                self.wait_for(lambda: not os.path.lexists(self.link()), "a missing window")
                self.wait_for(lambda: os.pread(file.fileno(), 100, 0) == b"", "an empty file")
                self.assertTrue(os.path.isdir(self.nested()))
                self.wait_for(lambda: os.path.exists(self.zone_file("energy_uj")), "a window")
                again = int(os.pread(file.fileno(), 100, 0))
                self.assertGreater(again, shown)
                shown = again
        self.end(process)
        self.assertAlmostEqual(self.totals()["package"] / 1e6, self.written(), delta=2e-6)

    def test_never(self):
        """A zone without any estimate has not even a folder."""
        process = self.run_on("--set", "meter.watts=-")
        self.wait_for(lambda: os.path.exists(self.path("data/vm_features.csv")) and len(self.rows()) > 2,
                      "some records")
        self.assertEqual(os.listdir(os.path.join(self.tree, "class/powercap")), ["intel-rapl"])
        self.assertFalse(os.path.exists(self.nested()))
        self.end(process)


class Restart(PowercapTest):
    def assert_gone(self, descriptor):
        self.assertEqual(os.listdir(os.path.join(self.tree, "class/powercap")), [])
        self.assertEqual(os.pread(descriptor, 100, 0), b"")

    def test_counter_goes_on(self):
        """A reader that keeps the file open sees the same counter after a restart, with another model too."""
        process = self.run_on()
        shown = self.wait_for_energy()
        with open(self.zone_file("energy_uj"), "rb", buffering=0) as file:
            self.end(process)
            self.assert_gone(file.fileno())
            before = self.totals()
            self.assertGreaterEqual(before["package"], shown)
            process = self.run_on("--set", "meter.zones=package", "--set", "meter.model=another")
            self.wait_for_energy()
            again = int(os.pread(file.fileno(), 100, 0))
            self.assertGreaterEqual(again, before["package"])
            self.assertFalse(os.path.lexists(self.link("core")))
            with open(self.zone_file("vmfc")) as text:
                self.assertIn("model another\n", text.read())
            self.end(process)
        self.assertEqual(self.totals()["core"], before["core"])

    def test_killed(self):
        """Many times, at any instant: nothing goes back, and what is left is taken away at the next start."""
        before = 0
        for delay in (0.0, 0.03, 0.06, 0.11, 0.17):
            process = self.run_on("--set", "meter.watts=1000")
            self.wait_for(lambda: (self.read() or 0) > before, "more energy")
            time.sleep(delay)
            process.kill()
            process.communicate()
            shown = self.read()
            self.assertGreater(shown, before)
            self.assertGreaterEqual(self.totals()["package"], shown)
            before = shown
        self.collect("--set", "meter.watts=-")
        self.assertEqual(os.listdir(os.path.join(self.tree, "class/powercap")), [])
        self.assertGreaterEqual(self.totals()["package"], before)

    def test_unit_cleans(self):
        """What the unit for systemd does after a kill."""
        with open(os.path.join(BUILD, "data", "vmfc.service")) as file:
            unit = file.read()
        command = re.search(r"^ExecStopPost=-/bin/sh -c '(.*)'$", unit, re.M).group(1)
        self.assertIn("\nRuntimeDirectory=vmfc\nRuntimeDirectoryPreserve=yes\n", unit)
        self.tree = self.path("run/vmfc/powercap")
        clean = ("sh", "-ec", command.replace("%t", self.path("run")).replace("$$", "$"))
        subprocess.run(clean, check=True)  # there is no tree
        process = self.run_on()
        self.wait_for_energy()
        subprocess.run(clean, check=True)  # another vmfc writes there
        self.assertTrue(os.path.lexists(self.link()))
        process.kill()
        process.communicate()
        self.assertTrue(os.path.lexists(self.link()))
        watts = os.path.join(self.nested(), "watts")
        self.assertGreater(os.path.getsize(watts), 0)
        with open(self.zone_file("energy_uj"), "rb", buffering=0) as file:
            self.assertNotEqual(os.pread(file.fileno(), 100, 0), b"")
            prefix = NOBODY if os.geteuid() == 0 else ()
            if prefix:  # as in the unit: the user has no right to write a file of mode 0400
                subprocess.run(("chown", "-R", "65534", self.path("run")), check=True)
            subprocess.run((*prefix, *clean), check=True)
            self.assert_gone(file.fileno())
        self.assertEqual(os.path.getsize(watts), 0)

    def test_wrap(self):
        """After 2^53 - 1 the counter starts again, as readers of RAPL expect."""
        self.collect()
        start = RANGE - 5 * 10**6
        path = os.path.join(self.tree, "totals")
        with open(path) as file:
            text = file.read()
        with open(path, "w") as file:
            file.write(re.sub(r"package +\d+", f"package  {start:20}", text))
        process = self.run_on("--set", "meter.watts=10")
        self.wait_for(lambda: (self.read() or 0) >= start, "the energy of before")
        self.wait_for(lambda: (self.read() or RANGE) < start, "a wrap")
        self.end(process)
        self.assertAlmostEqual((self.totals()["package"] - start) / 1e6, self.written(), delta=2e-6)


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
                             ("step=0.001", "must be 0 or at least 0.01 s")):
            self.assert_refused(why, "--set", f"powercap.{setting}", code=2)

    def test_sys(self):
        os.symlink("/sys", self.path("link"))
        for path in ("/sys", "/sys/class/powercap", "/tmp/../sys/x", self.path("link/vmfc")):
            self.assert_refused("is part of /sys", "--set", f"powercap.path={path}", code=2)

    def test_no_energy(self):
        self.assert_refused("has no energy to show: add the plugin power", plugins="cpu,powercap", code=2)
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
        vmfc = self.command("--duration", "2", interval=0.02)
        script = (f"mount -t tmpfs -o size=256k none {data}; {vmfc} & pid=$!; "
                  f"until [ -e {data}/vm_features.csv ]; do sleep 0.01; done; "
                  f"cat /dev/zero >{data}/filler; wait $pid")
        done = self.run_in_namespace(script)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("records are lost", done.stderr)
        self.assertGreater(self.totals()["package"], 15 * 10**6)  # of some 20 J

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


class Readers(PowercapTest):
    def test_million_reads(self):
        """None is torn, and none goes back, while the counter changes 100 times a second."""
        process = self.run_on("--set", "powercap.step=0.01", "--set", "meter.watts=1e6,1,3e5", interval=0.2)
        self.wait_for_energy()
        before, seen = 0, 0
        with open(self.zone_file("energy_uj"), "rb", buffering=0) as file:
            for _ in range(10**6):
                text = os.pread(file.fileno(), 100, 0)
                self.assertEqual(len(text), 17)
                shown = int(text)
                self.assertGreaterEqual(shown, before)
                seen += shown > before
                before = shown
        self.assertGreater(seen, 20)
        self.end(process)

    def scrape(self, port):
        def ask():
            try:
                with urllib.request.urlopen(f"http://localhost:{port}/metrics", timeout=LIMIT) as answer:
                    self.page = answer.read().decode()
            except OSError:
                return False
            return True

        self.wait_for(ask, "an answer of node_exporter")
        return {zone: float(value) for zone, value in
                re.findall(r"^node_rapl_(\w+)_joules_total\{.*\} (\S+)$", self.page, re.M)}

    @unittest.skipUnless(NODE_EXPORTER, "prometheus-node-exporter is not installed")
    def test_node_exporter(self):
        """The joules that were written, also over a restart."""
        with socket.socket() as free:
            free.bind(("localhost", 0))
            port = free.getsockname()[1]
        os.makedirs(self.tree)
        exporter = subprocess.Popen(
            (NODE_EXPORTER, "--collector.disable-defaults", "--collector.rapl", f"--path.sysfs={self.tree}",
             f"--web.listen-address=localhost:{port}"), stderr=subprocess.DEVNULL)
        self.addCleanup(exporter.wait)
        self.addCleanup(exporter.kill)
        # the last windows are empty, so that the counter stands
        joules = 0
        for _ in range(2):
            silent = ",".join(["0"] * 10**4)
            process = self.run_on("--set", f"meter.watts=70,30,100,{silent}", "--set", "meter.zones=package,dram")
            self.wait_for_energy()
            self.wait_for(lambda: len(self.rows()) > 6, "the last energy")
            self.wait_for(lambda: self.read() == self.totals()["package"], "all energy")
            shown = self.scrape(port)
            joules += self.written()
            self.assertAlmostEqual(shown["package"], joules, delta=1e-5)
            self.assertAlmostEqual(shown["dram"], joules / 2, delta=1e-5)
            self.assertIn('node_scrape_collector_success{collector="rapl"} 1\n', self.page)
            self.end(process)
            self.assertEqual(self.scrape(port), {})
            self.assertIn('node_scrape_collector_success{collector="rapl"} 1\n', self.page)

    @unittest.skipUnless(POWERCAP_INFO, "powercap-info is not installed")
    @needs_mount
    def test_powercap_info(self):
        process = self.run_on("--set", "meter.zones=package,core,dram")
        self.wait_for_energy(zone="dram")
        mounted = in_namespace(f"mount --rbind {self.tree} /sys")

        def ask(*args):
            done = subprocess.run((*mounted, POWERCAP_INFO, *args), capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
            return done.stdout

        said = ask("intel-rapl")
        for name in ("package-0", "core"):  # it counts the zones until a number is missing, here that of uncore
            self.assertIn(name, said)
        for zone, path in (("package", "0"), ("core", "0:0"), ("dram", "0:2")):
            before = self.read(zone)
            shown = int(ask("-p", "intel-rapl", "-z", path, "-j"))
            self.assertTrue(before <= shown <= self.read(zone), (zone, before, shown))
        self.end(process)

    def test_rapl_refuses(self):
        """vmfc does not take its own estimate for a measurement."""
        process = self.run_on()
        self.wait_for_energy()
        os.mkdir(self.path("root"))
        os.symlink(self.tree, self.path("root/sys"))
        os.symlink("/proc", self.path("root/proc"))
        said = self.vmfc("--check", "--root", self.path("root"), "--plugins", "rapl").stdout
        self.assertIn("missing (implausible): rapl_package_joules", said)
        self.assertIn("vmfc itself writes the zones below /sys/class/powercap (plugin powercap)", said)
        self.end(process)


if __name__ == "__main__":
    main()
