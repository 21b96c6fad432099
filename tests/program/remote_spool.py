# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""The spool of the sink remote_write: what waits there, and what becomes of it."""

import glob
import os
import re
import shutil
import signal
import socket
import stat

import receiver as peer
from common import main, needs_mount, wait_until, with_faults
from receiver import Receiver
from remote import KEPT, LOST, SENT, RemoteWriteTest, find_numbers


class Spool(RemoteWriteTest):
    def spool_options(self):
        return {"spool": self.path("spool"), "linger": "0.1"}

    def run_and_kill(self, url, n_records, output, **options):
        process = self.start(*self.arguments(url, duration="0", output=output, **options))
        self.wait_for_file(f"{output}.jsonl")
        self.assertTrue(wait_until(lambda: len(self.read_lines(output)) >= n_records))
        process.send_signal(signal.SIGKILL)
        process.communicate()

    def test_killed(self):
        """Nothing is lost, and nothing that comes twice is an error."""
        options = self.spool_options()
        with Receiver(peer.take, peer.take_and_break, always=peer.say(503)) as receiver:
            self.run_and_kill(receiver.url, 15, "data/first", **options)
            receiver.always = peer.take_and_break
            self.run_and_kill(receiver.url, 10, "data/second", **options)
            receiver.always = peer.take
            said = self.send(receiver.url, **{**options, "linger": "50"})
        self.assertRegex(said, "records of earlier runs wait there and are sent first")
        self.assertNotRegex(said, "lost|refuse")
        n_records = sum(len(self.read_lines(f"data/{name}")) for name in ("first", "second", "run"))
        # killed between the file and the spool, a record is in one of them
        self.assertLessEqual(abs(self.count_records(receiver) - n_records), 2)
        self.assertEqual(os.listdir(self.path("spool")), ["spool"])
        self.assertEqual(stat.S_IMODE(os.stat(self.path("spool")).st_mode), 0o700)

    def test_kept(self):
        options = self.spool_options()
        with Receiver(always=peer.say(503)) as receiver:
            said = self.send(receiver.url, **options)
            records, _ = self.read_run()
            self.assertEqual(find_numbers(KEPT, said)[0], len(records))
            self.assertNotIn("lost", said)
            receiver.always = peer.take
            said = self.send(receiver.url, output="data/next", **{**options, "linger": "50"})
            self.assertEqual(find_numbers(SENT, said)[1], receiver.count())
        expected = self.expect()
        for name, times in self.expect("data/next").items():
            expected.setdefault(name, {}).update(times)
        self.assert_equal(receiver.samples, expected)

    def test_many_runs(self):
        """Each file is open, so short runs share one, whose frames stay in order."""
        options = {**self.spool_options(), "duration": "0.2"}
        expected = {}
        with Receiver(always=peer.say(503)) as receiver:
            for n in range(4):
                self.send(receiver.url, output=f"data/run{n}", **options)
                for name, times in self.expect(f"data/run{n}").items():
                    expected.setdefault(name, {}).update(times)
                self.assertEqual(len(glob.glob(self.path("spool/*.frames"))), 1)
            receiver.always = peer.take
            said = self.send(receiver.url, output="data/last", **{**options, "linger": "50"})
        for name, times in self.expect("data/last").items():
            expected.setdefault(name, {}).update(times)
        self.assertNotRegex(said, "lost|damaged")
        self.assert_equal(receiver.samples, expected)

    def test_never_sent(self):
        """What surely did not arrive in an earlier run, and is refused in this one, is lost: not sent."""
        options = self.spool_options()
        with socket.socket() as reserved:
            reserved.bind(("127.0.0.1", 0))  # nothing listens there
            port = reserved.getsockname()[1]
            said = self.send(f"http://127.0.0.1:{port}/api/v1/write", **options)
        self.assertRegex(said, r"\b0 records \(0 samples\) sent to \S+ in 0 requests, 0.0 KiB")
        n_records = len(self.read_run()[0])
        with Receiver(always=peer.say(429), port=port) as receiver:
            # of what several earlier runs have left as well
            self.send(receiver.url, **options)
            n_records += len(self.read_run()[0])
            receiver.always = peer.say(400, "out of order sample")
            said = self.send(receiver.url, duration="0.3", code=1, **{**options, "linger": "50"})
        n_records += len(self.read_run()[0])
        self.assertEqual(find_numbers(LOST, said)[2], n_records)
        self.assertEqual(find_numbers(SENT, said)[0], 0)

    def test_may_have_arrived(self):
        """What was sent and not answered is not lost when the receiver says that it has it."""
        options = self.spool_options()
        with Receiver(always=peer.take_and_break) as receiver:
            self.send(receiver.url, batch_time="50", **{**options, "linger": "4"})
            n_arrived = self.count_records(receiver)
            self.assertEqual(n_arrived, len(self.read_run()[0]))
            # a trial that did not arrive changes nothing
            receiver.always = peer.say(429)
            self.send(receiver.url, duration="0.3", **options)
            receiver.always = peer.say(400, "out of order sample")
            said = self.send(receiver.url, duration="0.3", output="data/last", code=1,
                             **{**options, "linger": "50"})
        n_lost = len(self.read_run()[0]) + len(self.read_run("data/last")[0])
        self.assertEqual(find_numbers(SENT, said)[0], n_arrived)
        self.assertEqual(find_numbers(LOST, said)[2], n_lost)

    def test_partly_sent(self):
        """The next run begins where this one has ended, within a request as well."""
        options = self.spool_options()
        with Receiver(peer.say(413), peer.take, always=peer.never_answer) as receiver:
            said = self.send(receiver.url, batch_time="50", **{**options, "linger": "4"})
            n_sent, n_kept = find_numbers(SENT, said)[0], find_numbers(KEPT, said)[0]
            self.assertGreater(n_sent, 0)
            self.assertEqual(n_sent + n_kept, len(self.read_run()[0]))
            receiver.always = peer.take
            said = self.send(receiver.url, output="data/next", **{**options, "linger": "50"})
            n_next = len(self.read_run("data/next")[0])
            self.assertEqual(find_numbers(SENT, said)[0], n_kept + n_next)
            self.assertEqual(self.count_records(receiver), n_sent + n_kept + n_next)
        self.assertNotIn("lost", said)

    def test_torn(self):
        """A power cut leaves the end of a file out, or full of zeros."""
        options = self.spool_options()
        for n_cut, more in ((1, b""), (30, bytes(500)), (0, b"FRM1" + bytes(40)), (0, b"FRM1\xff\xff\xff\xff")):
            shutil.rmtree(self.path("spool"), ignore_errors=True)
            with Receiver(always=peer.say(503)) as receiver:
                self.send(receiver.url, **options)
                path, = glob.glob(self.path("spool/*.frames"))
                with open(path, "r+b") as file:
                    file.truncate(os.path.getsize(path) - n_cut)
                    file.seek(0, os.SEEK_END)
                    file.write(more)
                receiver.always = peer.take
                said = self.send(receiver.url, output="data/next", duration="0.2",
                                 **{**options, "linger": "50"})
            self.assertRegex(said, r"spool: \d+ bytes of a file are damaged")
            # the last frame has the stale markers, and no record
            first = {time for times in self.expect().values() for time in times}
            got = {time for times in receiver.samples.values() for time in times}
            self.assertLessEqual(first, got)

    def test_damaged(self):
        """A frame in the middle costs its record alone."""
        options = self.spool_options()
        with Receiver(always=peer.say(503)) as receiver:
            self.send(receiver.url, **options)
            path, = glob.glob(self.path("spool/*.frames"))
            with open(path, "r+b") as file:
                content = file.read()
                frames = [found.start() for found in re.finditer(b"FRM1", content)]
                for n, offset in (2, 30), (5, 17):  # content, and checksum
                    file.seek(frames[n] + offset)
                    file.write(bytes([content[frames[n] + offset] ^ 1]))
            receiver.always = peer.take
            said = self.send(receiver.url, output="data/next", duration="0.2", code=1,
                             **{**options, "linger": "50"})
        self.assertIn(f"spool: {frames[3] - frames[2] + frames[6] - frames[5]} bytes of a file are damaged", said)
        self.assertEqual(find_numbers(LOST, said)[0], 2)
        self.assertEqual(find_numbers(LOST, said)[5], 2)
        times = sorted({time for times in self.expect().values() for time in times})
        del times[5], times[2]
        arrived = {time for times in receiver.samples.values() for time in times}
        self.assertLessEqual(set(times), arrived)
        self.assertEqual(self.count_records(receiver), len(times) + len(self.read_run("data/next")[0]))

    def test_damaged_last(self):
        """A frame that is whole and damaged is counted, also where no other one follows."""
        options = self.spool_options()
        with Receiver(always=peer.say(503)) as receiver:
            self.send(receiver.url, **options)
            path, = glob.glob(self.path("spool/*.frames"))
            with open(path, "r+b") as file:
                content = file.read()
                end = content.rindex(b"FRM1")  # of the stale markers
                file.truncate(end)
                file.seek(end - 1)
                file.write(bytes([content[end - 1] ^ 1]))
            said = self.send(receiver.url, output="data/next", duration="0.2", code=1, **options)
            self.assertEqual(find_numbers(LOST, said)[0], 1)
            self.assertEqual(find_numbers(LOST, said)[5], 1)
            receiver.always = peer.take
            # it is lost once
            said = self.send(receiver.url, output="data/last", duration="0.2", **{**options, "linger": "50"})
        self.assertEqual(find_numbers(LOST, said)[0], 0)
        n_records = sum(len(self.read_run(f"data/{name}")[0]) for name in ("run", "next", "last"))
        self.assertEqual(self.count_records(receiver), n_records - 1)

    def test_refused(self):
        options = {**self.spool_options(), "code": 2}
        url = "http://127.0.0.1:1/write"
        self.send(url, **{**options, "code": 0})
        self.assertIn(f"holds records for {url}, not for http://127.0.0.1:2/write",
                      self.send("http://127.0.0.1:2/write", **options))
        os.chmod(self.path("spool"), 0o750)
        self.assertIn("other users can enter it", self.send(url, **options))
        os.chmod(self.path("spool"), 0o700)
        os.symlink(self.path("spool"), self.path("link"))
        self.assertIn("it is a file or a symbolic link",
                      self.send(url, **{**options, "spool": self.path("link")}))
        self.assertIn("No such file or directory",
                      self.send(url, **{**options, "spool": self.path("none/spool")}))
        with open(self.path("spool/spool"), "w") as file:
            file.write("[other]\n")
        self.assertIn("its file 'spool' is not from vmfc", self.send(url, **options))
        # a power cut, before there was a record
        for text in "", "vmfc-sp", "vmfc-spool/1\nhttp://127.0.0.1:1/wri", bytes(40).decode():
            with open(self.path("spool/spool"), "w") as file:
                file.write(text)
            self.send(url, **{**options, "code": 0})
            with open(self.path("spool/spool")) as file:
                self.assertEqual(file.read(), f"vmfc-spool/1\n{url}\n")

    def test_unreadable(self):
        """vmfc does not know what is in a file that it cannot read: it removes nothing."""
        options = self.spool_options()
        name = self.path("spool/0000000000000001.frames")
        os.mkdir(self.path("spool"), 0o700)
        os.symlink(self.path("elsewhere"), name)
        with Receiver() as receiver:
            said = self.send(receiver.url, code=1, **options)
        self.assertIn(f"option remote_write.spool: {name}: ", said)
        self.assertTrue(os.path.islink(name))

    def read_calls(self):
        with open(self.path("log")) as file:
            return [tuple(line.split()) for line in file]

    def start_logged(self, url, faults="", **options):
        """The calls for the files of the spool are logged: it has the name that faulty-io.c looks for."""
        spool = self.path("vm_features.spool")
        process = self.start(*self.arguments(url, "--format", "none", duration="0", spool=spool, **options),
                             env={**os.environ, **with_faults(faults), "FAULTS_LOG": self.path("log")})
        self.assertTrue(wait_until(lambda: glob.glob(spool + "/*.frames") and os.path.exists(self.path("log"))))
        return process, str(os.stat(glob.glob(spool + "/*.frames")[0]).st_ino), str(os.stat(spool).st_ino)

    def test_synced(self):
        """While nobody answers, what waits survives a power cut, with its name."""
        process, file, folder = self.start_logged("http://127.0.0.1:1/", fsync="0.1")

        def is_synced():
            calls = self.read_calls()
            n_written = [n for n, call in enumerate(calls) if call == ("pwritev", file)]
            n_synced = [n for n, call in enumerate(calls) if call == ("fdatasync", file)]
            # more than once, and not after each record
            return len(n_synced) > 2 and ("fsync", folder) in calls[n_synced[0]:] and \
                n_written[0] < n_synced[0] < n_written[-1]
        self.assertTrue(wait_until(is_synced), self.read_calls())
        process.kill()
        process.communicate()

    def test_synced_mark(self):
        """What is sent is marked as such on the disk before."""
        seen = []

        def look(handler, receiver, body):
            seen.append(self.read_calls())
            peer.take(handler, receiver, body)
        with Receiver(always=look) as receiver:
            process, file, folder = self.start_logged(receiver.url)
            self.assertTrue(wait_until(lambda: len(seen) > 2))
            process.terminate()
            process.communicate()
        for calls in seen:
            marks = [n for n, call in enumerate(calls) if call == ("pwrite", file)]
            self.assertIn(("fdatasync", file), calls[marks[-1]:])

    def test_synced_at_end_only(self):
        process, file, folder = self.start_logged("http://127.0.0.1:1/", fsync="0", linger="0.1")
        self.assertTrue(wait_until(lambda: self.read_calls().count(("pwritev", file)) > 15))
        self.assertNotIn(("fdatasync", file), self.read_calls())
        process.terminate()
        process.communicate()
        calls = self.read_calls()
        self.assertEqual(calls[-2:], [("fdatasync", file), ("fsync", folder)], calls)

    def test_sync_fails(self):
        """It is said once, and the run goes on."""
        process, file, _ = self.start_logged("http://127.0.0.1:1/", "fdatasync,5,1,1000000", fsync="0.1",
                                             linger="0.1")
        self.assertTrue(wait_until(lambda: self.read_calls().count(("pwritev", file)) > 15))
        process.terminate()
        said = process.communicate()[1]
        self.assertEqual(process.returncode, 0, said)
        self.assertEqual(said.count("vm_features.spool cannot be synced to the disk: Input/output error; "
                                    "a power cut may lose the last records"), 1, said)

    def test_full(self):
        """The newest records are kept: the oldest file is dropped, and its records are counted."""
        label = "".join(map(chr, range(0x4e00, 0x5d00)))  # it fills the spool soon
        options = {"spool": self.path("spool"), "spool_size": "1", "labels": f"long={label}"}
        with Receiver(always=peer.say(503)) as receiver:
            said = self.send(receiver.url, duration="2.5", linger="0.1", code=1, **options)
            self.assertIn("more than 1 MiB wait for", said)
            self.assertIn("--set remote_write.spool_size=MIB keeps more", said)
            n_lost, n_kept = find_numbers(LOST, said)[0], find_numbers(KEPT, said)[0]
            self.assertGreater(find_numbers(LOST, said)[3], 0)
            # of what was being sent when it was dropped, nobody knows
            records, _ = self.read_run()
            self.assertEqual(n_lost + n_kept, len(records))
            size = sum(entry.stat().st_size for entry in os.scandir(self.path("spool")))
            self.assertLess(size, 1 << 20)
            receiver.always = peer.take
            self.send(receiver.url, output="data/next", spool=self.path("spool"), linger="50")
        arrived = {time for times in receiver.samples.values() for time in times}
        times = sorted({time for times in self.expect().values() for time in times})
        self.assertEqual(sorted(arrived & set(times)), times[n_lost:])

    def test_full_for_frames(self):
        """Where a file can be made and takes no frame, no files pile up."""
        with Receiver() as receiver:
            process, _, _ = self.start_logged(receiver.url, "pwritev,28,1,1000000", batch_time="0")
            self.assertTrue(wait_until(lambda: len(receiver.samples) and self.count_records(receiver) > 15))
            self.assertLess(len(glob.glob(self.path("vm_features.spool/*.frames"))), 3)
            process.terminate()
            said = process.communicate()[1]
        self.assertEqual(process.returncode, 0, said)
        self.assertIn("No space left on device; records that it cannot store wait in memory", said)

    @needs_mount
    def test_full_disk(self):
        """What does not fit waits in memory, and is sent after what does."""
        os.mkdir(self.path("small"), 0o700)
        script = 'mount -t tmpfs -o size=16k,mode=700 none "$0" && exec "$@"'
        options = {"spool": self.path("small"), "duration": "2", "linger": "50"}
        with Receiver(peer.say(503), peer.say(429, Retry_After="3")) as receiver:
            said = self.vmfc(*self.arguments(receiver.url, **options),
                             prefix=("unshare", "--mount", "sh", "-c", script,
                                     self.path("small"))).stderr
        self.assertIn("No space left on device; records that it cannot store wait in memory", said)
        self.assert_equal(receiver.samples, self.expect())
        self.assertEqual(find_numbers(SENT, said)[1], receiver.count())

    def test_locked(self):
        options = self.spool_options()
        with Receiver() as receiver:
            process = self.start(*self.arguments(receiver.url, duration="0", output="data/first",
                                                 **options))
            self.wait_for_file("data/first.jsonl")
            self.assertIn("another vmfc uses it", self.send(receiver.url, code=2, **options))
            process.terminate()
            process.communicate()


if __name__ == "__main__":
    main()
