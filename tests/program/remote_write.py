# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""The sink remote_write as its user meets it: what arrives, and what is counted where it does not."""

import glob
import json
import math
import os
import socket
import urllib.parse

import receiver as peer
from common import main, wait_until
from engines import Prometheus, VictoriaMetrics, needs_prometheus, needs_victoria
from receiver import Receiver
from remote import LOST, SENT, RemoteWriteTest, find_numbers

# for how long three machines send to the real engines, at ten records a second; at two if it is long
SECONDS = int(os.environ.get("VMFC_REMOTE_SECONDS", "2"))


class Messages(RemoteWriteTest):
    def test_all_arrives(self):
        with Receiver() as receiver:
            said = self.send(receiver.url, plugins="perf,proc,estimates",
                             labels="rack=r 1,instance=vm-7")
        self.assert_equal(receiver.samples, self.expect())
        records, _ = self.read_run()
        self.assertEqual(find_numbers(SENT, said)[:2], (len(records), receiver.count()))
        self.assertNotIn("lost", said)
        for labels in receiver.samples:
            labels = dict(labels)
            self.assertEqual((labels["job"], labels["instance"], labels["rack"]),
                             ("vmfc", "vm-7", "r 1"))
            self.assertEqual(labels.keys() - {"job", "instance", "rack", "vm_id"},
                             {"__name__"} | labels.keys() & {"zone", "version", "run", "model",
                                                             "hostname", "workload", "phase"})

    def test_request(self):
        with open(self.path("token"), "w") as file:
            file.write("open-sesame\n")
        with Receiver() as receiver:
            said = self.send(receiver.url, token_file=self.path("token"))
        self.assertNotIn("without encryption", said)  # no network has this machine's loopback
        n_bytes = sum(int(headers["Content-Length"]) for headers in receiver.headers)
        self.assertIn(f" in {len(receiver.headers)} requests, {n_bytes / 1024:.1f} KiB", said)
        self.assertGreaterEqual(len(receiver.headers), 3)
        for headers in receiver.headers:
            self.assertEqual(headers["Content-Type"], "application/x-protobuf")
            self.assertEqual(headers["Content-Encoding"], "snappy")
            self.assertEqual(headers["X-Prometheus-Remote-Write-Version"], "0.1.0")
            self.assertEqual(headers["Authorization"], "Bearer open-sesame")
            self.assertRegex(headers["User-Agent"], r"^vmfc/\d")

    def test_secrets(self):
        """Passwords, and keys in queries, are sent, and shown nowhere."""
        with Receiver() as receiver:
            url = receiver.url.replace("//", "//user:s%40e@") + "?key=secret"
            said = self.send(url, "--verbose", duration="0.3", spool=self.path("spool"))
        self.assertEqual(receiver.headers[0]["Authorization"], "Basic dXNlcjpzQGU=")
        self.assertEqual(receiver.paths[0], "/api/v1/write?key=secret")
        self.assertIn(f"sent to {receiver.url} in", said)
        for name in ("data/run.meta.json", "spool/spool"):
            with open(self.path(name)) as file:
                said += file.read()
        for labels in receiver.samples:
            said += str(labels)
        for bad in "http://u:s%40e@h:a/?key=secret", "htp://h/?key=s%40e", "http://h:a/?a=@secret":
            said += self.send(bad, code=2)
        self.assertNotRegex(said, "s%40e|secret")
        # another query or user can be another tenant
        for old, new in ("key=", "key=other"), ("user", "user2"):
            said = self.send(url.replace(old, new), spool=self.path("spool"), code=2)
            self.assertRegex(said, f"holds records for {receiver.url} with user [0-9a-f]+ with query [0-9a-f]+, not")
            self.assertNotIn("secret", said)

    def test_series_end(self):
        """Each series that had a value gets a stale marker after its last one, and a changed info as well."""
        with Receiver() as receiver:
            self.send(receiver.url, plugins="cpu,estimates")
        for labels, times in receiver.samples.items():
            self.assertGreater(max(receiver.stale[labels]), max(times), labels)

    def test_cardinality(self):
        """Another workload and another phase make no new series but of vmfc_run_info."""
        with Receiver() as receiver:
            self.send(receiver.url, "-w", "none:0.3,command=sleep 9:0.3,none:0.3", plugins="cpu,estimates")
        names = [labels["__name__"] for labels in map(dict, receiver.samples) if "zone" not in labels]
        infos = {name: names.count(name) for name in set(names) if names.count(name) > 1}
        self.assertLessEqual(set(infos), {"vmfc_run_info"})
        with self.timing():  # a part that no window saw has none
            self.assertEqual(infos, {"vmfc_run_info": 2})

    def test_machine_id(self):
        for text, expected in (("4C4C4544-0042-3510-8052-B4C04F4A3732\n",
                                "4c4c4544-0042-3510-8052-b4c04f4a3732"),
                               ("00000000-0000-0000-0000-000000000000\n", None),
                               ("Not Settable\n", None)):
            folder = self.path("root/sys/class/dmi/id")
            os.makedirs(folder, exist_ok=True)
            os.makedirs(self.path("root/proc"), exist_ok=True)
            with open(os.path.join(folder, "product_uuid"), "w") as file:
                file.write(text)
            with Receiver() as receiver:
                self.send(receiver.url, "--root", self.path("root"), plugins="estimates",
                          duration="0.2")
            self.assertEqual({dict(labels).get("vm_id") for labels in receiver.samples}, {expected})

    def test_refused_options(self):
        for options, text in (
                ({}, "no receiver is given: name it with --set remote_write.url=URL"),
                ({"url": "ftp://a/b"}, "option remote_write.url is 'ftp://a/b'"),
                ({"url": "http://a/", "labels": "1a=b"}, "option remote_write.labels has '1a=b'"),
                ({"url": "http://a/", "labels": "__name__=b"}, "has '__name__=b'"),
                ({"url": "http://a/", "labels": "a=b,a=c"}, "has the label a twice"),
                ({"url": "http://a/", "labels": "rack=1,zone=b"},
                 "option remote_write.labels has the label zone, but series of vmfc have one of that name "
                 "themselves: choose another name, for example vm_zone"),
                ({"url": "http://a/", "token_file": "none"}, "option remote_write.token_file: "),
                ({"url": "http://a/", "ca_file": "/dev/null"}, "option remote_write.ca_file: "),
                ({"url": "http://a/", "batch_samples": "0"}, "must be from 1 to 100000"),
                ({"url": "http://a/", "linger": "2h"}, "must be from 0 to 3600 seconds")):
            sets = [word for name, value in options.items()
                    for word in ("--set", f"remote_write.{name}={value}")]
            said = self.vmfc("--plugins", "cpu,remote_write", "--output", "data/none", *sets,
                             code=2).stderr
            self.assertIn(text, said)
        self.assertEqual(glob.glob(self.path("data/none*")), [])

    def test_warns_of_open_password(self):
        said = self.send("http://user:secret@192.0.2.1/", duration="0.2", linger="0", code=1)
        self.assertIn("http://192.0.2.1/: the token or password is sent without encryption", said)
        self.assertNotIn("secret", said)


