#!/usr/bin/env python3
# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What vmfc costs, beside two floors: a bare C program that reads and writes and nothing else.

All run in turn, round by round, so that what else the machine does hits all. A bar that is not
reached is said and is no failure, for other work on the machine can be the reason; the exit code
is 1 only when a program fails.
"""

import argparse
import ctypes
import dataclasses
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time

MOST_OF_NAIVE = 1.0
MOST_OF_TRUE = 1.15
MOST_OF_TRUE_FAST = 1.10  # at a tick a millisecond
FAST = 0.001
MOST_LATENESS_RATIO = 1.1
MOST_MISSED_RATIO = 1.1
MOST_MEMORY_MIB = 8
MOST_OPENING_MS = 20

# Longer than either program takes until it waits for the grid.
STARTING_SECONDS = 0.25
# In the first ones everything is done for the first time.
WARM_UP_WINDOWS = 3

PR_SET_CHILD_SUBREAPER = 36
CPUCLOCK_SCHED = 2

# The shell stands between because the ru_maxrss of a process holds what its parent had in memory
# when it forked, and Python has more than vmfc. The program becomes our child when the shell ends.
LAUNCHER = 'out=$1 err=$2; shift 2; "$@" >"$out" 2>"$err" & echo $!'


@dataclasses.dataclass
class Plan:
    """How long to measure at one interval; all times in seconds."""
    interval: float
    seconds: float
    rounds: int

    def count_windows(self):
        return round(self.seconds / self.interval)


# Many short rounds: what the host does changes from one half minute to the next.
FULL = [Plan(1, 40, 3), Plan(0.1, 10, 6), Plan(0.016, 4, 8), Plan(FAST, 10, 3)]
FULL_OPENINGS = 50
QUICK = [Plan(1, 8, 1), Plan(0.1, 3, 1), Plan(0.016, 2, 1), Plan(FAST, 2, 1)]
QUICK_OPENINGS = 10


@dataclasses.dataclass
class Run:
    """What one run of one program came to."""
    steady_us: float    # CPU time of a tick, without start and end
    whole_us: float     # CPU time of the process / its ticks
    rest_ms: float      # CPU time of start and end
    late_us: list       # how late each tick was
    missed: int
    peak_mib: float
    cpu_seconds: float


class ProgramFailed(Exception):
    """A program that is measured did not end well."""


# ------------------------------------------------------------ processes


def adopt_orphans():
    """Has the grandchildren that the launcher leaves waited for here; see prctl(2)."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), 'prctl')


def read_text(path):
    with open(path, encoding='utf-8', errors='replace') as file:
        return file.read()


def start(command, folder):
    """Starts a program in a folder. Returns: its process id"""
    launcher = subprocess.run(
        ['/bin/sh', '-c', LAUNCHER, 'sh', os.path.join(folder, 'stdout'),
         os.path.join(folder, 'stderr')] + command,
        cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True)
    return int(launcher.stdout)


def finish(pid, command, folder):
    """Waits for a program's end. Returns: its resource usage"""
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        how = 'by signal %d' % os.WTERMSIG(status) if os.WIFSIGNALED(status) \
            else 'with exit code %d' % os.WEXITSTATUS(status)
        raise ProgramFailed('%s ended %s:\n%s' % (
            ' '.join(command), how, read_text(os.path.join(folder, 'stderr'))))
    return usage


def cpu_clock(pid):
    """The clock of the CPU time of all threads of a process, as clock_getcpuclockid(3) has it."""
    return (~pid << 3) | CPUCLOCK_SCHED


def sleep_until(when):
    time.sleep(max(0, when - time.time()))


