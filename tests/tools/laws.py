# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""Training sets of machines that draw power by a law that is known, as vmfc merge writes them."""

import csv
import math
import random

EPOCH = 1757530800
CPUS = 4
HERTZ = 2.5e9


def watts(busy, instructions=0.0):
    """@busy: CPUs; @instructions: per second. Concave in what works, as servers are"""
    return 4 + 6 * math.sqrt(busy) + 2 * busy + 2e-9 * instructions


def rows(n_each=60, workloads=("a", "b", "c", "d", "e"), noise=0.02, seed=1, cpus=CPUS, dt=1.0,
         low=0.0, high=100.0, law=watts, phase=None, start=EPOCH, counters=True):
    """Rows of one workload after the other. Each has its own instructions per cycle, and its load
    wanders, so that neighbours are alike."""
    chance = random.Random(seed)
    time = start
    made = []
    for number, workload in enumerate(workloads):
        load = (low + high) / 2
        for i in range(n_each):
            load = min(high, max(low, load + chance.uniform(-15, 15)))
            busy = load / 100 * cpus
            instructions = busy * HERTZ * (0.5 + 0.3 * number % 2)
            power = law(busy, instructions if counters else 0) * (1 + chance.gauss(0, noise))
            time += dt
            row = {"run": "run", "timestamp": repr(time), "stress_workload": workload,
                   "stress_phase": phase(number, i) if phase else "",
                   "stress_transition": "false", "cpu_user_time": repr(load * 0.75),
                   "cpu_system_time": repr(load * 0.25), "cpu_nice_time": "0.0",
                   "cpu_irq": "0.0", "cpu_softirq": "0.0", "cpu_iowait": "1.5",
                   "core_count": str(cpus), "time_delta_seconds": repr(dt)}
            if counters:
                row["cpu_cycles"] = str(round(busy * HERTZ * dt) + 1000)
                row["instructions"] = str(round(instructions * dt) + 1000)
            row["power_watts_package"] = repr(max(power, 0.0))
            row["power_stale"] = "false"
            made.append(row)
    return made


def write(path, made):
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, list(made[0]))
        writer.writeheader()
        writer.writerows(made)
    return path
