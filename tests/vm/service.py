# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""The unit as it is installed, under a systemd that is the first process: it counts with one
capability, what it shuts off is no loss to the records, and it ends, begins again and is changed
as its comments say."""

import re

from common import GuestTest, main

EXPOSURE = 1.7  # what systemd-analyze security says of it; with less the records would be wrong
CAP_PERFMON = 1 << 38
COUNTED = ["cpu_cycles", "instructions", "instructions_per_cycle", "pmc_running_ratio"]
# the processor has no such events, or they are labels of a workload
NEVER = ["cache_references", "cache_misses", "branches", "branch_misses", "cache_miss_ratio",
         "branch_miss_ratio", "ref_cycles", "stress_phase", "stress_target_load"]
GROWTH = ["node_process_cpu_seconds_delta", "node_process_cpu_seconds_rate"]  # of Kepler's page

SCRIPT = """
files=/var/lib/vmfc
# level LEVEL: who may count
level() {
	echo "$1" >/proc/sys/kernel/perf_event_paranoid
}
# set_options TEXT: what "systemctl edit" would write
set_options() {
	mkdir -p /etc/systemd/system/vmfc.service.d
	printf '[Service]\\nEnvironment="VMFC_OPTIONS=%s"\\n' "$1" \\
		>/etc/systemd/system/vmfc.service.d/override.conf
	systemctl daemon-reload
}
# keep CASE: what a run has come to
keep() {
	mkdir -p "/out/$1"
	systemctl show vmfc >"/out/$1/show"
	journalctl --sync
	journalctl --no-pager --output cat --unit vmfc --after-cursor "$cursor" >"/out/$1/log"
	cp $files/vm_features* "/out/$1"
}
# begin: what is said from now on is of the next run
begin() {
	journalctl --sync
	cursor=$(journalctl --lines 1 --show-cursor --quiet | sed -n 's/^-- cursor: //p')
}

ip addr add 10.0.2.15/24 dev eth0
ip link set eth0 up
mkdir /www
printf '# TYPE kepler_process_cpu_seconds_total counter\\n%s 12.5\\n' \\
	'kepler_process_cpu_seconds_total{pid="1",comm="init"}' >/www/metrics
httpd -p 127.0.0.1:28282 -h /www
systemd-analyze verify --man=no vmfc.service >/out/verify 2>&1
echo $? >/out/verify.code
systemd-analyze security --no-pager vmfc.service >/out/security
echo $? >/out/security.code

