# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""The group host: real VMs that are followed from outside, meters that may not be read, and the page of a
host's Kepler."""

import glob
import http.server
import json
import os
import shutil
import signal
import subprocess
import threading
import time
import unittest

from common import SANITIZED, ProgramTest, main
from timing import Standstill

QEMU = shutil.which("qemu-system-x86_64")
needs_qemu = unittest.skipUnless(QEMU, "qemu-system-x86_64 is not installed")
ZONES = ("package", "core", "dram", "uncore", "psys")
# a boot sector that jumps to itself
SPIN = b"\xeb\xfe" + bytes(508) + b"\x55\xaa"
PATIENCE = 60
# s that a counter can be late to move with no effect on windows of 0.5 s
STILL = 0.2


class HostTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.root = self.path("root")
        os.makedirs(os.path.join(self.root, "sys/class/powercap"))
        os.symlink("/proc", os.path.join(self.root, "proc"))

    def tearDown(self):
        os.unlink(os.path.join(self.root, "proc"))
        super().tearDown()

    def add_zone(self, zone, name, energy):
        folder = os.path.join(self.root, "sys/class/powercap", zone)
        os.makedirs(folder)
        for file, text in (("name", name), ("max_energy_range_uj", 262143328850),
                           ("energy_uj", energy)):
            with open(os.path.join(folder, file), "w") as stream:
                stream.write(f"{text}\n")
        return folder

    def wait_for(self, what, condition):
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            result = condition()
            if result:
                return result
            time.sleep(0.02)
        self.fail(f"{what} did not come")

    def column(self, name):
        """What the table holds of it so far."""
        try:
            return [row[name] for row in self.rows()]
        except (FileNotFoundError, KeyError):
            return []


