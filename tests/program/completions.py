# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What the shells offer: the same names in each, also after a comma, and at once."""

import os
import re
import shutil
import subprocess

from common import VMFC, ProgramTest, main

FOLDER = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../data/completions"))
# asks zsh as its user does, on a terminal of its own, and prints what it lists
ZSH = r"""
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "PS1=; fpath=($1 \$fpath); autoload -U compinit; compinit -u -D; compdef _vmfc vmfc"
zpty -w z 'LISTMAX=1000; zstyle ":completion:*" list-colors ""'
zpty -w z 'ask() { zle list-choices; zle -R; zle -I; print LIST""ED }; zle -N ask; bindkey "^I" ask; print READY'
zpty -r z line '*READY*READY*'
zpty -w -n z "$2"$'\t'
# a key before the list is shown would spare zsh the list
zpty -r z shown '*LISTED*'
print -r -- "$shown"
zpty -d z
"""


class Completions(ProgramTest):
    def setUp(self):
        super().setUp()
        os.symlink(VMFC, self.path("vmfc"))
        os.symlink("/bin/true", self.path("vmfc-hello"))
        self.environment = {**os.environ, "PATH": self.folder + ":" + os.environ["PATH"],
                            "HOME": self.folder, "TERM": "dumb", "COLUMNS": "200"}

    def run_shell(self, *command):
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              env=self.environment, timeout=60, check=False).stdout

    def bash(self, line):
        script = (f'source {FOLDER}/vmfc; COMP_WORDS=({line.replace("=", " = ")}x); '
                  'COMP_WORDS[-1]=${COMP_WORDS[-1]%x}; COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); '
                  'compopt() { :; }; _vmfc vmfc "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        return self.run_shell("bash", "-c", script).split()

    def fish(self, line):
        if shutil.which("fish") is None:
            self.skipTest("fish is not installed")
        shown = self.run_shell("fish", "-c", f"source {FOLDER}/vmfc.fish; complete -C '{line}'")
        return [offer.split("\t")[0] for offer in shown.split("\n")]

    def zsh(self, line):
        if shutil.which("zsh") is None:
            self.skipTest("zsh is not installed")
        shown = self.run_shell("zsh", "-fc", ZSH, "zsh", FOLDER, line)
        return re.sub(r"\x1b\[[?0-9;]*[a-zA-Z]", " ", shown).split()

    def check(self, shell, after_comma):
        """after_comma: what the shell puts before a name there"""
        for line, expected, unexpected in (
                ("vmfc -p ", ("perf", "cpu", "kepler", "proc", "host", "prometheus"),
                 ("json", "stress_ng")),
                ("vmfc -f ", ("json", "jsonl", "csv", "none"), ("cpu", "prometheus")),
                ("vmfc -w ", ("idle", "load", "cpu_cycling"), ("json",))):
            offers = shell(line)
            for name in expected:
                self.assertIn(name, offers, line)
            for name in unexpected:
                self.assertNotIn(name, offers, line)
        for line, name in (("vmfc -p perf,", "proc"), ("vmfc -f json,", "csv"),
                           ("vmfc -w idle:5,", "load"), ("vmfc -w idle,", "cpu_cycling")):
            before = line.split()[-1] if after_comma else ""
            self.assertIn(before + name, shell(line), line)
        offers = shell("vmfc ")
        self.assertIn("merge", offers)
        self.assertIn("train", offers)
        self.assertIn("report", offers)
        # tools of others, which root's vmfc does not run
        self.assertEqual("hello" in offers, os.geteuid() != 0, offers)
        self.assertIn("--max-lag", shell("vmfc merge --max-"))
        self.assertIn("--max-rows", shell("vmfc train --max-"))
        self.assertIn("average", shell("vmfc train --families "))

    def test_bash(self):
        self.check(self.bash, True)
        self.assertIn("--rotate-keep", self.bash("vmfc --rot"))

    def test_fish(self):
        self.check(self.fish, True)

    def test_zsh(self):
        self.check(self.zsh, False)

    def test_names_start_nothing(self):
        """What a key press waits for starts no other program; the full list does."""
        program, mark = self.path("stress"), self.path("was-run")
        with open(program, "w") as file:
            file.write(f"#!/bin/sh\ntouch {mark}\n")
        os.chmod(program, 0o755)
        self.vmfc("--list-workloads=names", "--set", f"stress_ng.program={program}")
        self.assertFalse(os.path.exists(mark))
        self.vmfc("--list-workloads", "--set", f"stress_ng.program={program}")
        self.assertTrue(os.path.exists(mark))

    def test_names(self):
        names = self.vmfc("--list-workloads=names").stdout.split()
        listed = self.vmfc("--list-workloads").stdout
        self.assertEqual(names, [line.split(":")[0] for line in listed.split("\n")
                                 if line and line[0] != " "])
        plugins = [line.split(" ") for line in
                   self.vmfc("--list-plugins=names").stdout.split("\n")[:-1]]
        self.assertIn(["cpu", "sampler", "proc"], plugins)
        self.assertIn(["json", "sink", ".json"], plugins)
        self.assertIn(["prometheus", "sink"], plugins)
        self.assertIn(["perf", "sampler"], plugins)
        done = self.vmfc("--list-plugins=all", code=2)
        self.assertIn("--list-plugins is 'all', but must be 'names'", done.stderr)


if __name__ == "__main__":
    main()