# from boot on
level 2
begin
systemctl enable vmfc >/out/enable 2>&1
systemctl start multi-user.target
systemctl show --property MainPID --value vmfc >/out/pid
sleep 2
cp "/proc/$(cat /out/pid)/status" /out/process
dd if=/dev/vdb of=/dev/null bs=1M count=8 2>/dev/null
ping -c 3 -s 1000 10.0.2.2 >/out/ping 2>&1
echo /proc/[0-9]* | wc -w >/out/processes
sleep 2
ls -ld /var/lib/private $files/* >/out/rights
systemctl stop vmfc
keep level2
rm $files/*

# Debian's own level
level 3
begin
systemctl start vmfc; sleep 4; systemctl stop vmfc
keep level3

# the options changed; any call that the filter refuses ends the process; a workload
level 2
begin
set_options '--interval 0.5 --stress-workload load=15'
echo 'SystemCallErrorNumber=' >>/etc/systemd/system/vmfc.service.d/override.conf
systemctl daemon-reload
systemctl start vmfc; sleep 4; systemctl stop vmfc
keep edited
rm $files/*

# killed: begins again, and what it had written is still there
begin
set_options '--plugins proc'
systemctl start vmfc; sleep 3; systemctl kill --signal KILL vmfc; sleep 16; systemctl stop vmfc
keep killed
rm $files/*

# options that make no sense: one sentence, and no second try
begin
set_options '--interval soon'
systemctl start vmfc; sleep 14
systemctl show vmfc >/out/refused
journalctl --sync
journalctl --no-pager --output cat --unit vmfc --after-cursor "$cursor" >/out/refused.log
"""


class Service(GuestTest):
    with_systemd = True
    script = SCRIPT

    def shown(self, name):
        return dict(line.split("=", 1) for line in self.files[name].splitlines() if "=" in line)

    def of_case(self, case):
        """The records of a run that was stopped, and ended well."""
        log = self.files[f"{case}/log"]
        shown = self.shown(f"{case}/show")
        self.assertEqual(shown["ActiveState"], "inactive", log)
        self.assertEqual(shown["Result"], "success", log)
        # CLD_EXITED: by itself, and not by a signal
        self.assertEqual((shown["ExecMainCode"], shown["ExecMainStatus"]), ("1", "0"), log)
        records = self.records(f"{case}/vm_features")
        self.assertGreaterEqual(len(records), 3)
        self.assert_joined(records)
        rows = self.files[f"{case}/vm_features.csv"].split("\r\n")
        self.assertEqual(len(rows), 1 + len(records) + 1)
        self.assertEqual(self.meta(f"{case}/vm_features")["result"]["records"], len(records))
        return records

    def check_all_there(self, records, missing):
        for record in records:
            self.assertEqual({column for column, value in record.items() if value is None},
                             set(missing))

    def test_rights_of_the_process(self):
        status = dict(re.findall(r"^(\w+):\s*(.*)$", self.files["process"], re.M))
        self.assertEqual(status["Name"], "vmfc")
        self.assertNotIn("0", status["Uid"].split())
        self.assertNotIn("0", status["Gid"].split())
        for which in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            self.assertEqual(int(status[which], 16), CAP_PERFMON, which)
        self.assertEqual(status["NoNewPrivs"], "1")
        self.assertEqual(status["Seccomp"], "2")
        self.assertEqual(self.shown("level2/show")["DynamicUser"], "yes")
        print("\nUid {Uid}, CapEff {CapEff}, Seccomp {Seccomp}".format(**status).expandtabs(1))

    def test_rights_of_the_files(self):
        lines = self.files["rights"].splitlines()
        self.assertEqual(len(lines), 4, lines)
        for line in lines:
            self.assertRegex(line, r"^(drwx------|-rw-------) ")

    def test_exposure(self):
        self.assertEqual(self.files["verify.code"].strip(), "0", self.files["verify"])
        self.assertEqual(self.files["verify"], "")
        said = self.files["security"]
        level, = re.findall(r"exposure level for vmfc\.service: ([\d.]+)", said)
        self.assertLessEqual(float(level), EXPOSURE, said)
        print(f"\nexposure {level}")

    def test_counts_with_the_capability(self):
        """All columns, and what they say is of the machine, not of what the unit is shut into."""
        records = self.of_case("level2")
        self.check_all_there(records[1:], NEVER + GROWTH)
        for record in records:
            self.assertAlmostEqual(record["cpu_cycles"] / (2e9 * record["time_delta_seconds"]), 1,
                                   delta=0.01)
        self.assertGreaterEqual(sum(record["disk_io_read_mb"] for record in records), 8)
        for column in ("network_bytes_sent", "network_bytes_recv"):
            self.assertGreater(sum(record[column] for record in records), 3000,
                               self.files["ping"])
        self.assertAlmostEqual(records[-1]["process_count"], int(self.files["processes"]), delta=5)
        self.assertEqual(records[-1]["node_process_cpu_seconds_total"], 12.5)
        self.assertIn("multi-user.target.wants/vmfc.service", self.files["enable"])

    def test_goes_on_without_the_right(self):
        records = self.of_case("level3")
        self.check_all_there(records[1:], COUNTED + NEVER + GROWTH)
        columns = self.columns("level3/vm_features")
        for column in COUNTED[:2]:
            self.assertEqual(columns[column]["state"], "denied")
        log = self.files["level3/log"]
        self.assertIn("kernel.perf_event_paranoid", log)
        self.assertIn("with 3,", log)

    def test_changed_options(self):
        """And nothing that is refused is needed: it would have been the end."""
        records = self.of_case("edited")
        self.assertEqual({record["collection_interval"] for record in records}, {0.5})
        # Kepler is asked once a second
        there = {column for record in records for column, value in record.items()
                 if value is not None}
        self.assertEqual(set(records[0]) - there, set(NEVER[:7] + GROWTH))
        for record in records[3:]:
            self.assertAlmostEqual(record["cpu_utilization"], 15, delta=8)
        # the run before is there as it was
        self.assertEqual(self.records("edited/vm_features.1"), self.records("level3/vm_features"))
        self.assertIn("vm_features.1.json", self.files["edited/log"])

    def test_begins_again(self):
        self.assertEqual(self.shown("killed/show")["NRestarts"], "1")
        self.of_case("killed")
        self.assertGreaterEqual(len(self.records("killed/vm_features.1")), 2)

    def test_refused(self):
        shown = self.shown("refused")
        self.assertEqual((shown["ExecMainCode"], shown["ExecMainStatus"]), ("1", "2"))
        self.assertEqual((shown["ActiveState"], shown["NRestarts"]), ("failed", "0"))
        self.assertIn("soon", self.files["refused.log"])


if __name__ == "__main__":
    main()
