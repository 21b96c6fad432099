# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""How the cost of a tick grows with the machine: CPUs, disks, interfaces, processes, each alone.

A bar that is not reached is said and is no failure. All times are CPU time.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "plugins"))
import bench  # noqa: E402
import large  # noqa: E402
import play  # noqa: E402
from table import Table  # noqa: E402

SIZES = {"cpus": 1024, "disks": 10000, "interfaces": 10000, "processes": 100000}
PLUGINS = {"cpus": "cpu", "disks": "disk", "interfaces": "net", "processes": "load"}
STEPS = 20
MOST_RATIO = 5  # where four times as many may cost four times as much

CPUS = (2, 128, 512, 1024)
INTERVAL = 0.1
# what it costs to read a group of events of another CPU, or of one's own, in µs
AWAKE, IDLE, OWN = 20, 40, 2
GROUPS = 3  # of the events of a PMU, for each CPU
MOST_OF_LINEAR = 1.1

CROWDS = (100, 20000)
MOST_OF_FEW = 1.2


def child_cpu():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def measure(command):
    """The CPU seconds of a program."""
    before = child_cpu()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return child_cpu() - before


# ------------------------------------------------------------------------- files of any size


def cost_of_steps(arguments, what, size):
    """CPU ms of a tick, less what it costs to begin and end."""
    with large.temporary_folder() as folder:
        large.Machine(**{what: size}).write(folder, STEPS)
        steps = play.steps_of(folder)

        def replay(some):
            return measure([arguments.replay, ",".join(["-"] + some), "--root", f"{folder}/root",
                            "--plugins", PLUGINS[what], "--plugin-path",
                            play.plugin_path(arguments.build), "--output", f"{folder}/out.json"])
        return min(replay(steps) - replay(steps[:1])
                   for _ in range(2 if arguments.quick else 5)) / (len(steps) - 1) * 1e3


