# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""The perf sampler on PMUs that are wrong, see fake-pmu.c: right, or missing with the reason."""

import json
import os

from common import BUILD, ProgramTest, main

FAKE_PMU = os.path.join(BUILD, "tests", "libfake-pmu.so")
CYCLES, INSTRUCTIONS, REFERENCES, MISSES, BRANCHES, BRANCH_MISSES = range(6)
REF_CYCLES = 9
EVENTS = {CYCLES: "cpu_cycles", INSTRUCTIONS: "instructions",
          REFERENCES: "cache_references", MISSES: "cache_misses", BRANCHES: "branches",
          BRANCH_MISSES: "branch_misses", REF_CYCLES: "ref_cycles"}
NAMES = list(EVENTS.values())
PAIRS = [(0, 1, "instructions_per_cycle"), (2, 3, "cache_miss_ratio"), (4, 5, "branch_miss_ratio")]
RATIOS = [ratio for _, _, ratio in PAIRS]
ONLINE = "sys/devices/system/cpu/online"
STEP = 1e8  # ns from reading to reading
RATES = {CYCLES: 2.5, INSTRUCTIONS: 4, REFERENCES: 0.05, MISSES: 0.01, BRANCHES: 1,
         BRANCH_MISSES: 0.1, REF_CYCLES: 2}  # as in fake-pmu.c
N_CPUS = 2
# when it is opened, the first look, and the first tick each take a reading
FIRST = 3
ALWAYS = "0:99999"

STILL = "stood still on a CPU that worked"
FAST = "grew faster than a CPU at 10 GHz"
PART = "contradict each other"
BACKWARDS = "went backwards"
TIMES = "its time running"
NO_TURN = "a CPU had no free hardware counter for it in the window"
NO_COUNTER = "a CPU never had a free hardware counter for it"
AWAY = "were unavailable in the window"
ABSENT = "do not support this event"
NOT_ALONE = "the PMU has no separate counter for it"
CROWDED = "others use the hardware counter that it needs"


def columns_of(*events):
    """What is missing where these events are."""
    return {EVENTS[event] for event in events} | {
        ratio for first, second, ratio in PAIRS if first in events or second in events}


def window(n):
    """The reading that ends a record's window."""
    return FIRST + n


