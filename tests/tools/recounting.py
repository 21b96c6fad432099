# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""The labels of a training set, recounted from the rows of both files by the definitions of the man
page, row by row and without any of vmfc's code or ways."""

import math

ZONES = ("package", "core", "dram", "uncore", "psys")
# by the name of --power-source: the columns, and the method of their labels
SOURCES = {"joules": ("vm_cpu_joules_", "energy"), "watts": ("vm_cpu_watts_", "mean"),
           "kepler": ("kepler_vm_cpu_watts_", "points"), "total": ("total_cpu_watts_", "points")}
POINTS = ("kepler", "total")
MOST_WATTS = 20000
# a meter that shows 0 for longer, in s, is stuck: anyway, and while the machine uses CPU time
MOST_ZERO, MOST_ZERO_AT_WORK = 60, 0.5
BUSY_PERCENT = 10


def slack(length):
    """By how much windows may miss each other, in s."""
    return min(max(1e-3, length / 100), length / 10)


class Power:
    """@zones: the source of each zone that has labels; @max_gap: s"""

    def __init__(self, rows, zones, max_gap, shift=0.0):
        self.zones, self.max_gap = zones, max_gap
        self.counts = dict.fromkeys(
            ("rows_without_power", "rows_without_virtual_machine", "impossible_values",
             "values_standing_still", "rows_without_time", "rows_out_of_order",
             "rows_of_duplicate_time", "repeated_values", "gaps", "longest_gap_seconds"), 0)
        self.counts["rows"] = len(rows)
        self.stretches = {zone: [] for zone in zones}  # of (start, end, from, to)
        self.kept = []  # of (time, watts by zone, whether all are repeated)
        self.first = self.last = None
        self.seen = {zone: None for zone in zones}
        self.point = {zone: None for zone in zones}
        self.zero = {zone: [0.0, 0.0] for zone in zones}
        self.age = None
        for row in rows:
            self.add(row, shift)

    def add(self, row, shift):
        if row["timestamp"] is None:
            self.counts["rows_without_time"] += 1
            return
        time = row["timestamp"] - shift
        if self.last is not None and time <= self.last:
            self.counts["rows_of_duplicate_time" if time == self.last else "rows_out_of_order"] += 1
            return
        step = time - self.last if self.last is not None else None
        if step is not None and step > self.max_gap:
            self.counts["gaps"] += 1
            self.counts["longest_gap_seconds"] = max(self.counts["longest_gap_seconds"], step)
        has_windows = any(source not in POINTS for source in self.zones.values())
        length = row.get("time_delta_seconds") or row.get("collection_interval")
        if self.first is None:
            self.first = time - (length if has_windows and length else 0)
        self.last = time
        if row.get("vm_count") == 0:
            self.counts["rows_without_virtual_machine"] += 1
            self.counts["rows_without_power"] += 1
            return
        self.add_values(row, time, step, length)

    def is_new(self, row, step):
        age, before = row.get("kepler_vm_age_seconds"), self.age
        self.age = age
        return None not in (age, before, step) and age - before < step / 2

    def is_stuck(self, zone, row, step, length):
        if zone == "uncore":
            return False
        points = self.zones[zone] in POINTS
        since = step if step is not None and step <= self.max_gap else 0
        covered = since if points or not length else length
        self.zero[zone][0] += covered
        if not points and (row.get("vm_cpu_seconds") or 0) > 0:
            self.zero[zone][1] += covered
        return self.zero[zone][0] > MOST_ZERO or self.zero[zone][1] > MOST_ZERO_AT_WORK

    def read(self, zone, row, step, length):
        source = self.zones[zone]
        value = row.get(SOURCES[source][0] + zone)
        if value is None or (source == "joules" and not length):
            return None
        watts = value / length if source == "joules" else value
        if not 0 <= watts <= MOST_WATTS:
            self.counts["impossible_values"] += 1
            return None
        if watts > 0:
            self.zero[zone] = [0.0, 0.0]
        elif self.is_stuck(zone, row, step, length):
            self.counts["values_standing_still"] += 1
            return None
        return watts

    def add_values(self, row, time, step, length):
        is_new = self.is_new(row, step)
        watts = {zone: self.read(zone, row, step, length) for zone in self.zones}
        repeated = []
        for zone, value in watts.items():
            if value is None:
                continue
            points = self.zones[zone] in POINTS
            repeated.append(points and value == self.seen[zone] and
                            not (is_new and self.zones[zone] == "kepler"))
            self.seen[zone] = value
            if points:
                self.add_point(zone, time, value)
            elif length:
                self.add_window(zone, time, length, value)
        if not repeated:
            self.counts["rows_without_power"] += 1
            return
        self.counts["repeated_values"] += all(repeated)
        self.kept.append((time, watts, all(repeated)))

    def add_point(self, zone, time, value):
        before = self.point[zone]
        if before and time - before[0] <= self.max_gap:
            self.stretches[zone].append((before[0], time, before[1], value))
        self.point[zone] = time, value

    def add_window(self, zone, end, length, value):
        start = end - length
        if self.stretches[zone]:
            last = self.stretches[zone][-1][1]
            if start - last <= slack(length):
                start = last
        if end > start:
            self.stretches[zone].append((start, end, value, value))

    # ------------------------------------------------------------ the labels

    def average(self, zone, start, end):
        """Energy by length, if power is known for all of the window."""
        energy = covered = 0.0
        for first, last, low, high in self.stretches[zone]:
            begin, finish = max(start, first), min(end, last)
            if finish <= begin:
                continue
            at = [low + (high - low) * (t - first) / (last - first) for t in (begin, finish)]
            energy += (finish - begin) * sum(at) / 2
            covered += finish - begin
        if covered <= 0 or covered < end - start - slack(end - start):
            return None
        return energy / covered

    def is_stale(self, start, end):
        within = [repeated for time, _, repeated in self.kept if start < time <= end]
        if within:
            return all(within)
        before = [repeated for time, _, repeated in self.kept if time <= start]
        after = [repeated for time, _, repeated in self.kept if time > end]
        return bool(before and after and before[-1] and after[0])

    def label(self, start, end, tolerance, is_busy):
        """Watts by zone, method, distance, whether it is stale, and how many 0 are no power."""
        nearest = min(self.kept, key=lambda row: abs(row[0] - end), default=None)
        distance = abs(nearest[0] - end) if nearest else None
        near = nearest if nearest and distance <= tolerance else None
        watts, method, stale, still = {}, None, False, 0
        for zone, source in self.zones.items():
            value = self.average(zone, start, end) if start < end else None
            how = SOURCES[source][1]
            if value is None:
                how, value = "nearest", near and near[1][zone]
            if value == 0 and is_busy and zone != "uncore":
                still, value = still + 1, None
            watts[zone] = value
            if value is None or method:
                continue
            method = how
            stale = nearest[2] if how == "nearest" else how == "points" and self.is_stale(start, end)
        return watts, method, distance, stale, still


