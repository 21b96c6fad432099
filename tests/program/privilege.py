# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""vmfc with no more rights than it needs: with one capability, and in a container."""

import os
import pwd
import shutil
import signal
import subprocess
import time
import unittest

from common import BUILD, MODULES, SANITIZED, SMALL_VM, VMFC, ProgramTest, main

NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
SCHED_DEADLINE = 6  # of <linux/sched.h>; Python has no name for it


@unittest.skipUnless(os.geteuid() == 0, "giving a file a capability needs root")
@unittest.skipIf(SANITIZED, "the sanitizers want more of their environment")
class Capability(ProgramTest):
    """A program that has CAP_PERFMON by its file must not be made to load what its user likes."""

    def setUp(self):
        super().setUp()
        self.program = os.path.join(BUILD, "vmfc-with-capability")
        shutil.copy(os.path.join(BUILD, "vmfc"), self.program)
        self.addCleanup(os.unlink, self.program)
        given = subprocess.run(["setcap", "cap_perfmon+ep", self.program], check=False,
                               stderr=subprocess.DEVNULL)
        if given.returncode != 0:
            self.skipTest("the file system of the build keeps no capabilities")
        os.chmod(self.folder, 0o777)

    def run_program(self, *args, program=None, **env):
        # set by the last step, for otherwise the steps before would load what is named there
        settings = [f"{name}={value}" for name, value in env.items()]
        return subprocess.run([*NOBODY, "env", *settings, program or self.program, *args],
                              cwd=self.folder, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False)

    def test_environment(self):
        # GIO's modules, which Kepler's sampler looks for when it speaks TLS, are called lib*.so
        modules = self.path("modules")
        os.mkdir(modules)
        library = os.path.join(modules, "libmark.so")
        shutil.copy(os.path.join(MODULES, "mark.so"), library)
        mark = self.path("mark")
        for name, value in (("LD_PRELOAD", library), ("GIO_EXTRA_MODULES", modules),
                            ("GIO_MODULE_DIR", modules), ("VMFC_PLUGIN_PATH", MODULES)):
            for program, trusting in ((self.program, False), (os.path.join(BUILD, "vmfc"), True)):
                done = self.run_program("--check", "--kepler-url", "https://127.0.0.1:1/metrics",
                                        "--set", f"kepler.ca_file={AUTHORITIES}", program=program,
                                        MARK=mark, **{name: value})
                loaded = os.path.exists(mark) or "echo: " in done.stdout
                self.assertEqual(loaded, trusting, (name, done.stdout, done.stderr))
                if loaded and os.path.exists(mark):
                    os.unlink(mark)
        self.assertIn("VMFC_PLUGIN_PATH is ignored because vmfc runs privileged",
                      self.run_program("--list-plugins", VMFC_PLUGIN_PATH=MODULES).stderr)

    def test_variables(self):
        """Programs that a user starts get no capability, and so are looked for as ever."""
        done = self.run_program("-d", "0.2", "-i", "0.1", "-p", "cpu", "-f", "json", "-w",
                                "command=env:0.1,none:0.1", GIO_USE_TLS="/nowhere",
                                OPENSSL_CONF="/nowhere", HOME=self.folder,
                                PATH=self.folder + ":/usr/bin")
        self.assertNotIn("=/nowhere", done.stdout)
        self.assertIn(f"\nHOME={self.folder}\n", "\n" + done.stdout)
        self.assertIn(f"\nPATH={self.folder}:/usr/bin\n", "\n" + done.stdout)

    def test_plugin_that_others_can_write(self):
        folder = self.path("plugins")
        shutil.copytree(MODULES, folder, ignore=lambda _, names: [name for name in names
                                                                  if name != "echo.so"])
        os.chown(os.path.join(folder, "echo.so"), 65534, 65534)
        done = self.run_program("--plugin-path", folder, "--plugins", "cpu,echo", "--duration", "1")
        self.assertEqual(done.returncode, 2)
        self.assertIn("is writable by users other than root and the owner of vmfc", done.stderr)

    def test_collects(self):
        done = self.run_program("--duration", "0.3", "--interval", "0.1", "--plugins", "perf,proc")
        self.assertEqual(done.returncode, 0, done.stderr)
        for record in self.records():
            self.assertIsNotNone(record["context_switches"])
            self.assertIsNotNone(record["cpu_busy"])