class Pmu(ProgramTest):
    def setUp(self):
        super().setUp()
        self.prefix = ()
        self.counters = {}
        self.write_root("0-1")

    def write_root(self, online):
        self.online = online
        for path, text in {"proc/stat": "cpu  1 2 3 4 5 6 7 8 9 10\nctxt 5\n",
                           "proc/vmstat": "pgfault 7\n",
                           ONLINE: online + "\n"}.items():
            path = self.path("root/" + path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as file:
                file.write(text)

    def environment(self, faults, files=""):
        return {"LD_PRELOAD": FAKE_PMU, "FAKE_PMU": faults, "FAKE_PMU_FILES": files,
                "ASAN_OPTIONS": "verify_asan_link_order=0", **self.counters}

    def run_on(self, faults, n_windows=10, files="", extra=()):
        """Faults are of readings, so each window must have one: where others use the machine, another run
        is made. Returns: the records and what vmfc says"""
        for _ in range(9):
            self.write_root(self.online)
            done = self.vmfc("--plugins", "perf", "--root", "root", "--interval", "0.02", "--duration",
                             str(0.02 * n_windows), "--output", "o.json", *extra,
                             env=self.environment(faults, files), prefix=self.prefix)
            with open(self.path("o.meta.json")) as file:
                self.columns = {column["name"]: column for column in json.load(file)["columns"]}
            records = self.records("o.json")
            self.assert_accounted(records, n_windows)
            if len(records) == n_windows:
                return records, done.stderr
        with self.timing():
            self.assertEqual(len(records), n_windows)
        self.timing.end()

    def check(self, faults=""):
        return self.vmfc("--check", "--plugins", "perf", "--root", "root",
                         env=self.environment(faults), prefix=self.prefix).stdout

    def assert_right(self, record, events=tuple(EVENTS), n_cpus=N_CPUS):
        for event in events:
            self.assertEqual(record[EVENTS[event]], round(RATES[event] * STEP * n_cpus),
                             EVENTS[event])
        for first, second, ratio in PAIRS:
            if first in events and second in events:
                self.assertEqual(record[ratio], record[EVENTS[second]] / record[EVENTS[first]])

    def assert_missing(self, record, names):
        self.assertEqual({name for name in NAMES + RATIOS if record[name] is None}, set(names))

    def reasons(self, name):
        return {one["reason"]: one["windows"] for one in self.columns[name].get("missing", [])}

    def assert_case(self, faults, missing, names, reason, n_windows=10):
        """These columns are missing in the windows number @missing alone, the others right."""
        records, said = self.run_on(faults, n_windows)
        for n, record in enumerate(records):
            self.assert_missing(record, names if n in missing else [])
            self.assert_right(record, [i for i, name in EVENTS.items()
                                       if n not in missing or name not in names])
        missing = [n for n in missing if n < len(records)]
        for name in names:
            reasons = self.reasons(name)
            self.assertEqual(list(reasons.values()), [len(missing)], reasons)
            self.assertIn(reason, list(reasons)[0])
        self.assertEqual(said.count("warning: perf"), 1, said)
        self.assertIn(reason, said)
        return records, said

    def test_right(self):
        records, said = self.run_on("")
        for record in records:
            self.assert_right(record)
            self.assertEqual(record["pmc_running_ratio"], 1)
        self.assertNotIn("warning", said)
        self.assertEqual({self.columns[name]["state"] for name in NAMES + RATIOS}, {"ok"})
        self.assertIn("13 of 13 columns", self.check())

    def test_idle(self):
        """A CPU that does nothing but to be read is no fault, nor are all of them."""
        for cpu in ("1", "*"):
            records, said = self.run_on(f"idle:{cpu}:*:{window(2)}:99999", 30)
            self.assertNotIn("warning", said)
            for record in records:
                self.assert_missing(record, [])
        self.assertEqual(records[-1]["cpu_cycles"], N_CPUS * 1000)

    def test_quiet_caches(self):
        """A program that stays in its caches and loops for a while is no fault."""
        for event, n in ((REFERENCES, 1), (MISSES, 18), (BRANCH_MISSES, 4)):
            last = window(2) + n - 1
            faults = f"still:0:{event}:{window(2)}:{last}"
            if event == REFERENCES:
                faults += f";still:0:{MISSES}:{window(2)}:{last}"
            records, said = self.run_on(faults, 24)
            self.assertNotIn("warning", said)
            for record in records:
                self.assert_missing(record, [])

    def test_denominator_of_0(self):
        """No access to the cache for a while, so no ratio of misses: that is no fault."""
        faults = ";".join([f"idle:*:{event}:{window(2)}:99999" for event in (CYCLES, INSTRUCTIONS)] +
                          [f"still:*:{event}:{window(2)}:{window(5)}"
                           for event in (REFERENCES, MISSES)])
        records, said = self.run_on(faults)
        for n, record in enumerate(records):
            self.assert_missing(record, ["cache_miss_ratio"] if 2 <= n <= 5 else [])
        self.assertNotIn("warning", said)
        self.assertEqual(self.reasons("cache_miss_ratio"),
                         {"its denominator is 0 in the window": 4})
        self.assertEqual(self.columns["cache_miss_ratio"]["state"], "ok")

    def test_jump(self):
        for event in (CYCLES, INSTRUCTIONS, MISSES, BRANCHES):
            self.assert_case(f"jump:1:{event}:{window(4)}:{window(4)}", [4], columns_of(event), FAST)
        self.assert_case(f"jump:*:*:{window(4)}:{window(4)}", [4], columns_of(*EVENTS), FAST)

    def test_too_fast(self):
        self.assert_case(f"many:0:{CYCLES}:{ALWAYS}", range(10), columns_of(CYCLES), FAST)
        self.assertEqual(self.columns["cpu_cycles"]["state"], "implausible")

    def test_backwards(self):
        self.assert_case(f"back:0:{REFERENCES}:{window(4)}:{window(4)}", [4],
                         columns_of(REFERENCES), BACKWARDS)

    def test_dies_and_recovers(self):
        """The window in which the counter moves again is as unknown as those before."""
        for cpu in ("*", "1"):
            self.assert_case(f"still:{cpu}:*:{window(3)}:{window(5)}", [3, 4, 5, 6],
                             columns_of(*EVENTS), STILL)
        self.assertEqual(self.columns["cpu_cycles"]["state"], "ok")

    def test_dies_and_stays_so(self):
        records, _ = self.assert_case(f"still:*:*:{window(4)}:99999", range(4, 10),
                                      columns_of(*EVENTS), STILL)
        self.assertEqual({self.columns[name]["state"] for name in NAMES}, {"implausible"})
        self.assertEqual(records[-1]["pmc_running_ratio"], 1)

    def test_lies_on_one_cpu(self):
        """One that vmfc does not run on, and so cannot let spin."""
        own = min(os.sched_getaffinity(0))
        self.prefix = ("taskset", "-c", str(own))
        faults = f"still:{0 if own == 1 else 1}:*:{ALWAYS}"
        self.assert_case(faults, range(10), columns_of(*EVENTS), STILL)
        check = self.check(faults)
        self.assertIn("3 of 13 columns", check)
        self.assertIn(STILL, check)

    def test_almost_nothing(self):
        """Where vmfc runs, work of known length shows it."""
        lies = (CYCLES, INSTRUCTIONS, BRANCHES, BRANCH_MISSES, REF_CYCLES)
        records, said = self.run_on(f"idle:*:*:{ALWAYS}")
        for record in records:
            self.assert_missing(record, columns_of(*lies))
        self.assertIn("a loop that needs at least", said)
        self.assertEqual({self.columns[EVENTS[event]]["state"] for event in lies}, {"implausible"})

    def test_one_of_many_cpus_lies(self):
        self.write_root("0-127")
        records, said = self.run_on(f"still:77:*:{ALWAYS}")
        for record in records:
            self.assert_missing(record, NAMES + RATIOS)
        self.assertIn(STILL, said)

    def test_one_event_dies(self):
        """Each at its own time: at once, or after work that cannot do without it."""
        for events, first in (((INSTRUCTIONS,), 3), ((BRANCH_MISSES,), 7), ((MISSES,), 22),
                              ((REFERENCES, MISSES), 4), ((BRANCHES, BRANCH_MISSES), 3)):
            faults = ";".join(f"still:1:{event}:{window(3)}:99999" for event in events)
            records, said = self.run_on(faults, 26)
            for n, record in enumerate(records):
                self.assert_missing(record, columns_of(*events) if n >= first else [])
                self.assert_right(record, [event for event in EVENTS if event not in events])
            self.assertEqual(said.count("warning: perf"), 1, said)
            self.assertIn(STILL, said)

    def test_part_without_a_whole(self):
        """Instructions without cycles: these stand still, and those contradict them."""
        for event in (CYCLES, REFERENCES, BRANCHES):
            records, said = self.run_on(f"still:1:{event}:{window(3)}:99999")
            for n, record in enumerate(records):
                self.assert_missing(record, columns_of(event, event + 1) if n >= 3 else [])
            self.assertIn(PART, said)
            self.assertIn(PART, list(self.reasons(EVENTS[event + 1]))[0])
            self.assertIn(PART if event == REFERENCES else STILL,
                          list(self.reasons(EVENTS[event]))[0])

    def test_parts_above_the_whole(self):
        for event in (MISSES, BRANCH_MISSES):
            self.assert_case(f"many:0:{event}:{window(4)}:{window(5)}", [4, 5],
                             columns_of(event - 1, event), PART)
        # more instructions than the cycles allow, at a rate that could be true
        self.assert_case(f"idle:0:{CYCLES}:{window(4)}:{window(5)}", [4, 5],
                         columns_of(CYCLES, INSTRUCTIONS), PART)

    def test_never_counted(self):
        faults = f"uncounted:*:*:{ALWAYS}"
        records, said = self.run_on(faults)
        for record in records:
            self.assert_missing(record, NAMES + RATIOS)
            self.assertEqual(record["pmc_running_ratio"], 0)
        self.assertEqual(said.count("warning: perf"), 1, said)
        self.assertIn(NO_COUNTER, said)
        self.assertIn("nmi_watchdog", said)
        for name in NAMES + RATIOS:
            self.assertEqual(self.columns[name]["state"], "unsupported")
            self.assertIn(NO_COUNTER, self.columns[name]["reason"])
        check = self.check(faults)
        self.assertIn("3 of 13 columns", check)
        self.assertIn(NO_COUNTER, check)

    def test_never_counted_on_one_cpu(self):
        self.assert_case(f"uncounted:1:{BRANCHES}:{ALWAYS}", range(10),
                         columns_of(BRANCHES, BRANCH_MISSES), NO_COUNTER)

    def test_counter_is_taken(self):
        """By a pinned event of somebody else or the NMI watchdog, in mid-run."""
        self.assert_case(f"uncounted:0:{REFERENCES}:{window(4)}:{window(6)}", [4, 5, 6],
                         columns_of(REFERENCES, MISSES), NO_TURN)
        self.assertEqual(self.columns["cache_references"]["state"], "ok")

    def test_turns(self):
        records, said = self.run_on(f"turns:*:{REFERENCES}:{window(4)}:99999")
        for n, record in enumerate(records):
            self.assert_right(record)
            self.assertEqual(record["pmc_running_ratio"], 0.5 if n >= 4 else 1)
        self.assertNotIn("warning", said)
        states = {name: self.columns[name]["state"] for name in NAMES}
        self.assertEqual(states.pop("cache_references"), "multiplexed")
        self.assertEqual(states.pop("cache_misses"), "multiplexed")
        self.assertEqual(set(states.values()), {"ok"})

    def test_times_contradict(self):
        for fault in ("over", "backtime"):
            records, _ = self.assert_case(f"{fault}:1:{CYCLES}:{window(4)}:{window(5)}", [4, 5],
                                          columns_of(CYCLES, INSTRUCTIONS, REF_CYCLES), TIMES)
            self.assertEqual([n for n, record in enumerate(records)
                              if record["pmc_running_ratio"] is None], [4, 5])
            self.assertIn(TIMES, list(self.reasons("pmc_running_ratio"))[0])

    def test_cpu_gives_nothing(self):
        """It was offline between two ticks: all is opened again."""
        for fault in ("gone", "frozen"):
            records, said = self.run_on(f"{fault}:1:{CYCLES}:{window(4)}:99999")
            for n, record in enumerate(records):
                self.assert_missing(record, columns_of(CYCLES, INSTRUCTIONS, REF_CYCLES) if n == 4 else [])
                self.assertEqual(record["pmc_running_ratio"], None if n == 4 else 1)
            self.assertIn(AWAY, said)
            self.assertEqual(self.columns["cpu_cycles"]["state"], "ok")

    def test_cpu_gives_nothing_any_more(self):
        records, said = self.run_on(f"gone:1:{CYCLES}:1:99999", 30)
        for record in records:
            self.assert_missing(record, columns_of(CYCLES, INSTRUCTIONS, REF_CYCLES))
            self.assertIsNone(record["pmc_running_ratio"])
        self.assertEqual(said.count("warning: perf"), 1, said)
        self.assertIn(AWAY, self.columns["cpu_cycles"]["reason"])

    def test_hotplug(self):
        online = self.path("root/" + ONLINE)
        # the readings start again when all is opened for the first change
        records, said = self.run_on("", 12, f"{window(3)}:{online}:0")
        for n, record in enumerate(records):
            self.assert_missing(record, NAMES + RATIOS if n == 3 else [])
            if n != 3:
                self.assert_right(record, n_cpus=2 if n < 3 else 1)
        self.assertIn(AWAY, said)
        for name in NAMES + RATIOS + ["pmc_running_ratio"]:
            self.assertEqual(self.columns[name]["state"], "ok")
            self.assertEqual(list(self.reasons(name).values()), [1])

    def test_new_cpu_lacks_events(self):
        """As where the little cores of an Arm come online late."""
        online = self.path("root/" + ONLINE)
        records, said = self.run_on(f"absent:4:{CYCLES}:0:0", 12, f"{window(3)}:{online}:0-4")
        for n, record in enumerate(records):
            self.assert_missing(record, NAMES + RATIOS if n >= 3 else [])
        self.assertIn("cannot be opened on all CPUs", said)
        self.assertIn("cannot be opened on all CPUs", self.columns["cpu_cycles"]["reason"])

    def test_cpus_of_two_kinds(self):
        faults = f"absent:1:{BRANCHES}:0:0"
        records, said = self.run_on(faults)
        for record in records:
            self.assert_missing(record, ["branches", "branch_miss_ratio"])
            self.assert_right(record, [event for event in EVENTS if event != BRANCHES])
        self.assertIn("a CPU of this machine does not support this event", said)
        self.assertIn("11 of 13 columns", self.check(faults))

    # -------------------------------------------------- the reference cycles cost nobody anything

    def assert_left_out(self, faults, reason, **kwargs):
        """The reference cycles are missing, and nothing else is touched."""
        records, said = self.run_on(faults, **kwargs)
        for record in records:
            self.assert_missing(record, ["ref_cycles"])
            self.assertEqual(record["pmc_running_ratio"], 1)
        self.assertEqual({self.columns[name]["state"] for name in NAMES + RATIOS
                          if name != "ref_cycles"}, {"ok"})
        self.assertIn(reason, self.columns["ref_cycles"]["reason"])
        self.assertEqual(said.count("warning: perf"), 1, said)
        return records

    def assert_left_out_and_right(self, faults, reason):
        for record in self.assert_left_out(faults, reason):
            self.assert_right(record, [event for event in EVENTS if event != REF_CYCLES])

    def test_no_reference_cycles(self):
        faults = f"absent:*:{REF_CYCLES}:0:0"
        self.assert_left_out_and_right(faults, ABSENT)
        self.assertEqual(self.columns["ref_cycles"]["state"], "unsupported")
        self.assertIn("12 of 13 columns", self.check(faults))
        self.assert_left_out_and_right(f"absent:1:{REF_CYCLES}:0:0",
                                       "a CPU of this machine does not support this event")

    def test_reference_cycles_need_a_general_counter(self):
        """As on AMD since Zen 4: six counters for six other events."""
        for n_counters, general, fits in (("4", REF_CYCLES, False), ("5", REF_CYCLES, True),
                                          ("6", "*", False), ("7", "*", True), ("4", "*", False),
                                          ("3", REF_CYCLES, False), ("2", 99, True)):
            self.counters = {"FAKE_PMU_COUNTERS": n_counters}
            faults = f"general:*:{general}:0:0"
            if fits:
                records, said = self.run_on(faults)
                self.assertNotIn("warning", said)
                for record in records:
                    self.assert_right(record)
            else:
                self.assert_left_out_and_right(faults, NOT_ALONE)

    def test_reference_cycles_are_taken(self):
        """Another program counts them from before the run, on one CPU or all."""
        for cpu in ("0", "1", "*"):
            for fault in ("turns", "uncounted"):
                self.assert_left_out_and_right(f"{fault}:{cpu}:{REF_CYCLES}:{ALWAYS}", CROWDED)

    def test_reference_cycles_are_taken_in_mid_run(self):
        """This is found by what it does to one window, and to no other."""
        for fault, ratio, lost in (("turns", 0.5, ()), ("uncounted", 0, (CYCLES, INSTRUCTIONS))):
            records, said = self.run_on(f"{fault}:1:{REF_CYCLES}:{window(4)}:99999")
            for n, record in enumerate(records):
                missing = columns_of(*lost) if n == 4 else set()
                self.assert_missing(record, missing | ({"ref_cycles"} if n >= 4 else set()))
                self.assert_right(record, [event for event, name in EVENTS.items()
                                           if name not in missing and event != REF_CYCLES])
                self.assertEqual(record["pmc_running_ratio"], ratio if n == 4 else 1)
            self.assertIn(CROWDED, said)
            self.assertEqual(self.reasons("ref_cycles"), {self.columns["ref_cycles"]["reason"]:
                                                          len(records) - 4})

    def test_reference_cycles_take_turns(self):
        """Where there were turns without them they are not to blame, unless theirs do not come."""
        turns = f"turns:*:{REFERENCES}:{ALWAYS};turns:*:{CYCLES}:{ALWAYS}"
        records, said = self.run_on(turns)
        self.assertNotIn("missing", said)
        for record in records:
            self.assert_right(record)
        records, said = self.run_on(f"{turns};uncounted:1:{REF_CYCLES}:{window(4)}:99999")
        for n, record in enumerate(records):
            missing = columns_of(CYCLES, INSTRUCTIONS) if n in (4, 5) else set()
            self.assert_missing(record, missing | ({"ref_cycles"} if n >= 4 else set()))
        self.assertIn(CROWDED, said)

    def test_reference_cycles_lie(self):
        for faults, reason in ((f"idle:*:{REF_CYCLES}:{ALWAYS}", "a loop that needs at least"),
                               (f"still:*:{REF_CYCLES}:{ALWAYS}", "a loop that needs at least"),
                               (f"many:*:{REF_CYCLES}:{ALWAYS}", FAST)):
            self.assert_left_out_and_right(faults, reason)
            self.assertEqual(self.columns["ref_cycles"]["state"], "implausible")
        self.assert_case(f"still:1:{REF_CYCLES}:{window(3)}:{window(5)}", [3, 4, 5, 6],
                         ["ref_cycles"], STILL)
        self.assert_case(f"jump:1:{REF_CYCLES}:{window(4)}:{window(4)}", [4], ["ref_cycles"], FAST)

    def test_reference_cycles_without_cycles(self):
        records, _ = self.run_on(f"still:*:{CYCLES}:{ALWAYS}")
        for record in records:
            self.assert_missing(record, columns_of(CYCLES, INSTRUCTIONS, REF_CYCLES))
        self.assertEqual(self.columns["ref_cycles"]["reason"], self.columns["cpu_cycles"]["reason"])

    def test_files_for_all_but_reference_cycles(self):
        self.write_root("0-127")
        self.prefix = ("prlimit", "--nofile=840")
        for record in self.assert_left_out("", "a file descriptor per event and CPU"):
            self.assert_right(record, [event for event in EVENTS if event != REF_CYCLES], 128)

    def test_new_cpu_lacks_reference_cycles(self):
        online = self.path("root/" + ONLINE)
        for fault in ("absent", "refused"):
            self.write_root("0-1")
            records, _ = self.run_on(f"{fault}:4:{REF_CYCLES}:0:0", 12, f"{window(3)}:{online}:0-4")
            for n, record in enumerate(records):
                self.assert_missing(record, NAMES + RATIOS if n == 3 else
                                    ["ref_cycles"] if n > 3 else [])
                if n != 3:
                    self.assert_right(record, [event for event in EVENTS if event != REF_CYCLES],
                                      n_cpus=2 if n < 3 else 5)
            self.assertNotEqual(self.columns["ref_cycles"]["state"], "ok")
            self.assertEqual(self.columns["cpu_cycles"]["state"], "ok")

    def test_kernel_counts(self):
        """More page faults than all CPUs can take, and a file without them."""
        vmstat = self.path("root/proc/vmstat")
        records, said = self.run_on("", 10, f"{window(2)}:{vmstat}:pgfault 4611686018427387904;"
                                    f"{window(4)}:{vmstat}:nothing 1;"
                                    f"{window(6)}:{vmstat}:pgfault 4611686018427387909")
        faults = [record["page_faults"] for record in records]
        self.assertEqual(faults, [0, 0, None, 0, None, None, None] + [0] * (len(records) - 7))
        reasons = self.reasons("page_faults")
        self.assertEqual(sorted(reasons.values()), [1, 1, 2], reasons)
        self.assertIn("grew by more than all CPUs can count", said)
        self.assertIn("/proc/vmstat has no line pgfault with a number above 0", said)
        self.assertEqual(self.columns["page_faults"]["state"], "ok")
        for record in records:
            self.assertEqual(record["context_switches"], 0)
            self.assert_right(record)


if __name__ == "__main__":
    main()
