# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""The power fails while vmfc writes to a disk: what is there after the next boot.

A guest is killed at random moments (VMFC_GUEST_CUTS times); and, for every moment that there could have been, a
log of all that a guest wrote to its disk is played up to there (of VMFC_GUEST_RECORDS records). VMFC_GUEST_SEED
repeats a run.
"""

import csv
import io
import json
import os
import random
import re
import shutil
import struct
import subprocess
import tarfile
import tempfile
import time

import guest
import image
from common import DiskTest, main

CUTS = int(os.environ.get("VMFC_GUEST_CUTS", "1"))
SEED = int(os.environ.get("VMFC_GUEST_SEED", str(random.randrange(1 << 30))))
SYNC = 1.0  # vmfc's --fsync: what is older is on the disk
FLUSH, DISCARD = 1, 4
SYNCING = 0.5  # how long that takes at most, in an emulated machine
STANDSTILL = 2.0  # how long that machine stands still at most where others use this one

WRITE = """
mount -t ext4 /dev/vdc /disk
tar -cf /dev/vdb -C /disk .
sync
echo checked >/dev/console
vmfc --plugins perf,proc --interval {interval} --duration {duration} --format json,jsonl,csv \\
	--output /disk/run{number}.json >/dev/null 2>&1 &
# tells what a reader has seen by now
while sleep 0.1; do
	seen=$(tail -n 1 /disk/run{number}.csv | cut -d, -f1)
	case $seen in 1*) echo "seen $seen." >/dev/console ;; esac
	[ -d /proc/$! ] && [ -e /proc/$!/exe ] || break
