#!/usr/bin/env python3
# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""The rooms of core: includes point down only, at every depth. Prints each that does not, ends with 1.

A room may include its own headers and those of the rooms that stand behind it here.
"""

import os
import re
import subprocess
import sys

ROOMS = {
    "base": [],
    "record": ["base"],
    "plugin": ["base", "record"],
    "workload": ["base", "record", "plugin"],
    "output": ["base"],
    "rows": ["base", "output"],
    "collect": ["base", "record", "plugin", "workload", "output"],
    "metrics": ["base"],
    "http": ["base"],
    "remote": ["base", "metrics", "http"],
    "inspect": ["base", "record", "plugin", "workload", "output", "collect", "metrics"],
    "model": ["base"],
    "tools": ["base", "record", "output", "rows", "model", "metrics", "http", "remote"],
    # the program
    "": ["base", "record", "plugin", "workload", "output", "collect", "inspect", "tools"],
}
# what plugins may use of core besides the public header: parts of static libraries
FOR_PLUGINS = ["base/document.h", "base/file-trust.h", "base/host-info.h", "base/number-text.h",
               "base/power-zone.h", "base/regular-file.h", "rows/", "model/", "metrics/",
               "http/", "remote/"]


def list_includes(path):
    with open(path, encoding="utf-8") as file:
        return re.findall(r'^#include "([^"]+)"', file.read(), re.MULTILINE)


def find_room(path):
    parts = path.split("/")
    return parts[0] if len(parts) > 1 else ""


def check_core(path):
    room = find_room(path[len("core/"):])
    for include in list_includes(path):
        if not os.path.exists(os.path.join("core", include)):
            continue  # the public header, and what the build makes
        target = find_room(include)
        if target != room and target not in ROOMS[room]:
            yield f"{path}: {room or 'core'} stands below {target}, so it cannot include {include}"


def check_plugin(path):
    for include in list_includes(path):
        folders = [os.path.dirname(path), "plugins"]
        if any(os.path.exists(os.path.join(folder, include)) for folder in folders):
            continue
        if os.path.exists(os.path.join("core", include)) and not include.startswith(
                tuple(FOR_PLUGINS)):
            yield f"{path}: plugins do not see {include} of core"


def find_circles(paths):
    """Files that include each other, through whatever others. A .c and its .h are one."""
    graph = {}
    for path in paths:
        node = os.path.splitext(path[len("core/"):])[0]
        graph.setdefault(node, set()).update(
            os.path.splitext(include)[0] for include in list_includes(path))
    done = set()

    def walk(node, way):
        if node in way:
            yield "a circle: " + " -> ".join(way[way.index(node):] + [node])
        elif node not in done:
            for include in sorted(graph.get(node, set()) - {node}):
                yield from walk(include, way + [node])
            done.add(node)

    for node in sorted(graph):
        yield from walk(node, [])


def main():
    paths = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "core/*.[ch]", "plugins/*.[ch]"],
        check=True, capture_output=True, text=True).stdout.split()
    core = [path for path in paths if path.startswith("core/")]
    found = [line for path in core for line in check_core(path)]
    found += [line for path in paths if path.startswith("plugins/") for line in check_plugin(path)]
    found += find_circles(core)
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