def tell_files(arguments):
    print("Made-up files of /proc, replayed. At each tick all disks and interfaces are at other\n"
          "places in their lists than before, which is the most that can be to do. The processes are\n"
          "folders of a file system whose links say nothing, so that the folder is read at each tick;\n"
          "what happens in a real /proc stands below.")
    table = Table("One tick, the whole beside a quarter of it")
    for what, size in SIZES.items():
        whole = cost_of_steps(arguments, what, size)
        quarter = cost_of_steps(arguments, what, size // 4)
        table.row(f"{size} {what} / {size // 4} (ms)",
                  f"{whole:.2f} / {quarter:.2f} = {whole / quarter:.1f}", whole / quarter,
                  MOST_RATIO if what != "processes" else None)


# -------------------------------------------------------------------------------------- CPUs


def measure_ticks(arguments, folder):
    """CPU µs of a tick without events, ours and the true floor's, on the files of a folder."""
    plan = bench.Plan(INTERVAL, 3 if arguments.quick else 6, 1 if arguments.quick else 5)
    root = ["--root", f"{folder}/root"]
    ours = bench.vmfc_command(arguments.vmfc) + [
        "--set", "perf.use_events=false", "--fsync", "0"] + root + bench.times(plan)
    floor = [arguments.floor, "--true", "--output-folder", "."] + root + bench.times(plan)
    rounds = [(bench.run(ours, bench.read_vmfc, plan).steady_us,
               bench.run(floor, bench.read_floor, plan).steady_us) for _ in range(plan.rounds)]
    return [statistics.median(values) for values in zip(*rounds)]


def cost_of_cpus(arguments, cpus):
    """What is measured for so many CPUs."""
    done = subprocess.run([arguments.cpus, str(cpus), "5" if arguments.quick else "31"], check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    costs = json.loads(done.stdout)
    with large.temporary_folder() as folder:
        large.Machine(cpus=cpus).write(folder, 0)
        os.makedirs(f"{folder}/root/sys/devices/system/cpu")
        with open(f"{folder}/root/sys/devices/system/cpu/online", "w") as file:
            file.write(f"0-{cpus - 1}\n")
        costs["tick"], costs["floor"] = measure_ticks(arguments, folder)
    return costs


def model(costs, cpus, price):
    """Ours and the true floor's µs in a tick, where to read each group costs so much."""
    groups = GROUPS * ((cpus - 1) * price + OWN)
    added = GROUPS * cpus * (costs["own"]["ours"] - costs["own"]["floor"])
    return costs["tick"] + groups + added, costs["floor"] + groups


def tell_cpus(arguments):
    print(f"""
CPUs. Measured: ticks of perf,proc without events at {INTERVAL} s, on files of a machine of so many CPUs,
beside the true floor on the same files; and {GROUPS} groups of events for each CPU, read by vmfc's code and
by a bare loop, first with this machine's CPUs in turn for those that it lacks, then all on one's own,
where no interrupt hides what vmfc adds. Modelled: that each group is on a CPU of its own, which costs
vmfc and the floor {AWAKE} us if that is awake, {IDLE} us if it rests, {OWN} us on one's own (measured on a
machine of two). Left out: what it costs the kernel to make /proc/stat up for so many CPUs, which both
pay alike.""")
    try:
        costs = {cpus: cost_of_cpus(arguments, cpus) for cpus in CPUS}
    except subprocess.CalledProcessError as error:
        print(f"Not told: {error.stderr.strip()}")
        return
    table = Table("Measured, vmfc / floor (us)")
    for cpus, cost in costs.items():
        table.row(f"{cpus} CPUs: a tick without events", f"{cost['tick']:.0f} / {cost['floor']:.0f}")
        table.row(f"{cpus} CPUs: {GROUPS * cpus} groups on those of here",
                  "{ours:.0f} / {floor:.0f}".format(**cost["paced"]))
        table.row(f"{cpus} CPUs: one group on one's own",
                  "{ours:.3f} / {floor:.3f}".format(**cost["own"]))
    for name, price in (("all awake", AWAKE), ("all at rest", IDLE)):
        tell_model(Table(f"A tick, modelled from these, {name}"), costs, price)


def tell_model(table, costs, price):
    shares = []
    for cpus, cost in costs.items():
        ours, floor = model(cost, cpus, price)
        shares.append(100 * (ours / floor - 1))
        table.row(f"{cpus} CPUs: in all; for each CPU (us)", f"{ours:.0f}; {ours / cpus:.1f}")
        table.row(f"{cpus} CPUs: above the true floor (us)", f"{ours - floor:.0f} = {shares[-1]:.2f} %")
    few, many = CPUS[1], CPUS[-1]
    ratio = model(costs[many], many, price)[0] / model(costs[few], few, price)[0] / (many / few)
    table.row(f"linear: {many} CPUs / {few} / {many // few}", f"{ratio:.3f}", ratio, MOST_OF_LINEAR)
    table.row(f"the share falls: {many} CPUs / {few}", f"{shares[-1] / shares[1]:.3f}",
              shares[-1] / shares[1], 1)


# --------------------------------------------------------------------------------- processes


def tell_processes(arguments):
    print("\nProcesses that are there and sleep, in the real /proc, whose links tell how many there\n"
          "are. In a PID namespace of its own (a container) the folder is read instead.")
    done = subprocess.run([arguments.crowd, ",".join(map(str, CROWDS))], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    if len(lines) < len(CROWDS):
        print(f"Not told: {done.stderr.strip()}")
        return
    few, many = lines
    table = Table(f"process_count, {few['processes']} / {many['processes']} processes (us)")
    if not (few["by_links"] and many["by_links"]):
        table.row("the links of /proc", "do not tell here")
    for key, what, most in (("count", "at a tick", MOST_OF_FEW),
                            ("check", "at the tick with the check, once a minute", MOST_OF_FEW),
                            ("folder", "by reading the folder", None),
                            ("open", "before the first tick", None)):
        ratio = many[key] / few[key]
        table.row(what, f"{few[key]:.1f} / {many[key]:.1f}, ratio {ratio:.2f}", ratio, most)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ("vmfc", "floor", "replay", "cpus", "crowd", "build"):
        parser.add_argument(f"--{name}", required=True, type=os.path.abspath, metavar="PATH")
    parser.add_argument("--quick", action="store_true", help="few rounds, and less sure")
    arguments = parser.parse_args()
    bench.adopt_orphans()
    try:
        tell_files(arguments)
        with large.temporary_folder() as folder:
            os.chdir(folder)
            try:
                tell_cpus(arguments)
            finally:
                os.chdir("/")
        tell_processes(arguments)
    except (subprocess.CalledProcessError, bench.ProgramFailed, OSError) as error:
        sys.exit(f"scale: {error}")


if __name__ == "__main__":
    main()
