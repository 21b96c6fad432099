#!/usr/bin/env python3
# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""Whether the documents name only what exists.

    links.py FOLDER

Looks at each relative link, with its section, and at each path in backticks or in a block of code
that begins with a folder of the top. A word in capitals in a path stands for any name. Prints what
does not exist and ends with 1.
"""

import glob
import os
import re
import sys

DOCUMENTS = ("*.md", "data/doc/*.md", "data/template/*.md", "data/packaging/*/*.md", "plugins/*/README.md",
             "tests/*/README.md")
LINK = re.compile(r"(?<!!)\[[^][]*\]\(([^()\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
PATH = re.compile(r"(?<![\w./$}-])(?:core|data|include|plugins|tests)/[\w./<>*-]*")
# what the reader's own runs write
WRITTEN = re.compile(r"data/(vm_features|training|vm|power|run|hello)\.")
PLACEHOLDER = re.compile(r"<\w+>|\b[A-Z]{2,}\b")


def slug(title):
    """The name of a section, as GitHub makes it."""
    text = re.sub(r"[`*]|\]\([^)]*\)|\[", "", title).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def sections(path):
    with open(path) as file:
        text = FENCE.sub("", file.read())
    return {slug(title) for title in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}


def exists(path):
    """path may hold placeholders and *, which stand for any name; README is a document's name."""
    pattern = "/".join(part if os.path.exists(part) or part.startswith("README")
                       else PLACEHOLDER.sub("*", part) for part in path.split("/"))
    return bool(glob.glob(pattern))


def check_link(document, target):
    if re.match(r"[a-z]+:", target):
        return None
    name, _, section = target.partition("#")
    path = os.path.normpath(os.path.join(os.path.dirname(document), name)) if name else document
    if not os.path.exists(path):
        return "%s: the link to %s leads to nothing" % (document, target)
    if section and section not in sections(path):
        return "%s: the link to %s names a section that does not exist" % (document, target)
    return None


def check_path(document, path):
    path = path.rstrip(".")
    if WRITTEN.match(path) or exists(path):
        return None
    return "%s: %s does not exist" % (document, path)


def check(document):
    with open(document) as file:
        text = file.read()
    found = [check_link(document, target) for target in LINK.findall(FENCE.sub("", text))]
    for code in CODE.findall(text):
        found += [check_path(document, path) for path in PATH.findall(code)]
    return [sentence for sentence in found if sentence]


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: links.py FOLDER")
    os.chdir(sys.argv[1])
    documents = sorted(path for pattern in DOCUMENTS for path in glob.glob(pattern))
    wrong = [sentence for document in documents for sentence in check(document)]
    for sentence in wrong:
        print(sentence)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
