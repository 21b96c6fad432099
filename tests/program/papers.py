# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""Help, man pages, example config file, README and completions have the same options and defaults."""

import os
import re

from common import ProgramTest, main

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
# options without a key in the config file, because they make no sense there
NOT_IN_CONFIG = {"set", "config", "list-plugins", "list-features", "list-workloads", "check", "version",
                 "help"}
# of plugins: the config file has them in the groups of the plugins
ALIASES = {"kepler-url", "model", "vm-names", "vm-pattern"}
# the folders of the tools: each has a man page of its own
TOOLS = sorted(name for name in os.listdir(os.path.join(TOP, "core/tools"))
               if os.path.isdir(os.path.join(TOP, "core/tools", name)))
OPTION = re.compile(r"^  (?:-(\w), )?--([a-z-]+)(?:\[?=(\S+))?  +")


def read(*path):
    with open(os.path.join(TOP, *path), encoding="utf-8") as file:
        return file.read()


def parse_help(text):
    """The help of a program: option to its whole description, on one line."""
    options = {}
    name = None
    for line in text.splitlines():
        match = OPTION.match(line)
        if match:
            name = match[2]
            options[name] = line[match.end():]
        elif name is not None and line.startswith(" " * 8):
            options[name] += " " + line.strip()
        else:
            name = None
    return {name: " ".join(text.split()) for name, text in options.items()}


def parse_man(text):
    """The sections of the man page: section to its options, with their descriptions."""
    sections = {}
    section = ""
    tag_follows = False
    names = []
    for line in text.splitlines():
        if line.startswith((".SH ", ".SS ")):
            section = line[4:].strip().strip('"') if line.startswith(".SH") else section
            names = []
        elif line == ".TP":
            tag_follows = True
            continue
        elif tag_follows:
            plain = re.sub(r"\\f.|[\"\s]", "", line.replace("\\-", "-"))
            names = re.findall(r"--([a-z-]+)", plain)
            sections.setdefault(section, {}).update(dict.fromkeys(names, ""))
        for name in names if not tag_follows else []:
            sections[section][name] += " " + re.sub(r"^\.\w+ |\\f.", "", line.replace("\\-", "-"))
        tag_follows = False
    return sections


def find_default(text):
    """What a description says is the default: '(default: X)' of help."""
    match = re.search(r"\(default: ([^()]+)\)", text)
    return match[1] if match else None


class Papers(ProgramTest):
    def setUp(self):
        super().setUp()
        self.help = parse_help(self.vmfc("--help").stdout)
        self.tools = {name: parse_help(self.vmfc(name, "--help").stdout) for name in TOOLS}
        self.assertGreater(len(self.help), 25)
        for name, options in self.tools.items():
            self.assertGreater(len(options), 5, name)

    def test_help_is_narrow(self):
        for arguments in (("--help",), *((name, "--help") for name in TOOLS)):
            for line in self.vmfc(*arguments).stdout.splitlines():
                self.assertLessEqual(len(line), 100, line)

    def test_man_pages(self):
        for page, options in (("vmfc.1", self.help),
                              *((f"vmfc-{name}.1", options) for name, options in self.tools.items())):
            told = parse_man(read("data", page))["OPTIONS"]
            self.assertEqual(set(options) - set(told), set(), page)
            # other names of an option stand in its description
            others = set(re.findall(r"--([a-z-]+)", " ".join(options.values())))
            self.assertEqual(set(told) - set(options) - others, set(), page)
            self.assertEqual(others - set(told), set(), page)
            for name, text in options.items():
                default = find_default(text)
                # a plain word or number stands in the man page as well
                if default not in (None, "none") and re.fullmatch(r"[\w.,/:-]+", default):
                    words = re.sub(r"[\"\s]", "", told[name])
                    self.assertIn(default.replace(" ", ""), words, f"{page}: --{name}")

    def test_each_page_names_the_others(self):
        pages = ["vmfc", *(f"vmfc-{name}" for name in TOOLS)]
        for page in pages:
            see = read("data", page + ".1").partition(".SH SEE ALSO")[2].replace("\\-", "-")
            for other in set(pages) - {page}:
                self.assertIn(f".BR {other} (1)", see, page)

    def test_config_file(self):
        keys = dict(re.findall(r"^#?([a-z-]+)=(.*)$", read("data", "vmfc.conf").split("\n[")[1],
                               re.MULTILINE))
        expected = set(self.help) - NOT_IN_CONFIG - ALIASES
        self.assertEqual(set(keys) - ALIASES, expected)
        for name in expected:
            default = find_default(self.help[name])
            if default is not None and re.fullmatch(r"[\w.,/-]+", default) and default not in (
                    "none", "random"):
                self.assertEqual(keys[name], default, name)

    def test_documents_name_real_options(self):
        known = {*self.help}.union(*self.tools.values())
        folder = os.path.join(TOP, "data", "doc")
        for path in ["README.md"] + [os.path.join("data/doc", name) for name in os.listdir(folder)
                                     if name.endswith(".md")]:
            text = read(path)
            for command in re.findall(r"^(?:build/)?vmfc(?: [^\n#|]*)$", text, re.MULTILINE):
                for name in re.findall(r" --([a-z-]+)", command):
                    self.assertIn(name, known, f"{path}: {command}")

    def test_completions(self):
        for shell in ("vmfc", "_vmfc", "vmfc.fish"):
            text = read("data", "completions", shell)
            if shell == "vmfc":
                continue  # it reads --help itself
            for name in {*self.help}.union(*self.tools.values()):
                self.assertRegex(text, rf"(--|-l ){name}\b", shell)


if __name__ == "__main__":
    main()
