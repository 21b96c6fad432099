# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""The lag of power against the load, recounted: each lag is tried by the definitions of correlation,
moving mean and degrees of freedom, with loops over all windows."""

import bisect
import math

from recounting import slack

SLOW = 60  # s, width of the moving mean
FEWEST = 20  # windows
SPREAD, DETAIL, T = 1.0, 0.15, 4
AS_GOOD_AS = 0.95
MOST_STEPS, MOST_SHORT_STEPS, FINE = 600, 240, 8


def mean(values):
    return sum(values) / len(values)


def correlate(x, y):
    mean_x, mean_y = mean(x), mean(y)
    dx, dy = [v - mean_x for v in x], [v - mean_y for v in y]
    both = math.sqrt(sum(v * v for v in dx) * sum(v * v for v in dy))
    return sum(a * b for a, b in zip(dx, dy)) / both if both > 0 else 0


def without_slow(values, half):
    return [value - mean(values[max(0, i - half):i + half + 1]) for i, value in enumerate(values)]


def autocorrelate(x):
    here = sum(v * v for v in x[:-1])
    return min(max(sum(a * b for a, b in zip(x, x[1:])) / here, 0), 1) if here > 0 else 0


def loads_of(features, shortest):
    """(start, end, percent) of windows; short ones are put together."""
    loads, last = [], -math.inf
    for row in features:
        load = row.get("cpu_busy", row.get("cpu_utilization"))
        end, length = row["timestamp"], row.get("time_delta_seconds")
        if None in (load, end, length) or end <= last:
            continue
        last = end
        if loads and loads[-1][1] - loads[-1][0] < shortest and \
                end - length - loads[-1][1] <= length:
            start, before, sum_before = loads[-1][0], loads[-1][1], loads[-1][2]
            width = before - start
            loads[-1] = (start, end, (sum_before * width + load * length) / (width + length))
        else:
            loads.append((end - length, end, load))
    return loads


class Line:
    """Power from stretches (start, end, from, to) in the order of time."""

    def __init__(self, stretches):
        self.stretches = stretches
        self.ends = [stretch[1] for stretch in stretches]

    def average(self, start, end):
        energy = covered = 0.0
        for first, last, low, high in self.stretches[bisect.bisect_right(self.ends, start):]:
            if first >= end:
                break
            begin, finish = max(start, first), min(end, last)
            middle = (begin + finish) / 2 - first
            energy += (finish - begin) * (low + (high - low) * middle / (last - first))
            covered += finish - begin
        if covered <= 0 or covered < end - start - slack(end - start):
            return None
        return energy / covered


def line_of_new(points, max_gap):
    """From new value to new value of a source that repeats its last one."""
    stretches, last = [], None
    for time, value in points:
        if last and value == last[1]:
            continue
        if last and time - last[0] <= 10 * max_gap:
            stretches.append((last[0], time, last[1], value))
        last = time, value
    return Line(stretches)


class Search:
    """One series of power at all lags."""

    def __init__(self, loads, line, max_lag, step):
        self.loads, self.line = loads, line
        span = (loads[-1][1] - loads[0][0]) / len(loads)
        self.half = int(max(15, SLOW / 2 / max(span, 1e-3)))
        self.fewest = max(FEWEST, len(loads) // 3)
        n_steps = int(max_lag / step)
        self.first, self.step = -n_steps * step, step
        tried = [self.try_lag(i * step) for i in range(-n_steps, n_steps + 1)]
        self.curve = [(one["whole"], one["detail"]) if one else (None, None) for one in tried]
        fits = [one["fit"] if one else -1 for one in tried]
        best, other = self.choose(fits, n_steps)
        self.is_best = fits[best] == max(fits)
        self.seconds = self.refine((best - n_steps) * step)
        self.other = (other - n_steps) * step if other != best else None
        self.result = self.try_lag(self.seconds)
        self.is_at_edge = best in (0, len(fits) - 1)

    def try_lag(self, lag):
        pairs = [(load, watts) for start, end, load in self.loads
                 for watts in [self.line.average(start + lag, end + lag)] if watts is not None]
        if len(pairs) < self.fewest:
            return None
        loads, watts = [load for load, _ in pairs], [watts for _, watts in pairs]
        whole = correlate(loads, watts)
        fast = [without_slow(values, self.half) for values in (loads, watts)]
        detail = correlate(*fast)
        fit = math.sqrt(whole * detail * len(pairs) / len(self.loads)) \
            if whole > 0 and detail > 0 else 0
        alike = autocorrelate(fast[0]) * autocorrelate(fast[1])
        return {"whole": whole, "detail": detail, "fit": fit, "n": len(pairs),
                "free": len(pairs) * (1 - alike) / (1 + alike)}

    @staticmethod
    def choose(fits, middle):
        """The peak nearest to 0 of those that are as good as the best; and the best of the others."""
        best = max(range(len(fits)), key=lambda i: (fits[i], i == middle, -i))

        def is_peak(i):
            return fits[i] >= max(fits[max(i - 1, 0):i + 2]) and fits[i] >= AS_GOOD_AS * fits[best]

        def others(of):
            return [i for i in range(len(fits)) if is_peak(i) and
                    min(fits[min(i, of):max(i, of) + 1]) < fits[best] / 2]

        chosen = min([best] + others(best), key=lambda i: abs(i - middle))
        return chosen, max(others(chosen), key=lambda i: fits[i], default=chosen)

    def refine(self, lag):
        fine = self.step / FINE
        tried = [self.try_lag(lag + i * fine) for i in range(-FINE, FINE + 1)]
        fits = [one["fit"] if one else -1 for one in tried]
        first = last = fits.index(max(fits))
        while last + 1 < len(fits) and fits[last + 1] >= fits[first] - 1e-9:
            last += 1
        return lag + ((first + last) / 2 - FINE) * fine


def find_lag(features, power, zone, max_lag, step, is_points):
    """@power: a recounting.Power; @step: s, of its rows. Returns: a Search, and why it is none"""
    for _ in range(2):
        loads = loads_of(features, max(step / 2, max_lag / MOST_SHORT_STEPS))
        span = loads[-1][1] - loads[0][0]
        if max_lag <= span / 3:
            break
        max_lag = span / 3
    if len(loads) < FEWEST:
        return None, f"there are only {len(loads)} windows"
    middle = mean([load for _, _, load in loads])
    spread = math.sqrt(mean([(load - middle) ** 2 for _, _, load in loads]))
    if spread < SPREAD:
        return None, "the load does not vary"
    max_lag = min(max_lag, span / 3)
    first = max(loads[0][1] - loads[0][0], 0.01)
    lag_step = max(first / 2, max_lag / MOST_STEPS)
    found = Search(loads, Line(power.stretches[zone]), max_lag, lag_step)
    points = [(time, watts[zone]) for time, watts, _ in power.kept if watts[zone] is not None and
              loads[0][0] - max_lag <= time <= loads[-1][1] + max_lag]
    new = line_of_new(points, power.max_gap) if is_points else None
    if new and new.stretches:
        other = Search(loads, new, max_lag, lag_step)
        if (other.result or {"fit": -1})["fit"] > (found.result or {"fit": -1})["fit"]:
            found = other
    return found, judge(found)


def judge(found):
    result = found.result
    if result is None:
        return f"fewer than {found.fewest} windows have power"
    detail = result["detail"]
    t = detail * math.sqrt(result["free"] / max(1 - detail ** 2, 1e-9))
    if detail < DETAIL or t < T:
        return "power does not follow the load clearly enough"
    if result["whole"] <= 0:
        return "power does not rise with the load"
    if found.is_at_edge:
        return "it is not within the maximum"
    return None
