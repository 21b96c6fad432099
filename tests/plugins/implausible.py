#!/usr/bin/env python3
# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What /proc says but cannot be true: the columns are missing, with the reason, and there again when
it can. Each case is a machine of two CPUs that is rewritten from tick to tick on the fake clock.

    implausible.py REPLAY BUILD
"""

import json
import os
import subprocess
import sys
import tempfile

from play import plugin_path, read_reasons

REPLAY, BUILD = (os.path.abspath(path) for path in sys.argv[1:3])
FIELDS = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
SHARES = ["cpu_utilization", "cpu_user_time", "cpu_idle", "cpu_steal", "cpu_busy"]
MEMORY = ["memory_usage_percent", "memory_available_gb"]
AVERAGES = ["load_average_1min", "load_average_5min", "load_average_15min"]
COUNTS = ["procs_running", "procs_blocked", "processes_created"]

TOO_LITTLE = "less than half of the time that passed"
TOO_MUCH = "more than twice the time that passed"
BACKWARDS = "went backwards"
CONTRADICT = "contradict each other"
NO_TICK = "no whole tick"
NONE_RUNS = "counts no running task"
NOT_TOLD = "its number is invalid"
NO_COUNT = "larger than Linux allows"
MORE_TASKS = "more such tasks than /proc/loadavg counts"
NO_MEMORY = "MemTotal in /proc/meminfo is 0, or larger"
MORE_THAN_ALL = "is not less than MemTotal"
UNTOLD_MEMORY = "does not contain MemTotal and MemAvailable as numbers"
CONSTANT = "is constant"


class Machine:
    """One second more of it at each tick; what a case does not change goes on as it does."""

    def __init__(self):
        self.cpus = [dict(zip(FIELDS, (1000, 0, 500, 9000, 20, 0, 0, 100))) for _ in range(2)]
        self.all = {}  # added to the line of all CPUs
        self.n_fields = len(FIELDS)  # of the lines of the CPUs; those of newer kernels follow
        self.extra = {"ctxt": 5000, "btime": 1700000000, "processes": 1000, "procs_running": 1,
                      "procs_blocked": 0}
        self.loadavg = "0.10 0.20 0.30 1/90 1000"
        self.memory = {"MemTotal": 4194304, "MemFree": 1000000, "MemAvailable": 3145728}
        self.vmstat = {"nr_free_pages": 1, "pgfault": 7000}
        self.unreadable = ()  # names of files, at the next tick

    def count(self, *growths):
        """Of each CPU, by field; a CPU that is not named is 10 % busy."""
        for cpu, growth in zip(self.cpus, growths + ({"user": 10, "idle": 90},) * 2):
            for field, ticks in growth.items():
                cpu[field] += ticks

    def run(self, *growths):
        self.count(*growths)
        self.extra["ctxt"] += 500
        self.extra["processes"] += 3
        self.vmstat["pgfault"] += 70

    def stat(self):
        total = {field: sum(cpu[field] for cpu in self.cpus) + self.all.get(field, 0)
                 for field in FIELDS}
        rows = [["cpu", *total.values(), 0, 0]]
        rows += [["cpu%d" % i, *cpu.values(), 0, 0] for i, cpu in enumerate(self.cpus)]
        lines = [row[:1 + self.n_fields] if self.n_fields < len(FIELDS) else row for row in rows]
        lines += [["intr", 1, 0]] + [[key, value] for key, value in self.extra.items()]
        return lines

    def write(self, folder):
        texts = {"stat": self.stat(), "loadavg": [[self.loadavg]],
                 "meminfo": [[key + ":", value, "kB"] for key, value in self.memory.items()],
                 "vmstat": list(self.vmstat.items())}
        os.makedirs(os.path.join(folder, "proc/1"), exist_ok=True)
        for name, lines in texts.items():
            with open(os.path.join(folder, "proc", name), "w") as file:
                file.writelines(" ".join(map(str, line)) + "\n" for line in lines)
        for name in self.unreadable:
            open(os.path.join(folder, "proc", name + ".unreadable"), "w").close()
        self.unreadable = ()


def play_case(folder, machine, steps, options):
    """The records, and what vmfc said; the reasons by window are in out.reasons."""
    machine.write(os.path.join(folder, "root"))
    for i, step in enumerate(steps, 1):
        step(machine)
        machine.write(os.path.join(folder, "step%d" % i))
    names = ["-"] + [os.path.join(folder, "step%d" % (i + 1)) for i in range(len(steps))]
    done = subprocess.run([REPLAY, ",".join(names), "--root", os.path.join(folder, "root"),
                           "--plugin-path", plugin_path(BUILD), "--plugins", "perf,cpu,mem,load",
                           "--set", "perf.use_events=false", "--format", "json", "--output",
                           os.path.join(folder, "out.json"), *options],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          universal_newlines=True, check=True)
    with open(os.path.join(folder, "out.reasons"), "w") as file:
        file.write(done.stdout)
    with open(os.path.join(folder, "out.json")) as file:
        return json.load(file), done.stderr


# ----------------------------------------------------------------------------- what is tried


def cpu(*growths):
    return lambda machine: machine.run(*growths)


def without_work():
    return lambda machine: machine.run({}, {})


def both(growth):
    return cpu(growth, growth)


def of_all(field, by):
    def step(machine):
        machine.all[field] = machine.all.get(field, 0) + by
        machine.run()
    return step


def on(name, **values):
    """Other numbers in one of the files."""
    def step(machine):
        machine.run()
        getattr(machine, name).update(values)
    return step


def text(loadavg, **extra):
    def step(machine):
        machine.run()
        machine.loadavg = loadavg
        machine.extra.update(extra)
    return step


def unreadable(*names, **extra):
    """Files that cannot be read at this tick, and only then."""
    def step(machine):
        machine.run()
        machine.extra.update(extra)
        machine.unreadable = names
    return step


def all_wrong(machine):
    machine.loadavg = "0.00 0.00 0.00 0/0 0"
    machine.extra.update(procs_running=0, ctxt=0)
    machine.memory["MemAvailable"] = 5000000
    machine.vmstat["pgfault"] = 0


def all_right(machine):
    """Again, as far as it can be read."""
    machine.run({"user": 10, "idle": 190}, {"user": 10, "idle": 190})
    machine.loadavg = "0.50 0.20 0.30 1/90 1000"
    machine.extra.update(procs_running=1, ctxt=9000)
    machine.memory["MemAvailable"] = 3000000
    machine.vmstat["pgfault"] = 9000
    machine.unreadable = ("stat", "loadavg", "meminfo", "vmstat")


def gvisor():
    machine = Machine()
    machine.cpus = [dict.fromkeys(FIELDS, 0) for _ in range(2)]
    machine.extra = dict.fromkeys(machine.extra, 0)
    machine.loadavg = "0.00 0.00 0.00 0/0 0"
    machine.vmstat = {"pgfault": 0}
    return machine


def nothing(_):
    pass


def swapped_cpus(machine):
    machine.run()
    machine.cpus.reverse()


GOOD, JUMP = cpu(), 750000000
# name: (columns, steps, for each window whether they are there, reasons)
CASES = {
    "right": (SHARES + MEMORY + AVERAGES + COUNTS + ["page_faults", "context_switches"],
              [GOOD] * 3, "111", []),
    "busy": (SHARES, [both({"user": 100}), both({"user": 60, "system": 40})], "11", []),
    "steal jumps": (SHARES, [GOOD, both({"user": 10, "idle": 90, "steal": JUMP}), GOOD], "101",
                    [TOO_MUCH]),
    "steal goes down": (SHARES, [both({"idle": 100, "steal": -50})] * 2, "00", [BACKWARDS]),
    "idle jumps": (SHARES, [GOOD, cpu({"idle": 4158565937160027}), GOOD], "101", [TOO_MUCH]),
    "idle jumps on one CPU": (SHARES, [GOOD, cpu({"idle": 215}), GOOD], "101", [TOO_MUCH]),
    "two CPUs jump apart": (SHARES, [cpu({"idle": 5000}, {"user": 10, "idle": -4800})], "0",
                            [TOO_MUCH]),
    "idle is frozen": (SHARES, [both({"user": 5})] * 4, "0000", [TOO_LITTLE]),
    "idle is frozen below changing load":
        (SHARES, [both({"user": 30}), both({"user": 60}), both({"user": 30}), GOOD], "0001",
         [TOO_LITTLE]),
    "idle is frozen on one CPU": (SHARES, [cpu({"user": 20})] * 2, "00", [TOO_LITTLE]),
    "one CPU stands still": (SHARES, [cpu({})] * 3 + [GOOD], "0001", [TOO_LITTLE]),
    "all stand still": (SHARES, [without_work()] * 2 + [GOOD], "001", [TOO_LITTLE]),
    "the line of all has more": (SHARES, [GOOD, of_all("idle", 150), GOOD], "101", [CONTRADICT]),
    "idle and iowait jitter": (["cpu_user_time"],
                               [GOOD, cpu({"user": 10, "idle": -5}, {"user": 10, "idle": -5}),
                                GOOD], "101", [BACKWARDS]),
    "iowait becomes idle": (["cpu_user_time", "cpu_busy"],
                            [GOOD, cpu({"user": 10, "idle": 100, "iowait": -10}), GOOD], "111", []),
    "the split is not known": (["cpu_idle", "cpu_iowait", "cpu_utilization"],
                               [GOOD, cpu({"user": 10, "idle": 100, "iowait": -10},
                                          {"user": 10, "idle": 100, "iowait": -10}), GOOD], "101",
                               []),
    "CPUs in another order": (SHARES, [GOOD, swapped_cpus, GOOD], "111", []),
    "more available than there is": (MEMORY, [GOOD, on("memory", MemAvailable=8135436),
                                              on("memory", MemAvailable=4194305),
                                              on("memory", MemAvailable=3000000)], "1001",
                                     [MORE_THAN_ALL]),
    "all is available": (MEMORY, [on("memory", MemAvailable=4194304)], "0", [MORE_THAN_ALL]),
    "more free than there is": (MEMORY, [on("memory", MemFree=5000000)], "0", [MORE_THAN_ALL]),
    "no memory": (MEMORY, [on("memory", MemTotal=0, MemAvailable=0)], "0", [NO_MEMORY]),
    "a limit that is none": (MEMORY, [on("memory", MemTotal=9007199254740988)], "0", [NO_MEMORY]),
    "wrapped memory": (MEMORY, [on("memory", MemAvailable=2**64 - 400),
                                on("memory", MemAvailable=-400),
                                on("memory", MemAvailable=2**32 - 400)], "000",
                       [UNTOLD_MEMORY, MORE_THAN_ALL]),
    "memory comes and goes": (MEMORY, [on("memory", MemTotal=16777216, MemAvailable=15000000),
                                       on("memory", MemTotal=2097152, MemAvailable=900000)], "11",
                              []),
    "-1 blocked": (["procs_blocked"], [GOOD, on("extra", procs_blocked=2**64 - 1),
                                       on("extra", procs_blocked=2**32 - 1),
                                       on("extra", procs_blocked=2**32 - 2),
                                       on("extra", procs_blocked=2**16 - 1),
                                       on("extra", procs_blocked=-1),
                                       on("extra", procs_blocked=2)], "1000001",
                   [NOT_TOLD, NO_COUNT, MORE_TASKS]),
    "-1 running": (["procs_running"], [on("extra", procs_running=2**32 - 1),
                                       on("extra", procs_running=2**64 - 1),
                                       on("extra", procs_running=91),
                                       on("extra", procs_running=90)], "0001",
                   [NOT_TOLD, NO_COUNT, MORE_TASKS]),
    "none runs": (["procs_running"], [on("extra", procs_running=0), on("extra", procs_running=1)],
                  "01", [NONE_RUNS]),
    "none runs, the others": (["procs_blocked", "processes_created"],
                              [on("extra", procs_running=0)], "1", []),
    "forks are negative": (["processes_created"],
                           [on("extra", processes=-2049562273), GOOD], "00", [NOT_TOLD]),
    "forks go back": (["processes_created"], [on("extra", processes=500), GOOD], "01",
                      []),
    "forks jump": (["processes_created"], [GOOD, on("extra", processes=2**40), GOOD], "101",
                   ["more than the CPUs can create"]),
    "loads are negative": (AVERAGES, [text("18014398509481984.00 0.10 0.10 1/90 7"),
                                      text("4294967295.90 0.10 0.10 1/90 7"),
                                      text("0.50 0.10 0.10 1/90 7")], "001",
                           ["does not begin with three numbers", "larger than Linux allows"]),
    "no task": (AVERAGES, [text("0.00 0.00 0.00 0/0 0"), text("0.00 0.00 0.00 0/1 5")], "01",
                ["counts no task"]),
    "stat is a constant": (COUNTS, [nothing] * 2 + [GOOD], "001", [CONSTANT]),
    "faults are not counted": (["page_faults"], [on("vmstat", pgfault=0), GOOD, GOOD], "001",
                               ["no line pgfault with a number above 0"]),
    "switches are not counted": (["context_switches"], [on("extra", ctxt=0), GOOD, GOOD], "001",
                                 ["no line ctxt with a number above 0"]),
}
# of a file that cannot be read nothing of the last reading is left
CASES["more tasks, but how many are there"] = (
    ["procs_running"], [GOOD, unreadable("loadavg", procs_running=91),
                        on("extra", procs_running=91)], "110",
    ["/proc/loadavg cannot be read", MORE_TASKS])
# of a sandbox: what `--check` tells as well
SANDBOX = {
    "cpu": (SHARES, "no CPU has counted any time since boot"),
    "load": (AVERAGES, "counts no task"), "load ": (["procs_running", "procs_blocked"], NONE_RUNS),
    "load  ": (["processes_created"], "no process was ever created"),
    "perf": (["page_faults"], "pgfault"), "perf ": (["context_switches"], "ctxt"),
}


class Findings:
    def __init__(self):
        self.passed = self.failed = 0

    def expect(self, name, condition, what):
        self.passed += bool(condition)
        self.failed += not condition
        if not condition:
            print("FAIL %s: %s" % (name, what))


def warnings_of(said, columns):
    return [line for line in said.splitlines() if any(column in line for column in columns)]


def try_case(findings, name, case, options=()):
    columns, steps, there, reasons = case
    with tempfile.TemporaryDirectory() as folder:
        records, said = play_case(folder, Machine(), steps, options)
    for column in columns:
        seen = "".join("01"[record[column] is not None] for record in records)
        findings.expect(name, seen == there, "%s is there in %s, should be in %s" % (
            column, seen, there))
    for reason in reasons:
        findings.expect(name, any(reason in line for line in said.splitlines()),
                        "'%s' is not said: %s" % (reason, said))
    for line in warnings_of(said, columns):
        findings.expect(name, any(reason in line for reason in reasons), "says " + line)


def try_unreadable(findings):
    """After a window in which all was wrong: the reason is that it cannot be read, and not that of
    the window before."""
    columns = SHARES + MEMORY + AVERAGES + COUNTS[:2] + ["page_faults", "context_switches"]
    later = SHARES + ["page_faults", "context_switches"]
    with tempfile.TemporaryDirectory() as folder:
        records, said = play_case(folder, Machine(), [GOOD, all_wrong, all_right, GOOD, GOOD], ())
        reasons = read_reasons(os.path.join(folder, "out"))
    findings.expect("unreadable", "set over the top" not in said, said)
    for column in columns:
        seen = "".join("01"[record[column] is not None] for record in records)
        there = {"procs_blocked": "11011"}.get(column, "10001" if column in later else "10011")
        findings.expect("unreadable", seen == there, "%s is there in %s, should be in %s" % (
            column, seen, there))
        reason = reasons.get((3, column), "")
        findings.expect("unreadable", "cannot be read" in reason, "%s: %r" % (column, reason))


def write_disks(folder, counts, switches):
    """@counts: sectors that each disk has read and written; @switches: "0": it is not counted"""
    os.makedirs(os.path.join(folder, "proc"), exist_ok=True)
    with open(os.path.join(folder, "proc/diskstats"), "w") as file:
        for i, count in enumerate(counts):
            file.write("8 %d sd%s 1 0 %d 1 1 0 %d 1 0 1 1\n" % (16 * i, "ab"[i], count, count))
    for name, switch in zip("ab", switches):
        os.makedirs(os.path.join(folder, "sys/block/sd%s/queue" % name), exist_ok=True)
        with open(os.path.join(folder, "sys/block/sd%s/queue/iostats" % name), "w") as file:
            file.write(switch + "\n")


def try_switched_off(findings):
    """The sum of the disks is missing while one is not counted, and the reason names that one."""
    course = ["11", "01", "01", "10", "10", "11", "11", "11"]
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for i, switches in enumerate(course):
            names.append(os.path.join(folder, "step%d" % i if i > 0 else "root"))
            write_disks(names[-1], (2048 * (10 + i), 4096 * (10 + i)), switches)
        done = subprocess.run([REPLAY, ",".join(["-"] + names[1:]), "--root", names[0],
                               "--plugin-path", plugin_path(BUILD), "--plugins", "disk",
                               "--interval", "60", "--format", "json", "--output",
                               os.path.join(folder, "out.json")], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, universal_newlines=True, check=True)
        with open(os.path.join(folder, "out.json")) as file:
            read = [record["disk_io_read_mb"] for record in json.load(file)]
    findings.expect("switched off", read == [None] * 5 + [3, 3], "%s is there" % read)
    for window, name in ((1, "sda"), (2, "sda"), (3, "sdb"), (4, "sdb"), (5, "switched on or off")):
        reason = [line for line in done.stdout.splitlines()
                  if line.startswith("%d\tdisk_io_read_mb" % window)]
        findings.expect("switched off", len(reason) == 1 and name in reason[0],
                        "window %d: %s" % (window, reason))


def try_fields(findings):
    """Of older kernels: what has no field is missing, and nothing is guessed from the others."""
    columns = {"cpu_user_time": 1, "cpu_nice_time": 2, "cpu_system_time": 3, "cpu_idle": 4,
               "cpu_utilization": 4, "cpu_efficiency": 4, "cpu_iowait": 5, "cpu_irq": 6,
               "cpu_softirq": 7, "cpu_steal": 8, "cpu_busy": 8}
    for n_fields in (3, 4, 5, 6, 7, 8):
        machine = Machine()
        machine.n_fields = n_fields
        with tempfile.TemporaryDirectory() as folder:
            records, _ = play_case(folder, machine, [GOOD] * 2, ())
            reasons = read_reasons(os.path.join(folder, "out"))
        for column, needed in columns.items():
            there = n_fields >= max(needed, 4)
            seen = records[-1][column] is not None
            findings.expect("%d fields" % n_fields, seen == there, "%s is there: %s" % (column, seen))
            reason = reasons.get((2, column), "")
            wanted = "" if there else "no complete list" if n_fields < 4 else "has no"
            findings.expect("%d fields" % n_fields, wanted in reason and bool(reason) != there,
                            "%s: %r" % (column, reason))


def try_sandbox(findings):
    """All constants, which are seen before the run as well."""
    with tempfile.TemporaryDirectory() as folder:
        records, said = play_case(folder, gvisor(), [nothing] * 3, ())
        check = subprocess.run([os.path.join(BUILD, "vmfc"), "--check", "--root",
                                os.path.join(folder, "root"), "--plugin-path", plugin_path(BUILD),
                                "--set", "perf.use_events=false"],
                               stdout=subprocess.PIPE, universal_newlines=True).stdout
    for columns, reason in SANDBOX.values():
        for column in columns:
            findings.expect("sandbox", all(record[column] is None for record in records),
                            column + " is there")
        findings.expect("sandbox", reason in said, "'%s' is not said: %s" % (reason, said))
        findings.expect("sandbox", reason in check, "'%s' is not in %s" % (reason, check))
    findings.expect("sandbox", all(record["core_count"] == 2 for record in records), "core_count")


def try_short_windows(findings):
    """Of 10 ms: a tick falls into them or not, which is no fault; what stands still for longer is."""
    options = ("--interval", "0.01")
    short = [cpu({"user": 1}, {"idle": 1}), cpu({"user": 2}, {"idle": 2}), cpu({}, {}),
             cpu({"user": 1}, {"idle": 1})] * 20
    # the second line of ticks of a CPU comes with the first, or not at all
    try_case(findings, "10 ms", (["cpu_user_time"], short, "1101" * 20, []), options)
    jump = [cpu({"user": 1}, {"idle": 1})] * 5 + [cpu({"user": 1, "steal": 100}, {"idle": 1})]
    try_case(findings, "10 ms, a jump", (["cpu_user_time"], jump + jump[:5], "11111011111",
                                         [TOO_MUCH]), options)
    # one CPU counts too much, which takes half a second to tell each time; that window is missing
    fast = [cpu({"user": 3}, {"idle": 1})] * 120
    with tempfile.TemporaryDirectory() as folder:
        records, _ = play_case(folder, Machine(), fast, options)
    n_missing = sum(record["cpu_user_time"] is None for record in records)
    findings.expect("10 ms, one CPU fast", n_missing == 2, "%d are missing" % n_missing)
    frozen = [cpu({"user": 1}, {"idle": 0})] + [cpu({}, {})] * 4
    with tempfile.TemporaryDirectory() as folder:
        records, _ = play_case(folder, Machine(), frozen * 30, options)
    late = [record["cpu_user_time"] for record in records[60:]]
    findings.expect("10 ms, frozen", set(late) == {None}, "after 0.6 s there is %s" % late)


def try_standing_loads(findings):
    """That a load stands still takes a minute to tell."""
    for load, there in (("0.12 0.07 0.02 2/165 765", False), ("1.00 1.00 1.00 2/165 765", True),
                        ("0.00 0.01 0.05 2/165 765", True)):
        steps = [text(load)] * 20
        with tempfile.TemporaryDirectory() as folder:
            records, said = play_case(folder, Machine(), steps, ("--interval", "5"))
        last = [record["load_average_1min"] is not None for record in records]
        findings.expect("standing loads", last[:10] == [True] * 10 and last[-5:] == [there] * 5,
                        "%s: %s" % (load, last))
        findings.expect("standing loads", ("stays at a number" in said) != there, said)


def main():
    findings = Findings()
    for name, case in CASES.items():
        try_case(findings, name, case)
    try_unreadable(findings)
    try_fields(findings)
    try_switched_off(findings)
    try_sandbox(findings)
    try_short_windows(findings)
    try_standing_loads(findings)
    print("%d passed, %d failed" % (findings.passed, findings.failed))
    return 1 if findings.failed or not findings.passed else 0


if __name__ == "__main__":
    sys.exit(main())