@needs_qemu
class Qemu(HostTest):
    def setUp(self):
        super().setUp()
        with open(self.path("spin.img"), "wb") as file:
            file.write(SPIN)

    def start_vm(self, *args):
        # other tests run meanwhile
        vm = subprocess.Popen(["nice", "-n", "19", QEMU, "-accel", "tcg", "-m", "16", "-display", "none", "-serial",
                               "none", "-monitor", "none", "-nodefaults", "-drive",
                               f"file={self.path('spin.img')},format=raw,if=floppy,readonly=on",
                               *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
        self.started.append(vm)
        # it is a VM once it has a CPU, or, without names of threads, several threads
        self.wait_for("the VM", lambda: len(self.threads(vm)) > 2 or vm.poll() is not None)
        self.assertIsNone(vm.poll(), "QEMU does not start here")
        return vm

    @staticmethod
    def threads(vm):
        try:
            return os.listdir(f"/proc/{vm.pid}/task")
        except FileNotFoundError:
            return []

    def stop_vm(self, vm):
        vm.kill()
        vm.communicate()

    def collect(self, *args, duration="1", interval="0.2"):
        return self.vmfc("--root", self.root, "--plugins", "qemu,cpu", "--interval", interval,
                         "--duration", duration, *args)

    @staticmethod
    def read_cpu(vm):
        """CPU seconds of the process, and of its CPUs, read without any of vmfc's code."""
        total = vcpus = 0
        for task in os.listdir(f"/proc/{vm.pid}/task"):
            with open(f"/proc/{vm.pid}/task/{task}/schedstat") as file:
                used = int(file.read().split()[0]) / 1e9
            with open(f"/proc/{vm.pid}/task/{task}/comm") as file:
                vcpus += used if file.read().startswith("CPU ") else 0
            total += used
        return total, vcpus

    def test_cpu_seconds(self):
        """Each window's lie within what readings just before and after its ends allow."""
        vm = self.start_vm("-name", "guest=spinner,debug-threads=on")
        self.add_zone("intel-rapl:0", "package-0", 10**6)
        readings, over = [], threading.Event()

        def watch():
            while not over.is_set():
                before = time.time()
                cpu = self.read_cpu(vm)
                readings.append((before, time.time(), cpu))
                time.sleep(0.002)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            self.collect("--set", "qemu.name=spinner", duration="2", interval="0.5")
            n_readings = len(readings)
            self.wait_for("a later reading", lambda: len(readings) > n_readings + 20)
        finally:
            over.set()
            watcher.join()
        used = 0
        for record in self.records():
            end = record["timestamp"]
            start = end - record["time_delta_seconds"]
            slack = record["sample_duration_us"] / 1e6 + 0.02
            times = [record[column] for column in ("vm_cpu_seconds", "vm_vcpu_seconds", "vm_cpu_share")]
            if None in times:  # as when it was held up between its readings of the times and of the clock
                with self.timing():
                    self.assertNotIn(None, times, record)
                continue
            for i, column in enumerate(("vm_cpu_seconds", "vm_vcpu_seconds")):
                first, last = self.bounds(readings, start, slack, i), self.bounds(readings, end,
                                                                                  slack, i)
                # a thread that ends takes its time out of the sum of the tasks, not of the process
                self.assertLessEqual(record[column], last[1] - first[0] + 0.02, column)
                self.assertGreaterEqual(record[column], last[0] - first[1] - 0.001, column)
            self.assertLessEqual(record["vm_vcpu_seconds"], record["vm_cpu_seconds"] + 0.002)
            self.assertTrue(0 < record["vm_cpu_share"] <= 1, record)
            self.assertIsNone(record["vm_cpu_joules_package"], "the counter stands still")
            used += record["vm_cpu_seconds"]
        with self.timing():
            self.assertGreater(used, 0.005)
        with open(self.path("data/vm_features.meta.json")) as file:
            self.assertIn(f"spinner (pid {vm.pid})", file.read())

    def bounds(self, readings, instant, slack, i):
        before = [cpu[i] for _, end, cpu in readings if end <= instant]
        after = [cpu[i] for start, _, cpu in readings if start >= instant + slack]
        self.assertTrue(before and after)
        return before[-1], after[0]

    def test_without_names_of_threads(self):
        self.start_vm("-S", "-name", "plain")
        done = self.collect("--set", "qemu.name=plain")
        self.assertIn("QEMU's threads have no names that identify the CPUs", done.stderr)
        for record in self.records():
            self.assertIsNone(record["vm_vcpu_seconds"])
            self.assertIsNotNone(record["vm_cpu_seconds"])

    def test_two(self):
        busy = self.start_vm("-name", "guest=busy,debug-threads=on")
        idle = self.start_vm("-S", "-name", "guest=idle,debug-threads=on", "-uuid",
                             "4dea22b3-1d52-d8f3-2516-782e98ab3fa0")
        done = self.collect()
        # others may run VMs here as well
        self.assertRegex(done.stderr, r"qemu: \d+ VMs run, ")
        for vm, name in ((busy, "busy"), (idle, "idle")):
            self.assertIn(f"{name} (pid {vm.pid})", done.stderr)
        self.assertIn("choose one with --set qemu.name=NAME", done.stderr)
        self.assertEqual({record["vm_cpu_seconds"] for record in self.records()}, {None})
        for setting, label in (("name=busy", f"busy (pid {busy.pid})"),
                               ("name=idle", f"idle (pid {idle.pid})"),
                               ("name=4DEA22B3-1d52-d8f3-2516-782e98ab3fa0",
                                f"idle (pid {idle.pid})"),
                               (f"pid={busy.pid}", f"pid {busy.pid}")):
            self.collect("--set", "qemu." + setting)
            self.assertNotIn(None, [record["vm_cpu_seconds"] for record in self.records()])
            with open(self.path("data/vm_features.meta.json")) as file:
                self.assertIn(f'"{label}"', file.read())
        done = self.collect("--set", "qemu.name=other")
        self.assertIn("no VM has the name or UUID 'other'; these run: ", done.stderr)
        said = self.vmfc("--check", "--root", self.root).stdout
        self.assertRegex(said, r"why: \d+ VMs run, ")

    def name_where_others_run(self, vm):
        """The only VM of the machine needs no name; where it is not the only one, it has to have it."""
        programs = [path for path in glob.glob("/proc/[0-9]*/comm")
                    if self.read(path).startswith("qemu-system-")]
        others = [path for path in programs if path != f"/proc/{vm.pid}/comm"]
        return ("--set", "qemu.name=phoenix") if others else ()

    @staticmethod
    def read(path):
        try:
            with open(path) as file:
                return file.read()
        except OSError:
            return ""

    def test_restart(self):
        """It stops, another one runs, it starts again: nothing but its own time is told."""
        vm = self.start_vm("-name", "guest=phoenix,debug-threads=on")
        run = self.start("--root", self.root, "--plugins", "qemu,cpu", "--interval", "0.1",
                         "--duration", "0", *self.name_where_others_run(vm))
        self.wait_for("its CPU time", lambda: any(self.column("vm_cpu_seconds")))
        self.stop_vm(vm)
        n_before = len(self.column("vm_cpu_seconds"))
        self.start_vm("-name", "guest=cuckoo,debug-threads=on")
        self.wait_for("windows without it", lambda: len(self.column("vm_cpu_seconds")) >=
                      n_before + 25)
        self.assertEqual(set(self.column("vm_cpu_seconds")[n_before + 2:]), {""})
        vm = self.start_vm("-name", "guest=phoenix,debug-threads=on")
        self.wait_for("its CPU time again", lambda: all(self.column("vm_cpu_seconds")[-3:]))
        run.send_signal(signal.SIGTERM)
        said = run.communicate(timeout=PATIENCE)[1]
        self.assertEqual(run.returncode, 0, said)
        self.assertIn("qemu: the VM has ended: phoenix (pid ", said)
        self.assertIn("qemu answers again after ", said)
        for row in self.rows():
            if row["vm_cpu_seconds"]:
                self.assertLess(float(row["vm_cpu_seconds"]), 4 * float(row["time_delta_seconds"]))

    def test_pid_ends(self):
        vm = self.start_vm("-S", "-name", "guest=mortal,debug-threads=on")
        run = self.start("--root", self.root, "--plugins", "qemu,cpu", "--interval", "0.1",
                         "--duration", "0", "--set", f"qemu.pid={vm.pid}")
        self.wait_for("its CPU time", lambda: any(self.column("vm_cpu_seconds")))
        self.stop_vm(vm)
        n_before = len(self.column("vm_cpu_seconds"))
        self.wait_for("windows without it",
                      lambda: len(self.column("vm_cpu_seconds")) > n_before + 3)
        run.terminate()
        said = run.communicate(timeout=PATIENCE)[1]
        self.assertIn(f"the VM has ended: pid {vm.pid}, and qemu.pid gives no other", said)
        self.assertEqual(set(self.column("vm_cpu_seconds")[n_before + 2:]), {""})
        done = self.collect("--set", f"qemu.pid={vm.pid}")
        self.assertIn(f"there is no process {vm.pid}, which qemu.pid gives. Give the VM's name",
                      done.stderr)


class Identity(HostTest):
    """Processes that are QEMU by their program, whatever else they are called."""

    def start_program(self, file, *args, argv0=None, comm=None, loader=None, prefix=()):
        """A copy of bash that waits, under another name."""
        path = self.path(file)
        if not os.path.exists(path):
            shutil.copy("/bin/bash", path)
        script = "printf ready; read -t 60"
        if comm:
            script = f"printf '{comm}' >/proc/self/comm; {script}"
        command = [*prefix, *((loader,) if loader else ()), path, "-c", script, *args]
        if argv0:
            command = ["/bin/bash", "-c", 'exec -a "$0" "$@"', argv0, *command]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL)
        self.started.append(process)
        self.assertEqual(process.stdout.read(5), b"ready")
        return process

    def look(self, name, *args, prefix=()):
        """(the label of the VM that was followed, or None; what was said)."""
        done = self.vmfc("--root", self.root, "--plugins", "qemu", "--interval", "0.1",
                         "--duration", "0.3", "--set", f"qemu.name={name}", *args, prefix=prefix)
        with open(self.path("data/vm_features.meta.json")) as file:
            columns = {column["name"]: column for column in json.load(file)["columns"]}
        label = columns["vm_cpu_seconds"].get("vm")
        for record in self.records():
            self.assertEqual(record["vm_cpu_seconds"] is None, label is None)
        return label, done.stderr

    def test_names(self):
        for file, options in (("qemu-kvm-one", {}), ("kvm-spice", {}), ("kvm", {}),
                              (".qemu-system-x86_64-wrapped", {"argv0": "qemu-system-x86_64"}),
                              ("qemu-system-x86_64", {"comm": "windows"}),
                              ("qemu-system-aarch64", {"argv0": "web", "comm": "web"})):
            process = self.start_program(file, "-name", f"guest=of {file},debug-threads=on",
                                         **options)
            label, _ = self.look(f"of {file}")
            self.assertEqual(label, f"of {file} (pid {process.pid})")
            # an upgrade has replaced it
            os.unlink(self.path(file))
            label, said = self.look(f"of {file}")
            self.assertEqual(label, f"of {file} (pid {process.pid})")
            self.assertNotIn("it may be another program", said)
            process.kill()

    def test_loader(self):
        loaders = glob.glob("/lib64/ld-linux*.so.*") or glob.glob("/lib/ld-linux-*.so.*")
        if not loaders:
            self.skipTest("there is no loader of glibc here")
        process = self.start_program("qemu-system-x86_64", "-name", "loaded", loader=loaders[0])
        label, _ = self.look("loaded")
        self.assertEqual(label, f"loaded (pid {process.pid})")

    def test_uuid_of_smbios(self):
        uuids = [f"4dea22b3-1d52-d8f3-2516-782e98ab3fa{i}" for i in range(2)]
        twins = [self.start_program("kvm", "-name", "twin", "-smbios", f"type=1,uuid={uuid}")
                 for uuid in uuids]
        for process, uuid in zip(twins, uuids):
            label, _ = self.look(uuid.upper())
            self.assertEqual(label, f"twin (pid {process.pid})")

    def test_two(self):
        """The one that has renamed itself is seen as well."""
        first = self.start_program("qemu-system-x86_64", "-name", "same,process=windows",
                                   comm="windows")
        second = self.start_program("qemu-system-x86_64", "-name", "same")
        label, said = self.look("same")
        self.assertIsNone(label)
        self.assertIn("2 VMs have the name 'same', among ", said)
        for process in (first, second):
            self.assertIn(f"same (pid {process.pid})", said)

    def test_probe(self):
        """What asks QEMU for its capabilities is no VM."""
        self.start_program("qemu-system-x86_64", "-S", "-name", "real", "-machine",
                           "none,accel=kvm:tcg")
        label, said = self.look("real")
        self.assertIsNone(label)
        self.assertIn("'real'", said)

    def test_long_name(self):
        name = "n" * 3000
        process = self.start_program("qemu-system-x86_64", "-name", name + "1")
        self.start_program("qemu-system-x86_64", "-name", name + "2")
        label, said = self.look(name + "1")
        self.assertRegex(label, rf"^n{{200,}}\.\.\. \(pid {process.pid}\)$")

    def test_unprintable(self):
        """Nothing of a name moves a cursor or turns the text round, in whatever is said of it."""
        name = "a\u009b2Jb\u202ec\u2066\x1b[31m"
        process = self.start_program("qemu-system-x86_64", "-name", name)
        label, _ = self.look(name)
        self.assertEqual(label, f"a?2Jb?c??[31m (pid {process.pid})")
        _, said = self.look("other" + name)
        self.assertIn("a?2Jb?c??[31m", said)
        self.assertFalse(set(said) & set("\u009b\u202e\u2066\x1b"), said)

    def test_pretender(self):
        """A process whose program is another one is not taken, and said."""
        process = self.start_program("other", "-name", "fake", comm="qemu-system-x86")
        label, said = self.look("fake")
        self.assertIsNone(label)
        self.assertIn(f"pid {process.pid} has the name qemu-system-x86, but its program is "
                      f"{self.path('other')}: vmfc does not take it for a VM", said)

    @unittest.skipUnless(os.geteuid() == 0, "only root can become another user")
    def test_other_user(self):
        """Whose process and program it is, is said; also that it cannot be known."""
        nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        os.chmod(self.path("."), 0o755)
        shutil.copy("/bin/bash", self.path("qemu-system-x86_64"))
        process = self.start_program("qemu-system-x86_64", "-name", "theirs", prefix=nobody)
        label, said = self.look("theirs")
        self.assertEqual(label, f"theirs (pid {process.pid}) of uid 65534")
        self.assertNotIn("is followed", said)
        process.kill()
        os.chown(self.path("qemu-system-x86_64"), 65534, 65534)
        process = self.start_program("qemu-system-x86_64", "-name", "foreign", prefix=nobody)
        label, said = self.look("foreign")
        self.assertEqual(label, f"foreign (pid {process.pid}) of uid 65534")
        self.assertIn("that belongs to another user: vmfc follows it, but it may be another "
                      "program", said)
        os.chmod(self.path("data"), 0o777)
        for file in glob.glob(self.path("data/*")):
            os.unlink(file)
        ours = self.start_program("qemu-system-x86_64", "-name", "roots", comm="windows",
                                  argv0="qemu-system-x86_64")
        label, said = self.look("roots", prefix=nobody)
        self.assertEqual(label, f"roots (pid {ours.pid}) of uid 0")
        self.assertIn("belongs to another user and has QEMU's name, but its program cannot be "
                      "read", said)


class Options(HostTest):
    def test_mistakes(self):
        for setting, sentence in (
                (("qemu.pid=-1",), "option qemu.pid is -1, but must be the pid of a process"),
                (("qemu.pid=x",), "option qemu.pid is 'x', but must be a whole number"),
                (("qemu.pid=1", "qemu.name=x"), "qemu.pid and qemu.name are both set"),
                (("kepler_vm.url=x",), "--kepler-url is 'x', but must be an address"),
                (("kepler_vm.time_limit=0",), "option kepler_vm.time_limit is 0, but must be"),
                (("kepler_vm.size_limit=0",), "option kepler_vm.size_limit is 0, but must be")):
            done = self.vmfc("--plugins", "host", code=2,
                             *(word for text in setting for word in ("--set", text)))
            self.assertIn(sentence, done.stderr)
        done = self.vmfc("--plugins", "kepler_vm", "--vm-pattern", b"a\xff*", code=2)
        self.assertIn("--vm-pattern is not UTF-8", done.stderr)
        for option in ("--vm-names", "--vm-pattern"):
            done = self.vmfc(option, "x", "--plugins", "cpu", code=2)
            self.assertIn(f"{option}: kepler_vm.{option[2:].replace('-', '_')} is set, but plugin "
                          "kepler_vm is not enabled", done.stderr)

    def test_nothing_there(self):
        """A machine without meter, VM and Kepler: warnings, and a run that goes on."""
        done = self.vmfc("--root", self.root, "--plugins", "host,cpu", "--interval", "0.2",
                         "--duration", "0.6", "--set", "qemu.name=nobody's", "--kepler-url",
                         "http://127.0.0.2:28282/metrics")
        self.assertIn("there are no RAPL zones below /sys/class/powercap. Collect this on the "
                      "bare-metal host", done.stderr)
        self.assertIn("'nobody's'", done.stderr)
        self.assertIn("--kepler-url http://localhost:28283/metrics", done.stderr)
        for record in self.records():
            self.assertIsNotNone(record["cpu_busy"])
            for column, value in record.items():
                if column.startswith(("rapl_", "vm_cpu", "vm_vcpu", "kepler_vm_")):
                    self.assertIsNone(value, column)
        columns = list(self.records()[0])
        order = [columns.index(name) for name in ("cpu_busy", "rapl_package_joules",
                                                  "vm_cpu_seconds", "kepler_vm_count")]
        self.assertEqual(order, sorted(order))

    def test_zones_are_told_apart(self):
        said = self.vmfc("--list-features").stdout
        for name in [f"rapl_{zone}_joules" for zone in ZONES] + \
                [f"vm_cpu_watts_{zone}" for zone in ZONES] + \
                [f"kepler_vm_cpu_watts_{zone}" for zone in ZONES]:
            self.assertIn(name, said)
        self.assertIn("part of package, never add the two", said)


class Rapl(HostTest):
    def setUp(self):
        super().setUp()
        self.package = self.add_zone("intel-rapl:0", "package-0", 10**6)
        self.over = threading.Event()
        self.movers = []

    def tearDown(self):
        self.over.set()
        for mover in self.movers:
            mover.join()
        super().tearDown()

    def keep_moving(self, folder):
        """Some 50 W, until the file is emptied or the test is over."""
        path = os.path.join(folder, "energy_uj")

        def move():
            energy = 10**6
            with open(path, "r+") as stream:
                while not self.over.wait(0.02) and os.path.getsize(path) > 0:
                    energy += 10**6
                    os.pwrite(stream.fileno(), f"{energy}\n".encode(), 0)

        self.movers.append(threading.Thread(target=move))
        self.movers[-1].start()

    def run_moving(self, *args):
        """A run in which the counter has not stood still because the machine did."""
        for _ in range(9):
            with Standstill() as standstill:
                done = self.vmfc("--root", self.root, *args)
            if standstill.longest < STILL:
                break
        return done

    def meta(self):
        with open(self.path("data/vm_features.meta.json")) as file:
            return {column["name"]: column for column in json.load(file)["columns"]}

    def test_stands_still(self):
        """Said by --check, by a warning and in the meta file; of a sum, with the part that is dead."""
        self.keep_moving(self.package)
        dead = self.add_zone("intel-rapl:1", "package-1", 10**9)
        why = f"/{os.path.relpath(dead, self.root)}/energy_uj stands still, although its " \
            "zone always draws power"
        said = self.run_moving("--check").stdout
        self.assertRegex(said, r"missing \(implausible\): rapl_package_joules, "
                         "rapl_package_watts, rapl_package_1_joules, rapl_package_1_watts")
        self.assertIn(f"why: {why}", said)
        done = self.run_moving("--plugins", "rapl", "--interval", "0.5", "--duration", "1.5")
        self.assertEqual(done.stderr.count(why), 1, done.stderr)
        for record in self.records():
            self.assertIsNone(record["rapl_package_joules"])
            self.assertIsNone(record["rapl_package_1_watts"])
            self.assertGreater(record["rapl_package_0_joules"], 0)
        column = self.meta()["rapl_package_joules"]
        self.assertEqual((column["state"], column["reason"]), ("implausible", why))
        self.assertEqual([(entry["reason"], entry["windows"]) for entry in column["missing"]],
                         [(why, len(self.records()))])

    def test_second_view(self):
        """The zone of the other driver shows the same socket, and lives."""
        view = self.add_zone("intel-rapl-mmio:0", "package-0", 10**6)
        self.keep_moving(view)
        said = self.run_moving("--check").stdout
        self.assertNotIn("stands still", said)
        done = self.run_moving("--plugins", "rapl", "--interval", "0.5", "--duration", "1.5")
        self.assertNotIn("stands still", done.stderr)
        for record in self.records():
            self.assertGreater(record["rapl_package_joules"], 0)
        self.assertEqual(self.meta()["rapl_package_joules"]["counter"],
                         os.path.relpath(view, self.root))

    @unittest.skipUnless(os.geteuid() == 0, "only root can mount")
    def test_is_not_sysfs(self):
        """What somebody mounts over the real powercap folder, or over one counter of it."""
        self.keep_moving(self.package)
        script = (f"mount -t tmpfs none /sys/class && mkdir /sys/class/powercap && "
                  f"cp -r {self.root}/sys/class/powercap/* /sys/class/powercap && exec \"$@\"")
        mounted = ("unshare", "--mount", "sh", "-c", script, "sh")
        if subprocess.run((*mounted, "true"), capture_output=True).returncode != 0:
            self.skipTest("nothing can be mounted here")
        said = self.vmfc("--check", prefix=mounted).stdout
        self.assertIn("missing (implausible): rapl_package_joules", said)
        self.assertIn("why: /sys/class/powercap is not sysfs, and so not a measurement", said)
        self.assertIn("if it is intended", said)

    def test_window_is_too_long(self):
        said = self.vmfc("--check", "--root", self.root, "--interval", "200").stdout
        self.assertIn("the counter could wrap around more than once within one window", said)
        self.assertIn("remedy: Use an --interval below 131", said)
        self.assertNotIn("more than once", self.vmfc("--check", "--root", self.root).stdout)

    @unittest.skipUnless(os.geteuid() == 0, "only root can become another user")
    def test_may_not_be_read(self):
        """As since Linux 5.10: the counter is root's."""
        os.chmod(os.path.join(self.package, "energy_uj"), 0o400)
        os.mkdir(self.path("data"))
        os.chmod(self.path("data"), 0o777)
        nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        done = self.vmfc("--root", self.root, "--plugins", "rapl,qemu,cpu", "--interval", "0.2",
                         "--duration", "0.4", "--set", f"qemu.pid={os.getpid()}", prefix=nobody)
        for plugin, columns in (("rapl", "rapl_package_joules, rapl_package_watts"),
                                ("qemu", "vm_cpu_joules_package, vm_cpu_watts_package")):
            self.assertRegex(done.stderr, f"{plugin}: {self.package}/energy_uj cannot be read: "
                             f"Permission denied. Run vmfc as root.*. Missing: {columns}\n")
        self.assertIn("CVE-2020-8694", done.stderr)
        for record in self.records():
            self.assertIsNone(record["rapl_package_joules"])
            self.assertIsNone(record["vm_cpu_watts_package"])
            self.assertIsNotNone(record["vm_cpu_seconds"])
        said = self.vmfc("--check", "--root", self.root, prefix=nobody).stdout
        self.assertRegex(said, r"missing \(denied\): rapl_package_joules, rapl_package_watts")

    def test_is_taken_away(self):
        """A module that is unloaded takes its files with it; here, what they hold."""
        self.keep_moving(self.package)
        run = self.start("--root", self.root, "--plugins", "rapl", "--interval", "0.1",
                         "--duration", "0")
        self.wait_for("its energy", lambda: any(self.column("rapl_package_joules")))
        self.over.set()
        self.movers[0].join()
        with open(os.path.join(self.package, "energy_uj"), "w"):
            pass
        n_before = len(self.column("rapl_package_joules"))
        self.wait_for("windows without it",
                      lambda: len(self.column("rapl_package_joules")) > n_before + 2)
        run.terminate()
        said = run.communicate(timeout=PATIENCE)[1]
        self.assertIn("intel-rapl:0/energy_uj has disappeared or contains no number", said)
        self.assertEqual(self.column("rapl_package_joules")[-1], "")


def sample(metric, vm, zone, value, state="running"):
    labels = [f'vm_id="u-{vm}"', f'vm_name="{vm}"', 'hypervisor="kvm"', f'state="{state}"',
              f'zone="{zone}"', 'node_name="host"']
    turn = len(vm) % len(labels)
    return f"kepler_vm_cpu_{metric}{{{','.join(labels[turn:] + labels[:turn])}}} {value}\n"


def page(look, **joules):
    """Two VMs at least, whose watts are a tenth of their joules; one that has ended."""
    text = ("# TYPE kepler_node_cpu_joules_total counter\n"
            f'kepler_node_cpu_joules_total{{zone="package",path="/p"}} {look}\n')
    for vm, value in joules.items():
        for zone, part in (("package", 1), ("core", 0.5)):
            text += sample("joules_total", vm, zone, value * part)
            text += sample("watts", vm, zone, value * part / 10)
    return text + sample("watts", "old", "package", 99, "terminated")


class KeplerVm(HostTest):
    """Beside a real server, which hands out one page after the other, and the last one on and on."""

    def setUp(self):
        super().setUp()
        test = self
        self.pages = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                text = test.pages.pop(0) if len(test.pages) > 1 else test.pages[0]
                body = text.encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/metrics"

    def tearDown(self):
        self.server.shutdown()
        self.server.server_close()
        super().tearDown()

    def collect(self, pages, *args, windows=None):
        self.pages = list(pages)
        n = windows or len(pages) - 1
        done = self.vmfc("--plugins", "kepler_vm,cpu", "--kepler-url", self.url, "--interval", "0.3",
                         "--duration", f"{n * 0.3:.1f}", "--set", "kepler_vm.scrape_interval=0.3",
                         *args)
        records = self.records()
        with self.timing():
            self.assertEqual(len(records), n)
        if len(records) != n:  # its values are those of other pages
            self.timing.end()
        return records, done.stderr

    def figures(self, records, name):
        return [record["kepler_vm_" + name] for record in records]

    def assert_figures(self, records, name, expected, message=None):
        """An answer that comes late, because others use the machine, is missing; none is wrong."""
        found = self.figures(records, name)
        for value, right in zip(found, expected):
            self.assertIn(value, (right, None), message)
        with self.timing():
            self.assertEqual(found, expected, message)

    @unittest.skipIf(SANITIZED, "too slow for an answer in every window")
    def test_looks(self):
        """The first page opens the first window."""
        pages = [page(1, a=100, b=10), page(1, a=100, b=10), page(2, a=106, b=10),
                 page(2, a=106, b=10), page(3, a=109, b=12)]
        records, said = self.collect(pages)
        # two zones are there; and Kepler is asked more often than it looks
        self.assertEqual(said.count("warning: kepler_vm"), 2, said)
        self.assertIn("Kepler does not show this zone for the VMs; it shows package, core", said)
        self.assertIn("Kepler repeats its page until its next update", said)
        self.assertEqual(self.figures(records, "count"), [2] * 4)
        self.assertEqual(self.figures(records, "cpu_watts_package"),
                         [11.0, 11.6, 11.6, 12.1])
        self.assertEqual(self.figures(records, "cpu_joules_package"), [None, 6.0, None, 5.0])
        self.assertEqual(self.figures(records, "cpu_joules_core"), [None, 3.0, None, 2.5])
        self.assertEqual(self.figures(records, "cpu_joules_dram"), [None] * 4)
        delta = self.figures(records, "cpu_delta_watts_package")
        self.assertEqual(delta[:3], [None] * 3)
        ages = self.figures(records, "age_seconds")
        self.assertEqual((ages[0], ages[1], ages[3]), (None, 0.0, 0.0))
        with self.timing():
            self.assertAlmostEqual(delta[3], 5 / 0.6, delta=1)
            self.assertAlmostEqual(ages[2], 0.3, delta=0.1)
        reasons = {name: {one["reason"]: one["windows"] for one in self.meta_column(name)["missing"]}
                   for name in ("cpu_joules_package", "cpu_delta_watts_package")}
        repeats = reasons["cpu_joules_package"]
        self.assertEqual(list(repeats.values()), [2], repeats)
        repeats["the time of Kepler's previous update is not known: the first answer "
                "contained it"] = 1
        self.assertEqual(reasons["cpu_delta_watts_package"], repeats)

    def test_choice(self):
        pages = [page(1, a=10, bb=20, ccc=40)]
        for args, watts in (((), 7.0), (("--vm-names", "a, ccc"), 5.0), (("--vm-names", "U-BB"), 2.0),
                            (("--vm-pattern", "?"), 1.0), (("--vm-pattern", "c*"), 4.0),
                            (("--vm-names", "a", "--vm-pattern", "bb"), 3.0)):
            records, _ = self.collect(pages, *args, windows=2)
            self.assert_figures(records, "cpu_watts_package", [watts] * 2, args)
        records, said = self.collect(pages, "--vm-names", "x", windows=2)
        self.assert_figures(records, "count", [0, 0])
        self.assertEqual(self.figures(records, "cpu_watts_package"), [None] * 2)
        self.assertIn("Kepler shows no VM that matches --vm-names or --vm-pattern; it shows a, bb, "
                      "ccc", said)
        said = self.vmfc("--check", "--kepler-url", self.url, "--vm-names", "x").stdout
        self.assertIn("it shows a, bb, ccc", said)

    def meta_column(self, name):
        with open(self.path("data/vm_features.meta.json")) as file:
            columns = json.load(file)["columns"]
        return next(column for column in columns if column["name"] == "kepler_vm_" + name)

    def test_other_zones(self):
        """VMs are there though their zones are called otherwise, and what they are called is said."""
        text = "".join(sample(metric, vm, "cpu_power_socket_0", 10)
                       for vm in ("a", "b") for metric in ("watts", "joules_total"))
        records, said = self.collect([text], windows=2)
        self.assert_figures(records, "count", [2, 2])
        self.assertEqual(self.figures(records, "cpu_watts_package"), [None] * 2)
        sentence = "Kepler does not show this zone for the VMs; it shows cpu_power_socket_0"
        self.assertEqual(said.count(sentence), 1)
        self.assertNotIn("no VM", said)
        column = self.meta_column("cpu_watts_package")
        self.assertEqual((column["state"], column["reason"]), ("unsupported", sentence))
        said = self.vmfc("--check", "--kepler-url", self.url).stdout
        self.assertIn(sentence, said)
        records, said = self.collect([text], "--vm-names", "c", windows=2)
        self.assertIn("it shows a, b", said)

    def test_commas(self):
        """Kepler takes the whole argument -name of Proxmox for the name."""
        text = page(1, a=10) + sample("watts", "web,debug-threads=on", "package", 2) + \
            sample("watts", "db,debug-threads=on", "package", 3)
        for names, watts in (("web,debug-threads=on", 2.0), ('"web,debug-threads=on"', 2.0),
                             ('a, "db,debug-threads=on"', 4.0)):
            records, _ = self.collect([text], "--vm-names", names, windows=1)
            self.assert_figures(records, "cpu_watts_package", [watts], names)
        done = self.vmfc("--plugins", "kepler_vm", "--vm-names", '"web', code=2)
        self.assertIn("a name in double quotes must end with a double quote", done.stderr)

    def test_first_look(self):
        """Kepler has begun: its first look has no time to divide by."""
        host = 'kepler_node_cpu_watts{zone="package",path="/p"} %d\n'
        first = page(1, a=0) + host % 0
        pages = [page(2, a=90) + host % 80, first, first, page(2, a=5) + host % 80]
        records, said = self.collect(pages)
        self.assertEqual(self.figures(records, "cpu_watts_package"), [None, None, 0.5])
        self.assertEqual(self.figures(records, "cpu_joules_package"), [None, None, 5.0])
        self.assertIn("Kepler has updated only once, or its power meter stands still",
                      said)
        column = self.meta_column("cpu_watts_package")
        self.assertEqual(column["state"], "ok")
        self.assertIn(2, [reason["windows"] for reason in column["missing"]])

    def test_bad_pages(self):
        for text, sentence in (
                ("kepler_build_info 1\n", "Kepler's page has no kepler_vm_cpu_watts"),
                ("node_load 1\n", "the server is not Kepler"),
                (page(1, a=1) + sample("watts", "b", "package", "NaN"),
                 "has no valid number of watts"),
                (page(1, a=1) + sample("watts", "a", "package", 2), "repeats an earlier one")):
            records, said = self.collect([text], windows=2)
            self.assertIn(sentence, said)
            with self.timing():  # an answer that is late is another one
                self.assertEqual(said.count("warning: kepler_vm"), 1)
            for record in records:
                self.assertEqual({value for name, value in record.items()
                                  if name.startswith("kepler_vm_")}, {None})

    def test_address_for_both(self):
        """One address serves kepler and kepler_vm, whichever takes part."""
        self.pages = [page(1, a=1)]
        done = self.vmfc("--plugins", "kepler,kepler_vm", "--kepler-url", self.url, "--interval",
                         "0.3", "--duration", "0.6", "--set", "kepler.scrape_interval=0.3", "--set",
                         "kepler_vm.scrape_interval=0.3")
        self.assertIn("Kepler's page has no kepler_process_cpu_seconds_total", done.stderr)
        self.assert_figures(self.records()[-1:], "count", [1])
        with open(self.path("c.conf"), "w") as file:
            file.write(f"[vmfc]\nkepler-url={self.url}\nvm-names=a\n")
        self.vmfc("--config", self.path("c.conf"), "--plugins", "kepler_vm", "--duration", "1")
        self.assert_figures(self.records()[-1:], "count", [1])
        self.vmfc("--config", self.path("c.conf"), "--plugins", "cpu", "--duration", "1")


if __name__ == "__main__":
    main()
