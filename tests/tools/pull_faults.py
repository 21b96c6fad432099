# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""vmfc pull on broken and full disks, and killed: what it leaves is complete, or is continued."""

import errno
import itertools
import json
import os
import subprocess
import time

from pulling import BEGIN, END, ID, TOOLS, ScriptedTest, Store, fleet, main, needs_mount, with_faults

# vmfc does not give a tool the environment that loads the shim, if root calls it
PULL = os.path.join(TOOLS, "vmfc-pull")
# the shim looks at files with this name
FOLDER = "vm_features"
WANTED = [f"features-{ID}.csv", f"features-{ID}.meta.json", f"power-{ID}.csv", f"power-{ID}.meta.json",
          "pull.json"]


class Faults(ScriptedTest):
    def arguments(self, address):
        return ["--url", address, "--start", str(BEGIN), "--end", str(END), "--output", FOLDER]

    def read_all(self, folder=FOLDER):
        """The files, but for the address of the server."""
        files = {name: self.read_bytes(f"{folder}/{name}") for name in self.names(folder)}
        for name in [name for name in files if name.endswith(".meta.json")]:
            files[name] = json.loads(files[name])
            files[name]["pull"].pop("url")
        files.pop("pull.json")
        return files

    def pull_whole(self, store):
        self.pull(self.serve(store), output="whole")
        self.assertEqual(self.names("whole"), WANTED)
        return self.read_all("whole")

    def test_each_call_fails(self):
        """Whichever call fails: one message, and the next pull ends with the same files."""
        store = Store(fleet(20))
        whole, address = self.pull_whole(store), self.serve(store)
        for call, code in (("rename", errno.EIO), ("fsync", errno.EIO), ("pwrite", errno.ENOSPC),
                           ("ftruncate", errno.EIO)):
            for n in itertools.count():
                done = subprocess.run([PULL, *self.arguments(address)], cwd=self.folder, capture_output=True,
                                      text=True, env={**os.environ, **with_faults(f"{call},{code},{n},1")})
                if done.returncode == 0:
                    break
                self.assertEqual(done.stderr.count(os.strerror(code)), 1, done.stderr)
                self.pull(address, output=FOLDER)
                self.assertEqual(self.read_all(), whole, (call, n))
                for name in self.names(FOLDER):
                    os.remove(self.path(f"{FOLDER}/{name}"))
            self.assertGreater(n, 1, call)
            for name in self.names(FOLDER):
                os.remove(self.path(f"{FOLDER}/{name}"))

    def test_order_of_syncs(self):
        """A power cut finds no name without its content."""
        self.vmfc(*self.arguments(self.serve(Store(fleet(20)))), program=PULL,
                  env={**with_faults(""), "FAULTS_LOG": self.path("log")})
        with open(self.path("log")) as file:
            calls = [line.split() for line in file]
        folder = str(os.stat(self.path(FOLDER)).st_ino)
        named = {call[2]: n for n, call in enumerate(calls) if call[0] == "rename"}
        self.assertEqual(sorted(named), WANTED)
        for name, n in named.items():
            of_file = [call[0] for call in calls[:n] if call[1] == calls[n][1]]
            self.assertEqual(of_file[-1], "fsync", name)
            self.assertIn(["fsync", folder], calls[n:], name)

    def test_killed(self):
        """Killed in the middle of either file, a pull continues, and ends with the same files."""
        store = Store(fleet(3000))
        whole, killed = self.pull_whole(store), []

        def script(path, query):
            file = "power" if query.get("query", "").startswith("kepler") else "features"
            state = os.path.exists(self.path(f"{FOLDER}/{file}-{ID}.csv.state"))
            if path.endswith("/query") and file not in killed:
                if state:
                    killed.append(file)
                    process.kill()
                else:
                    time.sleep(0.4)  # so that there is something to keep
            return store(path, query)
        address = self.serve(script)
        # as a kill leaves them that comes in the middle of a small file
        os.mkdir(self.path(FOLDER))
        for name in ("pull.json", f"features-{ID}.csv.state", f"features-{ID}.meta.json"):
            with open(self.path(f"{FOLDER}/{name}.new"), "w") as file:
                file.write("half" * 100)
        while True:
            process = self.start("pull", *self.arguments(address))
            said = process.communicate(timeout=60)[1]
            if process.returncode >= 0:
                break
        self.assertEqual((process.returncode, killed), (0, ["features", "power"]), said)
        self.assertIn("continued after", said)
        self.assertEqual(self.read_all(), whole)
        self.assertEqual(self.names(FOLDER), WANTED)

    @needs_mount
    def test_disk_full(self):
        """A small disk: a message, and with more room the pull goes on."""
        store = Store(fleet(3000))
        whole, address = self.pull_whole(store), self.serve(store)
        os.mkdir(self.path(FOLDER))
        script = (f"mount -t tmpfs -o size=64k none {FOLDER}; "
                  f'"$0" "$@" && exit 1; ls {FOLDER}; mount -o remount,size=16m {FOLDER} && "$0" "$@" && '
                  f"mkdir copy && cp {FOLDER}/* copy")
        done = self.vmfc("pull", *self.arguments(address), prefix=("unshare", "--mount", "sh", "-c", script))
        self.assertEqual(done.stderr.count("No space left on device"), 1, done.stderr)
        self.assertNotIn(f"features-{ID}.csv\n", done.stdout)
        self.assertEqual(self.read_all("copy"), whole)


if __name__ == "__main__":
    main()
