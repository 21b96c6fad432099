#!/usr/bin/env python3
# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""Builds the plugin template and the guide's examples against an installed vmfc, and uses them.

run.py BUILD_FOLDER

Installs the build into a temporary DESTDIR, builds data/template there with make, installs the
plugin into the folder that vmfc.pc names and collects with it; moves the installed prefix
elsewhere and does the same again; then all of that once more with the template's meson.build.
In each place the examples of the plugin author's guide are built and run as the guide says.
Exit code 0: all went well, 1: something did not, 77: cannot be tried here.
"""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
COLUMNS = {
    "hello_uptime_seconds": ("s", "gauge", "float"),
    "hello_idle_ms": ("ms", "counter", "int"),
}

# of data/doc/plugins.md, which says that none is longer
EXAMPLES = ("faults", "logfmt", "spin")
EXAMPLE_LINES = 50


class Failure(Exception):
    """What did not go well, as a sentence."""


def skip(reason):
    print("skipped: " + reason)
    sys.exit(SKIPPED)


def check(condition, sentence):
    if not condition:
        raise Failure(sentence)


def run(command, env=None, cwd=None):
    """Runs a command that must succeed; returns what it printed."""
    done = subprocess.run(
        command, env=env, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        universal_newlines=True)
    check(done.returncode == 0, "%s ended with exit code %d and said:\n%s" % (
        " ".join(command), done.returncode, done.stdout))
    return done.stdout


def read_build_options(build):
    with open(os.path.join(build, "meson-info", "intro-buildoptions.json")) as file:
        return {option["name"]: option["value"] for option in json.load(file)}


class Installation:
    """A vmfc below some prefix, and the environment of somebody who uses it."""

    def __init__(self, prefix, options):
        self.prefix = prefix
        self.plugins = os.path.join(
            prefix, options["plugindir"] or os.path.join(options["libdir"], "vmfc", "plugins"))
        self.share = os.path.join(prefix, options["datadir"])
        self.examples = os.path.join(self.share, "doc", "vmfc", "examples")
        self.program = os.path.join(prefix, options["bindir"], "vmfc")
        self.header = os.path.join(prefix, options["includedir"], "vmfc", "vmfc-plugin.h")
        self.env = dict(os.environ, LC_ALL="C.UTF-8")
        for name in ("DESTDIR", "MAKEFLAGS", "MAKELEVEL", "PKG_CONFIG_LIBDIR",
                     "PKG_CONFIG_SYSROOT_DIR", "VMFC_PLUGIN_PATH", "VMFC_ROOT"):
            self.env.pop(name, None)
        paths = [os.path.join(self.share, "pkgconfig"), os.environ.get("PKG_CONFIG_PATH")]
        self.env["PKG_CONFIG_PATH"] = ":".join(path for path in paths if path)
        self.env.setdefault("CC", "cc")

    def check_pkg_config(self):
        """The paths of vmfc.pc are right, with and without --define-prefix."""
        for extra in ([], ["--define-prefix"]):
            ask = ["pkg-config"] + extra
            run(ask + ["--exists", "vmfc"], self.env)
            for variable, expected in (("plugindir", self.plugins), ("includedir", os.path.dirname(
                    os.path.dirname(self.header)))):
                path = run(ask + ["--variable=" + variable, "vmfc"], self.env).strip()
                check(path and os.path.realpath(path) == os.path.realpath(expected),
                      "%s --variable=%s vmfc gives '%s' instead of %s" % (
                          " ".join(ask), variable, path, expected))
        check(os.path.isfile(self.header), "%s is not there" % self.header)

    def check_list(self):
        lines = run([self.program, "--list-plugins"], self.env).splitlines()
        starts = [i for i, line in enumerate(lines) if line.startswith("hello ")]
        check(len(starts) == 1, "--list-plugins does not show hello once:\n" + "\n".join(lines))
        own = lines[starts[0] + 1:]
        own = own[:next((i for i, line in enumerate(own) if not line.startswith(" ")), len(own))]
        expected = os.path.realpath(os.path.join(self.plugins, "hello.so"))
        files = [line.split(": ", 1)[1] for line in own if line.startswith("  file: ")]
        check([os.path.realpath(path) for path in files] == [expected],
              "hello comes from %s instead of %s" % (files, expected))
        check("  works here: yes" in own, "hello does not work here:\n" + "\n".join(own))
        check(any(line.startswith("  --set hello.idle=true") for line in own),
              "the option of hello is not shown:\n" + "\n".join(own))

    def check_tool(self):
        """A tool is found, wherever the prefix is."""
        check("vmfc merge --features=FILE" in run([self.program, "merge", "--help"], self.env),
              "vmfc merge --help shows no help")

    def collect(self, work):
        os.makedirs(work)
        output = os.path.join(work, "out.json")
        run([self.program, "--plugins", "proc,hello", "--duration", "0.3", "--interval", "0.1",
             "--output", output], self.env)
        check_files(os.path.join(work, "out"))


def check_files(name):
    with open(name + ".json") as file:
        records = json.load(file)
    with open(name + ".csv", newline="") as file:
        rows = list(csv.DictReader(file))
    with open(name + ".meta.json") as file:
        columns = {column["name"]: column for column in json.load(file)["columns"]}

    check(records, "%s.json has no records" % name)
    check(len(rows) == len(records), "%s.csv has %d rows, %s.json %d records" % (
        name, len(rows), name, len(records)))
    for column, expected in COLUMNS.items():
        values = [record.get(column) for record in records]
        # a total may stand still or, now and then, go back: a counter need not be in each record
        enough = any if expected[1] == "counter" else all
        check(enough(value is not None for value in values),
              "%s.json has %s: %s" % (name, column, values))
        texts = [row.get(column) for row in rows]
        check(["" if value is None else json.dumps(value) for value in values] == texts,
              "%s.csv has %s: %s, but %s.json %s" % (name, column, texts, name, values))
        about = columns.get(column, {})
        found = tuple(about.get(key) for key in ("unit", "kind", "type"))
        check(found == expected and about.get("plugin") == "hello" and about.get("state") == "ok",
              "%s.meta.json says of %s: %s" % (name, column, about))


def build_with_make(installation, template):
    arguments = ["CC=" + installation.env["CC"], "CFLAGS=-O2 -Wall -Wextra -Werror"]
    run(["make", "-C", template] + arguments, installation.env)
    return os.path.join(template, "hello.so"), ["make", "-C", template, "install"]


def build_with_meson(installation, template):
    build = os.path.join(template, "build")
    run(["meson", "setup", "--werror", "-Dwarning_level=2", build, template], installation.env)
    run(["meson", "compile", "-C", build], installation.env)
    return os.path.join(build, "hello.so"), ["meson", "install", "--no-rebuild", "-C", build]


def try_template(installation, builder, work):
    installation.check_pkg_config()
    template = os.path.join(work, "template")
    shutil.copytree(os.path.join(installation.share, "vmfc", "template"), template)
    built, install = builder(installation, template)

    # by hand, as somebody does who got a plugin as a file
    installed = os.path.join(installation.plugins, "hello.so")
    shutil.copyfile(built, installed)
    os.chmod(installed, 0o644)
    installation.check_list()
    os.unlink(installed)
    # and by the template's own means
    run(install, installation.env)
    check(os.path.isfile(installed), "%s did not create %s" % (" ".join(install), installed))
    installation.check_list()
    installation.check_tool()
    installation.collect(os.path.join(work, "output"))
    os.unlink(installed)


def build_example(installation, name, folder):
    source = os.path.join(folder, name + ".c")
    shutil.copyfile(os.path.join(installation.examples, name + ".c"), source)
    with open(source) as file:
        n_lines = len(file.readlines())
    check(n_lines <= EXAMPLE_LINES, "%s.c has %d lines" % (name, n_lines))
    compile_plugin(installation, name, folder)


def build_example_of_header(installation, folder):
    """The sampler that the header's first comment shows."""
    with open(installation.header) as file:
        example = re.search(r"\|\[<!-- language=\"C\" -->(.*?)\]\|", file.read(), re.DOTALL)[1]
    with open(os.path.join(folder, "uptime.c"), "w") as file:
        file.write("#include <vmfc/vmfc-plugin.h>\n")
        file.write("\n".join(line[3:] for line in example.split("\n")) + "\n")
    compile_plugin(installation, "uptime", folder)


