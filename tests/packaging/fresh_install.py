#!/usr/bin/env python3
# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""The packages in a fresh Debian, from their installation to their removal.

    fresh_install.py PACKAGES RELEASE...

PACKAGES is the folder that data/packaging/build-deb has filled, RELEASE for example bookworm. For each
release it makes a small system in a temporary folder with debootstrap, which takes root, a network, a
few minutes and 1 GB. Exit code 0: all went well, 1: something did not, 77: cannot be tried here.
"""

import contextlib
import glob
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading

SKIPPED = 77
# what apt and dpkg themselves write, and caches that belong to no package
OTHERS = re.compile(r"/(proc|sys|dev|tmp|packages|root|var/(cache|log|lib/(apt|dpkg|systemd/deb-systemd.*)))(/|$)|"
                    r"/etc/ld\.so\.cache$|/var/lib/systemd$")
HEAVY = ("libxgboost0", "python3", "stress-ng")


class Failure(Exception):
    """What did not go well, as a sentence."""


def check(condition, sentence):
    if not condition:
        raise Failure(sentence)


def run(*command, **kwargs):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, **kwargs)
    check(done.returncode == 0, f"{' '.join(command)} ended with exit code {done.returncode}:\n{done.stdout}")
    return done.stdout


class Machine:
    """A fresh Debian in a folder."""

    def __init__(self, folder, packages):
        self.folder = folder
        shutil.copytree(packages, self.path("packages"), ignore=shutil.ignore_patterns("*dbgsym*"))
        self.run("apt-get", "update")

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def run(self, *command):
        return run("chroot", self.folder, *command,
                   env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/root",
                        "DEBIAN_FRONTEND": "noninteractive"})

    def apt(self, *command):
        return self.run("apt-get", "-y", "--no-install-recommends", *command)

    def package(self, name):
        """The path of a package, as the machine sees it."""
        path, = glob.glob(self.path("packages", name + "_*.deb"))
        return "/" + os.path.relpath(path, self.folder)

    def files(self):
        """Every file with what tells whether it was changed."""
        found = {}
        for parent, folders, names in os.walk(self.folder):
            folders[:] = [name for name in folders
                          if not OTHERS.match(os.path.join(parent, name)[len(self.folder):])]
            for name in folders + names:
                path = os.path.join(parent, name)
                status = os.lstat(path)
                own = path[len(self.folder):]
                if not OTHERS.match(own):
                    size = None if os.path.isdir(path) else status.st_size
                    found[own] = (status.st_mode, status.st_uid, size)
        return found

    def installed(self):
        lines = self.run("dpkg-query", "-W", "-f", "${Package} ${Status}\n").splitlines()
        return {line.split()[0] for line in lines if line.endswith("ok installed")}

    def records(self, path):
        with open(self.path(path.lstrip("/"))) as file:
            return json.load(file)


def try_collector(machine):
    machine.run("vmfc", "--duration", "3", "--output", "/tmp/run.json")
    records = machine.records("/tmp/run.json")
    check(len(records) == 3, f"{len(records)} records instead of 3")
    for column in ("cpu_utilization", "memory_usage_percent", "load_average_1min", "page_faults"):
        check(all(isinstance(record[column], (int, float)) for record in records), f"{column} is missing")
    check("built with: GLib" in machine.run("vmfc", "--version"), "vmfc --version does not say what was built in")
    check("cpu_cycling" in machine.run("vmfc", "--list-workloads"), "the workloads are missing")


def try_plugin(machine):
    """As a third party: the template builds with what vmfc-dev brings, and works."""
    machine.apt("install", machine.package("vmfc-dev"), "make", "gcc", "libc6-dev", "pkgconf")
    machine.run("cp", "-r", "/usr/share/vmfc/template", "/tmp/hello")
    machine.run("make", "-C", "/tmp/hello", "install")
    machine.run("vmfc", "--plugins", "hello", "--duration", "2", "--output", "/tmp/hello.json")
    check(all(record["hello_uptime_seconds"] > 0 for record in machine.records("/tmp/hello.json")),
          "the plugin has written nothing")
    machine.run("rm", "/usr/lib/vmfc/plugins/hello.so")


def try_tools(machine):
    done = subprocess.run(["chroot", machine.folder, "vmfc", "train", "--help"], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    check(done.returncode == 2 and "vmfc-tools" in done.stdout,
          f"a tool without its package does not name it: {done.stdout}")
    machine.apt("install", machine.package("vmfc-tools"))
    check("Run: run.json" in machine.run("vmfc", "report", "--format", "text", "/tmp/run.json"),
          "vmfc report does not show the run")
    machine.run("vmfc", "train", "--help")


class Receiver(http.server.BaseHTTPRequestHandler):
    """Takes what comes, and counts its bytes in the server."""

    def do_POST(self):
        self.server.n_bytes += len(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def receiver():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        server.n_bytes = 0
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def try_remote_write(machine):
    """A sink in a separate package."""
    with receiver() as server:  # the machine has the network of this one
        command = ["vmfc", "--plugins", "cpu,remote_write", "--duration", "2", "--output", "/tmp/sent.json",
                   "--set", f"remote_write.url=http://127.0.0.1:{server.server_port}/write"]
        done = subprocess.run(["chroot", machine.folder, *command], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        check(done.returncode == 2 and "vmfc-remote-write" in done.stdout,
              f"a plugin without its package does not name it: {done.stdout}")
        machine.apt("install", machine.package("vmfc-remote-write"))
        machine.run(*command)
        check(server.n_bytes > 0, "remote_write has sent nothing")


def make_newer(package, target, number=1):
    """A newer version of a package, with another config file. Returns: its path"""
    with tempfile.TemporaryDirectory(prefix="vmfc-newer-") as parent:
        folder = os.path.join(parent, "package")
        run("dpkg-deb", "-R", package, folder)
        with open(os.path.join(folder, "DEBIAN/control"), "r+") as file:
            text = re.sub(r"^(Version: .*)$", rf"\1+{number}", file.read(), flags=re.M)
            file.seek(0)
            file.write(text)
        with open(os.path.join(folder, "etc/default/vmfc"), "a") as file:
            file.write(f"# newer: {number}\n")
        run("dpkg-deb", "--root-owner-group", "-b", folder, target)
    return target


def try_upgrade(machine):
    """A newer version: what the user changed in a config file stays."""
    make_newer(machine.path(machine.package("vmfc").lstrip("/")), machine.path("tmp/vmfc-newer.deb"))
    with open(machine.path("etc/default/vmfc"), "w") as file:
        file.write('VMFC_OPTIONS="--interval 2"\n')
    machine.apt("-o", "Dpkg::Options::=--force-confdef", "install", "/tmp/vmfc-newer.deb")
    with open(machine.path("etc/default/vmfc")) as file:
        check(file.read() == 'VMFC_OPTIONS="--interval 2"\n', "the upgrade has changed /etc/default/vmfc")
    try_collector(machine)


def try_machine(machine):
    # the libraries first: what they leave is not for vmfc to remove
    depends = run("dpkg-deb", "-f", machine.path(machine.package("vmfc").lstrip("/")), "Depends")
    before = machine.installed()
    machine.apt("install", *(name.split()[0] for name in depends.split(",")))
    with_libraries = machine.installed()
    files = machine.files()
    machine.apt("install", machine.package("vmfc"))
    brought = machine.installed() - with_libraries
    check(brought == {"vmfc"}, f"vmfc brings more than it says: {brought}")
    heavy = with_libraries & set(HEAVY) - before
    check(not heavy, f"the collector needs no {heavy}")
    print(f"  vmfc and {len(with_libraries - before)} packages that were not there")
    try_collector(machine)
    try_upgrade(machine)
    machine.apt("purge", "vmfc")
    left = machine.files()
    check(left == files, "the removal of vmfc has left or changed: " +
          " ".join(path for path in sorted({*left, *files}) if left.get(path) != files.get(path)))
    machine.apt("install", machine.package("vmfc"))
    try_tools(machine)
    try_plugin(machine)
    try_remote_write(machine)
    machine.apt("purge", "vmfc", "vmfc-tools", "vmfc-remote-write", "vmfc-dev")
    left = {path for path in machine.files() if "vmfc" in path}
    check(not left, f"the removal has left {' '.join(sorted(left))}")


@contextlib.contextmanager
def fresh(release, packages):
    with tempfile.TemporaryDirectory(prefix="vmfc-fresh-") as folder:
        run("debootstrap", "--variant=minbase", release, folder)
        run("mount", "-t", "proc", "proc", os.path.join(folder, "proc"))
        try:
            yield Machine(folder, packages)
        finally:
            run("umount", os.path.join(folder, "proc"))


def main(packages, *releases):
    if shutil.which("debootstrap") is None or os.geteuid() != 0:
        print("skipped: it takes debootstrap and root")
        return SKIPPED
    for release in releases:
        print(f"{release}:", flush=True)
        try:
            with fresh(release, packages) as machine:
                try_machine(machine)
        except Failure as failure:
            print(f"  {failure}")
            return 1
        print("  installed, used, upgraded and removed")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