@unittest.skipUnless(os.geteuid() == 0, "what root refuses only root can test")
@unittest.skipIf(SANITIZED, "the sanitizers want more of their environment")
class RootsEnvironment(ProgramTest):
    """Root with the environment of another user, as sudo -E gives it."""

    def test_modules(self):
        modules = self.path("modules")
        os.mkdir(modules)
        shutil.copy(os.path.join(MODULES, "mark.so"), os.path.join(modules, "libmark.so"))
        mark = self.path("mark")
        for name in ("GIO_EXTRA_MODULES", "GIO_MODULE_DIR"):
            self.vmfc("--check", "--kepler-url", "https://127.0.0.1:1/metrics",
                      "--set", f"kepler.ca_file={AUTHORITIES}", env={"MARK": mark, name: modules})
            self.assertFalse(os.path.exists(mark), name)

    def show_environment(self, **env):
        """What a program sees that vmfc starts, and what vmfc says."""
        done = self.vmfc("-d", "0.2", "-i", "0.1", "-p", "cpu", "-f", "json",
                         "-w", "command=env:0.1,none:0.1", env=env)
        return dict(line.split("=", 1) for line in done.stdout.splitlines()
                    if "=" in line), done.stderr

    def test_variables(self):
        unsafe = ("LD_LIBRARY_PATH", "GCONV_PATH", "GIO_USE_TLS", "GIO_USE_PROXY_RESOLVER",
                  "G_TLS_GNUTLS_PRIORITY", "GNUTLS_SYSTEM_PRIORITY_FILE", "OPENSSL_CONF",
                  "SSLKEYLOGFILE", "XDG_CONFIG_HOME", "DBUS_SYSTEM_BUS_ADDRESS", "LOCPATH")
        safe = ("OMP_NUM_THREADS", "SSL", "G", "LDX", "LANG", "TERM")
        seen, _said = self.show_environment(**dict.fromkeys(unsafe + safe, "/nowhere"))
        self.assertEqual([name for name in unsafe if name in seen], [])
        self.assertEqual([name for name in safe if name not in seen], [])

    def test_path(self):
        """Programs are looked for where no other user can put one."""
        theirs, ours = self.path("theirs"), self.path("ours")
        for folder in (theirs, ours):
            os.mkdir(folder)
        os.chown(theirs, 65534, 65534)
        path = f"{theirs}:.::{ours}:{self.path('none')}:" + os.environ["PATH"]
        seen, said = self.show_environment(PATH=path, HOME=theirs, XDG_CONFIG_HOME=theirs,
                                           XDG_DATA_DIRS=f"{ours}:{theirs}")
        self.assertNotIn("XDG_CONFIG_HOME", seen)
        self.assertNotIn("XDG_DATA_DIRS", seen)
        self.assertTrue(seen["PATH"].startswith(ours + ":/"), seen["PATH"])
        self.assertEqual(seen["HOME"], pwd.getpwuid(0).pw_dir)
        self.assertIn(f"vmfc ignores the folder {theirs} in PATH: {theirs} is writable by "
                      "users other than root", said)
        self.assertNotIn(theirs, self.vmfc("--version", env={"PATH": path}).stderr)
        # a run without a workload starts no program, and needs no word on it
        done = self.vmfc("--plugins", "cpu", "--interval", "0.1", "--duration", "0.2", "--output",
                         self.path("run.json"), env={"PATH": path})
        self.assertNotIn(theirs, done.stderr)
        seen, _said = self.show_environment(PATH=theirs)
        self.assertIn("/usr/bin", seen["PATH"])
        seen, said = self.show_environment(HOME=ours, XDG_CONFIG_HOME=ours)
        self.assertEqual(seen["XDG_CONFIG_HOME"], ours)
        self.assertEqual(seen["HOME"], ours)
        self.assertNotIn("in PATH", said)

    def test_sticky_folder(self):
        """Others replace nothing in it, but they can add a program, or a module's settings."""
        theirs = self.path("sticky")
        os.mkdir(theirs)
        os.chmod(theirs, 0o1777)
        seen, said = self.show_environment(PATH=theirs + ":" + os.environ["PATH"], HOME=theirs,
                                           XDG_CONFIG_HOME=theirs)
        self.assertNotIn(theirs, seen["PATH"].split(":"))
        self.assertNotEqual(seen["HOME"], theirs)
        self.assertNotIn("XDG_CONFIG_HOME", seen)
        self.assertIn(f"vmfc ignores the folder {theirs} in PATH: other users can add "
                      "files to it", said)


