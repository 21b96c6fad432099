#!/usr/bin/env python3
# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""The packages for Arm in a whole Debian, under its systemd and with counters that work.

    VMFC_PACKAGES=FOLDER guest_install.py [TEST]

FOLDER is what data/packaging/cross-deb has filled. A guest gets the packages, and a script does there what
an administrator does: install, record, start, upgrade, remove and purge.
"""

import glob
import json
import os
import re
import sys
import tempfile
import unittest

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
sys.path += [os.path.join(TOP, "tests/vm")]
import debian_disk
import image
from common import GuestTest, main, make_image
from fresh_install import make_newer

RELEASE = os.environ.get("VMFC_RELEASE", "bookworm")
# what the packages depend on, by their names in Debian 12. debootstrap does not know that the first two
# are the buses for which libraries of libsoup ask
LIBRARIES = ["dbus", "dbus-user-session", "libglib2.0-0", "libjson-glib-1.0-0", "libpfm4", "libprotobuf-c1", "libsnappy1v5",
             "libsoup-3.0-0", "libxgboost0"]
BUSY = {"name": "busy", "unit": None, "form": "cpus", "columns": ["cpu_busy"], "optional_columns": [],
        "sum_column": None, "is_positive": False, "minimum": 0.0, "maximum": 4.0}
MACHINE = {"cpu_model": None, "architecture": None, "hypervisor": None, "cpus": None}
MODEL = {"format": "vmfc-model/1", "version": "0", "machine": MACHINE, "zones": [{"zone": "package", "sub_models": [
    {"name": "cpu", "family": "linear", "features": [BUSY], "constant": 10.0,
     "terms": [{"feature": 0, "kind": "linear", "scale": 1.0, "weight": 4.0}],
     "interval": {"share": 0.9, "log_width": 0.05, "floor": 2.0, "groups": 9}}]}]}

SCRIPT = """
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
files=/var/lib/vmfc
tree=/run/vmfc/powercap/class/powercap
# look NAME: the state of the unit
look() {
	systemctl show --property ActiveState,UnitFileState,MainPID,Result,NRestarts,LoadState vmfc >"/out/$1"
}
# until_records FILE N: waits for records of the service
until_records() {
	until [ "$(cat "$files/$1" 2>/dev/null | wc -l)" -gt "$2" ]; do sleep 0.2; done
}
# all: each file but those of apt, dpkg, and what changes by itself
all() {
	find / -xdev \\( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp -o -path /out \\
		-o -path /job -o -path /disk -o -path /packages -o -path /root -o -path /var/cache -o -path /var/log \\
		-o -path /var/lib/apt -o -path /var/lib/dpkg -o -path /var/lib/systemd -o -path /etc/ld.so.cache \\
		\\) -prune -o -print | sort
}
install() {
	apt-get install -y --no-install-recommends -o Dpkg::Options::=--force-confold "$@"
}

set -e
systemctl start multi-user.target
all >/out/before
install /packages/vmfc_[0-9]*_arm64.deb
look installed
set +e

# one command
vmfc --version >/out/version 2>&1
echo 2 >/proc/sys/kernel/perf_event_paranoid
vmfc --duration 3 --output /out/run.json >/out/run.log 2>&1
echo $? >/out/run.code
cp /job/model.json /etc/vmfc-model.json

# started, and upgraded as it runs
echo 'VMFC_OPTIONS="--plugins perf,cpu,power,powercap --model /etc/vmfc-model.json"' >/etc/default/vmfc
systemctl start vmfc
until_records vm_features.csv 3
look running
install /packages/vmfc-newer1.deb
look upgraded
cp /etc/default/vmfc /out/default
until_records vm_features.csv 3
cp $files/vm_features.1.json $files/vm_features.csv /out/

# killed: no reader sees a counter that stands still
ls $tree >/out/zones
systemctl kill --signal KILL vmfc
until [ "$(systemctl show --property ActiveState --value vmfc)" != active ]; do sleep 0.1; done
until ! systemctl show --property ControlPID --value vmfc | grep -qv '^0$'; do sleep 0.1; done
look killed
ls $tree >/out/zones.killed
wc -c </run/vmfc/powercap/devices/virtual/powercap/intel-rapl/intel-rapl:0/energy_uj >/out/energy.killed
until [ -e $tree/intel-rapl:0 ]; do sleep 0.5; done
look again
systemctl stop vmfc
look stopped
ls $tree >/out/zones.stopped

# upgraded, enabled but stopped
systemctl enable vmfc
install /packages/vmfc-newer2.deb
look enabled

