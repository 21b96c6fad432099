# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""The sink prometheus as its user meets it: pages, their formats, and where they are served."""

import gzip
import os
import re
import socket
import subprocess
import time
import unittest
import xml.etree.ElementTree

from common import BUILD, MODULES, main
from metrics import LIMIT, OPEN_METRICS, PROMTOOL, MetricsTest, expect_pages, parse_page

needs_promtool = unittest.skipUnless(PROMTOOL, "promtool is not installed")


class Pages(MetricsTest):
    def promtool(self, text):
        done = subprocess.run([PROMTOOL, "check", "metrics"], input=text, capture_output=True,
                              timeout=LIMIT, check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))

    @needs_promtool
    def test_promtool(self):
        process = self.serve("--set", "prometheus.kepler_names=true",
                             plugins="perf,proc,kepler,rapl,estimates")
        self.wait_for(lambda: "vmfc_power_watts" in self.page(process))
        self.promtool(self.ask(process)[1])

    @needs_promtool
    def test_promtool_of_all_columns(self):
        """Of those too that this machine does not have."""
        lines = []
        table = self.vmfc("--list-features=metrics", "--plugin-path", MODULES).stdout
        for row in table.splitlines()[1:]:
            name, kind = re.match(r"(\w+)\S*  +(\w+)", row).groups()
            labels = re.search(r"\{(.*?)\}", row)
            labels = re.sub(r"(\w+)(?:=(\"[^\"]*\"))?", lambda m: m[1] + "=" + (m[2] or '"x"'),
                            labels[1]) if labels else ""
            if not any(line.startswith(f"# TYPE {name} ") for line in lines):
                lines += [f"# HELP {name} a text",
                          f"# TYPE {name} {'counter' if kind == 'counter' else 'gauge'}"]
            lines.append(f"{name}{{{labels}}} 1")
        self.assertGreater(len(lines), 200)
        self.promtool("\n".join([*lines, ""]).encode())

    def test_values(self):
        """Every value is that of a record; where the record has none there is none."""
        process = self.serve(plugins="perf,proc,estimates", form="jsonl")
        seen = {}

        def look():
            answer, text = self.ask(process)
            page = parse_page(text.decode())
            seen[page["vmfc_timestamp_seconds"][""]] = page
            return len(seen) >= 8

        self.wait_for(look)
        self.stop(process)
        expected = expect_pages(*self.read_run())
        for timestamp, page in seen.items():
            infos = {name: page.pop(name) for name in list(page) if name.endswith("_info")}
            self.assertEqual(page, expected[timestamp])
            self.assertEqual(infos["vmfc_model_info"], {'model="0123456789ab"': 1.0})
            self.assertRegex(next(iter(infos["vmfc_run_info"])),
                             r'^version="[^"]+",run="[^"]+Z",hostname="[^"]*",workload="none"$')
        self.assertTrue(any("vmfc_power_watts" in page for page in seen.values()))
        self.assertTrue(any("vmfc_power_watts" not in page for page in seen.values()))

    def test_formats(self):
        process = self.serve()
        for accept, kind in (
                (None, "text/plain; version=0.0.4"), ("*/*", "text/plain; version=0.0.4"),
                ("text/html", "text/plain; version=0.0.4"),
                ("application/openmetrics-text;version=0.0.1;q=0.9,text/plain;q=0.2",
                 "text/plain; version=0.0.4"),
                (OPEN_METRICS, "application/openmetrics-text; version=1.0.0"),
                ("text/plain;version=0.0.4;q=0.5,application/openmetrics-text;version=1.0.0;q=0.7",
                 "application/openmetrics-text; version=1.0.0")):
            answer, text = self.ask(process, **({"Accept": accept} if accept else {}))
            self.assertTrue(answer.headers["Content-Type"].startswith(kind), accept)
            # what is between must not give the page to somebody who wants another one, or later
            self.assertEqual((answer.headers["Vary"], answer.headers["Cache-Control"]),
                             ("Accept, Accept-Encoding", "no-store"))
            self.assertEqual(text.endswith(b"\n# EOF\n"), "openmetrics" in kind)
            self.assertEqual(b"# UNIT " in text, "openmetrics" in kind)

    def test_gzip(self):
        process = self.serve()

        def look():
            _, plain = self.ask(process)
            answer, packed = self.ask(process, Accept_Encoding="gzip")
            self.assertEqual(answer.headers["Content-Encoding"], "gzip")
            self.assertLess(len(packed), len(plain) / 2)
            return gzip.decompress(packed) == plain

        self.wait_for(look)
        answer, _ = self.ask(process, Accept_Encoding="gzip;q=0, identity")
        self.assertIsNone(answer.headers["Content-Encoding"])

    def test_head(self):
        process = self.serve(interval="1")
        answer, text = self.ask(process, method="HEAD")
        self.assertEqual((answer.status, text), (200, b""))
        self.assertGreater(int(answer.headers["Content-Length"]), 1000)

    def test_start_page(self):
        process = self.serve(plugins="cpu,estimates")
        self.wait_for(lambda: b"Estimated power" in self.ask(process, "/")[1] and
                      b"<polyline" in self.ask(process, "/")[1])
        answer, text = self.ask(process, "/")
        self.assertEqual(answer.headers["Content-Type"], "text/html; charset=utf-8")
        self.assertIn("default-src 'none'", answer.headers["Content-Security-Policy"])
        for link in b'href="metrics"', b'href="healthz"':
            self.assertIn(link, text)
        for svg in re.findall(rb"<svg.*?</svg>", text):
            xml.etree.ElementTree.fromstring(svg)
        self.assertEqual(self.ask(process, "/other")[0].status, 404)

    def test_kepler_names(self):
        process = self.serve("--set", "prometheus.kepler_names=true", plugins="estimates")
        page = {}

        def look():
            page.update(self.page(process))
            return {"kepler_node_cpu_watts", "kepler_node_cpu_joules_total"} <= page.keys()

        self.wait_for(look)
        for labels, value in page["kepler_node_cpu_watts"].items():
            self.assertRegex(labels, r'^zone="(package|core)",path="estimate",node_name="[^"]+",'
                                     r'source="vmfc_estimate"$')
            self.assertGreater(value, 0)
        self.assertEqual(page["kepler_node_cpu_joules_total"].keys(),
                         page["kepler_node_cpu_watts"].keys())
        other = self.serve(plugins="estimates")
        self.wait_for(lambda: "vmfc_power_watts" in self.page(other))
        self.assertNotIn(b"kepler", self.ask(other)[1])

    def test_nothing_secret(self):
        """No command line, path or argument of a workload is in a page."""
        process = self.serve("--stress-workload", "command=sh -c 'sleep 98.7 # s3cr3t'", "--meta", "m3ta.json")
        self.wait_for(lambda: b'workload="command"' in self.ask(process)[1])
        for path in "/", "/metrics", "/healthz":
            text = self.ask(process, path)[1].decode()
            for word in "s3cr3t", "98.7", "m3ta", self.folder, "/proc", "localhost:0":
                self.assertNotIn(word, text)

    def test_health(self):
        process = self.serve("--start-time", str(time.time() + 8), wait=False)
        answer, text = self.ask(process, "/healthz")
        self.assertEqual((answer.status, text), (200, b"waiting for the first record\n"))
        self.assertNotIn(b"vmfc_timestamp_seconds", self.ask(process)[1])
        self.wait_for(lambda: self.ask(process, "/healthz")[0].status == 503)
        self.wait_for(lambda: self.ask(process, "/healthz")[1] == b"ok\n")