class RealTime(ProgramTest):
    def collect(self, prefix=()):
        os.chmod(self.folder, 0o777)
        return self.vmfc("--plugins", "cpu", "--interval", "0.05", "--duration", "1", "--realtime",
                         "--format", "json", prefix=prefix).stderr

    def test_reserves(self):
        """The thread that ticks, and no other."""
        process = self.start("--plugins", "cpu", "--interval", "0.05", "--duration", "0",
                             "--realtime", "--format", "json")
        while not os.path.exists(self.path("data/vm_features.meta.json")):
            time.sleep(0.01)
        time.sleep(0.2)
        policies = [os.sched_getscheduler(int(task)) & ~os.SCHED_RESET_ON_FORK
                    for task in sorted(os.listdir(f"/proc/{process.pid}/task"), key=int)]
        process.send_signal(signal.SIGTERM)
        said = process.communicate()[1]
        if "--realtime" in said:
            self.skipTest(said)
        self.assertEqual(policies[0], SCHED_DEADLINE)
        self.assertEqual(set(policies[1:]), {os.SCHED_OTHER})

    @unittest.skipUnless(os.geteuid() == 0, "becoming another user needs root")
    def test_may_not(self):
        self.assertIn("--realtime: the kernel reserves no CPU time for vmfc. This needs CAP_SYS_NICE",
                      self.collect(NOBODY))
        self.assert_windows(self.records(), 20)


CONTAINER = r"""
set -e
new=$1 build=$2 out=$3
shift 3
mount -t tmpfs none "$new"
for folder in usr lib lib64 bin; do
	if [ -L /$folder ]; then
		ln -s "$(readlink /$folder)" "$new/$folder"
	elif [ -d /$folder ]; then
		mkdir "$new/$folder"
		mount --rbind /$folder "$new/$folder"
	fi
done
mkdir -p "$new/proc" "$new/sys" "$new/host/proc" "$new/host/sys" "$new/build" "$new/out"
mount --bind /proc "$new/host/proc"
mount --bind /sys "$new/host/sys"
mount -t proc none "$new/proc"
mount -t sysfs none "$new/sys"
mount --bind "$build" "$new/build"
mount --bind "$out" "$new/out"
ip link add eth0 type dummy 2>/dev/null || true
mount -o remount,bind,ro "$new/host/proc"
mount -o remount,ro "$new"
cd "$new"
exec chroot . setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all \
	--no-new-privs env -C /out /build/vmfc "$@"
"""


