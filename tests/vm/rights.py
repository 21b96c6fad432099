# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""Who may count: a plain user at each level of kernel.perf_event_paranoid, and with one capability.

The level 3 is Debian's own: nothing at all for whoever lacks CAP_SYS_ADMIN.
"""

from common import GuestTest, main

LEVELS = [3, 2, 1, 0, -1]
HARDWARE = ["cpu_cycles", "instructions"]  # the guest's counters count these
FROM_PROC = ["page_faults", "context_switches"]

SCRIPT = """
cd /tmp
# run NAME COMMAND...: a run and a check of vmfc, by a program that takes rights away or gives them
run() {
	case=$1
	shift
	mkdir -m 777 "/out/$case"
	"$@" vmfc --plugins perf --duration 2 --format json --output "/out/$case/run.json" \\
		>"/out/$case/log" 2>&1
	echo $? >"/out/$case/code"
	"$@" vmfc --plugins perf --check >"/out/$case/check" 2>&1
}
user="/usr/bin/setpriv --reuid=1000 --regid=1000 --clear-groups"
for level in """ + " ".join(map(str, LEVELS)) + """; do
	echo $level >/proc/sys/kernel/perf_event_paranoid
	run "root$level" env
	run "user$level" $user
	run "perfmon$level" $user --inh-caps=+perfmon --ambient-caps=+perfmon
	run "bounded$level" /usr/bin/setpriv --bounding-set=-perfmon,-sys_admin --inh-caps=-perfmon,-sys_admin
done
# the capability on the file, as the message recommends
echo 2 >/proc/sys/kernel/perf_event_paranoid
/sbin/setcap cap_perfmon=ep /usr/bin/vmfc && run setcap $user
"""


class Rights(GuestTest):
    script = SCRIPT

    def counted(self, case):
        """The columns with a value, the same in the first record and the last."""
        records = self.records(f"{case}/run")
        self.assertEqual(self.files[f"{case}/code"].strip(), "0", self.files[f"{case}/log"])
        counted = [[column for column, value in record.items() if value is not None]
                   for record in records]
        self.assertEqual(counted[0], counted[-1])
        return counted[0]

    def check_case(self, case, allowed):
        counted = self.counted(case)
        check = self.files[f"{case}/check"]
        for column in FROM_PROC:
            self.assertIn(column, counted)
        for column in HARDWARE:
            self.assertEqual(column in counted, allowed, f"{case}: {column}")
            self.assertEqual(self.columns(f"{case}/run")[column]["state"],
                             "ok" if allowed else "denied")
        if allowed:
            self.assertIn("6 of 13 columns", check)
            self.assertNotIn("denied", check)
        else:
            self.assertIn("2 of 13 columns", check)
            self.assertIn("missing (denied): cpu_cycles, instructions", check)
            self.assertIn("setcap cap_perfmon=ep", check)
            self.assertEqual("with 3," in check, case.endswith("3"))
        return allowed

    def test_levels(self):
        print("\nperf_event_paranoid | plain user | CAP_PERFMON | root | root without it")
        for level in LEVELS:
            row = [self.check_case(f"{who}{level}", allowed)
                   for who, allowed in (("user", level <= 0), ("perfmon", level <= 2),
                                        ("root", True), ("bounded", level <= 0))]
            print(f"{level:19} | " + " | ".join("counted" if counted else "missing"
                                                for counted in row))

    def test_capability_of_the_file(self):
        self.check_case("setcap", True)


if __name__ == "__main__":
    main()
