# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""The plugin powercap, with energy from a plugin of the tests: what readers of RAPL see."""

import os
import re
import socket
import subprocess
import time
import unittest
import urllib.request

from common import BUILD, main, needs_mount
from powercap_tree import (LIMIT, NAMES, NOBODY, NODE_EXPORTER, POWERCAP_INFO, RANGE, ZONES,
                           PowercapTest, in_namespace)


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
        self.wait_for_energy(zone="core")
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