class Failures(RemoteWriteTest):
    """Whatever the receiver does: the files are whole, and the count of what is lost is right."""

    def check(self, said, receiver, n_lost=0, output="data/run"):
        records, _ = self.read_run(output)
        self.assert_windows(records, 10)
        n_sent, n_samples, _ = find_numbers(SENT, said)[:3]
        self.assertEqual(n_samples, receiver.count())
        self.assertEqual((n_sent, find_numbers(LOST, said)[0]), (len(records) - n_lost, n_lost))
        if n_lost == 0:
            self.assert_equal(receiver.samples, self.expect(output))

    def test_overloaded(self):
        with Receiver(peer.say(500, "no\033[2Jt now\nnever"), peer.say(503),
                      peer.say(429, Retry_After="1")) as receiver:
            said = self.send(receiver.url)
        self.assertIn("it answers 500: no[2Jt now; records wait in memory", said)
        self.assertEqual(said.count("it answers"), 1)
        self.assertIn("answers again", said)
        self.assertGreaterEqual(receiver.times[3] - receiver.times[2], 1)  # as it has requested
        self.check(said, receiver)

    def test_slow(self):
        with Receiver(always=peer.take_slowly) as receiver:
            said = self.send(receiver.url, linger="50")
        self.check(said, receiver)

    def test_restarted(self):
        """It ends, and is another one: what it had taken is not sent again."""
        with Receiver() as first:
            port = first.server.server_address[1]
            process = self.start(*self.arguments(first.url, duration="0", linger="50"))
            self.assertTrue(wait_until(lambda: len(first.headers) > 1))
        n_lines = len(self.read_lines("data/run"))
        self.assertTrue(wait_until(lambda: len(self.read_lines("data/run")) > n_lines + 5))
        with Receiver(port=port) as second:
            self.assertTrue(wait_until(lambda: second.headers))
            process.terminate()
            said = process.communicate(timeout=100)[1]
        self.assertEqual(process.returncode, 0, said)
        self.assertIn("records wait in memory", said)
        for where in "samples", "stale":
            for labels, times in getattr(first, where).items():
                self.assertEqual(times.keys() & getattr(second, where).get(labels, {}).keys(), set())
                getattr(second, where).setdefault(labels, {}).update(times)
        self.assert_equal(second.samples, self.expect())
        self.assertEqual(find_numbers(SENT, said)[:2], (len(self.read_run()[0]), second.count()))

    def test_lost_answers(self):
        """Nobody knows whether a request arrived. It did: the receiver refuses it when it comes again."""
        with Receiver(peer.take_and_break, peer.take, peer.take_and_break) as receiver:
            said = self.send(receiver.url)
        self.check(said, receiver)

    def test_never_sent(self):
        """What was never sent and is refused is lost, also in the words for what a receiver has."""
        with socket.socket() as reserved:
            reserved.bind(("127.0.0.1", 0))  # nothing listens there
            port = reserved.getsockname()[1]
            process = self.start(*self.arguments(f"http://127.0.0.1:{port}/", duration="2",
                                                 linger="50"))
            said = process.stderr.readline()
            while said and "records wait in memory" not in said:
                said = process.stderr.readline()
        with Receiver(always=peer.say(400, "out of order sample"), port=port):
            said = process.communicate(timeout=100)[1]
        self.assertEqual(process.returncode, 1, said)
        records, _ = self.read_run()
        self.assertEqual(find_numbers(LOST, said)[0], len(records), said)

    def test_one_bad_record(self):
        bad = []

        def refuse(series):
            times = sorted({sample.milliseconds for _, samples in series for sample in samples})
            bad[:] = bad or times[-1:]
            return "sample is out of bounds\n" if bad[0] in times else ""

        with Receiver(refuse=refuse) as receiver:
            said = self.send(receiver.url, code=1)
        self.assertIn("it answers 400: sample is out of bounds; what it refuses is lost", said)
        self.check(said, receiver, n_lost=1)
        self.assertNotIn(bad[0], {time for times in receiver.samples.values() for time in times})

    def test_refused(self):
        for status, headers, text in (
                (401, {}, "accepts with option remote_write.token_file"),
                (404, {}, "if its receiver is enabled"),
                (302, {"Location": "http://127.0.0.1:1/"}, "vmfc follows no redirects")):
            with Receiver(always=peer.say(status, **headers)) as receiver:
                said = self.send(receiver.url, code=1)
            self.assertIn(text, said)
            self.assertEqual(said.count(f"it answers {status}"), 1)
            records, _ = self.read_run()
            n_lost, _, n_refused = find_numbers(LOST, said)[:3]
            self.assertEqual((n_lost, n_refused), (len(records), len(records)))

    def test_strange_answers(self):
        """Endless heads and texts, no HTTP, nothing at all: the next request is a new one."""
        with Receiver(peer.answer_without_end, peer.head_without_end, peer.answer_garbage,
                      peer.never_answer) as receiver:
            said = self.send(receiver.url, time_limit="0.3", linger="50")
        self.check(said, receiver)

    def test_never_answers(self):
        with Receiver(always=peer.never_answer) as receiver:
            said = self.send(receiver.url, linger="0.5", code=1)
        records, _ = self.read_run()
        self.assert_windows(records, 10)
        self.assertEqual(find_numbers(LOST, said)[0], len(records))
        self.assertEqual(find_numbers(LOST, said)[4], len(records))
        self.assertNotIn("cancelled", said)  # by vmfc, which says what is lost

    def test_full_queue(self):
        """The newest records are kept. Long labels of letters that do not repeat fill it soon."""
        label = "".join(map(chr, range(0x4e00, 0x5d00)))
        with Receiver(peer.say(503), peer.say(429, Retry_After="2")) as receiver:
            said = self.send(receiver.url, queue_size="1", labels=f"long={label}", duration="2",
                             linger="50", code=1)
        self.assertIn("--set remote_write.queue_size=MIB keeps more", said)
        times = sorted({time for times in self.expect().values() for time in times})
        arrived = {time for times in receiver.samples.values() for time in times}
        n_lost = find_numbers(LOST, said)[3]
        self.assertGreater(n_lost, 0)
        self.assertEqual(find_numbers(SENT, said)[:2], (len(arrived), receiver.count()))
        self.assertEqual(n_lost, len(times) - len(arrived))
        # what was being sent when the queue filled up was no longer in it
        self.assertEqual(sorted(arrived)[-3:], times[-3:])

    def test_no_libraries_without_it(self):
        process = self.start("--plugins", "cpu", "--interval", "0.1", "--duration", "0",
                             "--output", "data/plain")
        self.wait_for_records(1, "data/plain.json")
        with open(f"/proc/{process.pid}/maps") as file:
            self.assertNotRegex(file.read(), "protobuf|snappy|libsoup")
        process.terminate()
        process.communicate()


