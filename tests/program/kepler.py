# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""vmfc beside an exporter that is good, bad, late, gone, or not Kepler's at all."""

import gzip
import http.server
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import threading
import unittest
import urllib.request

from common import BUILD, SANITIZED, ProgramTest, main, wait_until

EXPORTER = os.path.join(BUILD, "tests", "exporter")
COLUMNS = ["node_process_cpu_seconds_total", "node_process_cpu_seconds_delta",
           "node_process_cpu_seconds_rate", "kepler_scrape_seconds"]
# one CPU second in a hundred thousand: sums of doubles that were printed in hundredths
EXACT = 5
# what a run without the sampler takes is below 10 MiB; the rest is the HTTP library and the page
MOST_MIB = 48


class Exporter:
    """The server, with what it says of the pages that it handed out."""

    def __init__(self, port=0, *certificate):
        self.port, self.certificate = port, certificate
        self.start()

    def start(self):
        self.process = subprocess.Popen([EXPORTER, str(self.port), *self.certificate],
                                        stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def restart(self):
        """At the same address, as if nobody had asked it anything."""
        self.stop()
        self.start()

    def url(self, path="/metrics", scheme="http", host="localhost"):
        return f"{scheme}://{host}:{self.port}{path}"

    def stop(self):
        """Ends it, if it has not ended. Returns: the truth, page by page"""
        if self.process.returncode is not None:
            return []
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        with self.process.stdout as said:
            truth = [json.loads(line) for line in said]
        self.process.wait()
        return truth


class Raw:
    """A server that talks as a function says, to one connection after the other."""

    def __init__(self, talk):
        self.talk = talk
        self.socket = socket.create_server(("127.0.0.1", 0))

    def __enter__(self):
        threading.Thread(target=self.serve, daemon=True).start()
        return "http://127.0.0.1:%d/metrics" % self.socket.getsockname()[1]

    def __exit__(self, *_):
        # only its thread may close it: another file could get its number before accept looks at it
        self.socket.shutdown(socket.SHUT_RDWR)

    def serve(self):
        with self.socket:
            while True:
                try:
                    connection, _ = self.socket.accept()
                except OSError:
                    return
                with connection:
                    try:
                        connection.recv(65536)
                        self.talk(connection)
                    except OSError:
                        pass  # the other side has gone


OK = b"HTTP/1.1 200 OK\r\n"
# s of a window that is too short for the kernel's clock, as one that follows a late one
CLOCK = 0.03
LAST = b"kepler_process_cpu_seconds_total{pid=\"1099\"} 123.5\n"
PAGE = b"".join(LAST.replace(b"1099", b"%d" % i) for i in range(1000, 1100))
TOTAL = 12350.0


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def answer(page):
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(page)
    return lambda connection: connection.sendall(head + page)


# whole tests of what pages hold and how vmfc is called: one thread does that, after the other
of_one_thread = unittest.skipIf("thread" in SANITIZED, "it is of one thread: the other builds have it")


class Kepler(ProgramTest):
    def setUp(self):
        super().setUp()
        self.exporter = Exporter()

    def tearDown(self):
        self.exporter.stop()
        super().tearDown()

    def arguments(self, url, interval, duration, *more):
        return ("--plugins", "cpu,kepler", "--kepler-url", url, "--interval", str(interval),
                "--duration", str(duration), "--set", f"kepler.scrape_interval={interval}", *more)

    def collect(self, *args, **kwargs):
        """A run whose pages come in time: what follows from one that does not is not judged."""
        records, warnings = self.collect_any(*args, **kwargs)
        self.assert_in_time(warnings)
        return records, warnings

    def assert_in_time(self, warnings):
        with self.timing():
            self.assertFalse(self.is_late(warnings), warnings)
        self.timing.end()

    @staticmethod
    def is_late(warnings):
        return any(re.search("no complete page within|no answer within", line) for line in warnings)

    def collect_any(self, path="/metrics", interval=0.2, duration=0.6, *more, url=None,
                    most_mib=MOST_MIB):
        """A run. Returns: its records, and its warnings about Kepler"""
        done = self.vmfc(*self.arguments(url or self.exporter.url(path), interval, duration, *more))
        records = self.records()
        # whatever the exporter does, no tick is lost and all else is there
        self.assert_windows(records, round(duration / interval))
        for record in records:
            if record["time_delta_seconds"] > CLOCK:
                self.assertIsNotNone(record["cpu_busy"])
        if not SANITIZED:
            memory = re.search(r"([0-9.]+) MiB at most", done.stdout)
            self.assertLess(float(memory.group(1)), most_mib, path)
        return records, [line for line in done.stderr.splitlines()
                         if "warning: kepler" in line.lower()]

    def collect_in_time(self, path, interval, duration, *more, url=None):
        """A run whose pages are to come whole, of servers that answer another run the same: where the
        machine is too busy for its windows, it is tried again with longer ones."""
        for pace in (1, 4, 16):
            records, warnings = self.collect_any(path, pace * interval, pace * duration, *more, url=url)
            if not self.is_late(warnings):
                break
            self.exporter.restart()
        return records, warnings

    def wait_for_answers(self, pattern):
        """Until it matches what the records hold so far: 1 for each with a value, 0 for each without."""
        def matches():
            return re.search(pattern, "".join("01"[record[COLUMNS[0]] is not None]
                                              for record in self.records()))

        self.wait_for_file("data/vm_features.meta.json")
        self.assertTrue(wait_until(matches), pattern)

    def assert_missing(self, records):
        for record in records:
            self.assertEqual([record[column] for column in COLUMNS], [None] * len(COLUMNS))

    def assert_true(self, records, truth):
        """The first page opens the first window."""
        self.assertEqual(len(truth), len(records) + 1)
        before = 0.3  # the first answer, which no record shows
        for record, page in zip(records, truth[1:]):
            total, delta, rate, took = (record[column] for column in COLUMNS)
            self.assertAlmostEqual(total, page["total"], EXACT)
            self.assertAlmostEqual(delta, page["growth"], EXACT)
            self.assertGreaterEqual(delta, 0)
            self.assertGreater(took, 0)
            # between Kepler's two looks, not between the ticks
            if delta > 0:
                with self.timing():
                    self.assertLess(abs(delta / rate - record["time_delta_seconds"]),
                                    0.1 + took + before)
            before = took
        # together they are about as long as the windows, on a busy machine, too
        grown = [record for record in records if record[COLUMNS[1]] > 0]
        seconds = sum(record[COLUMNS[1]] / record[COLUMNS[2]] for record in grown)
        windows = sum(record["time_delta_seconds"] for record in grown)
        self.assertGreater(seconds, windows / 2)
        self.assertLess(seconds, 2 * windows + 1)

    def meta_column(self, n=0):
        with open(self.path("data/vm_features.meta.json")) as file:
            columns = json.load(file)["columns"]
        return next(column for column in columns if column["name"] == COLUMNS[n])

    def test_verbose(self):
        """It tells more of vmfc, and nothing of the work of its HTTP library."""
        done = self.vmfc(*self.arguments(self.exporter.url("/metrics"), 0.1, 0.2, "--verbose"))
        self.assertIn("vmfc: plugin kepler is ", done.stderr)
        for line in done.stderr.splitlines():
            self.assertTrue(line.startswith("vmfc"), line)

    # ------------------------------------------------------------- answers

    def test_processes_come_and_go(self):
        records, warnings = self.collect("/metrics", 0.1, 3)
        self.assertEqual(warnings, [])
        self.assert_true(records, self.exporter.stop())
        self.assertEqual(self.meta_column()["metric"], "kepler_process_cpu_seconds_total")
        self.assertRegex(self.meta_column()["refresh_seen"], r"^every 0\.[01]")

    def test_forms(self):
        for path in ("/gzip", "/bytes", "/once", "/openmetrics", "/late?ms=300"):
            with self.subTest(path):
                self.exporter.stop()
                self.exporter = Exporter()
                records, warnings = self.collect_in_time(path, 1, 2)
                self.assertEqual(warnings, [])
                self.assert_true(records, self.exporter.stop())

    @of_one_thread
    def test_bad(self):
        sentences = {
            "/500": "it answers 500",
            "/nowhere": "it answers 404: give the address of Kepler's page with --kepler-url",
            "/loop": "it redirects more than 5 times",
            "/away": "it redirects to 'http://127.0.0.2/metrics', but vmfc only follows redirects "
                     "on the same host: give the right address with --kepler-url",
            "/garbage": "the server is not Kepler: its page has no metric kepler_...",
            "/html": "the server is not Kepler: its page has no metric kepler_...; give the "
                     "address of Kepler's page with --kepler-url; it usually ends with /metrics",
            "/no-processes": "Kepler's page has no kepler_process_cpu_seconds_total: Kepler has "
                             "just started, 'process' is not among its metrics levels "
                             "(exporter.prometheus.metricsLevel), or it may not read /proc; see "
                             "its log",
            "/half": "the page was cut off: the connection closed before the announced end; see "
                     "the log of Kepler, or of a proxy in front of it",
            "/openmetrics-without-end": "the page was cut off: its last line is not '# EOF'; see",
            "/token": "it answers 401: give the file with the bearer token with --set "
                      "kepler.token_file=FILE",
        }
        for path, sentence in sentences.items():
            with self.subTest(path):
                records, warnings = self.collect_in_time(path, 0.2, 0.6)
                self.assert_refused(records, warnings, sentence)

    @of_one_thread
    def test_never(self):
        """In windows so long that vmfc itself does not give up first, a twentieth of them later."""
        records, warnings = self.collect_any("/never", 4, 4)
        with self.timing():
            self.assertEqual(len(warnings), 1, warnings)
        self.assert_refused(records, warnings[-1:], "no complete page within 3 s: a longer --interval, "
                                                    "or --grace, raises the limit")

    def assert_refused(self, records, warnings, sentence):
        self.assert_missing(records)
        self.assertEqual(len(warnings), 1, warnings)
        self.assertIn(sentence, warnings[0])
        self.assertIn("; its values are missing", warnings[0])
        self.assertIn(self.meta_column()["state"], ("unsupported", "denied"))
        self.assertIn(sentence, self.meta_column()["reason"])

    def test_too_much(self):
        """It ends with the time that a tick has or with the limit, whichever comes first."""
        urllib.request.urlopen(self.exporter.url("/bomb")).close()  # it is made at first sight
        for path in ("/endless", "/bomb"):
            with self.subTest(path):
                records, warnings = self.collect_in_time(path, 2, 2, "--set", "kepler.size_limit=1")
                self.assert_missing(records)
                self.assertEqual(len(warnings), 1, warnings)
                self.assertIn("the page is larger than 1 MiB: if it is Kepler's, raise the "
                              "limit with --set kepler.size_limit=MIB", warnings[0])

    def test_too_many(self):
        """Without a limit of the user's, memory has one all the same."""
        records, warnings = self.collect_any("/endless", 5, 5, most_mib=200)
        self.assert_missing(records)
        self.assertRegex(warnings[0], "exceeds the maximum number of processes"
                         "|no complete page within 3.75 s|no answer within 4 s")

    def test_stale(self):
        """Where Kepler has not looked again nothing is known of the growth, until it has."""
        records, warnings = self.collect("/stale", 0.2, 2)
        self.assertEqual(len(warnings), 1, warnings)
        self.assertIn("Kepler has not read the processes since the last answer. Set monitor: "
                      "{interval: 0s, staleness: 0s}", warnings[0])
        self.assertEqual(self.meta_column(1)["missing"], [{
            "reason": "Kepler has not read the processes since the last answer",
            "windows": 7}])
        truth = self.exporter.stop()
        totals = [page["total"] for page in truth]
        for i, record in enumerate(records, 1):
            self.assertAlmostEqual(record[COLUMNS[0]], totals[i // 3], EXACT)
            if i % 3 != 0:
                self.assertIsNone(record[COLUMNS[1]])
                self.assertIsNone(record[COLUMNS[2]])
                continue
            growth = truth[i // 3]["growth"]
            self.assertAlmostEqual(record[COLUMNS[1]], growth, EXACT)
            # over all the time since the last look that was seen
            with self.timing():
                self.assertLess(abs(growth / record[COLUMNS[2]] - 0.6), 0.1)

    @of_one_thread
    def test_bad_line_moves(self):
        """One reason, said once, whichever line it is."""
        def lines(bad):
            return b"".join(b'kepler_process_cpu_seconds_total{pid="%d"} %d\n'
                            % (i, -1 if i == bad else i) for i in range(1, 20))

        answers = [answer(lines(i)) for i in range(1, 20)]
        with Raw(lambda connection: answers.pop(0)(connection)) as url:
            records, warnings = self.collect(None, 0.2, 1, url=url)
        self.assert_missing(records)
        self.assertEqual(len(warnings), 1, warnings)
        self.assertEqual([one["windows"] for one in self.meta_column()["missing"]], [5])

    def test_first_answer_is_late(self):
        """Its growth is not known, which has a reason as well."""
        bad = b"HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        answers = [lambda connection: connection.sendall(bad)] * 3
        answers += [answer(b"kepler_process_cpu_seconds_total{pid=\"1\"} 5.0%d\n" % i)
                    for i in range(3)]
        with Raw(lambda connection: answers.pop(0)(connection)) as url:
            records, _ = self.collect(None, 0.2, 1, url=url)
        self.assertEqual([record[COLUMNS[0]] for record in records],
                         [None, None, 5.0, 5.01, 5.02])
        self.assertEqual([record[COLUMNS[1]] is None for record in records],
                         [True, True, True, False, False])
        reasons = {one["reason"]: one["windows"] for one in self.meta_column(1)["missing"]}
        self.assertEqual(reasons.pop("the first answer cannot be compared with an earlier one"), 1)
        self.assertEqual(list(reasons.values()), [2], reasons)
        self.assertEqual([one["windows"] for one in self.meta_column(0)["missing"]], [2])

    @of_one_thread
    def test_never_changes(self):
        page = b"kepler_process_cpu_seconds_total{pid=\"1\"} 5\n"
        with Raw(answer(page)) as url:
            records, warnings = self.collect(None, 0.2, 1, url=url)
        self.assertEqual([record[COLUMNS[0]] for record in records], [5.0] * 5)
        self.assertEqual([record[COLUMNS[1]] for record in records], [None] * 5)
        self.assertEqual(len(warnings), 1)
        self.assertIn("Kepler's page is unchanged and does not say whether Kepler has read the "
                      "processes again: it lacks kepler_node_cpu_joules_total. Include node in "
                      "exporter.prometheus.metricsLevel in Kepler's config file",
                      warnings[0])
        self.assertIn("unknown (0 changes in 6 answers", self.meta_column()["refresh_seen"])
        self.assertEqual(self.meta_column(1)["state"], "unsupported")

    def test_dies_unchanged(self):
        """That it is gone is the reason then, and not what was missing before."""
        page = b"kepler_process_cpu_seconds_total{pid=\"1\"} 5\n"
        with Raw(answer(page)) as url:
            process = self.start(*self.arguments(url, 0.2, 0))
            self.wait_for_answers("1{2}$")
        self.wait_for_answers("0{2}$")
        process.send_signal(signal.SIGTERM)
        process.communicate()
        self.assertEqual(process.returncode, 0)
        missing = self.meta_column(1)["missing"]
        self.assertTrue(any("page is unchanged" in one["reason"] for one in missing), missing)
        self.assertTrue(any("refused" in one["reason"] and one["windows"] >= 2
                            for one in missing), missing)

    @of_one_thread
    def test_idle(self):
        """Kepler has looked, and no process has used a hundredth of a second."""
        watts = iter(range(1000))
        form = ("kepler_node_cpu_joules_total{zone=\"package\"} %d\n"
                "kepler_process_cpu_seconds_total{pid=\"1\"} 5\n")
        with Raw(lambda connection: answer((form % next(watts)).encode())(connection)) as url:
            records, _ = self.collect(None, 0.2, 1, url=url)
        for record in records:
            self.assertEqual([record[column] for column in COLUMNS[:3]], [5.0, 0.0, 0.0])

    @of_one_thread
    def test_idle_task(self):
        """Up to 0.9 it is a process, pid 0, or cannot be separated from other kernel tasks."""
        form = ("kepler_process_bpf_cpu_time_ms_total{pid=\"%s} %d\n"
                "kepler_process_bpf_cpu_time_ms_total{pid=\"9\",command=\"node\"} %d\n")
        for idle, withheld in (('0\",command=\"swapper/0\"', False),
                               ('1\",command=\"kernel_processes\"', True)):
            n = iter(range(1000))
            pages = (form % (idle, 25000 + 190 * i, 10 * i) for i in n)
            with Raw(lambda connection: answer(next(pages).encode())(connection)) as url:
                records, warnings = self.collect(None, 0.2, 1, url=url)
            for i, record in enumerate(records, 1):
                if withheld:
                    self.assertEqual([record[column] for column in COLUMNS[:3]], [None] * 3)
                    self.assertIsNotNone(record[COLUMNS[3]])
                else:
                    self.assertAlmostEqual(record[COLUMNS[0]], 0.01 * i, EXACT)
                    self.assertAlmostEqual(record[COLUMNS[1]], 0.01, EXACT)
            self.assertEqual(len(warnings), 1, warnings)
        self.assertIn("includes the idle task in its kernel_processes. Use Kepler 0.10 or newer",
                      warnings[0])
        self.assertEqual(self.meta_column()["state"], "implausible")

    def assert_repeated(self, warnings):
        """All is right with the pages, but that they are the same."""
        self.assertEqual([line for line in warnings if "page is unchanged" not in line], [])

    def check_pages(self, cases):
        """Each answer is the whole page, or missing with the reason."""
        for head, body, sentence in cases:
            with self.subTest(head=head, body=body[:100], length=len(body)):
                with Raw(lambda connection: connection.sendall(head + body)) as url:
                    records, warnings = self.collect_in_time(None, 0.2, 0.4, url=url)
                if sentence is None:
                    self.assert_repeated(warnings)
                    self.assertEqual([record[COLUMNS[0]] for record in records], [TOTAL] * 2)
                    continue
                self.assert_missing(records)
                self.assertEqual(len(warnings), 1, warnings)
                self.assertIn(sentence, warnings[0])
                self.assertIn(sentence, self.meta_column()["reason"])

    @of_one_thread
    def test_cut_off(self):
        """Cut between lines and within one: a page that looks whole counts only if it is."""
        chunked = OK + b"Transfer-Encoding: chunked\r\n\r\n"
        closed = b"HTTP/1.0 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n\r\n"
        metrics = closed.replace(b"text/plain", b"application/openmetrics-text")
        length = OK + b"Content-Length: %d\r\n\r\n" % len(PAGE)
        lines = b"".join(chunk(line) for line in PAGE.splitlines(True))
        cut = "the page was cut off: the connection closed before the announced end"
        marked = "the page was cut off: its last line is not '# EOF'"
        untold = "vmfc does not know whether the page is complete: its server announces no length"
        self.check_pages((
            (chunked, lines + b"0\r\n\r\n", None),
            (chunked, lines + b"0;x=y\r\nX-Sum: 1\r\n\r\n", None),
            (chunked, lines, cut),
            (chunked, lines + b"0\r\n", cut),
            (chunked, lines[:-len(chunk(LAST))], cut),
            (chunked, lines[:-2], cut),
            (chunked, lines + b"x\r\n", "a chunk of the page has no valid size"),
            (closed, PAGE, untold),
            (closed, PAGE[:-len(LAST)], untold),
            (closed, PAGE[:-3], untold),
            (closed, PAGE + b"# EOF\n", None),
            (metrics, PAGE + b"# EOF\n", None),
            (metrics, PAGE, marked),
            (metrics, b"# EOF\n" + PAGE, marked),
            (length, PAGE, None),
            (length, PAGE[:-len(LAST)], cut),
            (OK + b"Content-Length: %d\r\n\r\n" % (len(PAGE) - len(LAST)), PAGE,
             "the page is longer than its announced length"),
            (b"HTTP/1.1 206 Partial Content\r\nContent-Length: %d\r\n\r\n" % len(PAGE), PAGE,
             "it answers 206"),
            (b"", PAGE, "it does not begin with a status line"),
            (b"", b"", "it closes the connection without an answer")))

    @of_one_thread
    def test_packed(self):
        """With its end and its checksum, in one member or several; and nothing after it."""
        half = PAGE.index(LAST)
        members = gzip.compress(PAGE[:half]) + gzip.compress(b"") + gzip.compress(PAGE[half:])
        one = gzip.compress(PAGE)
        damaged = one[:-8] + bytes(4) + one[-4:]

        def packed(body, more=b""):
            return OK + more + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)

        chunked = OK + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
        closed = b"HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n\r\n"
        cut = "the end of its compressed data with the checksum is missing"
        broken = "the compressed page is damaged ("
        self.check_pages((
            (packed(one), one, None),
            (packed(members), members, None),
            (chunked, chunk(one) + b"0\r\n\r\n", None),
            (chunked, chunk(members[:50]) + chunk(members[50:]) + b"0\r\n\r\n", None),
            (closed, gzip.compress(PAGE + b"# EOF\n"), None),
            (packed(one[:-1]), one[:-1], cut),
            (packed(one[:-8]), one[:-8], cut),
            (packed(members[:-20]), members[:-20], cut),
            (chunked, chunk(one[:-8]) + b"0\r\n\r\n", cut),
            (packed(damaged), damaged, broken),
            (packed(one + b"rubbish"), one + b"rubbish", broken),
            (packed(PAGE), PAGE, broken),
            (closed, one, "vmfc does not know whether the page is complete"),
            (OK + b"Content-Encoding: zstd\r\nContent-Length: 1\r\n\r\n", b"x",
             "compressed in a way that vmfc did not request")))

    def test_connection_ends_at_rest(self):
        """Before the next request, or when it comes: it is served over another one."""
        for grace in (0, 0.3):
            requests = []

            def talk(connection):
                # the second request finds the connection closed, at once or when it arrives
                connection.sendall(OK + b"Content-Length: %d\r\n\r\n" % len(PAGE) + PAGE)
                requests.append(1)
                if grace and select.select([connection], [], [], grace)[0]:
                    requests.append(0)

            with Raw(talk) as url:
                records, warnings = self.collect(None, 0.2, 1, url=url)
            self.assert_repeated(warnings)
            self.assertEqual([record[COLUMNS[0]] for record in records], [TOTAL] * 5)
            self.assertEqual(sum(requests), 6)
            self.assertEqual(0 in requests, grace > 0)

    def test_keeps_its_connection(self):
        """Not one for each request, unless the server ends it."""
        self.collect("/metrics", 0.1, 1)
        with open("/proc/net/tcp") as file:
            port = f":{self.exporter.port:04X} "
            closed = [line for line in file if port in line and line.split()[3] == "06"]
        self.assertLessEqual(len(closed), 1)

    def test_keeps_the_thread_busy(self):
        """Interim answers without end: vmfc ends with its time all the same."""
        def flood(connection):
            while True:
                connection.sendall(1000 * b"HTTP/1.1 100 Continue\r\n\r\n")

        with Raw(flood) as url:
            process = self.start(*self.arguments(url, 0.5, 1))
            self.assertEqual(process.wait(timeout=30), 0)
            process.communicate()
            self.assert_missing(self.records())
            said = self.vmfc("--check", "--kepler-url", url).stdout
        self.assertIn("kepler: does NOT work", said)

    def test_nobody_listens(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            records, warnings = self.collect(url=f"http://localhost:{unused.getsockname()[1]}/")
        self.assert_missing(records)
        self.assertEqual(len(warnings), 1)
        self.assertIn("Is Kepler running in this machine? vmfc --check says how to set it up; "
                      "--plugins perf,proc runs without it", warnings[0])

    def test_dies_and_comes_back(self):
        port = self.exporter.port
        process = self.start(*self.arguments(self.exporter.url(), 0.2, 0))
        self.wait_for_answers("1{3}$")
        self.exporter.stop()
        self.wait_for_answers("0{3}$")
        self.exporter = Exporter(port)
        self.wait_for_answers("1{3}$")
        process.send_signal(signal.SIGTERM)
        said = process.communicate()[1]
        self.assertEqual(process.returncode, 0)
        there = [record[COLUMNS[0]] is not None for record in self.records()]
        # there, missing, there again; and a sentence each time
        changes = [i for i in range(1, len(there)) if there[i] != there[i - 1]]
        with self.timing():
            self.assertEqual([there[0], len(changes), there[-1]], [True, 2, True], there)
        self.timing.end()
        warnings = [line for line in said.splitlines() if "warning: kepler" in line]
        self.assertEqual(len(warnings), 2, warnings)
        self.assertIn("its values are missing", warnings[0])
        self.assertIn("kepler answers again", warnings[1])

    def test_stopped(self):
        """kill -STOP: the kernel still takes the connections, and nobody answers."""
        process = self.start(*self.arguments(self.exporter.url(), 0.1, 0))
        self.wait_for_answers("1{3}$")
        self.exporter.process.send_signal(signal.SIGSTOP)
        self.wait_for_answers("0{10}$")
        process.send_signal(signal.SIGTERM)
        process.communicate()
        self.assertEqual(process.returncode, 0)
        records = self.records()
        with self.timing():
            self.assertEqual(sum(record["missed_ticks"] for record in records), 0)
        self.assertIsNotNone(records[0][COLUMNS[0]])
        self.assert_missing(records[-5:])

    def test_faster_ticks(self):
        """In between the columns are missing, and that is no failure."""
        done = self.vmfc("--plugins", "cpu,kepler", "--kepler-url", self.exporter.url(),
                         "--interval", "0.1", "--duration", "2.5")
        self.assert_in_time(done.stderr.splitlines())
        self.assertNotIn("warning", done.stderr)
        records = self.records()
        self.assert_windows(records, 25)
        there = [i for i, record in enumerate(records) if record[COLUMNS[0]] is not None]
        with self.timing():
            self.assertEqual((len(there), there[-1] - there[0]), (2, 10), there)
        truth = self.exporter.stop()
        self.assertEqual(len(truth), len(there) + 1)
        for i, page in zip(there, truth[1:]):
            self.assertAlmostEqual(records[i][COLUMNS[1]], page["growth"], EXACT)

    def test_no_sync(self):
        self.vmfc(*self.arguments(self.exporter.url("/late?ms=300"), 0.2, 2, "--no-sync"))
        records = self.records()
        self.assert_windows(records, 10)
        truth = {round(page["total"], 2): page for page in self.exporter.stop()}
        found = [record for record in records if record[COLUMNS[0]] is not None]
        with self.timing():
            self.assertGreater(len(found), 2)
        for record in found:
            self.assertIn(round(record[COLUMNS[0]], 2), truth)

    # ------------------------------------------------------------- options

    def test_token(self):
        with open(self.path("token"), "w") as file:
            file.write("open-sesame\n")
        records, warnings = self.collect_in_time("/token", 0.2, 1.2, "--set",
                                                 "kepler.token_file=" + self.path("token"))
        self.assertEqual(warnings, [])
        self.assert_true(records, self.exporter.stop())

    @of_one_thread
    def test_bad_token(self):
        token = self.path("bad")
        for text in (b"", b"open-sesame\nsecond\n", b"open\r\nX-Injected: 1\r\n", b"open-sesame\0x"):
            with open(token, "wb") as file:
                file.write(text)
            records, warnings = self.collect("/token", 0.2, 0.6, "--set",
                                             "kepler.token_file=" + token)
            self.assert_missing(records)
            self.assertIn(f"{token} does not contain a bearer token on one line", warnings[0])
            shutil.rmtree(self.path("data"))

    def test_token_stays_with_its_server(self):
        """A redirect to another port of the same host gets neither token nor password."""
        seen = {}

        class Server(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                seen.setdefault(self.server.server_port, set()).add(
                    self.headers.get("Authorization"))
                self.send_response(302 if self.path == "/away" else 200)
                if self.path == "/away":
                    self.send_header("Location", f"http://localhost:{others[1].server_port}/page")
                page = b"# EOF\n"
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, *args):
                pass

        others = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) for _ in range(2)]
        for server in others:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            self.addCleanup(server.server_close)
            self.addCleanup(server.shutdown)
        first, second = (server.server_port for server in others)
        with open(self.path("token"), "w") as file:
            file.write("open-sesame\n")
        for url, options, expected in (
                (f"http://localhost:{first}/away",
                 ["--set", "kepler.token_file=" + self.path("token")], "Bearer open-sesame"),
                (f"http://me:secret@localhost:{first}/away", [], "Basic bWU6c2VjcmV0")):
            seen.clear()
            self.vmfc(*self.arguments(url, 0.2, 0.6, *options))
            self.assertEqual(seen[first], {expected})
            self.assertEqual(seen[second], {None})

    def test_token_replaced(self):
        """What takes its place while vmfc runs is not waited for either."""
        token = self.path("token")
        for kind in ("pipe", "large"):
            shutil.rmtree(self.path("data"), ignore_errors=True)
            with open(token, "w") as file:
                file.write("abc")
            process = self.start(*self.arguments(self.exporter.url("/token"), 0.2, 2, "--set",
                                                 "kepler.token_file=" + token))
            self.wait_for_file("data/vm_features.meta.json")
            os.unlink(token)
            if kind == "pipe":
                os.mkfifo(token)
            else:
                with open(token, "w") as file:
                    file.write("x" * 100000)
            self.assertIn(f"its token: {token} ", process.communicate()[1])
            self.assertEqual(process.returncode, 0)
            os.unlink(token)

    @unittest.skipUnless(shutil.which("openssl"), "openssl is not here to make a certificate")
    def test_https(self):
        pem, key = self.path("pem"), self.path("key")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                        "-keyout", key, "-out", pem], check=True, stderr=subprocess.DEVNULL)
        with open(key) as file, open(self.path("both"), "w") as both, open(pem) as certificate:
            both.write(file.read() + certificate.read())
        self.exporter.stop()
        self.exporter = Exporter(0, self.path("both"))
        # LeakSanitizer of clang 14 crashes on the thread-local storage of what TLS loads
        os.environ["ASAN_OPTIONS"] = "detect_leaks=0"
        self.addCleanup(os.environ.pop, "ASAN_OPTIONS")
        trust = ("--set", "kepler.ca_file=" + pem)
        for url, more in ((self.exporter.url(scheme="https"), ()),
                          (self.exporter.url(scheme="https", host="127.0.0.1"), trust)):
            records, warnings = self.collect_in_time(None, 1, 1, *more, url=url)
            self.assert_missing(records)
            self.assertIn("the certificate is not trusted (", warnings[0])
            self.assertIn("name the authority that signed it with --set kepler.ca_file=FILE",
                          warnings[0])
        # a name relative to where vmfc was started
        records, warnings = self.collect_in_time(None, 1, 2, "--set", "kepler.ca_file=pem",
                                                 url=self.exporter.url(scheme="https"))
        self.assertEqual(warnings, [])
        self.assert_true(records, self.exporter.stop())

    @of_one_thread
    def test_password(self):
        """What lets others in is in none of the files, and in no message."""
        url = "http://user:secret@localhost:1/metrics?key=secret"
        done = self.vmfc(*self.arguments(url, 0.2, 0.4))
        self.assertIn("http://localhost:1/metrics: ", done.stderr)
        with open(self.path("data/vm_features.meta.json")) as file:
            text = file.read()
        self.assertIn("http://***@localhost:1/metrics?***", text)
        self.assertNotIn("secret", text + done.stderr + done.stdout)

    @of_one_thread
    def test_password_as_typed(self):
        """Passwords that an address does not allow, and tokens in the place of a user."""
        for user in ("secret", "user:s@secret", "user:s/secret", "user:secret secret",
                     "user:%40secret", ":secret", "secret:", "user:se#secret", "user:a'\"secret"):
            for address in (f"http://{user}@127.0.0.1:1/", f"http://{user}@127.0.0.1:999999/",
                            f"htp://{user}@127.0.0.1:1/", f"{user}@127.0.0.1:1/"):
                with self.subTest(address):
                    self.assert_masked(*self.arguments(address, 0.1, 0.2), "-f", "json")
        for action in ("--check", "--list-plugins", "--list-features"):
            with self.subTest(action):
                self.assert_masked(action, "--kepler-url", "http://user:secret@localhost:1/",
                                   "--set", "kepler.time_limit=0.1")

    @of_one_thread
    def test_password_of_workload(self):
        for workload in ("command=true http://user:secret@host/",
                         "command=false http://user:secret@host/",
                         "command=/user:secret@host/",
                         "command=true http://user:1,secret@host/",
                         "command=true http://user:secret,x@host/",
                         "command=sh -c 'sleep 9 # http://user:s@secret@host/':0.2"):
            with self.subTest(workload):
                self.assert_masked("-d", "0.2", "-i", "0.1", "-p", "cpu", "-w", workload,
                                   "-f", "json")
        self.assert_masked("-d", "0.2", "-i", "0.1", "-p", "cpu", "-w", "command", "-f", "json",
                           "-s", "command.run=true http://user:secret@host/")

    def assert_masked(self, *arguments):
        shutil.rmtree(self.path("data"), ignore_errors=True)
        process = self.start(*arguments)
        shown = "".join(process.communicate(timeout=60))
        for folder, _, names in os.walk(self.path("data")):
            for name in names:
                with open(os.path.join(folder, name)) as file:
                    shown += file.read()
        self.assertNotIn("secret", shown)

    @of_one_thread
    def test_mistakes(self):
        done = self.vmfc("--plugins", "cpu", "--kepler-url", "http://localhost/", code=2)
        self.assertIn("--kepler-url: kepler.url is set, but plugin kepler is not enabled; name "
                      "it in --plugins", done.stderr)
        for sentence, *arguments in (
                ("--kepler-url is 'localhost', but must be an address such as "
                 "http://localhost:28282/metrics", "--kepler-url", "localhost"),
                ("--kepler-url is 'ftp://x/', but", "--kepler-url", "ftp://x/"),
                ("option kepler.token_file: /nowhere cannot be read: No such file", "--set",
                 "kepler.token_file=/nowhere"),
                ("option kepler.ca_file: ", "--set", "kepler.ca_file=/nowhere"),
                ("option kepler.size_limit is 0, but must be from 1 to", "--set",
                 "kepler.size_limit=0"),
                ("option kepler.time_limit is 0, but must be", "--set", "kepler.time_limit=0"),
                ("option kepler.scrape_interval is 0, but", "--set", "kepler.scrape_interval=0")):
            done = self.vmfc("--plugins", "kepler", *arguments, code=2)
            self.assertIn(sentence, done.stderr)
            self.assertFalse(os.path.exists(self.path("data")))

    @of_one_thread
    def test_config(self):
        with open(self.path("c.conf"), "w") as file:
            file.write(f"[vmfc]\nkepler-url={self.exporter.url()}\nduration=0.4\ninterval=0.2\n"
                       "[kepler]\nscrape_interval=0.2\n")
        self.vmfc("--config", self.path("c.conf"), "--plugins", "kepler")
        self.assertIsNotNone(self.records()[0][COLUMNS[1]])
        # it serves runs without Kepler as well
        self.vmfc("--config", self.path("c.conf"), "--plugins", "cpu")

    @of_one_thread
    def test_check(self):
        said = self.vmfc("--check", "--kepler-url", self.exporter.url()).stdout
        self.assertIn("kepler: ok, 4 of 4 columns", said)
        said = self.vmfc("--check", "--kepler-url", self.exporter.url("/html")).stdout
        self.assertIn("kepler: does NOT work, 0 of 4 columns", said)
        self.assertIn("why: " + self.exporter.url("/html") + ": the server is not Kepler", said)
        self.assertIn("fake-cpu-meter", said)
        said = self.vmfc("--check", "--kepler-url", self.exporter.url("/500")).stdout
        self.assertIn("it answers 500", said)
        self.assertNotIn("fake-cpu-meter", said)
        said = self.vmfc("--check", "--kepler-url", self.exporter.url("/never")).stdout
        self.assertIn("no complete page within 0.75 s", said)

    def test_not_loaded_without_need(self):
        """The group proc is known without loading the HTTP library; and what is known is so."""
        process = self.start("--plugins", "perf,proc", "--duration", "60")
        self.wait_for_file("data/vm_features.meta.json")
        with open(f"/proc/{process.pid}/maps") as file:
            maps = file.read()
        process.terminate()
        process.communicate()
        self.assertIn("/load.so", maps)
        for name in ("libsoup", "/kepler.so", "/kepler_vm.so", "/rapl.so", "/qemu.so"):
            self.assertNotIn(name, maps)
        groups = dict(re.findall(r"^(\w+) \(\w+ [0-9.]+, group (\w+)\)",
                                 self.vmfc("--list-plugins").stdout, re.M))
        self.assertEqual(groups, {
            **dict.fromkeys(("cpu", "mem", "disk", "net", "load"), "proc"),
            **dict.fromkeys(("rapl", "qemu", "kepler_vm"), "host")})


if __name__ == "__main__":
    main()