@unittest.skipUnless(os.geteuid() == 0, "making a container needs root")
class Container(ProgramTest):
    """A user of its own, no capability, processes and a network of its own, nothing to write."""

    def setUp(self):
        super().setUp()
        os.mkdir(self.path("container"))
        os.mkdir(self.path("out"))
        os.chmod(self.path("out"), 0o777)
        if self.run_in_container("--version").returncode != 0:
            self.skipTest("no container can be made here")

    def run_in_container(self, *args):
        return subprocess.run(["unshare", "--mount", "--pid", "--net", "--uts", "--ipc", "--fork",
                               "sh", "-c", CONTAINER, "sh", self.path("container"), BUILD,
                               self.path("out"), *args], text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def collect(self, *args):
        done = self.run_in_container("--plugins", "perf,proc", "--interval", "0.1", "--duration",
                                     "0.5", "--output", "/out/run.json", *args)
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.records("out/run.json"), done.stderr

    def test_alone(self):
        """What the kernel tells a container: the machine's CPUs and disks, its own processes."""
        records, _said = self.collect()
        for record in records:
            self.assertLess(record["process_count"], 10)
            for column in ("core_count", "memory_available_gb", "load_average_1min"):
                self.assertIsNotNone(record[column], column)

    def test_of_the_host(self):
        """With the host's /proc and /sys below --root it is the host that is described."""
        before = self.count_processes()
        records, said = self.collect("--root", "/host")
        # some come and go meanwhile; in the container there are three
        self.assertGreater(records[-1]["process_count"], before / 2)
        self.assertIsNotNone(records[-1]["context_switches"], said)

    def count_processes(self):
        return sum(name.isdigit() for name in os.listdir("/proc"))


class Root(ProgramTest):
    def play(self, dev, other_dev):
        """What the sampler net tells of a /proc like that of a container with the host's."""
        root, step = self.path("root"), self.path("step")
        shutil.copytree(os.path.join(SMALL_VM, "root"), root, symlinks=True)
        shutil.rmtree(os.path.join(root, "proc/net"))
        os.symlink("self/net", os.path.join(root, "proc/net"))
        for folder, growth in ((root, 0), (step, 3000)):
            for name, first in (("self", other_dev), ("1", dev)):
                if first is None:
                    continue
                os.makedirs(os.path.join(folder, "proc", name, "net"))
                with open(os.path.join(folder, "proc", name, "net/dev"), "w") as file:
                    file.write("Inter-|   Receive  |  Transmit\n face |bytes  |bytes\n  eth0: "
                               f"{first + growth} 1 0 0 0 0 0 0 7 1 0 0 0 0 0 0\n")
        done = subprocess.run(
            [os.path.join(BUILD, "tests", "replay"), f"-,{step}", "--root", root, "--plugins",
             "net", "--format", "json", "--plugin-path", os.path.join(BUILD, "plugins/net") + ":" +
             os.path.join(BUILD, "plugins/json"), "--output", self.path("r.json")],
            check=True, stderr=subprocess.PIPE, text=True)
        return [record["network_bytes_recv"] for record in self.records("r.json")], done.stderr

    def test_network_of_the_host(self):
        """/proc/net is that of whoever looks; process 1 is in that of the machine."""
        self.assertEqual(self.play(dev=1000, other_dev=10 ** 9)[0], [3000])

    def test_network_that_is_hidden(self):
        """Where process 1 is not shown (hidepid) there is nothing to tell."""
        received, said = self.play(dev=None, other_dev=10 ** 9)
        self.assertEqual(received, [None])
        self.assertIn("root/proc/1/net/dev cannot be read: No such file or directory", said)


@unittest.skipUnless(os.geteuid() == 0, "mounting a /proc needs root")
class HiddenProcesses(ProgramTest):
    """In a PID namespace of its own, with processes of two users; process 1 becomes a user's."""

    USER = "setpriv --reuid=1000 --regid=1000 --clear-groups"
    TRACELESS = "setpriv --bounding-set=-sys_ptrace --regid=5 --clear-groups"

    def counted(self, options, become=""):
        """Whether the processes are counted, and all of them: those two, the shell and vmfc."""
        script = f"""mount -t proc -o {options} proc /proc || exit 77
            sleep 20 & setpriv --reuid=1001 --regid=1001 --clear-groups sleep 20 &
            cd {self.folder}; exec {become} sh -c '{VMFC} --plugins load --duration 0.1 \\
            --interval 0.1 --format json --output o.json; chmod 777 .'"""
        os.chmod(self.folder, 0o777)
        done = subprocess.run(["unshare", "--fork", "--pid", "--mount", "--kill-child", "sh", "-c",
                               script], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              text=True, timeout=20, check=False)
        if done.returncode == 77:
            self.skipTest("mounting is not allowed here")
        count = self.records("o.json")[0]["process_count"]
        os.unlink(self.path("o.json"))
        self.assertEqual("hidepid, which hides the processes" in done.stderr, count is None,
                         done.stderr)
        self.assertIn(count, (None, 4))
        return count is not None

    def test_options(self):
        for options, become, counted in (
                ("rw", self.USER, True), ("hidepid=0", self.USER, True),
                ("hidepid=1", self.USER, True), ("hidepid=2", self.USER, False),
                ("hidepid=2,gid=1000", self.USER, True), ("hidepid=2,gid=7", self.USER, False),
                ("hidepid=2", "", True), ("hidepid=2", self.TRACELESS, False)):
            with self.subTest(options=options, become=become):
                self.assertEqual(self.counted(options, become), counted)

    def test_newer_options(self):
        """Of Linux 5.8: by a word, or for who may not trace, in which the group does not count."""
        if tuple(int(part) for part in os.uname().release.split(".")[:2]) < (5, 8):
            self.skipTest("this kernel is older")
        for options, become, counted in (
                ("hidepid=invisible", self.USER, False), ("hidepid=noaccess", self.USER, True),
                ("hidepid=ptraceable,gid=1000", self.USER, False), ("hidepid=4", "", True)):
            with self.subTest(options=options, become=become):
                self.assertEqual(self.counted(options, become), counted)


if __name__ == "__main__":
    main()