def middle_of_window(when, interval):
    """The first instant from when on that is as far as can be from all ticks."""
    whole = -((interval / 2 - when) // interval)
    return whole * interval + interval / 2


def measure_steady(pid, started, plan):
    """
    CPU time of a tick, in µs, between two instants of one run: after the start and before the
    end, each in the middle between two ticks. The process is not disturbed.
    """
    warm = (1 + WARM_UP_WINDOWS) * plan.interval
    first = middle_of_window(started + warm + STARTING_SECONDS, plan.interval)
    last = middle_of_window(started + plan.seconds - plan.interval, plan.interval)
    sleep_until(first)
    before = time.clock_gettime(cpu_clock(pid))
    sleep_until(last)
    after = time.clock_gettime(cpu_clock(pid))
    return 1e6 * (after - before) / round((last - first) / plan.interval)


def run(command, read_result, plan):
    """
    Runs a program once.

    command: of its program and its options
    read_result: from the folder that it ran in to its number of ticks, its missed ticks and how
    late each was, in µs
    """
    with tempfile.TemporaryDirectory(dir='.') as name:
        folder = os.path.abspath(name)
        started = time.time()
        pid = start(command, folder)
        try:
            steady_us = measure_steady(pid, started, plan)
            usage = finish(pid, command, folder)
        except OSError:
            # its clock is gone: it has ended too early, and why is in what it said
            finish(pid, command, folder)
            raise
        except KeyboardInterrupt:
            os.kill(pid, signal.SIGTERM)
            raise
        n_ticks, missed, late = read_result(folder)
    cpu = usage.ru_utime + usage.ru_stime
    return Run(steady_us, 1e6 * cpu / n_ticks, 1e3 * cpu - 1e-3 * n_ticks * steady_us, late,
               missed, usage.ru_maxrss / 1024, cpu)


# ------------------------------------------------------- what they wrote


def percentile(values, percent):
    """The smallest value that so many percent of all do not exceed; the floor does the same."""
    return sorted(values)[(percent * len(values) + 99) // 100 - 1]


def read_vmfc(folder):
    with open(os.path.join(folder, 'vmfc.json'), encoding='utf-8') as file:
        records = json.load(file)
    # the tick that opens the first window has no record
    return (len(records) + 1, sum(record['missed_ticks'] for record in records),
            [record['tick_lateness_us'] for record in records])


def read_floor(folder):
    result = json.loads(read_text(os.path.join(folder, 'stdout')))
    return result['ticks'], result['missed'], result['lateness_us']


def read_timer(folder):
    wakeups = [tuple(map(int, line.split()))
               for line in read_text(os.path.join(folder, 'stdout')).splitlines()]
    return len(wakeups), sum(missed for _, missed in wakeups), [late for late, _ in wakeups]


def vmfc_command(vmfc):
    return [vmfc, '--plugins', 'perf,proc', '--output', 'vmfc.json']


def times(plan):
    return ['--interval', str(plan.interval), '--duration', str(plan.seconds)]


def timer_times(plan):
    return [str(round(1e6 * plan.interval)), str(round(1e3 * (plan.seconds + plan.interval)))]


def measure_opening(vmfc):
    """From just before vmfc is started to its first reading, without waiting for a grid, in ms."""
    with tempfile.TemporaryDirectory(dir='.') as folder:
        command = vmfc_command(vmfc) + ['--no-sync', '--interval', '1', '--duration', '1']
        started = time.time()
        ended = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               universal_newlines=True)
        if ended.returncode != 0:
            raise ProgramFailed('%s ended with exit code %d:\n%s' % (
                ' '.join(command), ended.returncode, ended.stderr))
        with open(os.path.join(folder, 'vmfc.json'), encoding='utf-8') as file:
            return 1e3 * (json.load(file)[0]['timestamp'] - started)


# ---------------------------------------------------------------- noise


@dataclasses.dataclass
class MachineTimes:
    """CPU seconds of all CPUs since the machine started."""
    total: float
    idle: float
    steal: float


def read_machine_times():
    """The line of all CPUs in /proc/stat; proc(5)."""
    fields = [int(field) for field in read_text('/proc/stat').split('\n')[0].split()[1:9]]
    tick = os.sysconf('SC_CLK_TCK')
    return MachineTimes(sum(fields) / tick, (fields[3] + fields[4]) / tick, fields[7] / tick)


def describe_noise(before, after, own_seconds):
    total = after.total - before.total
    steal = after.steal - before.steal
    others = total - (after.idle - before.idle) - steal - own_seconds
    return ('Meanwhile everything else used %.1f %% of the CPU time of this machine\'s %d CPUs, '
            'and\nits hypervisor kept %.1f %% for others. The more, the less the figures say.'
            % (100 * max(others, 0) / total, os.cpu_count(), 100 * steal / total))


# --------------------------------------------------------------- tables


def verdict(value, most):
    return 'reached' if value <= most else 'NOT reached'


def ratios_of(ours, floors, field):
    """One for each round."""
    pairs = [(getattr(our, field), getattr(their, field)) for our, their in zip(ours, floors)]
    return [our / their for our, their in pairs if their > 0]


def print_row(title, ours, floors, field, most=None):
    """Medians of the rounds, and the median and the extremes of the ratios of each round."""
    line = '%-36s %9.1f %9.1f' % (title, statistics.median(getattr(run, field) for run in ours),
                                  statistics.median(getattr(run, field) for run in floors))
    ratios = ratios_of(ours, floors, field)
    if ratios:
        ratio = statistics.median(ratios)
        line += ' %6.2f  %5.2f to %-5.2f' % (ratio, min(ratios), max(ratios))
        if most is not None:
            line += '  <= %-4g %s' % (most, verdict(ratio, most))
    print(line.rstrip())


def print_lateness(title, percent, ours, floors, most=None):
    """Of the ticks of all rounds together: a round alone has too few for a percentile."""
    our, their = [percentile([late for run in runs for late in run.late_us], percent)
                  for runs in (ours, floors)]
    line = '%-36s %9.1f %9.1f %6.2f' % (title, our, their, our / their)
    if most is not None:
        line += '%16s  <= %-4g %s' % ('', most, verdict(our / their, most))
    print(line)


def missed_share(runs):
    """Parts in a million of the deadlines of all rounds."""
    missed = sum(run.missed for run in runs)
    return 1e6 * missed / (missed + sum(len(run.late_us) for run in runs))


def print_missed(ours, timers):
    our, their = missed_share(ours), missed_share(timers)
    ratio = our / their if their > 0 else float(our > 0)
    print('%-36s %9.0f %9.0f %6.2f%16s  <= %-4g %s' % (
        'missed ticks beside a timer (ppm)', our, their, ratio, '', MOST_MISSED_RATIO,
        verdict(our, MOST_MISSED_RATIO * their)))


def print_interval(plan, ours, floors, true_floors, synced, timers):
    print('\nInterval %g s: %d x %g s, %d windows each time' % (
        plan.interval, plan.rounds, plan.seconds, plan.count_windows()))
    print('%-36s %9s %9s %6s  %-14s  %s' % ('', 'vmfc', 'floor', 'ratio', 'of the rounds', 'bar'))
    fast = plan.interval <= FAST
    print_row('CPU per tick, steady (us)', ours, floors, 'steady_us', MOST_OF_NAIVE)
    print_row('  the same beside the true floor', ours, true_floors, 'steady_us',
              MOST_OF_TRUE_FAST if fast else MOST_OF_TRUE)
    print_row('  the same, on the disk every second', synced, ours, 'steady_us')
    print_row('CPU per tick, whole process (us)', ours, floors, 'whole_us')
    print_row('CPU of start and end (ms)', ours, floors, 'rest_ms')
    print_lateness('lateness p50 beside a timer (us)', 50, ours, timers, MOST_LATENESS_RATIO)
    print_lateness('lateness p99 beside a timer (us)', 99, ours, timers, MOST_LATENESS_RATIO)
    print_lateness('lateness max beside a timer (us)', 100, ours, timers)
    print_row('peak memory (MiB)', ours, floors, 'peak_mib')
    print_missed(ours, timers)
    print('%-36s %9d %9d' % ('missed ticks, all rounds', sum(run.missed for run in ours),
                             sum(run.missed for run in floors)))
    sys.stdout.flush()


def print_explanation():
    print('''\
vmfc --plugins perf,proc beside the floor, a bare C program that reads all that its columns can
come from and writes as much, in turn, each round in the opposite order. The true floor reads
exactly what vmfc does: no CPU is asked for the kernel's own events, which /proc tells as well.
The floors leave it to the kernel when their files come onto the disk, and so does vmfc here (--fsync 0);
"on the disk every second" is vmfc as it is by default, beside that.
Figures are medians of the rounds, ratios medians of the ratios of each round.
CPU per tick, steady: the growth of the process's CPU clock (all threads, user and system)
between two instants of one run, divided by the ticks in between: start and end are not in it.
Whole process: user and system time by wait4 / all ticks: what starts and ends once is in it, so
that it falls the longer a run is. The difference is the CPU of start and end.
Lateness is that of the ticks of all rounds together, beside that of a loop that waits for a timer
and does nothing; so are missed ticks, of which the loop misses some where the whole machine stands.''')


def print_bars(peak_mib, openings):
    opening = statistics.median(openings)
    print('\n%-36s %9s  %-20s  %s' % ('Over all', 'vmfc', '', 'bar'))
    print('%-36s %9.1f  %-20s  <= %-4g %s' % (
        'peak memory, most of all runs (MiB)', peak_mib, '', MOST_MEMORY_MIB,
        verdict(peak_mib, MOST_MEMORY_MIB)))
    print('%-36s %9.1f  %-20s  <= %-4g %s' % (
        'start to first window, median (ms)', opening,
        '%.1f to %.1f in %d' % (min(openings), max(openings), len(openings)), MOST_OPENING_MS,
        verdict(opening, MOST_OPENING_MS)))


# ------------------------------------------------------------ all of it


def measure_interval(vmfc, floor, timer, plan):
    """Returns: the runs of vmfc, of the floor, of the true floor, of vmfc as it is by default, and of
    a timer"""
    ours, floors, true_floors, synced, timers = [], [], [], [], []
    programs = [(vmfc_command(vmfc) + ['--fsync', '0'] + times(plan), read_vmfc, ours),
                (vmfc_command(vmfc) + times(plan), read_vmfc, synced),
                ([floor, '--output-folder', '.'] + times(plan), read_floor, floors),
                ([floor, '--true', '--output-folder', '.'] + times(plan), read_floor, true_floors),
                ([timer] + timer_times(plan), read_timer, timers)]
    for _ in range(plan.rounds):
        for command, read_result, runs in programs:
            runs.append(run(command, read_result, plan))
        programs.reverse()
    return ours, floors, true_floors, synced, timers


def bench(vmfc, floor, timer, plans, n_openings):
    runs_of_vmfc, all_runs = [], []
    before = read_machine_times()
    print_explanation()
    for plan in plans:
        ours, floors, true_floors, synced, timers = measure_interval(vmfc, floor, timer, plan)
        print_interval(plan, ours, floors, true_floors, synced, timers)
        runs_of_vmfc += ours + synced
        all_runs += ours + synced + floors + true_floors + timers
    openings = [measure_opening(vmfc) for _ in range(n_openings)]
    print_bars(max(run.peak_mib for run in runs_of_vmfc), openings)
    print('\n' + describe_noise(before, read_machine_times(),
                                sum(run.cpu_seconds for run in all_runs)))


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--vmfc', required=True, metavar='PATH', help='the program')
    parser.add_argument('--floor', required=True, metavar='PATH', help='what it is measured by')
    parser.add_argument('--timer', required=True, metavar='PATH', help='what only waits')
    parser.add_argument('--quick', action='store_true',
                        help='20 seconds instead of five minutes, and less sure')
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    vmfc, floor, timer = [os.path.abspath(path) for path in (arguments.vmfc, arguments.floor,
                                                             arguments.timer)]
    plans, n_openings = (QUICK, QUICK_OPENINGS) if arguments.quick else (FULL, FULL_OPENINGS)

    adopt_orphans()
    with tempfile.TemporaryDirectory(prefix='vmfc-bench-') as workdir:
        os.chdir(workdir)
        try:
            bench(vmfc, floor, timer, plans, n_openings)
        except KeyboardInterrupt:
            return 128 + signal.SIGINT
        except (ProgramFailed, OSError) as error:
            sys.stderr.write('bench: %s\n' % error)
            return 1
        finally:
            os.chdir('/')
    return 0


if __name__ == '__main__':
    sys.exit(main())
