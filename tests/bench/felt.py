#!/usr/bin/env python3
# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""Whether vmfc is felt by a program that computes on all CPUs, and by a machine that wants to rest.

A bar that is not reached is said and is no failure. It takes an otherwise idle machine.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import bench
from table import Table, spread

INTERVALS = (1, 0.1, 0.016)
MOST_WAKEUPS = {'vmfc': 1, 'vmfc-writer': 1}  # of each thread at a tick; none of any other
FEW = 0.02  # so many more are none at each tick
SYNCED = 'vmfc --fsync 1'
MOST_OF_OTHERS = 0.02  # of the CPU time, in a job that says something
ATTEMPTS = 3


def programs(arguments, interval):
    """vmfc and the true floor, by name."""
    common = ['--interval', str(interval), '--duration', '3600']
    return {'vmfc': bench.vmfc_command(arguments.vmfc) + ['--fsync', '0'] + common,
            SYNCED: bench.vmfc_command(arguments.vmfc) + common,
            'floor': [arguments.floor, '--true', '--output-folder', '.'] + common}


class Running:
    """A program that runs in a folder of its own for as long as the block."""

    def __init__(self, command):
        self.command = command

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(dir='.')
        self.process = subprocess.Popen(
            self.command, cwd=self.folder.name, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(bench.STARTING_SECONDS * 2)
        return self.process.pid

    def __exit__(self, *unused):
        early = self.process.poll()
        if early is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        self.folder.cleanup()
        if early is not None:
            raise bench.ProgramFailed('%s ended too early, with exit code %d' % (
                ' '.join(self.command), early))


# ------------------------------------------------------------------------------- wake-ups


def read_switches(pid):
    """How often each thread has gone to sleep by itself so far, by name."""
    switches = {}
    for thread in os.listdir('/proc/%d/task' % pid):
        status = dict(line.split(':', 1) for line in bench.read_text(
            '/proc/%d/task/%s/status' % (pid, thread)).splitlines())
        switches[status['Name'].strip()] = int(status['voluntary_ctxt_switches'])
    return switches


def count_wakeups(command, interval, ticks):
    """How often each thread wakes up at a tick, between two middles of windows."""
    with Running(command) as pid:
        first = bench.middle_of_window(time.time() + 3 * interval + 1, interval)
        last = first + ticks * interval
        bench.sleep_until(first)
        before = read_switches(pid)
        bench.sleep_until(last)
        after = read_switches(pid)
    return {name: (count - before.get(name, 0)) / ticks for name, count in after.items()}


def tell_wakeups(arguments):
    print('How often threads wake up, which is as often as they went to sleep by themselves (voluntary\n'
          'context switches), between two instants in the middle of windows. With --fsync 1 the writer\n'
          'waits for the disk once a second as well, several times.')
    table = Table('Wake-ups at a tick')
    for interval in INTERVALS:
        ticks = round((2 if arguments.quick else 20) / interval)
        for name, command in programs(arguments, interval).items():
            threads = count_wakeups(command, interval, ticks)
            for thread, wakeups in sorted(threads.items()):
                most = MOST_WAKEUPS.get(thread, 0) if name == 'vmfc' else None
                table.row('%g s, %s: thread %s' % (interval, name, thread), '%.3f' % wakeups,
                          wakeups - FEW, most)


# ------------------------------------------------------------------------ work that is lost


def run_job(arguments, steps, pid=None):
    """Its result, and what share of the CPU time others used than it and the process beside it."""
    def others():
        now = bench.read_machine_times()
        beside = time.clock_gettime(bench.cpu_clock(pid)) if pid is not None else 0
        return now.total - now.idle - now.steal - beside, now.total
    used, total = others()
    done = subprocess.run([arguments.job, str(steps)], check=True, stdout=subprocess.PIPE)
    job = json.loads(done.stdout)
    used_then, total_then = others()
    job['others'] = (used_then - used - 1e-9 * job['cpu']) / (total_then - total)
    return job


def choose_steps(arguments, seconds):
    """So many that the work takes about so long."""
    steps = 10000000
    return round(steps * seconds * 1e9 / min(run_job(arguments, steps)['wall'] for _ in range(3)))


def run_undisturbed(arguments, steps, command):
    """A job beside a program or nothing; once more where somebody else has worked meanwhile."""
    for _ in range(ATTEMPTS):
        if command is None:
            time.sleep(bench.STARTING_SECONDS * 2)
            job = run_job(arguments, steps)
        else:
            with Running(command) as pid:
                job = run_job(arguments, steps, pid)
        if job['others'] < MOST_OF_OTHERS:
            break
    return job


def measure_jobs(arguments, steps, rounds):
    """The jobs of each round, by what ran beside them; each round in the opposite order."""
    cases = {'nothing': None, 'nothing again': None}
    for interval in INTERVALS:
        for name, command in programs(arguments, interval).items():
            if name != SYNCED:
                cases['%g s, %s' % (interval, name)] = command
    results = {name: [] for name in cases}
    order = list(cases.items())
    for _ in range(rounds):
        for name, command in order:
            results[name].append(run_undisturbed(arguments, steps, command))
        order.reverse()
    return results


def losses(jobs, alone, key):
    """Parts in a million that each job lost against the one of its round with nothing beside it."""
    return [1e6 * (job[key] / other[key] - 1) for job, other in zip(jobs, alone)]


def waits(jobs):
    """Parts in a million of their time for which threads had to wait for a CPU."""
    return [1e6 * job['waited'] / (job['waited'] + job['cpu']) for job in jobs]


def tell_losses(arguments):
    seconds, rounds = (1, 3) if arguments.quick else (2, 10)
    steps = choose_steps(arguments, seconds)
    print(f'''
A fixed amount of work in a thread on each CPU, {seconds} s long, {rounds} rounds: what it loses while vmfc or
the true floor runs, in parts in a million, medians and extremes of the rounds. Time and CPU time are
against the same work of the same round with nothing beside it; "nothing again" is another such one,
and shows how much of all that is noise. Waited is for how long threads could have run but did not, as
the kernel counts it: what others took from them, without what the machine itself varies. A job beside
which somebody else used more than {100 * MOST_OF_OTHERS:g} % of the CPU time is done once more, up to {ATTEMPTS} times.''')
    results = measure_jobs(arguments, steps, rounds)
    disturbed = sum(job['others'] >= MOST_OF_OTHERS for jobs in results.values() for job in jobs)
    print('%d of %d jobs were disturbed all the same.' % (
        disturbed, sum(len(jobs) for jobs in results.values())))
    alone = results['nothing']
    medians = {}
    table = Table('Lost (ppm)')
    for name, jobs in results.items():
        if name != 'nothing':
            table.row(name + ': time', spread(losses(jobs, alone, 'wall'), '%.0f'))
            table.row(name + ': CPU time', spread(losses(jobs, alone, 'cpu'), '%.0f'))
        medians[name] = statistics.median(waits(jobs))
        table.row(name + ': waited', spread(waits(jobs), '%.0f'))
    rest = statistics.median(waits(alone + results['nothing again']))
    for interval in INTERVALS:
        ours, floor = [medians['%g s, %s' % (interval, name)] - rest for name in ('vmfc', 'floor')]
        table.row('%g s: waited more for, vmfc / floor' % interval,
                  '%.0f / %.0f = %.2f' % (ours, floor, ours / floor if floor > 0 else 0))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    for name in ('vmfc', 'floor', 'job'):
        parser.add_argument('--' + name, required=True, type=os.path.abspath, metavar='PATH')
    parser.add_argument('--quick', action='store_true', help='two minutes instead of ten, and less sure')
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix='vmfc-felt-') as folder:
        os.chdir(folder)
        try:
            before = bench.read_machine_times()
            tell_wakeups(arguments)
            tell_losses(arguments)
            after = bench.read_machine_times()
            print('\nMeanwhile the hypervisor kept %.2f %% of the CPU time for others.' % (
                100 * (after.steal - before.steal) / (after.total - before.total)))
        except (bench.ProgramFailed, subprocess.CalledProcessError, OSError) as error:
            sys.exit('felt: %s' % error)
        finally:
            os.chdir('/')


if __name__ == '__main__':
    main()