def compile_plugin(installation, name, folder):
    run(["sh", "-c", "$CC -Wall -Wextra -Werror -shared -fPIC -fvisibility=hidden -o %s.so %s.c "
         "$(pkg-config --cflags --libs vmfc)" % (name, name)], installation.env, cwd=folder)


def check_logfmt(records, path):
    """Each line holds the numbers of one record, in the texts of JSON."""
    with open(path) as file:
        lines = [dict(word.split("=", 1) for word in line.split()) for line in file]
    numbers = [{name: json.dumps(value) for name, value in record.items()
                if isinstance(value, (bool, int, float))} for record in records]
    check(lines == numbers, "%s holds %s instead of %s" % (path, lines, numbers))


def try_examples(installation, folder):
    """A sampler, a sink and a workload of the guide, all in one run."""
    for name in EXAMPLES:
        build_example(installation, name, folder)
    build_example_of_header(installation, folder)
    output = os.path.join(folder, "out.json")
    run([installation.program, "--plugin-path", folder, "--plugins", "proc,faults,uptime",
         "--format", "json,logfmt", "--stress-workload", "spin:0.2,idle:0.2", "--duration", "0.8",
         "--interval", "0.1", "--output", output], installation.env)
    with open(output) as file:
        records = json.load(file)
    check(records, "%s has no records" % output)
    totals = [record["faults_major"] for record in records]
    check(all(isinstance(value, int) and value >= 0 for value in totals),
          "faults_major is %s" % totals)
    uptimes = [record["uptime"] for record in records]
    check(uptimes == sorted(uptimes) and uptimes[0] > 0, "uptime is %s" % uptimes)
    labels = {(record["stress_workload"], record["stress_phase"]) for record in records}
    check(("spin", "one-thread") in labels and ("idle", None) in labels,
          "the labels are %s" % sorted(labels, key=str))
    check_logfmt(records, os.path.join(folder, "out.logfmt"))