# removed as it runs
systemctl start vmfc
until_records vm_features.csv 3
systemctl show --property MainPID --value vmfc >/out/pid
apt-get remove -y vmfc
look removed
[ ! -e "/proc/$(cat /out/pid)" ]
echo $? >/out/process.gone
ls /run/vmfc /run/private/vmfc >/out/run.left 2>&1
ls /etc/default/vmfc >/out/default.removed
tail -c 2 $files/vm_features.json >/out/ends
apt-get purge -y vmfc
rm /etc/vmfc-model.json
all >/out/after
ls $files >/out/recorded

# the others
install /packages/vmfc_[0-9]*_arm64.deb /packages/vmfc-tools_*.deb /packages/vmfc-remote-write_*.deb
vmfc report --format text /out/run.json >/out/report 2>&1
vmfc train --help >/out/train 2>&1
vmfc --list-plugins >/out/plugins 2>&1
apt-get purge -y vmfc vmfc-tools vmfc-remote-write
find / -xdev -path /proc -prune -o -name '*vmfc*' -print >/out/names
"""


class GuestInstall(GuestTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        packages = [path for path in glob.glob(os.path.join(os.environ["VMFC_PACKAGES"], "*_arm64.deb"))
                    if "dbgsym" not in path]
        collector, = [path for path in packages if os.path.basename(path).startswith("vmfc_")]
        with tempfile.TemporaryDirectory(prefix="vmfc-guest-install-") as folder:
            for number in (1, 2):
                packages.append(make_newer(collector, os.path.join(folder, f"vmfc-newer{number}.deb"), number))
            try:
                disk = debian_disk.make(cls.image, RELEASE, LIBRARIES, packages, folder)
            except image.Unavailable as reason:
                raise unittest.SkipTest(str(reason)) from reason
            with debian_disk.boot(cls.image, disk, SCRIPT, {"model.json": json.dumps(MODEL)}) as machine:
                cls.files = machine.finish(3600)

    def state(self, name):
        return dict(line.split("=", 1) for line in self.files[name].splitlines())

    def assert_state(self, name, active, enabled):
        state = self.state(name)
        self.assertEqual((state["ActiveState"], state["UnitFileState"]), (active, enabled), self.files["log"])
        return state

    def test_installed(self):
        self.assert_state("installed", "inactive", "disabled")

    def test_records_with_counters(self):
        self.assertEqual(self.files["run.code"].strip(), "0", self.log("run"))
        records = self.records("run")
        self.assertEqual(len(records), 3)
        for record in records:
            self.assertAlmostEqual(record["cpu_cycles"] / (2e9 * record["time_delta_seconds"]), 1, delta=0.01)
            self.assertGreater(record["instructions"], 0)
            self.assertIsNotNone(record["memory_usage_percent"])
        self.assertIn("built with: GLib", self.files["version"])

    def test_upgraded_as_it_runs(self):
        before = self.assert_state("running", "active", "disabled")
        after = self.assert_state("upgraded", "active", "disabled")
        self.assertNotEqual(before["MainPID"], after["MainPID"])
        self.assertIn("powercap", self.files["default"])
        self.assertNotIn("newer", self.files["default"])
        self.assertGreaterEqual(len(json.loads(self.files["vm_features.1.json"])), 2)

    def test_killed(self):
        self.assertIn("intel-rapl:0\n", self.files["zones"])
        self.assertEqual(self.files["zones.killed"], "")
        self.assertEqual(self.files["energy.killed"].strip(), "0")
        self.assertEqual(self.state("again")["NRestarts"], "1")
        self.assertEqual(self.state("stopped")["Result"], "success")
        self.assertEqual(self.files["zones.stopped"], "")

    def test_upgraded_while_stopped(self):
        self.assert_state("enabled", "inactive", "enabled")

    def test_removed(self):
        self.assertEqual(self.state("removed")["LoadState"], "not-found", self.files["log"])
        self.assertEqual(self.files["process.gone"].strip(), "0", "the service runs without its package")
        self.assertEqual(self.files["default.removed"].strip(), "/etc/default/vmfc")
        self.assertEqual(re.findall("No such file", self.files["run.left"]), ["No such file"] * 2)
        self.assertEqual(self.files["ends"].strip(), "]")

    def test_purged(self):
        before, after = (set(self.files[name].splitlines()) for name in ("before", "after"))
        # systemd's folder for the state of a service with a user of its own, and the records in it
        self.assertEqual({path for path in after - before if not path.startswith("/var/lib/private/vmfc")},
                         {"/var/lib/vmfc"}, self.files["log"])
        self.assertEqual(before - after, set())
        self.assertIn("vm_features.json", self.files["recorded"].split())
        self.assertEqual({path for path in self.files["names"].splitlines() if not path.startswith(
            ("/out/", "/packages/", "/var/lib/private/vmfc", "/var/log/"))}, {"/var/lib/vmfc"})

    def test_tools(self):
        self.assertIn("Run: run.json", self.files["report"])
        self.assertIn("Usage:", self.files["train"])
        self.assertIn("remote_write", self.files["plugins"])


if __name__ == "__main__":
    main()
