# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""The sink prometheus as its user meets it: pages, files, a real Prometheus, promtool."""

import gzip
import json
import os
import re
import shlex
import socket
import subprocess
import time
import unittest
import urllib.request
import xml.etree.ElementTree

from common import BUILD, MODULES, VMFC, main, needs_mount
from metrics import (LIMIT, OPEN_METRICS, PROMETHEUS, PROMTOOL, MetricsTest, expect_pages,
                     parse_page)

needs_promtool = unittest.skipUnless(PROMTOOL, "promtool is not installed")
needs_prometheus = unittest.skipUnless(PROMETHEUS, "prometheus is not installed")


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
        connection.request("GET", "/metrics")
        connection.getresponse().read()
        begin = time.monotonic()
        self.stop(process)
        self.assertLess(time.monotonic() - begin, LIMIT / 2)
        self.assertEqual(connection.sock.recv(1), b"")
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


class TextFiles(MetricsTest):
    """For the text file collector of node_exporter."""

    def write(self, *args, name="vmfc.prom", interval="0.1", **kwargs):
        process = self.start("--plugin-path", MODULES, "--plugins", "cpu,estimates,prometheus",
                             "--interval", interval, "--duration", "0", "--format", "none",
                             "--set", "prometheus.listen=", "--set", f"prometheus.textfile={name}", *args,
                             **kwargs)
        process.said = ""
        self.wait_for(lambda: os.path.exists(self.path(name)))
        return process

    def read(self, name="vmfc.prom"):
        with open(self.path(name)) as file:
            return parse_page(file.read())

    def test_file(self):
        process = self.write()
        first = self.read()["vmfc_timestamp_seconds"]
        self.assertEqual(os.stat(self.path("vmfc.prom")).st_mode & 0o777, 0o644)
        self.wait_for(lambda: self.read()["vmfc_timestamp_seconds"] != first)
        self.assertEqual(os.listdir(self.folder), ["vmfc.prom"])
        self.stop(process)
        self.assertEqual(os.listdir(self.folder), [])

    def test_always_whole(self):
        process = self.write()
        end = time.monotonic() + 3
        while time.monotonic() < end:
            with open(self.path("vmfc.prom")) as file:
                self.assertRegex(file.read(), r"vmfc_missed_ticks \d+\n$")
        self.stop(process)

    def test_umask(self):
        process = self.write(preexec_fn=lambda: os.umask(0o077))
        self.assertEqual(os.stat(self.path("vmfc.prom")).st_mode & 0o777, 0o644)
        self.stop(process)

    def test_refused(self):
        os.symlink("target.prom", self.path("link.prom"))
        os.mkdir(self.path("folder.prom"))
        for name, sentence in (("link.prom", "it is a symbolic link, which vmfc does not follow"),
                               ("folder.prom", "it is not a regular file"),
                               ("vmfc.txt", "must end with .prom"),
                               ("no/vmfc.prom", "No such file or directory")):
            done = self.vmfc("--plugins", "cpu,prometheus", "--format", "none", "--set",
                             "prometheus.listen=", "--set", f"prometheus.textfile={name}",
                             code=2 if name == "vmfc.txt" else 1)
            self.assertIn(sentence, done.stderr)
        self.assertEqual(sorted(os.listdir(self.folder)), ["folder.prom", "link.prom"])

    def test_links_are_not_followed(self):
        """In the place of the file."""
        with open(self.path("target"), "w") as file:
            file.write("something of a user")
        process = self.write()
        os.unlink(self.path("vmfc.prom"))
        os.symlink("target", self.path("vmfc.prom"))
        self.wait_for(lambda: not os.path.islink(self.path("vmfc.prom")))
        self.stop(process)
        with open(self.path("target")) as file:
            self.assertEqual(file.read(), "something of a user")
        self.assertEqual(os.listdir(self.folder), ["target"])

    def refuse(self, sentence):
        done = self.vmfc("--plugins", "cpu,prometheus", "--format", "none", "--set", "prometheus.listen=",
                         "--set", "prometheus.textfile=vmfc.prom", code=1)
        self.assertIn(sentence, done.stderr)

    def test_files_of_other_programs(self):
        for text in "# HELP other_metric of another program\n", "":
            with open(self.path("vmfc.prom"), "w") as file:
                file.write(text)
            self.refuse("it is not a file of vmfc")
            with open(self.path("vmfc.prom")) as file:
                self.assertEqual(file.read(), text)

    def test_two(self):
        process = self.write()
        self.refuse("another vmfc writes it")
        self.assertTrue(self.read())
        process.kill()
        process.communicate()
        left = os.stat(self.path("vmfc.prom")).st_ino
        process = self.write()  # what a killed one has left is no obstacle
        self.wait_for(lambda: os.stat(self.path("vmfc.prom")).st_ino != left)
        self.stop(process)
        self.assertFalse(os.path.exists(self.path("vmfc.prom")))

    def test_file_of_others(self):
        """What another program has put there at the end stays."""
        process = self.write(interval="2")
        os.unlink(self.path("vmfc.prom"))
        with open(self.path("vmfc.prom"), "w") as file:
            file.write("something of a user")
        self.stop(process)
        with open(self.path("vmfc.prom")) as file:
            self.assertEqual(file.read(), "something of a user")

    @needs_mount
    def test_full_disk(self):
        """Each record counts as lost while the disk is full, also within the time of one file."""
        os.mkdir(self.path("disk"))
        command = shlex.join([VMFC, "--plugins", "cpu,prometheus", "--format", "none", "--interval", "0.1",
                              "--duration", "2", "--set", "prometheus.listen=", "--set",
                              "prometheus.textfile=disk/vmfc.prom"])
        script = f"mount -t tmpfs -o size=64k none disk; cat /dev/zero >disk/filler; exec {command}"
        done = subprocess.run(("unshare", "--mount", "sh", "-c", script), cwd=self.folder,
                              capture_output=True, text=True, timeout=LIMIT, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("records are lost there until it can be written again", done.stderr)
        self.assertNotIn("writes again", done.stderr)

    @needs_promtool
    def test_promtool(self):
        process = self.write()
        with open(self.path("vmfc.prom"), "rb") as file:
            done = subprocess.run([PROMTOOL, "check", "metrics"], stdin=file, capture_output=True,
                                  timeout=LIMIT, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.stop(process)


CONFIG = """
global: {{scrape_interval: 270ms, scrape_timeout: 270ms}}
scrape_configs:
- job_name: vmfc
  static_configs: [{{targets: ['{target}']}}]
"""


@needs_prometheus
class RealPrometheus(MetricsTest):
    def free_port(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    def query(self, text):
        address = f"http://127.0.0.1:{self.port}/api/v1/query?query={urllib.request.quote(text)}"
        with urllib.request.urlopen(address, timeout=LIMIT) as answer:
            return json.load(answer)["data"]["result"]

    def is_ready(self):
        try:
            return bool(self.query("up"))
        except OSError:
            return False

    def prometheus(self, target):
        self.port = self.free_port()
        with open(self.path("prometheus.yml"), "w") as file:
            file.write(CONFIG.format(target=target))
        with open(self.path("prometheus.log"), "w") as log:
            process = subprocess.Popen(
                [PROMETHEUS, f"--config.file={self.path('prometheus.yml')}",
                 f"--storage.tsdb.path={self.path('tsdb')}",
                 f"--web.listen-address=127.0.0.1:{self.port}"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        self.started.append(process)
        self.wait_for(self.is_ready)
        return process

    def read_scrapes(self):
        """Pages as Prometheus has stored them, by the time of the scrape."""
        scrapes = {}
        for series in self.query('{__name__=~"vmfc_.*"}[30m]'):
            name = series["metric"].pop("__name__")
            labels = ",".join(f'{label}="{value}"' for label, value in series["metric"].items()
                              if label not in ("job", "instance"))
            for instant, value in series["values"]:
                scrapes.setdefault(instant, {}).setdefault(name, {})[labels] = float(value)
        return scrapes

    def test_scrapes(self):
        """`up` is always 1, and every value is that of a record."""
        process = self.serve(plugins="perf,proc,estimates", form="jsonl", interval="0.25")
        prometheus = self.prometheus(process.where)
        seconds = float(os.environ.get("VMFC_SCRAPE_SECONDS", "0"))
        end = time.monotonic() + seconds
        self.wait_for(lambda: len(self.read_scrapes()) >= 10)
        while time.monotonic() < end:
            time.sleep(1)
        scrapes = self.read_scrapes()
        (up,) = self.query("up[30m]")
        prometheus.terminate()
        self.stop(process)
        self.assertEqual({value for _, value in up["values"]}, {"1"})
        expected = expect_pages(*self.read_run())
        n_values = 0
        for page in scrapes.values():
            for name in [name for name in page if name.endswith("_info")]:
                page.pop(name)
            self.assertEqual(page, expected[page["vmfc_timestamp_seconds"][""]])
            n_values += sum(len(series) for series in page.values())
        print(f"{len(scrapes)} scrapes, {n_values} values", flush=True)

    def test_restart(self):
        """A counter begins at 0 with a run, so that growth over a restart is that of the runs."""
        process = self.serve(plugins="cpu,estimates", form="jsonl", output="data/one.jsonl")
        port = process.where.split(":")[1]
        self.prometheus(process.where)
        self.wait_for(lambda: self.query("vmfc_energy_joules_total"))
        self.stop(process)
        self.wait_for(lambda: self.query("up")[0]["value"][1] == "0")
        self.wait_for(lambda: not self.query("vmfc_energy_joules_total"))
        process = self.serve(plugins="cpu,estimates", form="jsonl", output="data/two.jsonl",
                             listen=f"localhost:{port}")
        self.wait_for(lambda: self.query("vmfc_energy_joules_total"))
        first = [float(value) for series in self.query('vmfc_energy_joules_total{zone="core"}[30m]')
                 for _, value in series["values"]]
        self.assertLess(min(first), 100)
        self.stop(process)


if __name__ == "__main__":
    main()