def try_all(build, options, folder):
    destdir = os.path.join(folder, "destdir")
    run(["meson", "install", "-C", build, "--no-rebuild", "--quiet", "--destdir", destdir])
    prefix = os.path.join(destdir, options["prefix"].lstrip("/"))
    for place in ("destdir", "moved"):
        if place == "moved":
            moved = os.path.join(folder, "moved", "vmfc")
            os.makedirs(os.path.dirname(moved))
            os.rename(prefix, moved)
            prefix = moved
        for name, builder in (("make", build_with_make), ("meson", build_with_meson)):
            work = os.path.join(folder, "%s-%s" % (place, name))
            os.makedirs(work)
            print("%s, %s" % (name, prefix), flush=True)
            try_template(Installation(prefix, options), builder, work)
        print("examples, %s" % prefix, flush=True)
        work = os.path.join(folder, place + "-examples")
        os.makedirs(work)
        try_examples(Installation(prefix, options), work)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: run.py BUILD_FOLDER")
    build = os.path.abspath(sys.argv[1])
    if os.environ.get("VMFC_SANITIZED", "none") not in ("", "0", "none"):
        skip("a plugin without sanitizers does not go into a program with them")
    for tool in ("pkg-config", "make", "meson", os.environ.get("CC", "cc").split()[0]):
        if shutil.which(tool) is None:
            skip("%s is not installed" % tool)
    options = read_build_options(build)
    if os.path.isabs(options["plugindir"]):
        skip("plugindir is absolute, so that the prefix cannot be moved")

    # a plugin that others could write is refused when root runs this
    os.umask(0o022)
    folder = tempfile.mkdtemp(prefix="vmfc-out-of-tree-")
    try:
        try_all(build, options, folder)
    except Failure as failure:
        print("FAILED: %s" % failure)
        return 1
    finally:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
