# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""Peers of the sink prometheus that are slow, huge, many, or not what they seem."""

import os
import socket
import time

from common import SANITIZED, main
from metrics import LIMIT, MetricsTest

# as the sink has them
MAX_CONNECTIONS = 64


class Hostile(MetricsTest):
    def setUp(self):
        super().setUp()
        self.sockets = []
        self.process = self.serve()

    def tearDown(self):
        # whatever a peer did: the page is there, no tick is lost, and the memory is bounded
        self.page(self.process)
        with open(f"/proc/{self.process.pid}/status") as file:
            rss = int(next(line for line in file if line.startswith("VmHWM")).split()[1])
        self.stop(self.process)
        for each in self.sockets:
            each.close()
        super().tearDown()
        if not SANITIZED:
            self.assertLess(rss, 64 * 1024)

    def open(self, text=b""):
        host, port = self.process.where.rsplit(":", 1)
        peer = socket.create_connection((host, int(port)), timeout=LIMIT)
        self.sockets.append(peer)
        peer.sendall(text)
        return peer

    def read_all(self, peer):
        """What comes until the server closes the connection."""
        text = b""
        try:
            while chunk := peer.recv(65536):
                text += chunk
        except ConnectionError:
            pass
        return text

    def assert_refused(self, *texts):
        """Each is refused with an error, or closed without an answer."""
        peers = [self.open(text) for text in texts]  # at once, because some take their time
        for text, peer in zip(texts, peers):
            said = self.read_all(peer)
            if said:
                self.assertIn(said.split(b" ")[1], (b"400", b"403", b"404", b"405", b"501", b"505"),
                              text)
            self.assertNotIn(b"vmfc_", said)

    def test_host(self):
        where = self.process.where
        for host in ("evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil", "",
                     "localhost:80x", "localhost@evil", "[::2]", "0.0.0.0",
                     "[localhost]", "[::1", "::1", "[::ffff:128.0.0.1]", "127.0.0.1 .evil"):
            for path in "/", "/metrics", "/healthz":
                answer, text = self.ask(self.process, path, Host=host)
                self.assertIn(answer.status, (400, 403), host)
                self.assertNotIn(b"vmfc_", text)
        for host in (where, "localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.2:80", "[::1]:28284",
                     "[::ffff:127.0.0.1]"):
            self.assertEqual(self.ask(self.process, Host=host)[0].status, 200, host)

    def test_no_host(self):
        """A browser always sends one."""
        self.assert_refused(b"GET /metrics HTTP/1.1\r\nConnection: close\r\n\r\n")
        said = self.read_all(self.open(b"GET /metrics HTTP/1.0\r\n\r\n"))
        self.assertIn(b" 200 OK\r\n", said)

    def test_methods(self):
        for method in "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "get":
            answer, text = self.ask(self.process, method=method)
            self.assertIn(answer.status, (400, 405, 501), method)
            self.assertNotIn(b"vmfc_", text)
        answer, _ = self.ask(self.process, method="POST", body=b"x" * 1000)
        self.assertEqual((answer.status, answer.headers["Allow"]), (405, "GET, HEAD"))

    def test_other_protocols(self):
        self.assert_refused(
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01",
            b"GET /metrics\r\n\r\n", b"\r\n\r\n\r\n\r\n", b"\0" * 100,
            b"GET  HTTP/1.1\r\n\r\n", b"GET /metrics HTTP/9.9\r\nHost: localhost\r\n\r\n",
            b"GET http://evil.example/metrics HTTP/1.1\r\nHost: evil.example\r\n"
            b"Connection: close\r\n\r\n",
            b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n",
            b"GET /metrics HTTP/1.1\r\nHost: evil\r\nHost: localhost\r\n"
            b"Connection: close\r\n\r\n")

    def test_huge_headers(self):
        peer = self.open(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n")
        sent = 0
        try:
            while sent < 64 * 1024 * 1024:
                sent += peer.send(b"X-%d: " % sent + b"y" * 8000 + b"\r\n")
        except ConnectionError:
            pass
        self.assertLess(sent, 64 * 1024 * 1024, "all of it was read")
        self.assertNotIn(b"vmfc_", self.read_all(peer))

    def test_huge_body(self):
        for headers in b"Content-Length: 99999999999", b"Transfer-Encoding: chunked":
            peer = self.open(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n" + headers + b"\r\n\r\n")
            begin = time.monotonic()
            try:
                while time.monotonic() - begin < LIMIT:
                    peer.send(b"1000\r\n" + b"y" * 4096 + b"\r\n")
            except ConnectionError:
                pass
            self.assertLess(time.monotonic() - begin, LIMIT / 2)

    def test_ranges(self):
        """A list of ranges does not make the answer longer."""
        whole = self.ask(self.process)[1]
        ranges = "bytes=" + ",".join("0-" for _ in range(4000))
        for text in ranges, "bytes=0-9", "bytes=9999999-":
            answer, page = self.ask(self.process, Range=text)
            self.assertEqual(answer.status, 200)
            self.assertLess(len(page), 2 * len(whole))

    def test_each_answer_closes(self):
        for path in "/", "/metrics", "/healthz", "/no":
            self.assertEqual(self.ask(self.process, path)[0].headers["Connection"], "close")

    def test_pipelined(self):
        """The first one is answered, and the others too or the connection is closed."""
        request = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n"
        peer = self.open((request + b"\r\n") * 20 + request + b"Connection: close\r\n\r\n")
        said = self.read_all(peer)
        self.assertGreaterEqual(said.count(b"HTTP/1.1 200 OK\r\n"), 1)
        self.assertEqual(said.count(b"HTTP/1.1"), said.count(b"HTTP/1.1 200 OK\r\n"))

    def test_slow(self):
        """A byte now and then, or requests whose answers are not read, keep no connection for ever."""
        first, later, deaf = self.open(b"GET /met"), self.open(), self.open()
        # what arrives after the headers of a request counts as its time
        later.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\n")
        peers = {first: b"r", later: b"r",
                 deaf: b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * 100}
        end = time.monotonic() + LIMIT
        while peers and time.monotonic() < end:
            for peer, text in list(peers.items()):
                peer.setblocking(False)
                try:
                    peer.send(text)
                except BlockingIOError:
                    pass
                except ConnectionError:
                    del peers[peer]
            time.sleep(0.1)
        self.assertFalse(peers, "a connection is still open")

    def test_many(self):
        """Those that say nothing, and those that do not read, leave room for those that do."""
        for i in range(3 * MAX_CONNECTIONS):
            self.open(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" if i % 2 else b"")
        for _ in range(5):
            self.page(self.process)

        def are_bounded():
            folder = f"/proc/{self.process.pid}/fd"
            return len(os.listdir(folder)) <= MAX_CONNECTIONS + 30

        self.wait_for(are_bounded)

    def test_end_while_busy(self):
        """Peers that send and never read do not hold up the end."""
        for _ in range(20):
            self.open(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50)
        process = self.process
        begin = time.monotonic()
        self.stop(process)
        self.assertLess(time.monotonic() - begin, LIMIT / 2)
        self.process = self.serve()


if __name__ == "__main__":
    main()