done
"""


N_RECORDS = int(os.environ.get("VMFC_GUEST_RECORDS", "15"))  # of the run whose writes are logged


def read_run(read, torn=False):
    """The times of the records in a run's three files, after comparing these.

    read: gives the bytes of the file with an extension
    torn: whether the last record of the array may have been torn; then the array is not looked at
    """
    # of a table a last line without its line feed is no record
    lines, text = (whole[:whole.rfind("\n") + 1] for whole in
                   (read(extension).decode() for extension in (".jsonl", ".csv")))
    lines = [json.loads(line) for line in lines.split("\n")[:-1]]
    rows = [row for row in csv.DictReader(io.StringIO(text, newline=""))]
    for row in rows:
        assert None not in row and None not in row.values(), row
    records = lines if torn else json.loads(read(".json"))
    shortest = min(map(len, (records, lines, rows)))
    assert records[:shortest] == lines[:shortest]
    assert [float(row["timestamp"]) for row in rows][:shortest] == \
        [record["timestamp"] for record in records][:shortest]
    return [[float(record["timestamp"]) for record in some] for some in (records, lines, rows)]


def read_log(file):
    """The log of QEMU's blklogwrites: (offset, data) for each write, None for each flush.

    The format is that of dm-log-writes, Documentation/admin-guide/device-mapper/log-writes.rst.
    """
    magic, _, n_entries, sector_size = struct.unpack("<QQQI", file.read(28))
    assert magic == 0x6A736677736872
    position = sector_size
    for _ in range(n_entries):
        file.seek(position)
        sector, n_sectors, flags, _ = struct.unpack("<QQQQ", file.read(32))
        position += sector_size
        discarded = flags & DISCARD
        file.seek(position)
        data = b"" if discarded else file.read(n_sectors * sector_size)
        position += len(data)
        if data:
            yield sector * sector_size, data
        if flags & FLUSH:
            yield None


def play(writes, path):
    with open(path, "r+b") as disk:
        for offset, data in writes:
            disk.seek(offset)
            disk.write(data)


def torn_sectors(write, chance):
    """Some sectors of a write, of 512 bytes, which alone a disk writes whole or not at all.

    Only of texts: what ext4 writes for itself it takes for granted that it is written whole.
    """
    offset, data = write
    if min(data[:64]) < ord("\t") or max(data[:64]) > ord("~"):
        return [write]
    return [(offset + at, data[at:at + 512]) for at in range(0, len(data), 512)
            if chance.random() < 0.5]


class PowerCut(DiskTest):
    def check(self, read, seen, interval):
        for times in read_run(read):
            self.assertTrue(times, "no record")
            self.assertGreater(times[-1], seen - SYNC - SYNCING - STANDSTILL - interval)
            longest = max(after - before for before, after in zip([times[0], *times], times))
            self.assertLess(longest, 20 * interval + STANDSTILL)
            with self.timing():
                self.assertGreater(times[-1], seen - SYNC - SYNCING - interval)
                self.assertLess(longest, 20 * interval + 0.5)

    def test_guest_is_killed(self):
        chance = random.Random(SEED)
        print(f"\nVMFC_GUEST_SEED={SEED}")
        interval, seen = None, None
        for number in range(CUTS + 1):
            before, interval = interval, chance.choice([1.0, 0.2, 0.05])
            script = WRITE.format(interval=interval, duration=0, number=number)
            with guest.Guest(self.image, script, disk=self.disk, icount=None) as machine:
                machine.wait_for("checked")
                if number > 0:
                    with tarfile.open(machine.result) as archive:
                        self.check(lambda extension, run=number - 1, archive=archive:
                                   archive.extractfile(f"./run{run}{extension}").read(),
                                   seen, before)
                if number == CUTS:
                    return
                machine.wait_for(r"seen 1\d*\.\d+\.")
                time.sleep(chance.uniform(1, 5))
                machine.kill()
                seen = float(re.findall(r"seen ([\d.]+)\.\s", machine.read_console())[-1])
                print(f"cut {number}: interval {interval} s, a record of {seen} was seen")

    def log_writes(self, interval, seconds):
        """Lets a guest write, and returns what reached its disk: a list of flushes and writes."""
        log = os.path.join(self.folder, "log")
        self.disk_before = os.path.join(self.folder, "before")
        shutil.copy(self.disk, self.disk_before)
        script = WRITE.format(interval=interval, duration=seconds, number=0) + "umount /disk\n"
        with guest.Guest(self.image, script, disk=self.disk, log=log, icount=None) as machine:
            machine.finish()
        with open(log, "rb") as file:
            return list(read_log(file))

    def count_records(self, path, when, torn=False):
        """Boots, as it were: the journal is played back, and the files are read and compared.

        Returns: the number of records in the file that has the fewest; 0 before the run
        """
        run = subprocess.run(["e2fsck", "-fy", path], text=True, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT)
        self.assertLess(run.returncode, 4, run.stdout)

        def read(extension):
            return subprocess.run(["debugfs", "-R", f"cat /run0{extension}", path], check=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        if not read(".csv"):
            return 0
        try:
            return min(map(len, read_run(read, torn)))
        except (AssertionError, ValueError) as error:
            with tempfile.NamedTemporaryFile(prefix="vmfc-power-cut-", delete=False) as kept:
                shutil.copy(path, kept.name)
            raise AssertionError(f"{when}: {error}; the disk is kept: {kept.name}") from error

    def test_every_moment(self):
        """The power fails after each write, until the last record is on the disk; and any of those that
        were not flushed are missing; and of the last one only some sectors were written."""
        chance = random.Random(SEED)
        flushed, trial = (os.path.join(self.folder, name) for name in ("flushed", "trial"))
        entries = self.log_writes(0.2, 0.2 * N_RECORDS)
        n_records, n_flushed, n_cuts, unflushed = 0, 0, 0, []
        n_written = self.count_records(self.disk, "at the end")  # fewer where the machine stood still
        self.assertGreater(n_written, N_RECORDS / 3)
        shutil.copy(self.disk_before, flushed)
        for number, write in enumerate(entries):
            if write is None:
                play(unflushed, flushed)
                unflushed.clear()
                n_flushed = n_records
                continue
            unflushed.append(write)
            ways = {"in order": list(unflushed),
                    "some missing": [one for one in unflushed if chance.random() < 0.5],
                    "torn": unflushed[:-1] + torn_sectors(write, chance)}
            for way, writes in ways.items():
                shutil.copy(flushed, trial)
                play(writes, trial)
                n_read = self.count_records(trial, f"after write {number}, {way}", way == "torn")
                n_cuts += n_read > 0
                self.assertGreaterEqual(n_read, n_flushed, f"after write {number}, {way}")
                if way == "in order":
                    self.assertGreaterEqual(n_read, n_records)
                    n_records = n_read
            if n_records == n_written:
                break
        print(f"\n{n_cuts} cuts in {len(entries)} writes and flushes, {n_records} records at last")
        self.assertEqual(n_records, n_written)
        self.assertGreater(n_cuts, n_written)


if __name__ == "__main__":
    main()