class Table(MetricsTest):
    """data/doc/metrics.md has what the program prints."""

    def rows(self, text):
        return [tuple(re.split(r"  +", line.strip())) for line in text.splitlines()]

    def test_table(self):
        path = os.path.join(os.path.dirname(__file__), "../../data/doc/metrics.md")
        with open(path, encoding="utf-8") as file:
            told = self.rows(re.search(r"```text\n(METRIC .*?)\n```", file.read(), re.S)[1])
        known = self.rows(self.vmfc("--list-features=metrics").stdout)
        self.assertEqual(told, known, "data/doc/metrics.md: put there what "
                         "vmfc --list-features=metrics prints")


class Exits(MetricsTest):
    """Where the sink is reached, and what is left of it."""

    def test_end(self):
        process = self.serve()
        self.stop(process)
        with self.assertRaises(ConnectionRefusedError):
            self.ask(process)
        self.assertEqual(os.listdir(self.folder), [])

    def test_end_with_open_connections(self):
        process = self.serve()
        connection = self.connect(process)
        connection.connect()
        connection.sock.sendall(b"GET /met")  # the rest does not come
        begin = time.monotonic()
        self.stop(process)
        self.assertLess(time.monotonic() - begin, LIMIT / 2)
        try:
            self.assertEqual(connection.sock.recv(1), b"")
        except ConnectionResetError:
            pass  # what it had sent was not read
        connection.close()

    def test_both_families(self):
        process = self.serve()
        self.assertRegex(process.where, r"^127\.0\.0\.1:\d+$")
        if not socket.has_ipv6 or not os.path.exists("/proc/net/if_inet6"):
            self.skipTest("this machine has no IPv6")
        process.where = "[::1]:" + process.where.split(":")[1]
        self.page(process)

    def test_two_and_restart(self):
        first, second = self.serve(), self.serve()
        self.assertNotEqual(first.where, second.where)
        taken = first.where.split(":")[1]
        done = self.vmfc("--plugins", "cpu,prometheus", "--format", "none", "--set",
                         f"prometheus.listen=localhost:{taken}", code=1)
        self.assertRegex(done.stderr, rf"prometheus.listen: vmfc cannot listen at 127.0.0.1:{taken}: "
                                      "another program does, .*choose another port")
        self.page(first)
        self.stop(first)
        again = self.serve(listen=f"localhost:{taken}")
        self.assertEqual(again.where, first.where)
        self.page(second)

    def test_default(self):
        """The documents name the address."""
        listed = self.vmfc("--list-plugins").stdout
        self.assertIn("--set prometheus.listen=localhost:28284:", listed)

    def test_bad_options(self):
        for value in ("localhost", "example.org:1", "127.0.0.1", "127.0.0.1:65536", "::1:80", "[::1]",
                      "[::1:80", "localhost:-1", "1.2.3.4.5:80"):
            done = self.vmfc("--plugins", "cpu,prometheus", "--format", "none", "--set",
                             f"prometheus.listen={value}", code=2)
            self.assertIn(f"prometheus.listen is '{value}', but must be localhost:PORT", done.stderr)
        done = self.vmfc("--plugins", "cpu,prometheus", "--format", "none", "--set",
                         "prometheus.listen=/" + 120 * "x", code=2)
        self.assertIn("longer than the 107 bytes", done.stderr)
        done = self.vmfc("--plugins", "cpu,prometheus", "--format", "none", "--set",
                         "prometheus.listen=", code=2)
        self.assertIn("would go nowhere", done.stderr)

    def test_named_address(self):
        """Any name may lead to an address that the user has named."""
        process = self.serve(listen="0.0.0.0:0")
        process.where = process.where.replace("0.0.0.0", "127.0.0.1")
        self.assertEqual(self.ask(process, Host="vm.example.org")[0].status, 200)

    def test_named_loopback(self):
        """Only this machine reaches it, and it knows its own address."""
        process = self.serve(listen="127.0.0.2:0")
        self.page(process)
        self.assertEqual(self.ask(process, Host="vm.example.org")[0].status, 403)
        self.stop(process)
        process = self.serve(listen="[::ffff:127.0.0.1]:0")
        process.where = process.where.replace("[::ffff:127.0.0.1]", "127.0.0.1")
        self.page(process)
        self.assertEqual(self.ask(process, Host="vm.example.org")[0].status, 403)
        self.stop(process)

    def test_gives_way(self):
        """Where the unit for systemd allows it, too: it lists the calls that it adds."""
        process = self.serve()
        threads = f"/proc/{process.pid}/task"
        nice = {}
        for thread in os.listdir(threads):
            with open(f"{threads}/{thread}/stat") as file:
                name, rest = re.fullmatch(r"\d+ \((.*)\) (.*)\n", file.read()).groups()
            nice[name] = int(rest.split()[16])
        self.stop(process)
        self.assertEqual(nice["vmfc-prometheus"], max(nice["vmfc"], 10))
        with open(os.path.join(BUILD, "data", "vmfc.service")) as file:
            self.assertRegex(file.read(), r"(?m)^SystemCallFilter=perf_event_open.* setpriority$")

    def test_unix_socket(self):
        process = self.serve(listen="./exit.sock")
        self.page(process)
        self.assertEqual(self.ask(process, Host="any")[0].status, 200)
        done = self.vmfc("--plugins", "cpu,prometheus", "--format", "none", "--set",
                         "prometheus.listen=./exit.sock", code=1)
        self.assertIn("another vmfc uses this path: choose another one", done.stderr)
        self.page(process)
        self.stop(process)
        self.assertEqual(os.listdir(self.folder), [])

    def test_unix_socket_of_killed(self):
        process = self.serve(listen="./exit.sock")
        process.kill()
        process.communicate()
        self.assertTrue(os.path.exists(self.path("exit.sock")))
        process = self.serve(listen="./exit.sock")
        self.stop(process)
        self.assertEqual(os.listdir(self.folder), [])

    def refuse_path(self, sentence):
        done = self.vmfc("--plugins", "cpu,prometheus", "--format", "none", "--set",
                         "prometheus.listen=./exit.sock", code=1)
        self.assertIn(sentence, done.stderr)

    def test_paths_of_others(self):
        """What another program has put there stays."""
        path = self.path("exit.sock")
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(path)
            self.refuse_path("a socket that vmfc has not created is there")
            other.listen()
            self.refuse_path("a socket that vmfc has not created is there")
        self.refuse_path("a socket that vmfc has not created is there")
        os.unlink(path)
        for make in (lambda: os.symlink("target", path), lambda: os.mkdir(path),
                     lambda: open(path, "w").close()):
            make()
            self.refuse_path("a file that is not a socket is there")
            before = os.lstat(path)
            self.assertEqual(os.lstat(path).st_ino, before.st_ino)
            os.rmdir(path) if os.path.isdir(path) else os.unlink(path)
        self.assertEqual(os.listdir(self.folder), [])

    def test_lock_files_of_others(self):
        lock = self.path("exit.sock.lock")
        for text in "4711\n", "", "vmfc-socket/2\n", "something of a user":
            with open(lock, "w") as file:
                file.write(text)
            self.refuse_path("it is not a lock file of vmfc")
            with open(lock) as file:
                self.assertEqual(file.read(), text)
        os.rename(lock, self.path("target"))
        os.symlink("target", lock)
        self.refuse_path("exit.sock.lock cannot be created")
        with open(self.path("target")) as file:
            self.assertEqual(file.read(), "something of a user")

    def test_replaced_socket(self):
        """A socket that another program has put in the place of ours stays at the end."""
        process = self.serve(listen="./exit.sock")
        os.unlink(self.path("exit.sock"))
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(self.path("exit.sock"))
            self.stop(process)
            self.assertEqual(os.listdir(self.folder), ["exit.sock"])

    def test_libraries(self):
        process = self.serve()
        self.assertIn("libsoup-3.0", self.maps(process))
        without = self.start("--plugins", "cpu,mem", "--format", "jsonl", "--output", "-",
                             "--duration", "0", "--interval", "0.1")
        without.stdout.readline()
        self.assertNotIn("libsoup", self.maps(without))
        self.assertNotIn("prometheus.so", self.maps(without))

    def test_no_format(self):
        self.stop(self.serve())
        self.assertEqual(os.listdir(self.folder), [])
        self.stop(self.serve("--meta", "about.json"))
        self.assertEqual(os.listdir(self.folder), ["about.json"])
        done = self.vmfc("--plugins", "cpu", "--format", "none", code=2)
        self.assertIn("the records would go nowhere", done.stderr)
        done = self.vmfc("--plugins", "cpu,prometheus", "--format", "none", "--output", "-", code=2)
        self.assertIn("--output - is a stream", done.stderr)
        self.vmfc("--plugins", "cpu,csv", "--format", "none", "--duration", "0.2", "--interval", "0.1",
                  "--output", "run.csv")
        self.assertEqual(sorted(os.listdir(self.folder)),
                         ["about.json", "run.csv", "run.meta.json"])

if __name__ == "__main__":
    main()