class Recount:
    """What vmfc merge must write, as `rows` of (feature row, label), and `counts` of its report."""

    REASONS = ("no_time", "out_of_order", "duplicate_time", "before_power", "after_power",
               "no_power", "power_stood_still", "below_threshold")

    def __init__(self, features, power, tolerance=0.2, threshold=0.0, zone="package"):
        self.power, self.tolerance = power, tolerance
        self.threshold, self.zone = threshold, zone
        self.why = dict.fromkeys(self.REASONS, 0)
        self.counts = dict.fromkeys(("inside_power", "inside_power_matched", "stale_labels",
                                     "labels_of_zero_while_busy"), 0)
        self.methods = dict.fromkeys(("energy", "mean", "points", "nearest"), 0)
        self.gaps, self.longest_gap = 0, 0.0
        self.first = self.last = None
        self.rows = []
        for row in features:
            self.add(row)

    def add(self, row):
        end = row["timestamp"]
        if end is None:
            self.why["no_time"] += 1
            return
        if self.last is not None and end <= self.last:
            self.why["duplicate_time" if end == self.last else "out_of_order"] += 1
            return
        length = row.get("time_delta_seconds") or row.get("collection_interval") or 0
        start = end - length
        if self.first is None:
            self.first = start
        elif length > 0 and start - self.last > length / 2:
            self.gaps += 1
            self.longest_gap = max(self.longest_gap, start - self.last)
        self.last = end
        self.judge(row, start, end)

    def judge(self, row, start, end):
        is_busy = (row.get("cpu_utilization") or 0) >= BUSY_PERCENT
        label = self.power.label(start, end, self.tolerance, is_busy)
        watts, method, distance, stale, still = label
        is_inside = (self.power.first is not None and start >= self.power.first and
                     end <= self.power.last)
        self.counts["inside_power"] += is_inside
        self.counts["labels_of_zero_while_busy"] += still
        if method is None:
            self.why[self.explain(start, end, still)] += 1
            return
        self.counts["inside_power_matched"] += is_inside
        if self.threshold > 0:
            value = watts[self.zone]
            if value is None:
                self.why[self.explain(start, end, still)] += 1
                return
            if value < self.threshold:
                self.why["below_threshold"] += 1
                return
        self.counts["stale_labels"] += stale
        self.methods[method] += 1
        self.rows.append((row, watts, method, distance, stale))

    def explain(self, start, end, still):
        if still:
            return "power_stood_still"
        if self.power.first is None or start < self.power.first:
            return "before_power"
        return "after_power" if end > self.power.last else "no_power"


def is_close(shown, exact, slack):
    """Of watts, which are added in another order."""
    if shown is None or exact is None:
        return shown is exact
    return math.isclose(shown, exact, rel_tol=slack, abs_tol=slack)
