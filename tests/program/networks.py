# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""Interfaces that are put on others while vmfc runs, in network namespaces of the real kernel: what
passes through is counted once."""

import json
import os
import shutil
import subprocess
import time
import unittest

from common import VMFC, ProgramTest, main

INTERVAL = 0.25
N_PACKETS = 200
PAYLOAD = 1000
PACKET = PAYLOAD + 42  # with the headers of UDP, IP and Ethernet
PATIENCE = 20

SEND = """
import socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here:
    for _ in range(int(sys.argv[2])):
        here.sendto(bytes(int(sys.argv[3])), (sys.argv[1], 9))
"""


def run(*command):
    return subprocess.run(command, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)


@unittest.skipUnless(os.geteuid() == 0, "making a network namespace needs root")
@unittest.skipUnless(shutil.which("ip") and shutil.which("nsenter"),
                     "iproute2 and nsenter are not installed")
class Networks(ProgramTest):
    """Two namespaces, as of two containers, with eth0 in each as the ends of one link."""

    def setUp(self):
        super().setUp()
        self.names = [f"vmfc-{os.getpid()}-{side}" for side in "ab"]
        for name in self.names:
            made = run("ip", "netns", "add", name)
            if made.returncode != 0:
                self.skipTest(f"no network namespace here: {made.stderr.strip()}")
            self.addCleanup(run, "ip", "netns", "del", name)
        self.need(0, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns",
                  self.names[1])
        for side in (0, 1):
            self.ip(side, "link", "set", "lo", "up")
            self.ip(side, "link", "set", "eth0", "up")

    def ip(self, side, *words):
        done = run("ip", "-n", self.names[side], *words)
        self.assertEqual(done.returncode, 0, f"ip {' '.join(words)}: {done.stderr}")

    def need(self, side, *words):
        """A kind of interface that the kernel may lack."""
        done = run("ip", "-n", self.names[side], *words)
        if done.returncode != 0:
            self.skipTest(f"ip {' '.join(words)}: {done.stderr.strip()}")

    def give_addresses(self, *interfaces):
        """And each end knows the other's hardware address: no packet waits for it."""
        for side, interface in enumerate(interfaces):
            self.ip(side, "addr", "add", f"10.99.0.{side + 1}/24", "dev", interface)
        shown = run("ip", "-n", self.names[0], "-j", "link", "show", "dev", interfaces[0])
        self.ip(1, "neigh", "replace", "10.99.0.1", "lladdr", json.loads(shown.stdout)[0]["address"],
                "dev", interfaces[1])

    def run_in_first(self, *prefix):
        self.output = self.path("out.jsonl")
        self.vmfc_run = subprocess.Popen(
            [*prefix, VMFC, "--plugins", "net", "--interval", str(INTERVAL), "--output", self.output],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.started.append(self.vmfc_run)
        self.wait_for_windows(2)

    def start_vmfc(self):
        self.run_in_first("ip", "netns", "exec", self.names[0])

    def read_windows(self):
        try:
            with open(self.output) as file:
                return [json.loads(line) for line in file.read().split("\n")[:-1]]
        except FileNotFoundError:
            return []

    def wait_for_windows(self, more):
        wanted = len(self.read_windows()) + more
        until = time.monotonic() + PATIENCE
        while len(self.read_windows()) < wanted:
            self.assertLess(time.monotonic(), until, "vmfc writes no records")
            time.sleep(0.02)

    def end_vmfc(self):
        """Gives the windows and what was said."""
        self.vmfc_run.terminate()
        said = self.vmfc_run.communicate(timeout=PATIENCE)[1]
        self.assertEqual(self.vmfc_run.returncode, 0, said)
        return self.read_windows(), said

    def send(self, size=PAYLOAD):
        done = run("ip", "netns", "exec", self.names[1], shutil.which("python3"), "-c", SEND,
                   "10.99.0.1", str(N_PACKETS), str(size))
        self.assertEqual(done.returncode, 0, done.stderr)

    def received(self, windows):
        return sum(window["network_bytes_recv"] or 0 for window in windows)

    def check_once(self, interface, change=lambda: None, before=lambda: None):
        """Traffic in the windows that follow a change is counted, and once."""
        before()
        self.start_vmfc()
        change()
        self.give_addresses(interface, interface)
        self.wait_for_windows(3)
        n_before = len(self.read_windows())
        self.send()
        self.wait_for_windows(2)
        windows, said = self.end_vmfc()
        recv = self.received(windows[n_before:])
        self.assertGreaterEqual(recv, N_PACKETS * PAYLOAD, said)
        # beside it what hosts say to each other of their own accord
        self.assertLess(recv, 1.5 * N_PACKETS * PACKET, said)
        self.assertNotIn(None, [window["network_bytes_recv"] for window in windows[n_before:]])
        return windows, said

    def on_both(self, *words):
        for side in (0, 1):
            self.need(side, "link", "add", *words)
            self.ip(side, "link", "set", words[0] if words[0] != "link" else words[2], "up")

    def test_plain(self):
        windows, _ = self.check_once("eth0")
        self.assertNotIn(None, [window["network_bytes_sent"] for window in windows])

    def test_late_port(self):
        """A bridge that is there first and gets its port later."""
        def before():
            self.on_both("br0", "type", "bridge")

        def change():
            for side in (0, 1):
                self.ip(side, "link", "set", "eth0", "master", "br0")
        windows, said = self.check_once("br0", change, before)
        self.assertNotIn(None, [window["network_bytes_recv"] for window in windows], said)

    def test_port_that_leaves(self):
        def before():
            self.on_both("br0", "type", "bridge")
            for side in (0, 1):
                self.ip(side, "link", "set", "eth0", "master", "br0")

        def change():
            for side in (0, 1):
                self.ip(side, "link", "set", "eth0", "nomaster")
        self.check_once("eth0", change, before)

    def test_late_team(self):
        """Nothing but its ports says what it is, so that the kernel has to say when it gets one."""
        def before():
            for side in (0, 1):
                self.need(side, "link", "add", "team0", "type", "team")

        def change():
            for side in (0, 1):
                self.ip(side, "link", "set", "eth0", "down")
                self.ip(side, "link", "set", "eth0", "master", "team0")
                self.ip(side, "link", "set", "team0", "up")
        self.check_once("team0", change, before)

    def test_late_bond(self):
        def before():
            for side in (0, 1):
                self.need(side, "link", "add", "bond0", "type", "bond", "mode", "active-backup")

        def change():
            for side in (0, 1):
                self.ip(side, "link", "set", "eth0", "down")
                self.ip(side, "link", "set", "eth0", "master", "bond0")
                self.ip(side, "link", "set", "bond0", "up")
        self.check_once("bond0", change, before)

    def test_late_vlan(self):
        self.check_once("eth0.5", lambda: self.on_both("link", "eth0", "eth0.5", "type", "vlan",
                                                       "id", "5"))

    def test_late_macvlan(self):
        self.check_once("mac0", lambda: self.on_both("link", "eth0", "mac0", "type", "macvlan",
                                                     "mode", "bridge"))

    def check_tunnel(self, name, *words):
        """Over no interface in particular, so that no link says what it stands on."""
        for side in (0, 1):
            self.ip(side, "addr", "add", f"10.98.0.{side + 1}/24", "dev", "eth0")

        def change():
            for side in (0, 1):
                self.need(side, "link", "add", name, "type", *words, "remote",
                          f"10.98.0.{2 - side}")
                self.ip(side, "link", "set", name, "up")
        self.check_once(name, change)

    def test_vxlan(self):
        self.check_tunnel("vx0", "vxlan", "id", "7", "dstport", "4789")

    def test_geneve(self):
        self.check_tunnel("gnv0", "geneve", "id", "7")

    def test_gretap(self):
        self.check_tunnel("gt0", "gretap")

    def test_interfaces_that_are_not_counted(self):
        """Where nothing of what is counted changes, no window is lost, whatever comes and goes."""
        self.need(0, "link", "add", "br0", "type", "bridge")
        self.need(0, "link", "add", "mac0", "link", "eth0", "type", "macvlan")
        self.ip(0, "link", "set", "mac0", "master", "br0")
        self.start_vmfc()
        for _ in range(20):
            self.ip(0, "link", "set", "br0", "up")
            self.ip(0, "link", "add", "mac1", "link", "eth0", "type", "macvlan")
            self.ip(0, "link", "set", "mac1", "master", "br0")
            self.ip(0, "link", "del", "mac1")
            self.ip(0, "link", "set", "br0", "down")
        self.wait_for_windows(1)
        windows, said = self.end_vmfc()
        # one that is gone again before it was asked about could have been any
        with self.timing():
            self.assertNotIn(None, [window["network_bytes_recv"] for window in windows], said)

    def test_other_sysfs(self):
        """In the network of a container, with the /sys of the machine."""
        self.need(0, "link", "add", "eth9", "type", "veth", "peer", "name", "eth9", "netns",
                  self.names[1])
        self.run_in_first("nsenter", f"--net=/run/netns/{self.names[0]}")
        windows, said = self.end_vmfc()
        self.assertEqual({window["network_bytes_recv"] for window in windows}, {None})
        self.assertIn("belongs to another network namespace", said)
        with open(self.path("out.meta.json")) as file:
            columns = json.load(file)["columns"]
        column, = (c for c in columns if c["name"] == "network_bytes_recv")
        self.assertEqual(column["state"], "unsupported")
        self.assertIn("another network namespace", column["reason"])

    def test_other_sysfs_and_one_interface(self):
        self.give_addresses("eth0", "eth0")
        self.run_in_first("nsenter", f"--net=/run/netns/{self.names[0]}")
        n_before = len(self.read_windows())
        self.send()
        self.wait_for_windows(2)
        windows, said = self.end_vmfc()
        self.assertGreaterEqual(self.received(windows[n_before:]), N_PACKETS * PAYLOAD, said)


if __name__ == "__main__":
    main()
