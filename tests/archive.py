#!/usr/bin/env python3
# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""Keeps a folder of many small files as one text, which Git can compare and a human can edit.

    archive.py pack FOLDER... INTO       writes INTO/NAME.txt for each folder NAME
    archive.py unpack ARCHIVE... INTO    writes the folder INTO/NAME for each archive NAME.txt

The build unpacks with --stamp FILE: then INTO holds these folders only, and FILE is written last.

The format is Go's txtar with three additions: links, empty folders, and escapes for bytes that
are not text.

    -- proc/loadavg --                   a file; its lines follow
    0.08 0.03 0.01 1/312 4711
    -- sys/block/sda -> ../sda --        a symbolic link
    -- sys/block/sda/slaves/ --          an empty folder

Lines before the first path are a comment. Backslashes, tabs and bytes that are not printable ASCII
are escaped as in Python and C: \\\\ \\t \\r \\xe9. So are a blank at the end of a line, blanks in
paths, and the first byte of a line that looks like one with a path. A backslash at the end of a
line says that the line has no line feed. Modes and times are not kept, as in Git.
"""

import argparse
import os
import pathlib
import re
import shutil
import sys
from collections.abc import Iterator

COMMENT = (b"# SPDX-License-Identifier: Apache-2.0\n"
           b"# tests/archive.py packs and unpacks this file.\n")
PATH_LINE = re.compile(rb"-- (.*?)(?: -> (.*))? --\n")


class ArchiveError(Exception):
    pass


def escape(data: bytes) -> bytes:
    return data.decode("latin-1").encode("unicode_escape")


def unescape(text: bytes) -> bytes:
    """Also removes a line feed after a backslash."""
    return text.decode("unicode_escape").encode("latin-1")


def escape_path(path: bytes) -> bytes:
    return escape(path).replace(b" ", rb"\x20")


def escape_line(line: bytes) -> bytes:
    """line: with its line feed, which only the last line of a file can lack."""
    text = escape(line.removesuffix(b"\n"))
    text = re.sub(rb" $", rb"\\x20", text)
    text += b"\n" if line.endswith(b"\n") else b"\\\n"
    return rb"\x2d" + text[1:] if PATH_LINE.fullmatch(text) else text


def entries_of(folder: bytes, prefix: bytes = b"") -> Iterator[bytes]:
    """The text of all that is in a folder, in the order of the names."""
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        path = prefix + escape_path(entry.name)
        if entry.is_symlink():
            yield b"-- %s -> %s --\n" % (path, escape_path(os.readlink(entry.path)))
        elif entry.is_dir():
            yield from list(entries_of(entry.path, path + b"/")) or [b"-- %s/ --\n" % path]
        elif entry.is_file():
            with open(entry.path, "rb") as file:
                yield b"-- %s --\n" % path + b"".join(map(escape_line, file))
        else:
            raise ArchiveError(f"{os.fsdecode(entry.path)}: an archive holds files, folders and "
                               "links only; remove it")


def pack(folder: pathlib.Path) -> bytes:
    return COMMENT + b"".join(entries_of(os.fsencode(folder)))


def write_entry(top: bytes, path: bytes, target: bytes | None, lines: list[bytes]) -> None:
    if path.startswith(b"/") or b".." in path.split(b"/"):
        raise ArchiveError("the path leads out of the folder")
    if lines and (target is not None or path.endswith(b"/")):
        raise ArchiveError("only a file has lines")
    full = os.path.join(top, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    if target is not None:
        os.symlink(unescape(target), full)
    elif not path.endswith(b"/"):
        with open(full, "xb") as file:
            file.writelines(map(unescape, lines))


def unpack(archive: bytes, folder: pathlib.Path) -> None:
    top = os.fsencode(folder)
    os.makedirs(top)
    # what is before the first path, then path, target and lines of each entry
    _comment, *parts = re.split(b"^" + PATH_LINE.pattern, archive, flags=re.MULTILINE)
    for path, target, text in zip(parts[0::3], parts[1::3], parts[2::3]):
        try:
            write_entry(top, unescape(path), target, text.splitlines(True))
        except (ArchiveError, OSError, UnicodeError) as error:
            raise ArchiveError(f"{path.decode()}: {error}") from error


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stamp", type=pathlib.Path, metavar="FILE")
    parser.add_argument("command", choices=("pack", "unpack"))
    parser.add_argument("sources", type=pathlib.Path, nargs="+", metavar="FOLDER|ARCHIVE")
    parser.add_argument("into", type=pathlib.Path, metavar="INTO")
    options = parser.parse_args()
    if options.stamp:
        shutil.rmtree(options.into, ignore_errors=True)
    for source in options.sources:
        try:
            if options.command == "pack":
                (options.into / (source.name + ".txt")).write_bytes(pack(source))
            else:
                folder = options.into / source.stem
                shutil.rmtree(folder, ignore_errors=True)
                unpack(source.read_bytes(), folder)
        except (ArchiveError, OSError) as error:
            print(f"{source}: {error}", file=sys.stderr)
            return 1
    if options.stamp:
        options.stamp.touch()
    return 0


if __name__ == "__main__":
    sys.exit(main())