class Engines(RemoteWriteTest):
    """The real ones: every value arrives, counted by query."""

    def run_engine(self, kind):
        engine = kind(self.folder)
        self.addCleanup(engine.log.close)
        self.started.append(engine.process)
        return engine

    def send_from_three(self, engine):
        """Three machines at a time, with labels that tell them apart, while the engine restarts. Returns their names"""
        processes = {}
        for name in "one", "two", "three":
            arguments = self.arguments(engine.url(engine.write_path), plugins="perf,proc,estimates",
                                       duration=str(SECONDS), interval="0.1" if SECONDS < 60 else "0.5", linger="50",
                                       output=f"data/{name}", labels=f"instance={name}")
            processes[name] = self.start(*arguments)
        self.assertTrue(wait_until(lambda: all(map(os.path.exists, map(self.path, (
            f"data/{name}.jsonl" for name in processes))))))
        self.assertTrue(wait_until(lambda: all(len(self.read_lines(f"data/{name}")) > 3 for name in processes)))
        self.assertTrue(engine.restart())
        self.started.append(engine.process)
        for process in processes.values():
            _, said = process.communicate(timeout=SECONDS + 120)
            self.assertEqual(process.returncode, 0, said)
        return processes.keys()

    @needs_prometheus
    def test_prometheus(self):
        engine = self.run_engine(Prometheus)
        for name in self.send_from_three(engine):
            samples = {tuple(series["metric"].items()):
                       {math.floor(time * 1000 + 0.5): float(value) for time, value in series["values"]}
                       for series in engine.select(f'{{job="vmfc",instance="{name}"}}[2h]')}
            self.assert_equal(samples, self.expect(f"data/{name}"))

    def export(self, engine, name):
        """All samples of a machine, and the number of those that are no info."""
        engine.make_visible()
        samples, n_samples = {}, 0
        form = urllib.parse.urlencode({"match[]": f'{{instance="{name}"}}'})
        for line in engine.ask("/api/v1/export", form.encode()).splitlines():
            series = json.loads(line)
            # a stale marker has no value
            values = {time: value for time, value in zip(series["timestamps"], series["values"])
                      if value is not None}
            samples[tuple(series["metric"].items())] = values
            n_samples += 0 if series["metric"]["__name__"].endswith("_info") else len(values)
        return samples, n_samples

    @needs_victoria
    def test_victoria_metrics(self):
        engine = self.run_engine(VictoriaMetrics)
        for name in self.send_from_three(engine):
            expected = self.expect(f"data/{name}")
            # a request is answered before its samples can be searched
            self.assertTrue(wait_until(lambda: self.export(engine, name)[1] ==
                                       sum(map(len, expected.values()))))
            # it stores 12 digits of most numbers
            self.assert_equal(self.export(engine, name)[0], expected, 1e-11)


if __name__ == "__main__":
    main()
