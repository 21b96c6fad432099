# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""Checks tests/archive.py, and that the archives which the build unpacks are as it writes them.

    archive_test.py ARCHIVE...
"""

import os
import pathlib
import sys
import tempfile
import unittest

from archive import COMMENT, ArchiveError, pack, unpack

HERE = pathlib.Path(__file__).resolve().parent
FILES = {
    "empty": b"",
    "line-feed": b"\n",
    "line-feeds": b"\n\n\nlast\n\n",
    "no-line-feed": b"first\nlast",
    "bytes": bytes(range(256)),
    "carriage-returns": b"a\r\nb\rc\r",
    "blanks": b" a \n  \n b  ",
    "backslashes": b"\\\n\\\\\n\\n\\x41\n\\",
    "like-a-path": b"-- a --\n-- a -> b --\n-- a/ --\n--  --\n-- a --",
    "utf-8": "Größe\n\u2028\x85".encode(),
    "folder/folder/file": b"1 2\t3\n",
    "with blank -> arrow": b"x",
    "-- name --": b"x",
    "\\n": b"x",
    "long": b"x" * 100000,
}
LINKS = {"dangling": "../not here", "to-folder": "folder", "folder/up": "../empty", "loop": "loop"}


def tree(top):
    """What is in a folder: by path the bytes of a file, the target of a link, None for a folder."""
    found = {}
    for folder, folders, files in os.walk(top):
        for path in [pathlib.Path(folder, name) for name in folders + files]:
            name = str(path.relative_to(top))
            if path.is_symlink():
                found[name] = os.readlink(path)
            else:
                found[name] = None if path.is_dir() else path.read_bytes()
    return found


class Archive(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def repack(self, archive):
        folder = self.folder / str(len(list(self.folder.iterdir())))
        unpack(archive, folder)
        return pack(folder)

    def test_folder_returns(self):
        before, after = self.folder / "before", self.folder / "after"
        for name, data in FILES.items():
            (before / name).parent.mkdir(parents=True, exist_ok=True)
            (before / name).write_bytes(data)
        for name, target in LINKS.items():
            (before / name).symlink_to(target)
        (before / "empty-folder/empty").mkdir(parents=True)
        archive = pack(before)
        self.assertTrue(archive.isascii())
        unpack(archive, after)
        self.assertEqual(tree(after), tree(before))
        self.assertEqual(pack(after), archive)

    def test_empty(self):
        self.assertEqual(self.repack(COMMENT), COMMENT)

    def test_written_by_hand(self):
        self.assertEqual(self.repack(b"-- b --\na\tb \n\xe9\n-- a a -> b b --\n"),
                         COMMENT + b"-- a\\x20a -> b\\x20b --\n-- b --\na\\tb\\x20\n\\xe9\n")

    def test_invalid(self):
        for number, (archive, reason) in enumerate((
                (b"-- ../a --\n", "leads out"), (b"-- a/../../a --\n", "leads out"),
                (b"-- /a --\n", "leads out"), (b"-- a/ --\nx\n", "only a file has lines"),
                (b"-- a -> b --\nx\n", "only a file has lines"), (b"-- a --\n\\u1234\n", "encode"),
                (b"-- a --\n\\x4\n", "escape"), (b"-- a --\n-- a --\n", "exists"))):
            with self.subTest(archive), self.assertRaisesRegex(ArchiveError, reason):
                unpack(archive, self.folder / str(number))

    def test_neither_file_nor_link(self):
        os.mkfifo(self.folder / "pipe")
        with self.assertRaisesRegex(ArchiveError, "pipe: an archive holds"):
            pack(self.folder)

    def test_archives_are_as_packed(self):
        for path in sys.argv[1:]:
            with self.subTest(path):
                kept = pathlib.Path(path).read_bytes()
                if self.repack(kept) != kept:
                    self.fail(f"{path} is not as tests/archive.py writes it: unpack it and pack it")

    def test_archives_are_unpacked(self):
        paths = [*HERE.glob("fixtures/**/*.txt"), *HERE.glob("fuzz/corpus/*.txt"),
                 *HERE.glob("golden/*.txt"), *HERE.glob("formats/*.txt")]
        self.assertEqual(sorted(map(str, paths)),
                         sorted(str(pathlib.Path(path).resolve()) for path in sys.argv[1:]),
                         "the list in tests/meson.build or tests/fuzz/meson.build differs")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
