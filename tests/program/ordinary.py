# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What is read once at the start: ordinary files of bounded size, and never a wait."""

import json
import os
import shutil
import socket
import unittest

from common import SMALL_VM, ProgramTest, main, needs_stress_ng

KINDS = {"pipe": "a pipe", "zero": "a device", "folder": "a folder", "socket": "a socket"}
RUN = ("--duration", "0.2", "--interval", "0.1", "--format", "json")


class Ordinary(ProgramTest):
    def put(self, kind, path):
        """Puts something that is no ordinary file at @path."""
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if os.path.lexists(path):
            os.unlink(path)
        if kind == "pipe":
            os.mkfifo(path)
        elif kind == "zero":
            os.symlink("/dev/zero", path)
        elif kind == "folder":
            os.mkdir(path)
        else:
            before = os.getcwd()
            os.chdir(os.path.dirname(path))  # the name of a socket is short
            with socket.socket(socket.AF_UNIX) as server:
                server.bind(os.path.basename(path))
            os.chdir(before)

    def put_each(self):
        for kind, name in KINDS.items():
            path = self.path(f"{kind}/thing.conf")
            self.put(kind, path)
            with self.subTest(kind):
                yield path, f"{path} is {name}, which vmfc does not read: replace it with a " \
                            "regular file"

    def refused(self, sentence, *args):
        done = self.vmfc("--plugins", "cpu", *RUN, *args, code=2, timeout=20)
        self.assertIn(sentence, done.stderr)
        self.assertFalse(os.path.exists(self.path("data")))

    def put_large(self, size):
        """A file that takes no room on the disk."""
        path = self.path("large.conf")
        with open(path, "w") as file:
            file.truncate(size)
        return path

    def test_config(self):
        for path, sentence in self.put_each():
            self.refused(sentence, "--config", path)
        self.refused("large.conf is larger than 1 MiB", "--config", self.put_large(1 << 40))

    def test_trace(self):
        for path, sentence in self.put_each():
            self.refused(sentence, "--stress-workload", f"trace={path}")
        self.refused("large.conf is larger than 256 MiB", "--stress-workload",
                     f"trace={self.put_large(1 << 40)}")

    def test_kepler(self):
        for path, sentence in self.put_each():
            for option in ("ca_file", "token_file"):
                self.refused(f"option kepler.{option}: {sentence}", "--plugins", "cpu,kepler",
                             "--set", f"kepler.{option}={path}")
        path = self.put_large(1 << 40)
        for option in ("ca_file", "token_file"):
            self.refused("is larger than", "--plugins", "cpu,kepler", "--set",
                         f"kepler.{option}={path}")

    @needs_stress_ng
    def test_profile(self):
        for path, sentence in self.put_each():
            folder = os.path.dirname(path)
            if not os.path.isfile(path) and not os.path.isdir(path):
                self.vmfc("--list-workloads", "--set", f"stress_ng.profiles={folder}", timeout=60)
                self.refused(sentence, "--stress-workload", "thing", "--set",
                             f"stress_ng.profiles={folder}")

    def test_machine(self):
        """A file below --root that is none is said, and what it tells is unknown."""
        for name, key in (("etc/os-release", "os"), ("proc/cpuinfo", "cpu_model"),
                          ("sys/hypervisor/type", None), ("run/systemd/container", None),
                          ("sys/devices/system/clocksource/clocksource0/current_clocksource",
                           "clock_source")):
            for kind in ("pipe", "zero", "socket"):
                root = self.path("root")
                shutil.copytree(os.path.join(SMALL_VM, "root"), root, symlinks=True)
                self.put(kind, os.path.join(root, name))
                done = self.vmfc("--root", root, "--plugins", "cpu", *RUN, timeout=20)
                self.assertIn(f"{root}/{name} is {KINDS[kind]}, which vmfc does not read",
                              done.stderr)
                if key is not None:
                    with open(self.path("data/vm_features.meta.json")) as file:
                        self.assertEqual(json.load(file)["machine"][key], "unknown")
                shutil.rmtree(root)

    def test_sources(self):
        """What samplers and workloads read below --root."""
        for name, plugin in (("proc/stat", "cpu"), ("proc/meminfo", "mem"),
                             ("proc/loadavg", "load"), ("proc/diskstats", "disk")):
            for kind in KINDS:
                root = self.path("root")
                shutil.copytree(os.path.join(SMALL_VM, "root"), root, symlinks=True)
                self.put(kind, os.path.join(root, name))
                done = self.vmfc("--root", root, "--plugins", plugin, *RUN, timeout=20)
                self.assertIn(f"{root}/{name} is {KINDS[kind]}", done.stderr)
                if plugin == "cpu":
                    done = self.vmfc("--root", root, "--plugins", "mem", *RUN, "-w", "load",
                                     code=1, timeout=20)
                    self.assertIn(f"{root}/{name} is {KINDS[kind]}", done.stderr)
                shutil.rmtree(root)

    def test_files_of_the_kernel(self):
        """They say that they are empty, and are not."""
        self.assertEqual(os.stat("/proc/cpuinfo").st_size, 0)
        self.vmfc("--plugins", "cpu", *RUN)
        with open(self.path("data/vm_features.meta.json")) as file:
            machine = json.load(file)["machine"]
        with open("/sys/devices/system/clocksource/clocksource0/current_clocksource") as file:
            self.assertEqual(machine["clock_source"], file.read().strip())


if __name__ == "__main__":
    main()
