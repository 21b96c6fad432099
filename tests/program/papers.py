# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""Help, man page, example config file, README and completions tell of the same options and defaults."""

import os
import re

from common import ProgramTest, main

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
# options without a key in the config file, because they make no sense there
NOT_IN_CONFIG = {"set", "config", "list-plugins", "list-features", "list-workloads", "check", "version",
                 "help"}
# of plugins: the config file has them in the groups of the plugins
ALIASES = {"kepler-url", "model", "vm-names", "vm-pattern"}
# each program has them; the man page says it once
COMMON = {"help", "verbose"}
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
        self.merge_help = parse_help(self.vmfc("merge", "--help").stdout)
        self.train_help = parse_help(self.vmfc("train", "--help").stdout)
        self.report_help = parse_help(self.vmfc("report", "--help").stdout)
        self.assertGreater(len(self.help), 25)
        self.assertGreater(len(self.merge_help), 12)
        self.assertGreater(len(self.train_help), 12)
        self.assertGreater(len(self.report_help), 5)
        self.man = parse_man(read("data", "vmfc.1"))

    def test_help_is_narrow(self):
        for arguments in (("--help",), ("merge", "--help"), ("train", "--help"),
                          ("report", "--help")):
            for line in self.vmfc(*arguments).stdout.splitlines():
                self.assertLessEqual(len(line), 100, line)

    def test_man_page(self):
        for section, options in (("OPTIONS", self.help), ("MERGING", self.merge_help),
                                 ("TRAINING", self.train_help), ("REPORTING", self.report_help)):
            told = self.man[section]
            self.assertEqual(set(options) - set(told) - COMMON, set(), section)
            # other names of an option stand in its description
            others = set(re.findall(r"--([a-z-]+)", " ".join(options.values())))
            self.assertEqual(set(told) - set(options) - others, set(), section)
            self.assertEqual(others - set(told), set(), section)
            for name, text in options.items():
                default = find_default(text) if name in told else None
                # a plain word or number stands in the man page as well
                if default not in (None, "none") and re.fullmatch(r"[\w.,/:-]+", default):
                    words = re.sub(r"[\"\s]", "", told[name])
                    self.assertIn(default.replace(" ", ""), words, f"{section}: --{name}")

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
        known = {*self.help, *self.merge_help, *self.train_help, *self.report_help}
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
            for name in {*self.help, *self.merge_help, *self.train_help, *self.report_help}:
                self.assertRegex(text, rf"(--|-l ){name}\b", shell)


if __name__ == "__main__":
    main()
