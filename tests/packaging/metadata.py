# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""The packages without building them: one version everywhere, and each installed file in one package."""

import datetime
import fnmatch
import glob
import json
import os
import re
import shutil
import subprocess
import unittest

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
BUILD = os.environ["VMFC_BUILD"]
# what the packages get in another way, and what is of tests alone
ELSEWHERE = re.compile(r"\.service$")
# the only libraries that the collector may need
COLLECTOR = {"libglib2.0-dev", "libjson-glib-dev", "libpfm4-dev", "libsoup-3.0-dev"}


def read(*path):
    with open(os.path.join(TOP, *path), encoding="utf-8") as file:
        return file.read()


def installed():
    """What meson installs, as below /usr."""
    with open(os.path.join(BUILD, "meson-info", "intro-buildoptions.json")) as file:
        options = {option["name"]: option["value"] for option in json.load(file)}
    with open(os.path.join(BUILD, "meson-info", "intro-installed.json")) as file:
        paths = [os.path.relpath(path, options["prefix"]) for path in json.load(file).values()]
    plugins = options["plugindir"] or os.path.join(options["libdir"], "vmfc", "plugins")
    # where the packages have them
    for folder, path in ((plugins, "lib/vmfc/plugins"), (options["libexecdir"], "libexec"),
                         (options["mandir"], "share/man"), (options["includedir"], "include")):
        paths = [path + name[len(folder):] if name.startswith(folder + "/") else name for name in paths]
    return ["usr/" + path for path in paths if not ELSEWHERE.search(path)]


def is_in(path, pattern):
    return fnmatch.fnmatch(path, pattern) or fnmatch.fnmatch(path, pattern + "/*")


class Metadata(unittest.TestCase):
    def setUp(self):
        self.version, = re.findall(r"^  version: '(.*)',$", read("meson.build"), re.M)
        self.control = read("data/packaging/debian/control")
        self.spec = read("data/packaging/vmfc.spec")

    def test_version(self):
        version, date = re.search(r"^## (\S+) \((\S+)\)$", read("data/NEWS.md"), re.M).groups()
        self.assertEqual(version, self.version, "data/NEWS.md")
        self.assertIn(f"\nVersion:        {version}\n", self.spec)
        day = datetime.date.fromisoformat(date).strftime("%a %b %d %Y")
        entry = self.spec.partition("%changelog\n")[2].splitlines()[0]
        self.assertTrue(entry.startswith(f"* {day} ") and entry.endswith(f" - {version}-1"), entry)

    def test_each_file_in_one_package(self):
        packages = {}
        for path in glob.glob(os.path.join(TOP, "data/packaging/debian/*.install")):
            packages[os.path.basename(path)] = read(path).split()
        own = packages["vmfc-remote-write.install"]
        files = installed()
        self.assertGreater(len(files), 50)
        for path in files:
            where = [name for name, patterns in packages.items()
                     if any(is_in(path, pattern) for pattern in patterns)]
            if any(is_in(path, pattern) for pattern in own):
                where.remove("vmfc.install")  # debian/rules leaves it out there
            self.assertEqual(len(where), 1, f"{path} is in {where or 'no package of Debian'}")
        for name, patterns in packages.items():
            for pattern in patterns if name != "vmfc-remote-write.install" else []:
                self.assertTrue(any(is_in(path, pattern) for path in files), f"{name}: {pattern}")

    def test_each_file_in_the_spec(self):
        macros = {"_bindir": "usr/bin", "_libdir": "usr/lib", "_libexecdir": "usr/libexec",
                  "_datadir": "usr/share", "_mandir": "usr/share/man", "_docdir": "usr/share/doc",
                  "_includedir": "usr/include", "_unitdir": "usr/lib/systemd/system"}
        sections = self.spec.partition("%files -f plugins.files\n")[2].partition("%changelog")[0]
        patterns = ["usr/lib/vmfc/plugins"] + [re.sub(r"%\{(\w+)\}", lambda match: macros[match[1]], line.removeprefix("%doc "))
                    for line in sections.splitlines() if re.match(r"(%doc )?%\{", line)]
        for path in installed():
            self.assertTrue(any(is_in(path, pattern) for pattern in patterns), path)

    def test_what_the_collector_needs(self):
        stanza = self.control.partition("\nPackage: vmfc\n")[2].partition("\n\n")[0]
        self.assertNotIn("Recommends:", stanza)
        self.assertIn("\nDepends: ${misc:Depends}, ${shlibs:Depends}\n", "\n" + stanza)
        image = read("data/packaging/Containerfile").rpartition("\nFROM ")[2]
        for name in COLLECTOR:
            self.assertIn(f" {name} ", self.control.replace("\n", " ").replace(",", " "))
        self.assertEqual(set(re.findall(r" (lib[\w.+-]+)", image)),
                         {"libglib2.0-0", "libjson-glib-1.0-0", "libpfm4", "libprotobuf-c1", "libsnappy1v5",
                          "libsoup-3.0-0"})

    @unittest.skipUnless(shutil.which("rpmspec"), "rpmspec is not installed")
    def test_spec_is_understood(self):
        done = subprocess.run(["rpmspec", "--parse", os.path.join(TOP, "data/packaging/vmfc.spec")],
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 0, done.stdout)


if __name__ == "__main__":
    unittest.main()
