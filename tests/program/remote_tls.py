# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""Remote write over https, by the sink and by vmfc push: whom they trust, and to whom a token goes."""

import os
import shutil
import subprocess
import unittest

import receiver as peer
from common import main
from receiver import Receiver
from remote import LOST, RemoteWriteTest, find_numbers

EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


@unittest.skipUnless(shutil.which("openssl"), "openssl is not here to make certificates")
class Tls(RemoteWriteTest):
    def setUp(self):
        super().setUp()
        # LeakSanitizer of clang 14 crashes on the thread-local storage of what TLS loads
        os.environ["ASAN_OPTIONS"] = "detect_leaks=0"
        self.addCleanup(os.environ.pop, "ASAN_OPTIONS")
        for name in "right", "wrong":
            self.openssl("-x509", "-days", "2", "-subj", f"/CN={name}", "-keyout", f"{name}.key",
                         "-out", f"{name}.pem")
        self.openssl("-x509", "-days", "2", "-subj", "/CN=a receiver", "-CA", "right.pem", "-CAkey", "right.key",
                     "-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE",
                     "-keyout", "server.key", "-out", "server.pem")
        with open(self.path("server"), "w") as both:
            for name in "server.key", "server.pem":
                with open(self.path(name)) as file:
                    both.write(file.read())
        with open(self.path("token"), "w") as file:
            file.write("open-sesame\n")

    def openssl(self, *words):
        subprocess.run(["openssl", "req", *EC, *words], cwd=self.folder, check=True, stderr=subprocess.DEVNULL)

    def record(self):
        """A file for vmfc push."""
        self.vmfc("--plugins", "cpu,mem", "--interval", "0.1", "--duration", "0.3", "--format", "jsonl",
                  "--output", "data/run")
        return "data/run.jsonl"

    def push(self, url, *args, code=0):
        return self.vmfc("push", self.record(), "--url", url, "--token-file", "token", *args,
                         code=code).stderr

    def send_token(self, url, **options):
        return self.send(url, duration="0.5", linger="50", token_file=self.path("token"), **options)

    def send_until_said(self, url, what, **options):
        """Runs vmfc until it says that, and ends it. Returns what it has said"""
        process = self.start(*self.arguments(url, duration="0", linger="0.1", token_file=self.path("token"),
                                             **options))
        said = line = process.stderr.readline()
        while line and what not in line:
            line = process.stderr.readline()
            said += line
        process.terminate()
        said += process.communicate()[1]
        self.assertEqual(process.returncode, 1, said)
        return said

    def test_trusted(self):
        with Receiver(tls=self.path("server")) as receiver:
            said = self.send_token(receiver.url, ca_file="right.pem")
        self.assertNotRegex(said, "encryption|certificate|lost")
        self.assert_equal(receiver.samples, self.expect())
        self.assertEqual({headers["Authorization"] for headers in receiver.headers}, {"Bearer open-sesame"})
        with Receiver(tls=self.path("server")) as receiver:
            said = self.push(receiver.url, "--ca-file", "right.pem")
        self.assertNotRegex(said, "encryption|certificate")
        self.assertEqual(self.count_records(receiver), len(self.read_run()[0]))
        self.assertEqual({headers["Authorization"] for headers in receiver.headers}, {"Bearer open-sesame"})

    def test_not_trusted(self):
        """Another authority, the system's, and another name: nothing is sent, and no token."""
        with Receiver(tls=self.path("server")) as receiver:
            other = receiver.url.replace("localhost", "127.0.0.1")
            for url, authority in (receiver.url, "wrong.pem"), (receiver.url, ""), (other, "right.pem"):
                with self.subTest(url=url, authority=authority):
                    said = self.send_until_said(url, f"{url}: the certificate is not trusted (", ca_file=authority)
                    self.assertIn("name the file with the authority that signed it with option "
                                  "remote_write.ca_file", said)
                    self.assertEqual(find_numbers(LOST, said)[0], len(self.read_run()[0]))
                    said = self.push(url, *(("--ca-file", authority) if authority else ()), code=1)
                    self.assertIn(f"{url}: the certificate is not trusted (", said)
                    self.assertTrue(said.endswith("with --ca-file\n"), said)
        self.assertEqual(receiver.headers, [])

    def test_redirected(self):
        """To the same host or another one: it is not followed, and gets no token."""
        with Receiver(tls=self.path("server")) as other, Receiver() as plain:
            for status, target in (301, other.url), (307, other.url), (308, plain.url):
                with self.subTest(status=status, target=target), \
                        Receiver(always=peer.say(status, Location=target), tls=self.path("server")) as receiver:
                    said = self.send_token(receiver.url, ca_file="right.pem", code=1)
                    self.assertIn(f"it answers {status}; vmfc follows no redirects", said)
                    self.assertEqual(find_numbers(LOST, said)[2], len(self.read_run()[0]))
                    said = self.push(receiver.url, "--ca-file", "right.pem", code=1)
                    self.assertIn(f"it answers {status}; vmfc follows no redirects", said)
        self.assertEqual((other.headers, plain.headers), ([], []))


if __name__ == "__main__":
    main()
